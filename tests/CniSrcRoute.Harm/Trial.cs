using System.Text.RegularExpressions;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>A node's way through all that the program does: bootstrap, pods, the watcher, teardown.</summary>
internal sealed partial class Trial : IDisposable
{
    /// <summary>The name of the first stage.</summary>
    public const string First = "bootstrap";

    /// <summary>How long a busy machine is waited for, before what has not come is a fault.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Draft _draft;
    private readonly Twins _twins;
    private Outcome? _bootstrap;
    private string _snapshot = "";

    private Trial(Draft draft, Flow[] flows) => (_draft, _twins) = (draft, new Twins(draft, flows));

    private World Without => _twins.Without;

    private World With => _twins.With;

    private List<Fault> Faults => _twins.Faults;

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

        return (trial.Faults, trial._twins.Working);
    }

    public void Dispose() => _twins.Dispose();

    private async Task BootstrapAsync()
    {
        Flow[] kept = Flows.Kept(_twins.Flows);
        string?[] opened = await Without.KeepAsync(kept).ConfigureAwait(false);
        await With.KeepAsync(kept).ConfigureAwait(false);
        _snapshot = Snapshot(With);
        TryMistakes();
        _twins.Configure(_draft.Configuration);
        await AttachAsync(Moment.First).ConfigureAwait(false);
        await _twins.LookAsync().ConfigureAwait(false);

        _bootstrap = Srcroute("bootstrap");
        if (_bootstrap.ExitStatus == 3)
        {
            // A program's own choice of a source is the one thing of the node's that may change its way.
            if (!Array.Exists(kept, flow => flow.Bind is not null))
            {
                Faults.Add(new Fault(First, "it refuses for no program that has bound itself", null, "", _bootstrap.Error));
            }

            _bootstrap = Srcroute("bootstrap --force");
        }

        if (_bootstrap.ExitStatus != 0)
        {
            Faults.Add(new Fault(First, Agreement.Refused, null, "", _bootstrap.Error));
        }
        else if (Agreement.After(First, _bootstrap) is { } unlike)
        {
            Faults.Add(unlike);
        }

        _twins.TakeAdvice();
        await _twins.CompareAsync(First).ConfigureAwait(false);
        await _twins.CompareKeptAsync(First, kept, opened, Patience).ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        using Job watcher = With.Node.Start(["sh", "-c", $"echo $$ >&2; exec {Requirements.Binary} watch"], awaited: "\n");
        string process = watcher.Heard().Split('\n')[0];
        _twins.AwaitSettled("watch");
        Fault? untold = null;
        if (!_twins.IsRestless && !SpinWait.SpinUntil(() => (untold = Agreement.OfWatcher(watcher.Heard())) is null, Patience))
        {
            Faults.Add(untold!);
        }

        await AttachAsync(Moment.Watched).ConfigureAwait(false);
        foreach (Change change in _draft.Changes)
        {
            if (!_twins.Apply(change))
            {
                continue;
            }

            _twins.AwaitSettled(change.What);
            await _twins.LookAsync().ConfigureAwait(false);
            await _twins.CompareAsync(change.What).ConfigureAwait(false);
        }

        if (!watcher.IsRunning)
        {
            Faults.Add(new Fault("watch", "the watcher ended", null, "", watcher.Heard()));
            return;
        }

        With.Node.Sh($"kill {process}");
        watcher.Finish();
    }

    private async Task TearDownAsync()
    {
        Outcome teardown = Srcroute("teardown");
        // Where a rule without a priority came, the kernel put it elsewhere in the list.
        string[] then = [.. (_draft.Changes.Count + _draft.Attachments.Count == 0 ? _snapshot : Snapshot(Without)).Split('\n').Order()], now = [.. Snapshot(With).Split('\n').Order()];
        if (!then.SequenceEqual(now))
        {
            Faults.Add(new Fault("teardown", "something is left behind", null, string.Join('\n', then.Except(now)), $"{string.Join('\n', now.Except(then))}\n{teardown.Error}"));
        }

        await _twins.CompareAsync("teardown", isOurs: false).ConfigureAwait(false);
    }

    private Outcome Srcroute(string arguments) => _twins.Srcroute(arguments);

    private static string Snapshot(World world) => Passing().Replace(world.Node.Snapshot() + world.Node.Sh("nft -s list ruleset"), "");

    /// <summary>How long an announced route is still good for, and what priority the kernel gave a rule that came without one.</summary>
    [GeneratedRegex(@"expires \d+sec |^\d+:(?=.* lookup 6\d\d )", RegexOptions.Multiline)]
    private static partial Regex Passing();
}
