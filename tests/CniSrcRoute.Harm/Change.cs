namespace CniSrcRoute.Harm;

/// <summary>What happens to the node while it is watched.</summary>
/// <param name="What">In words.</param>
/// <param name="Place">The namespace the commands are for.</param>
/// <param name="Commands">Lines for `ip -n PLACE -batch -`.</param>
internal sealed record Change(string What, string Place, string Commands)
{
    /// <summary>The commands as a shell script.</summary>
    public string Script => $"ip -n {Place} -batch - <<'END'\n{Commands}\nEND";
}
