namespace CniSrcRoute.Planning;

/// <summary>An address, or network, of the node that its own card shall answer for.</summary>
public sealed record Source
{
    /// <summary>The addresses: what the rule's `from` says.</summary>
    public required IpPrefix Prefix { get; init; }

    /// <summary>The device that holds the address.</summary>
    public required Link Card { get; init; }

    /// <summary>The subnet on the link, as the address has it; the prefix itself for a configured network.</summary>
    public required IpPrefix Subnet { get; init; }

    /// <summary>What the config says of it; null when it was discovered.</summary>
    public Configuration.SourceConfig? Config { get; init; }

    /// <summary>The table of somebody else's rule for the source, into which the config has what leads to pods copied; 0 for a table of ours.</summary>
    public uint Extends { get; init; }

    /// <summary>That the source is not served.</summary>
    /// <param name="code">One of <see cref="FindingCode"/>.</param>
    /// <param name="reason">Why, as the second half of a sentence.</param>
    /// <returns>An error.</returns>
    public Finding NotServed(string code, string reason) => new(Severity.Error, code, Prefix.ToString(), $"{Prefix} is not served: {reason}");

    /// <summary>The family.</summary>
    public Family Family => Prefix.Family;
}
