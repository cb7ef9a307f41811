using System.Globalization;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm.Chaos;

/// <summary>
/// A watched node's hard life, beside the same node without the program: things happen to both at once while connections are in use, and once they are over,
/// whatever works without the program has to work with it.
/// </summary>
internal sealed class Life : IDisposable
{
    private const int MostKept = 60, MostAtOnce = 3, MostAgain = 2;

    /// <summary>In seconds: after a fight the watcher pauses for up to a minute.</summary>
    private const int LongestToSettle = 75;

    /// <summary>TCP sends again after 0.2, 0.4, 0.8 s and so on; so long a connection may be silent after something that lasted a second.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(8);

    /// <summary>What a network manager knows of the node, as commands that put it right.</summary>
    private const string Save = """
        routes() { ip "$@" -o route show table main | sed 's:\\: :g; s: linkdown::g; s: dead::g; s: expires [0-9]*sec::; s:\( nhid [0-9]*\) .*:\1:; s:^:route add :'; }
        ip -o address | awk '{
            match($0, /scope [a-z]+/)
            print "address add", $4, ($5 == "peer" ? "peer " $6 : ""), "dev", $2, substr($0, RSTART, RLENGTH), ($3 == "inet6" ? "nodad" : ""), (/noprefixroute/ ? "noprefixroute" : "") }' >/run/manager
        routes -4 >>/run/manager
        ip neigh show nud permanent | sed 's:^:neigh replace :; s:PERMANENT:nud permanent:' >>/run/manager
        routes -6 >/run/manager6
        """;

    /// <summary>What is there already is refused. Twice, because a route is refused as well while the one to its router is missing.</summary>
    private const string Restore = "for time in 1 2; do ip -force -batch /run/manager; ip -6 -force -batch /run/manager6; done";

    /// <summary>As on every node of Kubernetes, whatever becomes of the firewall: where nothing asks for connections, a translation is forgotten with its rule.</summary>
    private const string Track = "nft 'table inet tracked { chain input { type filter hook input priority 0; ct state new accept; }; }'";

    private readonly Twins _twins;
    private readonly Disturbances _disturbances;
    private readonly Random _random;
    private Job _watcher;

    private Life(Draft draft, Flow[] flows, Random random)
    {
        (_twins, _random) = (new Twins(draft, flows), random);
        _disturbances = new Disturbances(draft, random);
        _twins.Without.Node.Sh(Track);
        _twins.With.Node.Sh(Track);
        _twins.Configure(draft.Configuration);
        foreach (Attachment pod in draft.Attachments)
        {
            Array.ForEach(pod.Steps, step => _twins.Apply(step));
            _twins.With.Node.Write(pod.InputFile, pod.Input);
            _twins.With.Node.Sh(pod.Command("ADD"));
        }

        _twins.Srcroute("bootstrap --force");
        _twins.TakeAdvice();
        _watcher = Watch();
    }

    /// <summary>What was found to be worse.</summary>
    public IReadOnlyList<Fault> Faults => _twins.Faults;

    /// <summary>How many flows work without the program.</summary>
    public int Working => _twins.Working;

    /// <summary>Begins a life.</summary>
    /// <param name="draft">The node.</param>
    /// <param name="flows">What is sent.</param>
    /// <param name="random">What is drawn from.</param>
    /// <exception cref="SceneException">The scene cannot be built here.</exception>
    public static async Task<Life> BeginAsync(Draft draft, Flow[] flows, Random random)
    {
        Life life = new(draft, flows, random);
        await life._twins.LookAsync().ConfigureAwait(false);
        await life.JudgeAsync("watch", [], []).ConfigureAwait(false);
        return life;
    }

    /// <summary>
    /// Something happens. What is worse afterwards counts where it is so each time when the same happens again: which packet comes first may be luck, and decides
    /// what becomes of a connection whose translation was forgotten.
    /// </summary>
    /// <returns>What happened, in words.</returns>
    public async Task<string> GoOnAsync()
    {
        Disturbance[] drawn = [.. Enumerable.Range(0, 1 + _random.Next(MostAtOnce)).Select(_ => _disturbances.Draw())];
        string what = string.Join("; ", drawn.Select(one => one.What));
        List<Fault> before = [.. _twins.Faults], lasting = await SufferAsync(what, drawn).ConfigureAwait(false);
        for (int again = 0; again < MostAgain && lasting.Count > 0; again++)
        {
            List<Fault> now = await SufferAsync(what, drawn).ConfigureAwait(false);
            lasting = now.FindAll(fault => lasting.Exists(earlier => (earlier.Kind, earlier.Flow) == (fault.Kind, fault.Flow)));
        }

        _twins.Faults.Clear();
        _twins.Faults.AddRange([.. before, .. lasting]);
        return what;
    }

    /// <summary>Both nodes as they are, for people.</summary>
    public string Describe() =>
        $"main, without the program:\n{_twins.Without.Node.Sh("ip route; ip -6 route; ip rule")}\nwith it:\n{_twins.With.Node.Snapshot()}{_twins.Srcroute("status").Output}{_watcher.Heard()}";

    /// <summary>Ends it: what `teardown` leaves behind is a fault as well.</summary>
    public void Finish()
    {
        _twins.With.Node.Sh($"kill {Pid}");
        _watcher.Finish();
        _twins.Srcroute("teardown");
        if (_twins.With.Node.Sh("ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; nft list tables").Split('\n').FirstOrDefault(IsOurs) is { } left)
        {
            _twins.Faults.Add(new Fault("teardown", "something is left behind", null, "", left));
        }
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _twins.Dispose();
    }

    private static bool IsOurs(string line) => line.Contains("proto srcroute", StringComparison.Ordinal) || line.Contains("proto 206", StringComparison.Ordinal) || line.Contains("inet srcroute", StringComparison.Ordinal);

    private string Pid => _watcher.Heard().Split('\n')[0];

    /// <summary>Starts the watcher, behind a shell: nsenter would stop with it, and nobody would have it go on.</summary>
    private Job Watch() => _twins.With.Node.Start(["sh", "-c", $"sh -c 'echo $$ >&2; exec {Requirements.Binary} watch'; exit"], awaited: "\n");

    private async Task<List<Fault>> SufferAsync(string what, Disturbance[] drawn)
    {
        int known = _twins.Faults.Count;
        World[] worlds = [_twins.Without, _twins.With];
        Flow[] kept = [.. _twins.Flows.Where(flow => flow.Transport != Transport.Echo).Take(MostKept)];
        string?[] opened = await _twins.Without.KeepAsync(kept).ConfigureAwait(false);
        await _twins.With.KeepAsync(kept).ConfigureAwait(false);
        Array.ForEach(worlds, world => world.Node.Start(["sh", "-c", Save]).Finish());

        Task<Outcome>[] happening = [.. worlds.Select(world => Task.Run(() => world.Node.Start(["sh", "-c", Script(drawn, world == _twins.With)]).Finish()))];
        Task<Outcome[]> over = Task.WhenAll(happening);
        while (!over.IsCompleted)
        {
            await Task.WhenAll(worlds.Select(world => world.AskKeptAsync())).ConfigureAwait(false);
        }

        await over.ConfigureAwait(false);
        if (Array.Exists(drawn, one => one.Kills) || !_watcher.IsRunning)
        {
            // As systemd does. A process that was killed is not gone at once.
            _watcher.Dispose();
            _watcher = Watch();
        }

        Array.ForEach(worlds, world => world.Node.Start(["sh", "-c", Restore]).Finish());
        await JudgeAsync(what, kept, opened).ConfigureAwait(false);
        Array.ForEach(worlds, world => world.CloseKept());
        return _twins.Faults[known..];
    }

    private async Task JudgeAsync(string what, Flow[] kept, string?[] opened)
    {
        _twins.IsRestless = false;
        _twins.AwaitSettled(what, LongestToSettle);
        await _twins.LookAsync().ConfigureAwait(false);
        await _twins.CompareAsync(what).ConfigureAwait(false);
        if (kept.Length > 0)
        {
            await _twins.CompareKeptAsync(what, kept, opened, Recovery).ConfigureAwait(false);
        }
    }

    /// <summary>All at once.</summary>
    private string Script(Disturbance[] drawn, bool isOurs) =>
        string.Create(CultureInfo.InvariantCulture, $"exec 2>/dev/null >&2; watcher={(isOurs ? Pid : "")}\n") +
        string.Concat(drawn.SelectMany(one => (string[])[one.Both, isOurs ? one.Ours : ""]).Where(script => script.Length > 0).Select(script => $"({script}\n) &\n")) + "wait\n";
}
