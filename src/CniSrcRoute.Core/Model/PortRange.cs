namespace CniSrcRoute;

/// <summary>The ports a rule is for: struct fib_rule_port_range, and FRA_SPORT_MASK or FRA_DPORT_MASK of kernels from 6.15 on.</summary>
/// <param name="First">The first port.</param>
/// <param name="Last">The last port.</param>
/// <param name="Mask">The bits that count; with all of them the ports are a range, with fewer the first one is compared.</param>
public readonly record struct PortRange(ushort First, ushort Last, ushort Mask)
{
    /// <summary>Whether a port is among them.</summary>
    /// <param name="port">The port; 0 where a packet has none.</param>
    /// <returns>True when it is.</returns>
    public bool Contains(ushort port) => Mask == ushort.MaxValue ? port >= First && port <= Last : ((port ^ First) & Mask) == 0;
}
