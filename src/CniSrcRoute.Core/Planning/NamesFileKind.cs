namespace CniSrcRoute.Planning;

/// <summary>Our files of names under /etc/iproute2.</summary>
public enum NamesFileKind
{
    /// <summary>rt_tables.d/srcroute.conf.</summary>
    Tables,

    /// <summary>rt_protos.d/srcroute.conf.</summary>
    Protocols,
}
