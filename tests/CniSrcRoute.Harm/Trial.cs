using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>The same scene twice, with the program under test and without it, through all that happens to a node.</summary>
internal sealed partial class Trial : IDisposable
{
    /// <summary>The name of the first stage.</summary>
    public const string First = "bootstrap";

    private readonly Draft _draft;
    private readonly World _without, _with;
    private readonly Flow[] _flows;
    private readonly List<Fault> _faults = [];
    private Answer[] _before = [];
    private Outcome? _bootstrap;
    private string _snapshot = "";
    private JsonObject? _configuration;
    private bool _isRestless;

    private Trial(Draft draft, Flow[] flows)
    {
        _draft = draft;
        _flows = flows;
        _without = new World(draft);
        try
        {
            _with = new World(draft);
        }
        catch
        {
            _without.Dispose();
            throw;
        }
    }

    /// <summary>How many flows worked without the program, the last time they were sent.</summary>
    public int Working { get; private set; }

    /// <summary>Goes through all stages.</summary>
    /// <param name="draft">The scene.</param>
    /// <param name="flows">What is sent.</param>
    /// <param name="isFirst">Whether to end after the first stage, `bootstrap`.</param>
    /// <returns>What is worse with the program, and how many flows worked without it.</returns>
    /// <exception cref="SceneException">The scene cannot be built here.</exception>
    public static async Task<(IReadOnlyList<Fault> Faults, int Working)> RunAsync(Draft draft, Flow[] flows, bool isFirst = false)
    {
        using Trial trial = new(draft, flows);
        await trial.BootstrapAsync().ConfigureAwait(false);
        if (!isFirst)
        {
            await trial.AttachAsync(Moment.Alone).ConfigureAwait(false);
            await trial.WatchAsync().ConfigureAwait(false);
            trial.Detach();
            await trial.TearDownAsync().ConfigureAwait(false);
        }

        return (trial._faults, trial.Working);
    }

    public void Dispose()
    {
        _without.Dispose();
        _with.Dispose();
    }

    private async Task BootstrapAsync()
    {
        Flow[] kept = Flows.Kept(_flows);
        string?[] opened = await _without.KeepAsync(kept).ConfigureAwait(false);
        await _with.KeepAsync(kept).ConfigureAwait(false);
        _snapshot = Snapshot(_with);
        TryMistakes();
        Configure(_draft.Configuration);
        await AttachAsync(Moment.First).ConfigureAwait(false);
        _before = await _without.SendAsync(_flows).ConfigureAwait(false);

        _bootstrap = Srcroute("bootstrap");
        if (_bootstrap.ExitStatus == 3)
        {
            // A program's own choice of a source is the one thing of the node's that may change its way.
            if (!Array.Exists(kept, flow => flow.Bind is not null))
            {
                _faults.Add(new Fault(First, "it refuses for no program that has bound itself", null, "", _bootstrap.Error));
            }

            _bootstrap = Srcroute("bootstrap --force");
        }

        if (_bootstrap.ExitStatus != 0)
        {
            _faults.Add(new Fault(First, Agreement.Refused, null, "", _bootstrap.Error));
        }
        else if (Agreement.After(First, _bootstrap) is { } unlike)
        {
            _faults.Add(unlike);
        }

        TakeAdvice();
        await CompareAsync(First).ConfigureAwait(false);
        await CompareKeptAsync(First, kept, opened).ConfigureAwait(false);
    }

    /// <summary>Names the pods' networks in the configuration where `status` says that it cannot know them: what the administrator is told is done.</summary>
    private void TakeAdvice()
    {
        Outcome told = Srcroute("status -o json");
        if (told.Output.Length == 0)
        {
            // It does not understand the configuration.
            return;
        }

        using JsonDocument status = JsonDocument.Parse(told.Output);
        string[] networks =
        [
            .. from finding in status.RootElement.TryGetProperty("findings", out JsonElement findings) ? findings.EnumerateArray() : []
               where finding.GetProperty("code").GetString() == "pods-unknown"
               from network in JsonNode.Parse($"{{ {finding.GetProperty("cure").GetString()} }}")!["overlay"]!["networks"]!.AsArray()
               select network!.ToJsonString(),
        ];
        if (networks.Length > 0)
        {
            JsonObject configuration = _configuration?.DeepClone().AsObject() ?? [];
            (configuration["overlay"] ??= new JsonObject())["networks"] = JsonNode.Parse($"[{string.Join(", ", networks)}]");
            Configure(configuration);
            Srcroute("sync");
        }
    }

    private async Task WatchAsync()
    {
        using Job watcher = _with.Node.Start(["sh", "-c", $"echo $$ >&2; exec {Requirements.Binary} watch"], awaited: "\n");
        string process = watcher.Heard().Split('\n')[0];
        AwaitSettled("watch");
        if (!_isRestless && Agreement.OfWatcher(watcher.Heard()) is { } untold)
        {
            _faults.Add(untold);
        }

        await AttachAsync(Moment.Watched).ConfigureAwait(false);
        foreach (Change change in _draft.Changes)
        {
            if (!_without.Apply(change))
            {
                // After what happened before, this cannot happen.
                continue;
            }

            _with.Apply(change);
            AwaitSettled(change.What);
            _before = await _without.SendAsync(_flows).ConfigureAwait(false);
            await CompareAsync(change.What).ConfigureAwait(false);
        }

        if (!watcher.IsRunning)
        {
            _faults.Add(new Fault("watch", "the watcher ended", null, "", watcher.Heard()));
            return;
        }

        _with.Node.Sh($"kill {process}");
        watcher.Finish();
    }

    private async Task TearDownAsync()
    {
        Outcome teardown = Srcroute("teardown");
        // Where a rule without a priority came, the kernel put it elsewhere in the list.
        string[] then = [.. (_draft.Changes.Count + _draft.Attachments.Count == 0 ? _snapshot : Snapshot(_without)).Split('\n').Order()], now = [.. Snapshot(_with).Split('\n').Order()];
        if (!then.SequenceEqual(now))
        {
            _faults.Add(new Fault("teardown", "something is left behind", null, string.Join('\n', then.Except(now)), $"{string.Join('\n', now.Except(then))}\n{teardown.Error}"));
        }

        await CompareAsync("teardown", isOurs: false).ConfigureAwait(false);
    }

    private Outcome Srcroute(string arguments) => _with.Node.Srcroute(arguments);

    /// <summary>Waits until the watcher has nothing left to do. Where it never has, that is told once, and not waited for again.</summary>
    private void AwaitSettled(string stage)
    {
        const int Longest = 6;
        if (_isRestless)
        {
            return;
        }

        Outcome settled = _with.Node.Start(["timeout", $"{Longest}", "sh", "-c", $"until {Requirements.Binary} sync --dry-run >/dev/null 2>&1; do sleep 0.1; done"]).Finish();
        if (settled.ExitStatus != 0 && Srcroute("sync --dry-run") is { ExitStatus: not 0 } rest)
        {
            _isRestless = true;
            _faults.Add(new Fault(stage, "it does not come to rest", null, _bootstrap!.Error, rest.Output + rest.Error));
        }
    }

    private async Task CompareAsync(string stage, bool isOurs = true)
    {
        Answer[] after = await _with.SendAsync(_flows).ConfigureAwait(false);
        Judge judge = new(_draft, IsDefault, CardOf, WaysTo, Addressed(), isOurs);
        int[] suspects = [.. Enumerable.Range(0, _flows.Length).Where(i => judge.Of(stage, _flows[i], _before[i], after[i]) is not null)];
        Working = _before.Count(answer => answer.Server is not null);
        if (suspects.Length == 0)
        {
            return;
        }

        // Once more and with more patience, so that a busy machine is no fault.
        Flow[] again = [.. suspects.Select(i => _flows[i])];
        Answer[] without = await _without.SendAsync(again, calm: true).ConfigureAwait(false), with = await _with.SendAsync(again, calm: true).ConfigureAwait(false);
        _faults.AddRange(Enumerable.Range(0, again.Length).Select(i => judge.Of(stage, again[i], without[i], with[i])).OfType<Fault>());
    }

    private async Task CompareKeptAsync(string stage, Flow[] kept, string?[] opened)
    {
        string?[] without = await _without.AskKeptAsync().ConfigureAwait(false), with = await _with.AskKeptAsync().ConfigureAwait(false);
        _faults.AddRange(
            from i in Enumerable.Range(0, kept.Length)
            where opened[i] is not null && without[i] == opened[i] && with[i] != opened[i]
            select new Fault(stage, "a connection that was open dies", kept[i], without[i]!, with[i] ?? "no answer"));
    }

    private bool IsDefault(Flow flow)
    {
        Outcome way = _without.Node.Start(["ip", "-n", "node", "route", "get", "fibmatch", flow.To, "from", flow.Bind!]).Finish();
        return way.Output.StartsWith("default", StringComparison.Ordinal) && !way.Output.Contains(" table ", StringComparison.Ordinal);
    }

    /// <summary>Cards with an address of a family: "eth0 4".</summary>
    private HashSet<string> Addressed()
    {
        string[][] lines = [.. _without.Node.Sh("ip -n node -o address show scope global").Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2)];
        return [.. lines.Select(words => $"{words[1]} {(words[2] == "inet" ? 4 : 6)}")];
    }

    private string? CardOf(string address) =>
        _without.Node.Sh($"ip -n node -o address show to {address}").Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);

    private Way[] WaysTo(string address)
    {
        // "10.0.0.0/24 dev eth1 ...", a host without its length, a next hop of several in a line of its own.
        IEnumerable<string[]> routes = _without.Node.Sh($"ip -n node -o route show to match {address}").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split([' ', '\\'], StringSplitOptions.RemoveEmptyEntries));
        return
        [
            .. from words in routes
               where words[0] != "default"
               let length = words[0].Split('/') is [_, { } text] ? int.Parse(text, CultureInfo.InvariantCulture) : int.MaxValue
               from pair in words.Zip(words.Skip(1))
               where pair.First == "dev"
               select new Way(pair.Second, length),
        ];
    }

    private static string Snapshot(World world) => Passing().Replace(world.Node.Snapshot() + world.Node.Sh("nft -s list ruleset"), "");

    /// <summary>How long an announced route is still good for, and what priority the kernel gave a rule that came without one.</summary>
    [GeneratedRegex(@"expires \d+sec |^\d+:(?=.* lookup 6\d\d )", RegexOptions.Multiline)]
    private static partial Regex Passing();
}
