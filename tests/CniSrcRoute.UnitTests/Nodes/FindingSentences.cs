using CniSrcRoute.Planning;

namespace CniSrcRoute.UnitTests.Nodes;

/// <summary>The sentences of findings.</summary>
internal static class FindingSentences
{
    /// <summary>What commands refuse to act on.</summary>
    public static IReadOnlyList<string> Problems(this DesiredState desired) => Sentences(desired.Findings.Where(finding => finding.IsBadInput));

    /// <summary>What else is wrong, or may be.</summary>
    public static IReadOnlyList<string> Warnings(this DesiredState desired) =>
        Sentences(desired.Findings.Where(finding => !finding.IsBadInput && finding.Severity > Severity.Note));

    /// <summary>What is worth knowing though all is right.</summary>
    public static IReadOnlyList<string> Notes(this DesiredState desired) => Sentences(desired.Findings.Where(finding => finding.Severity == Severity.Note));

    private static string[] Sentences(IEnumerable<Finding> findings) => [.. findings.Select(finding => finding.Sentence)];
}
