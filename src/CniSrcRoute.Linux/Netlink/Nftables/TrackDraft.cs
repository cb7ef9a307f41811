using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>A rule ahead of connection tracking while it is being read.</summary>
internal sealed class TrackDraft
{
    private readonly List<TrackTest> _tests = [];
    private bool _isForSome;
    private string _chain = "";

    /// <summary>What it does: once it keeps packets from being tracked, nothing else matters.</summary>
    public TrackAction Action { get; private set; }

    /// <summary>It asks for something that is not known here.</summary>
    public void AsksMore() => _isForSome = true;

    /// <summary>It asks for some bytes.</summary>
    public void Add(IReadOnlyList<TrackTest.Part> key, IReadOnlyList<NftElement> among, bool isNegated) => _tests.Add(new TrackTest(key, among, isNegated));

    /// <summary>It asks for a field, of which it looks at all bytes.</summary>
    public void Add(Origin origin, IReadOnlyList<NftElement> among, bool isNegated = false) =>
        Add([.. Enumerable.Range(0, among[0].From.Span.Length).Select(index => new TrackTest.Part(origin, index, byte.MaxValue))], among, isNegated);

    /// <summary>It asks for ports.</summary>
    public void Add(Origin origin, IEnumerable<PortSpan> ports, bool isNegated) =>
        Add(origin, [.. ports.Select(span => new NftElement(Port(span.From), Port(span.To), null))], isNegated);

    /// <summary>It does something.</summary>
    public void Do(TrackAction action, string chain = "") =>
        (Action, _chain) = Action == TrackAction.Notrack ? (Action, _chain) : (action, chain);

    /// <summary>The rule.</summary>
    public TrackRule ToRule() => new(_tests, _isForSome, Action, _chain);

    private static OpaqueBytes Port(ushort port) => new([(byte)(port >> 8), (byte)port]);
}
