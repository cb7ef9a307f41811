namespace CniSrcRoute.Harm;

/// <summary>Somebody asks somebody.</summary>
/// <param name="From">The namespace that asks.</param>
/// <param name="Bind">The address it binds to first; null to have the kernel choose.</param>
/// <param name="To">The address it asks.</param>
/// <param name="Port">Its port.</param>
/// <param name="Transport">By what.</param>
internal sealed record Flow(string From, string? Bind, string To, int Port, Transport Transport)
{
    /// <summary>Whether it is IPv6.</summary>
    public bool IsIpv6 => To.Contains(':', StringComparison.Ordinal);

    public override string ToString() =>
        $"{From}{(Bind is null ? "" : $" ({Bind})")} -> {To}{(Transport == Transport.Echo ? "" : $":{Port}")} {Transport.ToString().ToLowerInvariant()}";
}
