namespace CniSrcRoute;

/// <summary>A neighbour on a link: struct ndmsg and its attributes (rtnetlink(7)).</summary>
/// <param name="Card">ndm_ifindex.</param>
/// <param name="Address">NDA_DST.</param>
/// <param name="HardwareAddress">NDA_LLADDR as text: 02:00:00:00:00:01; empty for none.</param>
public sealed record Neighbour(int Card, IpAddress Address, string HardwareAddress);
