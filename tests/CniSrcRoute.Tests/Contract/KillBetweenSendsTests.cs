using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Contract;

/// <summary>
/// SIGKILL just before messages to the kernel and files put in place. A datagram is carried out within its send, so before all of them, one after the other, are
/// all the states that a kill can leave: KILL_EVERY=1 in the environment tries them all, otherwise every third.
/// </summary>
public sealed class KillBetweenSendsTests
{
    private static readonly int Every = KillTests.Number("KILL_EVERY", 3);

    // More than one datagram holds, in two tables.
    private const int Peers = 1200;

    private const string NoRules = "for p in 32765 32764; do for f in -4 -6; do while ip $f rule del priority $p; do :; done; done; done 2>/dev/null\n";

    private const string NoTables = "for t in $(seq 1000 1004) 1500; do ip route flush table $t; ip -6 route flush table $t; done 2>/dev/null\n";

    [StraceTheory]
    [InlineData("bootstrap from nothing", "bootstrap")]
    [InlineData("bootstrap with tables and no rules", "bootstrap")]
    [InlineData("ADD on a node that was never bootstrapped", "ADD")]
    [InlineData("ADD after peers came, went and moved", "ADD")]
    [InlineData("sync to another router and another table", "sync")]
    [InlineData("sync when two sources swap their tables", "sync")]
    [InlineData("sync after an address moved to another card", "sync")]
    [InlineData("teardown", "teardown")]
    [InlineData("DEL", "DEL")]
    public void No_packet_loses_its_way_before_any_message(string what, string verb)
    {
        using var traffic = new Traffic(Peers);
        traffic.Node.Write("/run/input", Calls.Input(Calls.Result("10.254.1.7/24")));
        traffic.Node.Srcroute("bootstrap").Succeeded();
        var random = new Random(1);
        bool killed = true;
        int struck = 0;
        for (int strike = 1; killed; strike += Every)
        {
            string when = $"{what}, killed before message {strike}";
            string output = traffic.Node.Start(["sh", "-uc", $"""
                {Prepare(what, traffic, random)}
                strace -f -qq -o /run/strace -e trace=sendto,rename,renameat2 -e inject=sendto,rename,renameat2:signal=SIGKILL:when={strike} {Command(verb)} >/run/output 2>/run/error
                test $? != 137 || echo killed
                {traffic.Look(random)}
                echo ==
                {Requirements.Binary} sync >/run/output
                {Requirements.Binary} sync --dry-run
                echo "status $?"
                {traffic.Look(random, 6)}
                """]).Finish().Succeeded().Output;

            string[] parts = output.Split("==\n");
            killed = parts[0].StartsWith("killed\n", StringComparison.Ordinal);
            struck += killed ? 1 : 0;
            traffic.AssertRight(parts[0], when);
            traffic.Settle();
            Assert.True(parts[1].StartsWith("status 0\n", StringComparison.Ordinal), $"{when}: not repaired:\n{parts[1]}");
            traffic.AssertRight(parts[1], $"{when}, repaired");
            Assert.True(strike < 100, "it never came to an end");
        }

        // Links, addresses, rules and routes are asked for before anything is written; DEL asks for nothing.
        Assert.InRange(struck, verb == "DEL" ? 0 : 7 / Every, verb == "DEL" ? 0 : 90);
    }

    private static string Prepare(string what, Traffic traffic, Random random)
    {
        switch (what)
        {
            case "bootstrap with tables and no rules":
                return NoRules;
            case "ADD after peers came, went and moved":
                return $"ip -batch - <<'END'\n{string.Join('\n', Moves(traffic, random))}\nEND\n";
            case "sync to another router and another table":
                return traffic.WriteConfig("254", 1500) + $"{Requirements.Binary} sync >/run/output\n" + traffic.WriteConfig("253", 1004);
            case "sync when two sources swap their tables":
                return traffic.WriteConfig("254", 1500, 1501) + $"{Requirements.Binary} sync >/run/output\n" + traffic.WriteConfig("254", 1501, 1500);
            case "sync after an address moved to another card":
                return "ip address add 172.16.0.1/24 dev eth0; ip address del 172.16.0.1/24 dev eth1 2>/dev/null\n" +
                    $"{Requirements.Binary} sync >/run/output; ip address del 172.16.0.1/24 dev eth0; ip address add 172.16.0.1/24 dev eth1\n";
            case "teardown" or "DEL":
                return "";
            default:
                return NoRules + NoTables;
        }
    }

    private static IEnumerable<string> Moves(Traffic traffic, Random random)
    {
        int[] leaving = [.. Enumerable.Range(0, 300).Select(_ => traffic.AnyPeer(random)).Distinct()];
        return
        [
            .. leaving.Select(traffic.RemovePeer),
            .. leaving.Select(traffic.AddPeer),
            .. Enumerable.Range(0, 300).Select(_ => traffic.ChangePeer(traffic.AnyPeer(random))),
        ];
    }

    private static string Command(string verb) => verb is "ADD" or "DEL"
        ? $"env CNI_COMMAND={verb} CNI_CONTAINERID=a CNI_NETNS=/run/netns/lan CNI_IFNAME=eth0 CNI_PATH=/ {Requirements.Binary} </run/input"
        : $"{Requirements.Binary} {verb}";
}
