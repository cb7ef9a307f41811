using System.Globalization;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>The watcher's log on standard error: a line a change, key=value, with the level as journald takes it (sd-daemon(3)).</summary>
internal sealed class Journal
{
    private static readonly bool IsJournal = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("JOURNAL_STREAM"));

    private static readonly TimeSpan PauseWorthSaying = TimeSpan.FromSeconds(1);

    private readonly string[] _lastFailures = new string[(int)WatcherTask.AnswerMetrics + 1];
    private string _lastTrouble = "";

    /// <summary>The state in words, for the service manager.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>Main's routes to pods changed and were followed.</summary>
    public static void Followed(IReadOnlyList<Change> steps, TimeSpan took)
    {
        HashSet<IpPrefix> destinations = [];
        foreach (Change step in steps)
        {
            destinations.Add(((RouteChange)step).Route.Destination);
        }

        string where = destinations.Count == 1
            ? $"main's routes to {destinations.First()} changed"
            : $"main's routes to {destinations.Count} destinations changed";
        Write(6, $"followed cause={Quoted(where)} {Counts(steps)} ms={Milliseconds(took)}");
    }

    /// <summary>Something was repaired.</summary>
    public static void Repaired(Cause cause, IReadOnlyList<Change> steps, TimeSpan took)
    {
        bool unannounced = cause.Kind == CauseKind.Verification;
        Write(unannounced ? 4 : 6, $"{(unannounced ? "found" : "repaired")} cause={Quoted(Named(cause))} {Counts(steps)} ms={Milliseconds(took)}");
    }

    /// <summary>Everything was planned.</summary>
    /// <param name="desired">What shall be.</param>
    /// <param name="findings">What was found, and what could not be done.</param>
    public void Planned(DesiredState desired, IEnumerable<Finding> findings)
    {
        Summary = $"{desired.Served} of {desired.Tables.Count} sources served";

        // What is wrong is said when it comes up and when it changes, not at every reading.
        Finding[] troubles = [.. findings.Where(finding => finding.Severity > Severity.Note)];
        string trouble = string.Join('\n', troubles.Select(finding => finding.Sentence));
        if (trouble != _lastTrouble)
        {
            foreach (Finding finding in troubles)
            {
                Trouble(finding);
            }

            _lastTrouble = trouble;
        }
    }

    /// <summary>Connections leave by another card than before there was anything of ours.</summary>
    public static void Diverted(IReadOnlyList<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            Trouble(finding);
        }
    }

    /// <summary>Somebody undid what we had done, and not for the first time.</summary>
    public static void Undone(Cause cause, TimeSpan pause)
    {
        if (pause >= PauseWorthSaying)
        {
            Write(4, $"undone cause={Quoted(Named(cause))} text=\"somebody keeps undoing this; next attempt in {pause.TotalSeconds:0} s\"");
        }
    }

    /// <summary>
    /// Routes to pods were removed with a card. Flanneld makes its card again but not its routes, so this has to be reported.
    /// </summary>
    public static void Lost(Cause cause, int routes) => Write(
        4,
        $"lost cause={Quoted(cause.Text)} routes={routes} " +
        "text=\"main has lost its routes to pods by that card; if they do not come back, restart flanneld\"");

    /// <summary>Our entry was put back into the conflist.</summary>
    /// <param name="file">The conflist.</param>
    /// <param name="unannounced">Whether no event had announced that it was gone.</param>
    public static void KeptConflist(string file, bool unannounced) => Write(
        unannounced ? 4 : 6, $"conflist file={Quoted(file)} text=\"srcroute added{(unannounced ? "; it was missing, which no event announced" : "")}\"");

    /// <summary>Our entry was taken out of the conflist.</summary>
    public static void LeftConflist(string file, string why) => Write(5, $"conflist file={Quoted(file)} text={Quoted(why)}");

    /// <summary>Something could not be done.</summary>
    public void Failed(WatcherTask task, string message)
    {
        // An editor writes a file in several steps, with an event for each.
        if (message != _lastFailures[(int)task])
        {
            _lastFailures[(int)task] = message;
            Write(3, $"failed text={Quoted(message)}");
        }
    }

    /// <summary>What failed before would be news again.</summary>
    public void Succeeded(WatcherTask task) => _lastFailures[(int)task] = "";

    /// <summary>A cause, with the name of the program behind it where that is certain.</summary>
    private static string Named(Cause cause) => NetlinkSender.NameOf(cause.PortId) is { } name ? $"{cause.Text} (by {name})" : cause.Text;

    private static string Counts(IReadOnlyList<Change> changes)
    {
        string text = "";
        foreach (ChangeKind kind in new[] { ChangeKind.Add, ChangeKind.Replace, ChangeKind.Remove })
        {
            text += Count<RouteChange>(changes, kind, "routes") + Count<RuleChange>(changes, kind, "rules") +
                Count<MarkTableChange>(changes, kind, "nftables") + Count<SysctlChange>(changes, kind, "sysctls");
        }

        return text.TrimEnd();
    }

    private static string Count<T>(IReadOnlyList<Change> changes, ChangeKind kind, string noun)
    {
        int count = changes.Count(change => change is T && change.Kind == kind);
        string word = kind switch { ChangeKind.Add => "added", ChangeKind.Replace => "changed", _ => "removed" };
        return count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{noun}_{word}={count} ") : "";
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.00", CultureInfo.InvariantCulture);

    private static void Trouble(Finding finding) =>
        Write(finding.Severity > Severity.Note ? 4 : 5, $"trouble code={finding.Code} text={Quoted(finding.Sentence)}");

    private static string Quoted(string text) => "\"" + text.Replace('"', '\'') + "\"";

    private static void Write(int level, string text) => Log.Line(IsJournal ? $"<{level}>{text}" : text);
}
