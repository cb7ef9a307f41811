namespace CniSrcRoute.Tests.Walk;

/// <summary>The kernel's answer to RTM_GETROUTE.</summary>
/// <param name="Errno">The refusal; 0 for none.</param>
/// <param name="Type">rtm_type.</param>
/// <param name="Oif">RTA_OIF.</param>
/// <param name="Gateway">RTA_GATEWAY or RTA_VIA.</param>
/// <param name="Source">RTA_PREFSRC: the source that was chosen.</param>
internal sealed record KernelAnswer(int Errno, RouteType Type, int Oif, IpAddress Gateway, IpAddress Source);
