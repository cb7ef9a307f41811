namespace CniSrcRoute.Harm.Parts;

/// <summary>What is behind all routers: it joins them, and a host is there.</summary>
internal sealed class Beyond : Part
{
    public const string Far4 = "203.0.113.254", Far6 = "2001:db8:ff::254";

    public override void Build(Draft draft)
    {
        Place far = draft.Add("far", Role.Neighbour).Forwarding();
        draft.Plug("wan", far, "wan", $"{Far4}/24", $"{Far6}/64");
    }

    public override string ToString() => "a host beyond all routers";
}
