using CniSrcRoute.Configuration;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>A router that requests come through, and that no table of the card leads back to.</summary>
/// <param name="Card">The card.</param>
/// <param name="Router">The router.</param>
/// <param name="HardwareAddress">The router's hardware address.</param>
/// <param name="Line">The line of the configuration that names it.</param>
/// <param name="Place">Where the line belongs.</param>
internal sealed record UnknownRouter(string Card, IpAddress Router, string HardwareAddress, string Line, string Place)
{
    /// <summary>The router of a request, if its card has none.</summary>
    /// <param name="seen">The request; its router is known.</param>
    /// <param name="round">The node.</param>
    public static UnknownRouter? Of(ObservedExchange seen, Reconciliation round)
    {
        List<SourceTable> tables = [.. round.Desired.Tables.Where(table => table.Source.Card.Name == seen.Card && table.Source.Family == seen.Router.Family)];
        if (tables.Count == 0 || tables.Exists(table => table.DefaultRoute is not null))
        {
            return null;
        }

        SourceTable asked = tables.Find(table => table.Source.Prefix.Contains(seen.Exchange.Server)) ?? tables[0];
        string line = Remarks.GatewayLine(asked.Source, out string place, seen.Router.ToString());
        return new UnknownRouter(seen.Card, seen.Router, seen.RouterHardware, line, $"{place}{round.Config?.File ?? Config.DefaultFile}");
    }
}
