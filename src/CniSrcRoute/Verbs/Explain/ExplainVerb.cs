using CniSrcRoute.Configuration;
using CniSrcRoute.Firewall;
using CniSrcRoute.Nftables;
using CniSrcRoute.Node;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>`srcroute explain`.</summary>
internal static class ExplainVerb
{
    public static int Run(Options options)
    {
        Garbage.LetLie();
        var question = Question.Parse(options.Operands, options.Protocol, options.Card);
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        using var kernel = new Kernel();
        IReadOnlyList<Connection> connections = question.Port == 0 ? [] : kernel.ReadConnections();
        var round = Reconciliation.Of(StateReader.ReadFor(kernel, question.Destinations(connections)), config);
        IReadOnlyList<BaseChain> chains = kernel.ReadBaseChains();
        Untracking untracking = kernel.ReadUntracking(chains);
        IReadOnlyList<ConnectionSocket> sockets = question is { Port: > 0, Protocol: 17 } ? kernel.ReadConnectionSockets(withUsers: false) : [];
        IReadOnlyList<Explanation> all = Explanation.Of(question, round, connections, sockets, ReadFirewalls(kernel, round, chains), untracking, ReadIpvs());
        if (options.Json)
        {
            Log.Result(ExplainJson.Format(all, round.State));
        }
        else
        {
            Log.Prose(new ExplainText(round.State).Format(all));
        }

        return all.All(one => one.Verdict.IsRight) ? ExitStatus.Success : ExitStatus.Drift;
    }

    private static Ipvs ReadIpvs() => new(
        NodeFiles.ReadOrEmpty("/proc/net/ip_vs"), [.. ((string[])[Ipvs.Tracks, Ipvs.RoutesAgain]).Where(setting => NodeFiles.ReadOrEmpty(NodeFiles.PathOf(setting)) is ['0', ..])]);

    /// <summary>What firewalls of others do to marks, where a rule asks for any, and to packets.</summary>
    private static (ForeignMarks Marks, ForeignDrops Drops) ReadFirewalls(Kernel kernel, Reconciliation round, IReadOnlyList<BaseChain> chains)
    {
        string? obstacle = null;
        NftablesState nftables = round.State.Nftables;
        IReadOnlyList<DroppingRule> drops = chains.Count > 0 ? kernel.ReadDroppingRules() : [];
        IReadOnlyList<MarkWrite> writes = round.State.Rules.Any(rule => rule.MarkMask != 0) ? kernel.ReadMarkWrites(out obstacle) : [];
        return (new ForeignMarks(nftables.IsHidden || obstacle is not null ? null : writes, chains, nftables.Table, round.Desired.MarkMask), new ForeignDrops(chains, drops));
    }
}
