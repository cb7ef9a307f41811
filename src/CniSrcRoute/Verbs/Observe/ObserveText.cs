using System.Globalization;
using System.Text;
using CniSrcRoute.Observe;

namespace CniSrcRoute.Verbs.Observe;

/// <summary>The report for people.</summary>
internal static class ObserveText
{
    /// <summary>How many lines of a kind are shown; JSON has all.</summary>
    private const int Lines = 20;

    public static string Format(ObserveReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{report.Seconds} s on {string.Join(", ", report.Cards)}: {report.Total} requests came in, ")
            .Append(CultureInfo.InvariantCulture, $"{report.Right} were answered by the card they came in by, {report.ByOtherCard.Count} by another, {report.Unanswered.Count} by none\n");
        if (report.Share > 1)
        {
            text.Append(CultureInfo.InvariantCulture, $"there were too many packets: one of {report.Share} conversations was looked at\n");
        }

        Append(text, "answered by another card", report.ByOtherCard);
        Append(text, "not answered", report.Unanswered);
        if (report.Routers.Count > 0)
        {
            text.Append("\nunknown routers:\n");
        }

        foreach (UnknownRouter router in report.Routers)
        {
            text.Append("  ").Append(router.Card).Append(": requests come through ").Append(router.Router).Append(" (").Append(router.HardwareAddress)
                .Append("); to answer them there, put ").Append(Wrapping.Keep(router.Line, router.Line)).Append(" into ").Append(router.Place).Append('\n');
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string heading, IReadOnlyList<ObservedExchange> exchanges)
    {
        if (exchanges.Count > 0)
        {
            text.Append('\n').Append(heading).Append(":\n");
        }

        foreach (ObservedExchange seen in exchanges.Take(Lines))
        {
            Exchange exchange = seen.Exchange;
            text.Append("  ").Append(seen.Protocol).Append(' ').Append(End(exchange.Key.Client, exchange.Key.ClientPort)).Append(" -> ")
                .Append(End(exchange.Server, exchange.Key.ServerPort)).Append(" came in by ").Append(seen.Card);
            if (seen.RouterHardware.Length > 0)
            {
                text.Append(" through ").Append(seen.Router.IsSet ? $"{seen.Router} ({seen.RouterHardware})" : seen.RouterHardware);
            }

            if (seen.AnswerCard.Length > 0)
            {
                text.Append(", was answered by ").Append(seen.AnswerCard);
                text.Append(exchange.AnswerSource == exchange.Server ? "" : $", from {exchange.AnswerSource}");
            }

            text.Append('\n');
        }

        if (exchanges.Count > Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"  and {exchanges.Count - Lines} more: see `srcroute observe -o json`\n");
        }
    }

    private static string End(IpAddress address, ushort port) =>
        address.Family == Family.IPv6 ? FormattableString.Invariant($"[{address}]:{port}") : FormattableString.Invariant($"{address}:{port}");
}
