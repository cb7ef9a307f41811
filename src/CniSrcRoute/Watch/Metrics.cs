using System.Globalization;
using System.Text;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Watch;

/// <summary>What the watcher has done, in the text form of Prometheus (exposition format 0.0.4).</summary>
/// <param name="countMisdirected">Asks the kernel how many replies have left by another card than their request came in by; null where they are not counted.</param>
internal sealed class Metrics(Func<ulong?> countMisdirected)
{
    /// <summary>Upper bounds of the histogram's buckets, in seconds.</summary>
    private static readonly double[] Bounds = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];

    private static readonly CauseKind[] Kinds = Enum.GetValues<CauseKind>();

    private readonly long[] _repairs = new long[Kinds.Length];
    private readonly Dictionary<string, int> _findings = [];
    private readonly long[] _buckets = new long[Bounds.Length + 1];
    private double _seconds;
    private long _overruns;
    private long _refused;
    private int _served;
    private int _unserved;
    private int _copies;
    private long _verified;

    /// <summary>Something was repaired.</summary>
    /// <param name="kind">Why it was wrong.</param>
    /// <param name="steps">How many steps it took.</param>
    public void Repaired(CauseKind kind, int steps) => _repairs[(int)kind] += steps;

    /// <summary>All is right again.</summary>
    /// <param name="took">From the change to the last acknowledged step.</param>
    public void Converged(TimeSpan took)
    {
        _seconds += took.TotalSeconds;
        int bucket = Array.FindIndex(Bounds, bound => took.TotalSeconds <= bound);
        _buckets[bucket < 0 ? Bounds.Length : bucket]++;
    }

    /// <summary>The queue of the kernel's events overflowed.</summary>
    public void Overran() => _overruns++;

    /// <summary>The kernel refused steps.</summary>
    public void Refused(int steps) => _refused += steps;

    /// <summary>Something was planned.</summary>
    public void Planned(DesiredState desired, int copies)
    {
        _unserved = desired.Tables.Count(table => table.Unserved is not null) + desired.Findings.Count(finding => finding.IsBadInput);
        (_served, _copies) = (desired.Served, copies);
    }

    /// <summary>Everything was planned.</summary>
    public void Found(IEnumerable<Finding> findings)
    {
        _findings.Clear();
        foreach (Finding finding in findings)
        {
            string labels = $"severity=\"{finding.SeverityWord}\",code=\"{finding.Code}\"";
            _findings[labels] = _findings.GetValueOrDefault(labels) + 1;
        }
    }

    /// <summary>The node was read whole.</summary>
    public void Verified(DateTimeOffset now) => _verified = now.ToUnixTimeSeconds();

    /// <summary>Everything.</summary>
    /// <returns>Lines for a textfile or an endpoint.</returns>
    public string Format()
    {
        var text = new StringBuilder();
        Head(text, "srcroute_sources", "gauge", "Sources, by whether a rule leads to their table.");
        Line(text, "srcroute_sources{state=\"served\"}", _served);
        Line(text, "srcroute_sources{state=\"unserved\"}", _unserved);
        Head(text, "srcroute_findings", "gauge", "What is wrong or worth knowing, as in `srcroute status -o json`.");
        foreach ((string labels, int findings) in _findings)
        {
            Line(text, $"srcroute_findings{{{labels}}}", findings);
        }

        if (countMisdirected() is { } misdirected)
        {
            Head(text, "srcroute_misdirected_replies_total", "counter", "Packets of replies that left by another card than their request came in by; counted by the kernel.");
            Line(text, "srcroute_misdirected_replies_total", (long)misdirected);
        }

        Head(text, "srcroute_copies", "gauge", "Copies of routes to pods in all source tables.");
        Line(text, "srcroute_copies", _copies);
        Head(text, "srcroute_repairs_total", "counter", "Routes and rules added, changed or removed, by what made it necessary.");
        foreach (CauseKind kind in Kinds)
        {
            Line(text, $"srcroute_repairs_total{{cause=\"{kind.ToString().ToLowerInvariant()}\"}}", _repairs[(int)kind]);
        }

        Head(text, "srcroute_converge_seconds", "histogram", "From hearing of a change to the last step the kernel acknowledged.");
        long count = 0;
        for (int i = 0; i < Bounds.Length; i++)
        {
            count += _buckets[i];
            Line(text, string.Create(CultureInfo.InvariantCulture, $"srcroute_converge_seconds_bucket{{le=\"{Bounds[i]}\"}}"), count);
        }

        count += _buckets[^1];
        Line(text, "srcroute_converge_seconds_bucket{le=\"+Inf\"}", count);
        text.Append(CultureInfo.InvariantCulture, $"srcroute_converge_seconds_sum {_seconds}\n");
        Line(text, "srcroute_converge_seconds_count", count);
        Head(text, "srcroute_refused_total", "counter", "Steps that the kernel refused.");
        Line(text, "srcroute_refused_total", _refused);
        Head(text, "srcroute_overruns_total", "counter", "Times the queue of the kernel's events overflowed.");
        Line(text, "srcroute_overruns_total", _overruns);
        Head(text, "srcroute_last_verification_timestamp_seconds", "gauge", "When everything was last verified.");
        Line(text, "srcroute_last_verification_timestamp_seconds", _verified);
        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string type, string help) => text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, long value) => text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
}
