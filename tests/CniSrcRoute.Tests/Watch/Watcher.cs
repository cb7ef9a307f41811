using System.Diagnostics;
using CniSrcRoute.Tests.Kernel;
using Xunit;
using Xunit.Sdk;

namespace CniSrcRoute.Tests.Watch;

/// <summary>`srcroute watch` on a node, and what it says.</summary>
internal sealed class Watcher : IDisposable
{
    // Prints nothing and ends when the watcher has nothing left to read and waits for more.
    private const string Quiet = """
        quiet() {
            until
                inode=$(ls -l /proc/$watcher/fd | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' '|')0 &&
                awk -v inodes="^($inode)$" '$10 ~ inodes && $5 > 0 { busy = 1 } END { exit busy }' /proc/net/netlink &&
                grep -q poll /proc/$watcher/wchan
            do kill -0 $watcher; done
        }
        """;

    private static int s_watchers;

    private readonly Node _node;
    private readonly Job _job;
    private readonly string _log;
    private int _read = 1;

    private Watcher(Node node, Job job, string log)
    {
        (_node, _job, _log) = (node, job, node.PathOf(log));
        Pid = Lines[0];
    }

    /// <summary>Its number among the node's processes.</summary>
    public string Pid { get; }

    /// <summary>Whether it lives.</summary>
    public bool IsRunning => _job.IsRunning;

    /// <summary>Every line it wrote, the first being its number. They are in a file, where a line is as soon as it is written: no thread of ours has to read it first.</summary>
    public string[] Lines => File.ReadAllText(_log).Split('\n')[..^1];

    /// <summary>How often it has said that it pauses, because somebody undoes its work again and again.</summary>
    public int Pauses => Lines.Count(line => line.StartsWith("undone ", StringComparison.Ordinal));

    /// <summary>Starts it, and waits until it has verified the node and follows, or has said what hinders it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="arguments">What stands behind "watch".</param>
    /// <param name="wrapper">What it is started by: setpriv and its arguments.</param>
    /// <param name="environment">Variables to add to the environment.</param>
    public static Watcher Start(
        Node node, IEnumerable<string>? arguments = null, IEnumerable<string>? wrapper = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        // Tests that run behind nohup would hand down that a hangup is ignored.
        string log = $"/run/watcher-{Interlocked.Increment(ref s_watchers)}.log";
        Job job = node.Start(
            [
                "env", "--default-signal=HUP", "sh", "-c", "echo $$ >\"$0\"; echo begun >&2; exec \"$@\" 2>>\"$0\"", log,
                .. wrapper ?? [], Requirements.Binary, "watch", .. arguments ?? [],
            ],
            "",
            environment,
            "begun");
        Watcher watcher = new(node, job, log);
        watcher.AwaitVerification();
        watcher.Mark();
        return watcher;
    }

    /// <summary>Starts it on a node with two cards of both families, flannel's cards and one peer; the line of its start is read already.</summary>
    public static Watcher StartAnew(Node node)
    {
        Watcher watcher = Start(node);
        Assert.Contains(watcher.Settle(), line => line.StartsWith("repaired cause=\"started\"", StringComparison.Ordinal));
        return watcher;
    }

    /// <summary>
    /// Makes a trial of what a watcher hears, which the verification that comes once a minute would disturb: where it came in between, the trial is made
    /// again, with another node and watcher.
    /// </summary>
    public static void BetweenVerifications(Func<Node> build, Action<Node, Watcher> trial)
    {
        const int Attempts = 5;
        for (int attempt = 1; ; attempt++)
        {
            using Node node = build();
            using Watcher watcher = StartAnew(node);
            try
            {
                trial(node, watcher);
                return;
            }
            catch (XunitException) when (attempt < Attempts && Array.Exists(watcher.Lines, line => line.StartsWith("found ", StringComparison.Ordinal)))
            {
                // What the trial has hidden from events was found.
            }
        }
    }

    /// <summary>Waits for the next unread line that contains a word; it and those before it are read then.</summary>
    public string Await(string word)
    {
        string[] lines = [];
        int found = -1;
        SpinWait.SpinUntil(
            () =>
            {
                // What it wrote before it ended is there when it has ended.
                bool isRunning = IsRunning;
                lines = Lines;
                found = Array.FindIndex(lines, _read, line => line.Contains(word, StringComparison.Ordinal));
                return found >= 0 || !isRunning;
            },
            Job.Patience);
        Assert.True(found >= 0, $"waited in vain for {word}:\n{string.Join('\n', lines)}");
        _read = found + 1;
        return lines[found];
    }

    /// <summary>
    /// Waits until it has heard what it was told, has done what need not wait, and follows again; returns its unread lines, which are read then. A reading
    /// that is due may still be to come: the slower the machine, the longer the watcher rests before it.
    /// </summary>
    public string[] Settle()
    {
        AwaitQuiet();
        Mark();
        AwaitQuiet();
        string[] lines = Lines;
        string[] unread = [.. lines[_read..].Where(line => !line.Contains("10.254.255.", StringComparison.Ordinal))];
        _read = lines.Length;
        return unread;
    }

    /// <summary>Runs a shell script on the node; returns what the watcher then said, without the readings and plans that are still to come.</summary>
    public string[] Sees(string script)
    {
        _node.Sh(script);
        return Settle();
    }

    /// <summary>
    /// Runs a shell script on the node, and waits until nothing is left to do there, also where the watcher has to rest before it reads or plans everything
    /// again; returns what it then said.
    /// </summary>
    public string[] WorksOff(string script)
    {
        _node.Sh(script);
        AssertTrue();
        return Settle();
    }

    /// <summary>The same, and asserts that the watcher said one line; returns the line.</summary>
    public string SeesOnce(string script) => Assert.Single(WorksOff(script));

    /// <summary>
    /// Asserts that nothing is left to do on the node, long before the verification that comes once a minute. A reading that is due may have to wait a little.
    /// </summary>
    public void AssertTrue() => _node.Await($"{Requirements.Binary} sync --dry-run");

    /// <summary>Stops it, so that it helps nobody; not in the middle of a reading, in which it would hold the lock for good.</summary>
    public void Stop() => _node.Await($$"""
        kill -STOP {{Pid}}
        until grep '^State:.*stopped' /proc/{{Pid}}/status; do kill -0 {{Pid}}; done
        flock --nonblock /run/srcroute/lock true || { kill -CONT {{Pid}}; false; }
        """);

    /// <summary>
    /// Asserts that a peer is followed while a repair that somebody keeps undoing waits: long before the repair is tried again. Where the machine has too much
    /// else to do for that, it tries the next pause, which is twice as long.
    /// </summary>
    public void AssertFollowsInAPause()
    {
        TimeSpan took = TimeSpan.MaxValue;
        for (int pause = 8; pause <= 32 && took > TimeSpan.FromSeconds(pause) / 2; pause *= 2)
        {
            _ = Await($"next attempt in {pause} s");
            long start = Stopwatch.GetTimestamp();
            _node.Ip($"route add 10.254.{pause}.0/24 via 10.254.{pause}.0 dev flannel.1 onlink");
            Assert.StartsWith("followed ", Await($"10.254.{pause}.0/24"), StringComparison.Ordinal);
            took = Stopwatch.GetElapsedTime(start);
        }

        Assert.True(took <= TimeSpan.FromSeconds(16), $"it was not followed until {took} later");
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(string name) => _node.Sh($"kill -{name} {Pid}");

    /// <summary>Waits for its end.</summary>
    public Outcome Finish() => _job.Finish();

    /// <summary>How often it has gone to sleep by itself so far, all threads together.</summary>
    public int Sleeps() =>
        _node.Sh($"cat /proc/{Pid}/task/*/status")
            .Split('\n')
            .Where(line => line.StartsWith("voluntary_ctxt_switches", StringComparison.Ordinal))
            .Sum(line => Number(line));

    /// <summary>A figure of /proc/PID/status, in kB.</summary>
    public int Memory(string name) => Number(_node.Sh($"grep ^{name}: /proc/{Pid}/status").Replace("kB", "", StringComparison.Ordinal));

    /// <summary>Processor time it has used so far.</summary>
    public TimeSpan ProcessorTime()
    {
        // proc(5): utime and stime are fields 14 and 15 of stat, in hundredths; the name before them has no blank.
        string[] fields = _node.Sh($"cat /proc/{Pid}/stat").Split(' ');
        return TimeSpan.FromMilliseconds(10 * (Number(fields[13]) + Number(fields[14])));
    }

    /// <summary>Waits until it has read all that it was told, and waits for more.</summary>
    public void AwaitQuiet() => Finish($"{Quiet}\nwatcher={Pid}; quiet; quiet");

    public void Dispose() => _job.Dispose();

    private void AwaitVerification() => Assert.True(
        SpinWait.SpinUntil(
            () => !IsRunning || Array.Exists(Lines, line => line.StartsWith("failed ", StringComparison.Ordinal)) ||
                _node.Srcroute("status --watcher").ExitStatus == 0,
            Job.Patience),
        $"it did not verify the node:\n{string.Join('\n', Lines)}");

    /// <summary>Makes a route for it to follow, and waits until it is in the table of every IPv4 rule of ours.</summary>
    private void Mark()
    {
        string mark = $"10.254.255.{_node.NextNumber()}";
        Finish($"""
            ip route add throw {mark}
            until
                rules=$(ip -N rule | grep -c '^32765:.*from [0-9].*proto 206$' || :) && [ "$(ip -N route show table all proto 206 {mark} | wc -l)" -ge "$rules" ]
            do kill -0 {Pid}; done
            """);
    }

    private void Finish(string script)
    {
        Outcome outcome = _node.Start(["timeout", $"{Job.Patience.TotalSeconds / 2:0}", "sh", "-euc", script]).Finish();
        Assert.True(
            outcome.ExitStatus == 0,
            $"waited in vain (exit status {outcome.ExitStatus}) {outcome.Error}\n{script}\nthe watcher said:\n{string.Join('\n', Lines)}");
    }

    private static int Number(string text) =>
        int.Parse(text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture);
}
