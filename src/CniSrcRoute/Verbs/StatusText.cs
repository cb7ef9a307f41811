using System.Globalization;
using System.Text;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>The report for people.</summary>
internal static class StatusText
{
    /// <summary>How many lines of drift are shown; `sync --dry-run` shows all.</summary>
    private const int DriftLines = 20;

    /// <summary>So many findings that differ in their subjects alone are a line each.</summary>
    private const int FewAlike = 3;
    private const int MostNamed = 8;

    private const int NameColumn = 4;

    private static readonly string[] Headings = ["SOURCE", "CARD", "GATEWAY", "TABLE", "NAME", "RULE", "MARK", "ROUTES", "COPIES", "STATE"];

    /// <summary>The report.</summary>
    /// <param name="report">What it tells.</param>
    /// <param name="width">How wide the table may be: on a narrow terminal the names of tables are left out of it, since they say what the sources say.</param>
    public static string Format(StatusReport report, int width)
    {
        var text = new StringBuilder();
        List<string> warnings = Lines([.. report.Findings.Where(finding => finding.Severity > Severity.Note)]);
        List<string> notes = Lines([.. report.Findings.Where(finding => finding.Severity == Severity.Note)]);
        text.Append(
            report.IsHealthy ? $"healthy{Count(warnings.Count)}\n"
            : report.Drift.Count > 0 && !report.IsSetUp ? "not set up yet: `srcroute bootstrap` would make what is listed below\n"
            : report.Drift.Count > 0 ? "drift: `srcroute sync` would change what is listed below\n"
            : "degraded: see the warnings below\n");
        if (report.Sources.Count > 0)
        {
            AppendTable(text.Append('\n'), report, width);
        }

        text.Append("\npods: networks ").Append(List(report.OverlayNetworks)).Append("; cards ").Append(List(Cards(report))).Append('\n');
        List<string> drift = [.. report.Drift.Take(DriftLines).Select(Line)];
        if (report.Drift.Count > DriftLines)
        {
            drift.Add($"and {report.Drift.Count - DriftLines} more: see `srcroute sync --dry-run`");
        }

        AppendSection(text, report.IsSetUp ? "drift" : "to be made", drift);
        AppendSection(text, "warnings", warnings);
        AppendSection(text, "notes", notes);
        return text.ToString();
    }

    /// <summary>
    /// What is said of one source, or card, is said of others in the same words: it is said once, and the others are named. What is said of one several times is
    /// not the same.
    /// </summary>
    private static List<string> Lines(IReadOnlyList<Finding> findings)
    {
        List<string> lines = [];
        foreach (IGrouping<string, Finding> alike in findings.GroupBy(Shape))
        {
            List<Finding> all = [.. alike];
            if (all.Count < FewAlike || all.DistinctBy(finding => finding.Subject).Count() < all.Count)
            {
                lines.AddRange(all.ConvertAll(finding => Printable.Line(Told(finding))));
                continue;
            }

            List<string> others = [.. all.Skip(1).Select(finding => finding.Subject)];
            string more = others.Count > MostNamed ? $" and {Text((uint)(others.Count - MostNamed))} more" : "";
            lines.Add(Printable.Line($"{Told(all[0])} (the same for {string.Join(", ", others.Take(MostNamed))}{more})"));
        }

        return lines;
    }

    /// <summary>A step of the plan as a line: the nftables table alone has more.</summary>
    private static string Line(string step) =>
        step.Contains('\n', StringComparison.Ordinal) ? $"{step[0]} table inet {NftTable.Name} of nftables; `srcroute sync --dry-run` shows it in full" : step;

    private static string Told(Finding finding) => Wrapping.Keep(finding.Sentence, finding.Cure);

    // What is said of a source names its card as well: addresses, and nearly all names of cards, have a digit.
    private static string Shape(Finding finding) =>
        IpPrefix.TryParse(finding.Subject, out _) ? string.Join(' ', finding.Sentence.Split(' ').Select(word => word.Any(char.IsDigit) ? "#" : word))
        : finding.Subject.Length > 0 ? finding.Sentence.Replace(finding.Subject, "#", StringComparison.Ordinal)
        : finding.Sentence;

    /// <summary>A warning leaves the node healthy and may still matter: the first line counts them, for those who read no further.</summary>
    private static string Count(int warnings) => warnings switch { 0 => "", 1 => ", 1 warning", _ => $", {Text((uint)warnings)} warnings" };

    private static string[] Cells(SourceStatus source) =>
    [
        source.Source, source.Card, source.Gateway.Length == 0 ? "-" : source.Gateway, Text(source.Table), source.TableName,
        source.RuleStands ? Text(source.Priority) : "-", source.Mark == 0 ? "-" : FormattableString.Invariant($"0x{source.Mark:x}"),
        Text((uint)source.Routes), Text((uint)source.Copies), source.State,
    ];

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    // The name of a pod's veth tells nobody anything.
    private static List<string> Cards(StatusReport report)
    {
        List<string> cards = [.. report.OverlayCards.SkipLast(report.PodCables)];
        if (report.PodCables > 0)
        {
            cards.Add(report.PodCables == 1 ? "1 pod's card" : $"{Text((uint)report.PodCables)} pods' cards");
        }

        return cards;
    }

    private static string List(IReadOnlyList<string> words) => words.Count == 0 ? "none known" : string.Join(", ", words);

    private static void AppendTable(StringBuilder text, StatusReport report, int width)
    {
        List<string[]> rows = [Headings];
        foreach (SourceStatus source in report.Sources)
        {
            rows.Add(Array.ConvertAll(Cells(source), Printable.Line));
        }

        int[] widths = new int[Headings.Length];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length);
            }
        }

        int leftOut = widths.Sum() + (2 * (widths.Length - 1)) > width ? NameColumn : -1;
        foreach (string[] row in rows)
        {
            string line = "";
            for (int column = 0; column < row.Length; column++)
            {
                line += column == leftOut ? "" : row[column].PadRight(widths[column] + 2);
            }

            text.Append(line.TrimEnd()).Append('\n');
        }
    }

    private static void AppendSection(StringBuilder text, string heading, List<string> lines)
    {
        if (lines.Count > 0)
        {
            text.Append('\n').Append(heading).Append(":\n");
        }

        foreach (string line in lines)
        {
            text.Append("  ").Append(line).Append('\n');
        }
    }
}
