using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Tests.Marks;

namespace CniSrcRoute.Tests.Walk;

/// <summary>A node of some kind, of which `srcroute explain` tells before and after it is set up.</summary>
internal static class ExplainedNode
{
    /// <summary>A port that is translated to a container, for scripts that make one: a network "box" whose server listens at 80.</summary>
    public const int Container = 8088;

    private const int Wildcard = 5300;

    /// <summary>Asserts that what is told are the cards of the packets.</summary>
    /// <param name="script">What makes the node of the usual one.</param>
    /// <param name="clients">Who asks.</param>
    /// <param name="addresses">The addresses that are asked.</param>
    /// <param name="wires">The node's cards that lead out of it.</param>
    /// <param name="patience">How long an answer may take to leave; as long as anything, if nothing is said.</param>
    public static async Task AssertToldAsync(string script, string clients, string addresses, string wires, TimeSpan? patience = null)
    {
        using var place = new Neighbourhood();
        place.MakePod();
        Published.ByNftables(place.Node);
        using var server = new EchoServer("wildcard", place.Node.Network(), Wildcard);
        place.Node.Sh(script);
        bool hasContainer = script.Contains($"dport {Container}", StringComparison.Ordinal);
        using EchoServer? container = hasContainer ? new EchoServer("box", place.Node.Network("box"), 80) : null;
        int[] ports = hasContainer ? [Wildcard, Published.Local, Container] : [Wildcard, Published.Local];
        (string, string, int)[] requests =
        [
            .. from client in clients.Split(' ') from address in addresses.Split(' ') from port in ports select (client, address, port),
        ];
        var explained = new ExplainedRequests(place, wires.Split(' ')) { Patience = patience ?? Job.Patience };
        await explained.AssertToldAsync(requests, Naming.OfGuesses);
        place.Node.Srcroute("bootstrap").Succeeded();
        await explained.AssertToldAsync(requests, Naming.Never);
    }
}
