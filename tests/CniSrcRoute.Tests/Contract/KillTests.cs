using System.Globalization;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// SIGKILL at random instants. Whatever was done by then, every packet takes a right way: the one of its rule where that stands already, main's where it
/// does not; and the next run does the rest. KILLS in the environment makes it more kills, KILL_SEED others; `make kills` does.
/// </summary>
public sealed class KillTests
{
    private const int Peers = 2000;

    private static readonly string[] Verbs = ["bootstrap", "bootstrap", "sync", "ADD", "ADD", "DEL", "GC", "teardown"];

    private static readonly int Kills = Number("KILLS", 60);

    private static readonly int Seed = Number("KILL_SEED", 1);

    [KernelFact]
    public void No_packet_loses_its_way_at_any_instant()
    {
        using var traffic = new Traffic(Peers);
        traffic.Node.Write("/run/input", Calls.Input(Calls.Result("10.254.1.7/24", "1.1.0"), "1.1.0"));
        var random = new Random(Seed);
        int killed = 0;
        for (int round = 0; round < Kills; round++)
        {
            string verb = Verbs[random.Next(Verbs.Length)];
            string disturbance = Disturb(traffic, random);

            // From the start of the process to its end, the early instants more often: most of what is written is written by one call.
            string seconds = (0.0005 * Math.Pow(80, random.NextDouble())).ToString("0.00000", CultureInfo.InvariantCulture);
            string when = $"seed {Seed} round {round}: {verb} killed after {seconds} s";
            string output = traffic.Node.Start(["sh", "-uc", $"""
                {disturbance}
                timeout --foreground -s KILL {seconds} {Command(verb)}
                test $? != 137 || echo killed
                {traffic.Look(random)}
                echo ==
                {Requirements.Binary} sync >/run/output
                {Requirements.Binary} sync --dry-run
                echo "status $?"
                {traffic.Look(random)}
                """]).Finish().Quietly().Output;

            string[] parts = output.Split("==\n");
            killed += parts[0].Contains("killed", StringComparison.Ordinal) ? 1 : 0;
            traffic.AssertRight(parts[0], when);
            traffic.Settle();
            Assert.True(parts[1].StartsWith("status 0\n", StringComparison.Ordinal), $"{when}: not repaired:\n{parts[1]}");
            traffic.AssertRight(parts[1], $"{when}, repaired");
        }

        Assert.InRange(killed, Kills / 5, Kills);
    }

    private static string Command(string verb) => verb is "ADD" or "DEL" or "GC"
        ? $"env CNI_COMMAND={verb} CNI_CONTAINERID=a CNI_NETNS=/run/netns/lan CNI_IFNAME=eth0 CNI_PATH=/ {Requirements.Binary} </run/input >/run/output"
        : $"{Requirements.Binary} {verb} >/run/output";

    // What happens on a node between two runs, and leaves every packet on a right way.
    private static string Disturb(Traffic traffic, Random random)
    {
        const string noRules = "for p in 32765 32764; do for f in -4 -6; do while ip $f rule del priority $p; do :; done; done; done 2>/dev/null\n";
        switch (random.Next(8))
        {
            case 0:
                return $"{Requirements.Binary} teardown >/run/output";
            case 1:
                return noRules;
            case 2:
                return noRules + "for t in $(seq 1000 1004) 1500; do ip route flush table $t; ip -6 route flush table $t; done 2>/dev/null";
            case 3:
                IEnumerable<string> changes = Enumerable.Range(0, 40).Select(_ => traffic.ChangePeer(traffic.AnyPeer(random)));
                return Batch(changes);
            case 4:
                int[] leaving = [.. Enumerable.Range(0, 40).Select(_ => traffic.AnyPeer(random)).Distinct()];
                return Batch(leaving.Select(traffic.RemovePeer).ToArray()) + Batch(leaving.Select(peer => traffic.AddPeer(peer)));
            case 5:
                return traffic.WriteConfig(random.Next(2) == 0 ? "253" : "254", null);
            case 6:
                return traffic.WriteConfig("254", random.Next(2) == 0 ? 1500 : 1004);
            default:
                return "for t in 1000 1001 1500; do ip route add 10.254.249.0/28 dev flannel.1 protocol 206 table $t; " +
                    "ip route add blackhole 198.51.100.0/24 protocol 206 table $t; done";
        }
    }

    private static string Batch(IEnumerable<string> commands) => $"ip -batch - <<'END'\n{string.Join('\n', commands)}\nEND\n";

    internal static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : usual;
}
