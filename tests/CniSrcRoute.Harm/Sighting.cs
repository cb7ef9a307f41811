using System.Net;

namespace CniSrcRoute.Harm;

/// <summary>A packet of a flow on a card of the node.</summary>
/// <param name="Card">The card's index.</param>
/// <param name="Out">Whether it left.</param>
/// <param name="Hop">The hardware address it was sent to; zero on cards that have none.</param>
/// <param name="Sender">Its source address.</param>
/// <param name="Source">Its source port, or the number of an echo request.</param>
/// <param name="Destination">Its destination port, or the number of an echo reply.</param>
internal readonly record struct Sighting(int Card, bool Out, ulong Hop, IPAddress Sender, int Source, int Destination);
