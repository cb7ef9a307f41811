namespace CniSrcRoute.Harm.Parts;

/// <summary>rp_filter, of all cards or of one.</summary>
internal sealed class ReversePath(Random random) : Part
{
    private readonly int _all = random.Next(3), _lan = random.Next(4);

    public override void Build(Draft draft)
    {
        draft.Node.Late["ipv4/conf/all/rp_filter"] = $"{(_lan == 3 ? _all : 0)}";
        if (draft.Uplinks.GetValueOrDefault(_lan) is { } uplink)
        {
            draft.Node.Late[$"ipv4/conf/{uplink.Card}/rp_filter"] = $"{_all}";
        }
    }

    public override string ToString() => $"rp_filter {_all} {(_lan == 3 ? "everywhere" : $"in lan{_lan}")}";
}
