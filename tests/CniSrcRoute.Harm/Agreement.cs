using System.Text.Json;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>Whether the commands, the watcher and the plugin say and do the same on one node.</summary>
/// <param name="node">The node.</param>
internal sealed class Agreement(Node node)
{
    public const string Refused = "a call fails", Differs = "two commands disagree", Touched = "who refuses has written";

    private const string Warning = "srcroute: warning: ";

    /// <summary>Has all of them refuse a configuration, where nothing of the program's stands yet.</summary>
    /// <param name="mistake">The configuration.</param>
    /// <param name="snapshot">Tells all that may not change.</param>
    public IEnumerable<Fault> OnMistake(string mistake, Func<string> snapshot)
    {
        string before = snapshot();
        node.Configure(mistake);
        Outcome first = node.Srcroute("sync --dry-run");
        string sentence = first.Error.Trim();
        if (first.ExitStatus != 1 || sentence.Contains('\n', StringComparison.Ordinal) || !sentence.StartsWith("srcroute: /etc/srcroute/config.json: ", StringComparison.Ordinal))
        {
            yield return new Fault(mistake, Differs, null, "refused in a sentence", $"sync --dry-run: {Text(first)}");
        }

        foreach (string command in (string[])["sync", "bootstrap"])
        {
            Outcome outcome = node.Srcroute(command);
            if ((outcome.ExitStatus, outcome.Output, outcome.Error) != (first.ExitStatus, first.Output, first.Error))
            {
                yield return new Fault(mistake, Differs, null, $"sync --dry-run: {Text(first)}", $"{command}: {Text(outcome)}");
            }
        }

        // A watcher ends, or stays to see the mistake put right.
        string told = sentence.Replace("srcroute: ", "", StringComparison.Ordinal).Replace('"', '\'');
        using Job watcher = node.Start([Requirements.Binary, "watch"]);
        watcher.AwaitError(text => text.Replace('"', '\'').Contains(told, StringComparison.Ordinal), told);
        if (!watcher.Heard().Replace('"', '\'').Contains(told, StringComparison.Ordinal))
        {
            yield return new Fault(mistake, Differs, null, $"sync --dry-run: {Text(first)}", $"watch: {watcher.Heard()}");
        }

        if (snapshot() is var after && after != before)
        {
            yield return new Fault(mistake, Touched, null, before, after);
        }
    }

    /// <summary>Calls the plugin for a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="called">What came of it.</param>
    public Fault? Add(Attachment pod, out Outcome called)
    {
        called = pod.Call(node, "ADD");
        return called.ExitStatus == 0 && IsSame(pod.Result, called.Output) ? null : new Fault($"ADD of {pod.Pod}", Refused, null, pod.Result, Text(called));
    }

    /// <summary>Compares with `sync --dry-run` on a node that was just set up: there is nothing to do, and the warnings are the same.</summary>
    /// <param name="stage">What was done.</param>
    /// <param name="made">What the one who did it said.</param>
    public Fault? After(string stage, Outcome made)
    {
        Outcome rest = node.Srcroute("sync --dry-run");
        string[] warnings = Warnings(rest), told = Warnings(made);
        return rest.ExitStatus == 0 && warnings.SequenceEqual(told) ? null : new Fault(stage, Differs, null, Text(made), $"sync --dry-run: {Text(rest)}");
    }

    /// <summary>Compares with what a watcher has said.</summary>
    public Fault? OfWatcher(string heard)
    {
        string[] untold = [.. Warnings(node.Srcroute("sync --dry-run")).Where(sentence => !heard.Contains(sentence.Replace('"', '\''), StringComparison.Ordinal))];
        return untold.Length == 0 ? null : new Fault("watch", Differs, null, $"sync --dry-run: {string.Join('\n', untold)}", heard);
    }

    /// <summary>The warnings that hold as long as the node is so: not those of connections that are older than our rules, or of one pod.</summary>
    private static string[] Warnings(Outcome outcome) =>
    [
        .. outcome.Error.Split('\n')
            .Where(line => line.StartsWith(Warning, StringComparison.Ordinal))
            .Select(line => line[Warning.Length..])
            .Where(line => !line.Contains("that the node has opened", StringComparison.Ordinal) && !line.StartsWith("the pod's address", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private static string Text(Outcome outcome) => $"exit status {outcome.ExitStatus} {outcome.Output}{outcome.Error}";

    private static bool IsSame(string expected, string output)
    {
        using JsonDocument one = JsonDocument.Parse(expected), other = JsonDocument.Parse(output);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }
}
