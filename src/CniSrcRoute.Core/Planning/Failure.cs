namespace CniSrcRoute.Planning;

/// <summary>A step of a plan that could not be taken.</summary>
/// <param name="Change">The step.</param>
/// <param name="Reason">The errno and the kernel's words, or the system's for a file.</param>
public sealed record Failure(Change Change, string Reason)
{
    /// <summary>Whether only names are missing, as on a read-only /etc: numbers do as well.</summary>
    public bool IsCosmetic => Change is NamesChange;

    /// <summary>The failure as a finding: a warning where only names are missing.</summary>
    /// <param name="state">Knows the names of the cards.</param>
    public Finding Tell(NodeState state) => new(IsCosmetic ? Severity.Warning : Severity.Error, FindingCode.StepRefused, "", Describe(state));

    /// <summary>The step, as a rule as the ip(8) command it is, and the reason.</summary>
    /// <param name="state">Knows the names of the cards.</param>
    /// <returns>One line.</returns>
    public string Describe(NodeState state) => $"{(Change is MarkTableChange ? "the nftables table" : new IpCommand(state).Format(Change)[2..])}: {Reason}";
}
