namespace CniSrcRoute.Harm.Parts;

/// <summary>A default ahead of those of the cards.</summary>
internal sealed class Defaults(Random random) : Part
{
    private readonly bool _isEcmp = random.Next(2) == 0;
    private readonly int _lan = random.Next(3);

    public override void Build(Draft draft)
    {
        string[] ways4 = [.. draft.Uplinks.Values.Select(uplink => uplink.Via4).OfType<string>()], ways6 = [.. draft.Uplinks.Values.Select(uplink => uplink.Via6).OfType<string>()];
        if (_isEcmp)
        {
            draft.Facts.Add("ecmp");
            Ecmp(draft, ways4);
            Ecmp(draft, ways6);
        }
        else if (draft.Uplinks.GetValueOrDefault(_lan)?.Via4 is { } via)
        {
            draft.Node.Ip($"nexthop add id 9 via {via}\nroute add default nhid 9 metric 60");
        }
    }

    public override string ToString() => _isEcmp ? "a default by all routers at once" : $"a default by a nexthop object, by lan{_lan}";

    private static void Ecmp(Draft draft, string[] ways)
    {
        if (ways.Length > 1)
        {
            draft.Node.Ip($"route add default metric 60 {string.Join(' ', ways.Select(via => $"nexthop via {via}"))}");
        }
    }
}
