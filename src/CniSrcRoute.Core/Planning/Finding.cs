namespace CniSrcRoute.Planning;

/// <summary>Something about the node that people should know. status, the log, metrics, JSON and --dry-run all show these.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Code">What kind of thing it is: one of <see cref="FindingCode"/>, which programs may rely on.</param>
/// <param name="Subject">What it is about: a source, a card, a table, a key of the configuration; empty for the node as a whole.</param>
/// <param name="Sentence">All of it in words, with the cure where there is one.</param>
/// <param name="Cure">A command, or a line for the configuration, that cures it; empty when there is none.</param>
public sealed record Finding(Severity Severity, string Code, string Subject, string Sentence, string Cure = "")
{
    /// <summary>The severity as programs read it: "error", "warning" or "note".</summary>
    public string SeverityWord => Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "note" };

    /// <summary>Whether the configuration itself is wrong, whatever the node is like: no command acts on it.</summary>
    public bool IsBadInput { get; init; }

    /// <summary>What is wrong with the configuration.</summary>
    /// <param name="code">One of <see cref="FindingCode"/>.</param>
    /// <param name="key">The key, for example "sources[0].table".</param>
    /// <param name="sentence">File, key and value, and what is wrong with it.</param>
    /// <returns>An error for which commands refuse to act.</returns>
    public static Finding BadInput(string code, string key, string sentence) => new(Severity.Error, code, key, sentence) { IsBadInput = true };
}
