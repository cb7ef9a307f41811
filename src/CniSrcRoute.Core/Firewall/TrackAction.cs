namespace CniSrcRoute.Firewall;

/// <summary>What a rule ahead of connection tracking does.</summary>
public enum TrackAction
{
    /// <summary>Nothing that matters here.</summary>
    None,

    /// <summary>It keeps the packet from being tracked.</summary>
    Notrack,

    /// <summary>The chains of its table are done with the packet.</summary>
    Accept,

    /// <summary>The packet is gone, or nobody can tell where it goes on.</summary>
    Drop,

    /// <summary>The chain is left.</summary>
    Return,

    /// <summary>Another chain is asked, and then the next rule.</summary>
    Jump,

    /// <summary>Another chain is asked, and no rule behind this one.</summary>
    Goto,
}
