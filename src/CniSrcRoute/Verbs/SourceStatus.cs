using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs;

/// <summary>One line of `srcroute status`: a source, its table and its rule.</summary>
/// <param name="Source">The address or network.</param>
/// <param name="Card">The device that holds it.</param>
/// <param name="Gateway">The router of the table's default route; empty for none.</param>
/// <param name="Table">The table's number.</param>
/// <param name="TableName">The table's name.</param>
/// <param name="Priority">The rule's priority.</param>
/// <param name="RuleStands">Whether our rule is in the kernel.</param>
/// <param name="Mark">The mark that leads replies of pods to the table; 0 for none.</param>
/// <param name="Routes">How many routes of its card the table shall hold.</param>
/// <param name="Copies">How many copies it shall hold.</param>
/// <param name="Drift">How many steps of the plan concern it.</param>
/// <param name="State">"ok", "extended" (somebody else's table and rule), "drift", "not set up" (srcroute has made nothing on the node), or "not served".</param>
internal sealed record SourceStatus(
    string Source,
    string Card,
    string Gateway,
    uint Table,
    string TableName,
    uint Priority,
    bool RuleStands,
    uint Mark,
    int Routes,
    int Copies,
    int Drift,
    string State)
{
    public static SourceStatus Of(SourceTable table, Reconciliation round, bool isSetUp)
    {
        Rule? rule = round.Desired.RuleOf(table);
        int drift = round.Plan.Changes.Count(change => change switch
        {
            RouteChange route => route.Table == table.Id,
            RuleChange other => rule?.IsForSameAs(other.Rule) == true || (other.Rule.Family == table.Source.Family && other.Rule.Table == table.Number),
            _ => false,
        });
        return new SourceStatus(
            table.Source.Prefix.ToString(),
            table.Source.Card.Name,
            Router(table),
            table.Number,
            table.Name,
            round.Config!.RulePriority,
            rule is not null && round.State.Rules.Contains(rule),
            table.Mark,
            table.CardRoutes.Count,
            table.Copies.Count,
            drift,
            drift > 0 ? (isSetUp ? "drift" : "not set up") : table.Source.Extends != 0 ? "extended" : table.Unserved is null ? "ok" : "not served");
    }

    private static string Router(SourceTable table) => table.DefaultRoute switch
    {
        null => "",
        { Nexthops: [{ Gateway.IsSet: false }] } => "on the link",
        var route => Gateways(route.Nexthops),
    };

    private static string Gateways(IReadOnlyList<Nexthop> hops)
    {
        List<string> gateways = [];
        foreach (Nexthop hop in hops)
        {
            gateways.Add(hop.Gateway.ToString());
        }

        return string.Join(' ', gateways);
    }
}
