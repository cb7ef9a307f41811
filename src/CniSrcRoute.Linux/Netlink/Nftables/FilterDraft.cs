using CniSrcRoute.Firewall;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>A rule of a firewall while it is being read: what it asks of UDP packets, one condition after the other.</summary>
/// <param name="family">The family whose packets come to it; null for both.</param>
/// <param name="ofAnswers">Whether these are answers, whose source stands for the destination.</param>
internal sealed class FilterDraft(Family? family, bool ofAnswers)
{
    private readonly List<DestinationTest> _tests = [];
    private readonly List<string> _chains = [];
    private IReadOnlyList<PortSpan> _ports = [PortSpan.All];
    private string _asks = "";
    private bool _isForOthers;
    private bool _hasVerdict;

    /// <summary>Whether answers come to it, whose source stands for the destination.</summary>
    public bool OfAnswers => ofAnswers;

    /// <summary>The family whose packets it is for.</summary>
    public Family? Family { get; private set; } = family;

    /// <summary>It is for one family.</summary>
    public void Restrict(Family only)
    {
        _isForOthers |= Family is { } known && known != only;
        Family = only;
    }

    /// <summary>It is for some ports.</summary>
    public void Restrict(IReadOnlyList<PortSpan> ports) => _ports = PortSpan.Both(_ports, ports);

    /// <summary>It is for a protocol, or for all but that.</summary>
    public void RestrictProtocol(int protocol, bool isNegated) => _isForOthers |= protocol == IPPROTO_UDP == isNegated;

    /// <summary>No request of a UDP client comes to it.</summary>
    public void IsForOthers() => _isForOthers = true;

    /// <summary>It asks for destinations.</summary>
    public void Add(DestinationTest test) => _tests.Add(test);

    /// <summary>It asks whether the destination is an address of the card that the packet came in by.</summary>
    public void AsksCard() => _asks = $"that asks whether the {(ofAnswers ? "source of answers" : "destination")} is an address of the card";

    /// <summary>It asks whether the destination is a translated one.</summary>
    public void AsksTranslation() => _asks = "that asks whether the destination was translated";

    /// <summary>It leads to a chain.</summary>
    public void Jump(string chain, bool isGoto)
    {
        _chains.Add(chain);
        _hasVerdict |= isGoto;
    }

    /// <summary>It does something by itself with some packets, whatever it does with others.</summary>
    public void Decides() => _hasVerdict = true;

    /// <summary>The rule; null for one that no UDP packet can match.</summary>
    public FilterRule? ToRule() => _isForOthers || _ports.Count == 0 ? null : new FilterRule
    {
        Family = Family,
        Ports = _ports,
        Tests = _tests,
        Asks = _asks,
        Chains = _chains,
        Decides = _chains.Count == 0 || _hasVerdict,
    };
}
