namespace CniSrcRoute.Harm;

/// <summary>A pair of tun devices whose packets a process carries over.</summary>
internal sealed record Tunnel(string PlaceA, string CardA, string PlaceB, string CardB);
