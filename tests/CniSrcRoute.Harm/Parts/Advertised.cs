namespace CniSrcRoute.Harm.Parts;

/// <summary>An IPv6 router that announces itself.</summary>
internal sealed class Advertised(Random random) : Part
{
    private readonly int _lan = random.Next(3);
    private readonly string _preference = ((string[])["high", "medium", "low"])[random.Next(3)];

    public override void Build(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_lan) is { Via6: not null } uplink)
        {
            draft.Node.Late[$"ipv6/conf/{uplink.Card}/accept_ra"] = "2";
            draft.Facts.Add($"default by {uplink.Card}, IPv6");
            draft.Advertisements.Add(new Advertisement($"r{_lan}", "lan", uplink.Card, _preference));
        }
    }

    public override string ToString() => $"the IPv6 router of lan{_lan} announces itself, preference {_preference}";
}
