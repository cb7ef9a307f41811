namespace CniSrcRoute.Firewall;

/// <summary>A rule ahead of connection tracking.</summary>
/// <param name="Tests">What it asks, all of which has to be true.</param>
/// <param name="IsForSome">Whether it asks for more that is not known here.</param>
/// <param name="Action">What it does.</param>
/// <param name="Chain">The chain that it leads to; empty for none.</param>
public sealed record TrackRule(IReadOnlyList<TrackTest> Tests, bool IsForSome, TrackAction Action, string Chain)
{
    /// <summary>Whether a packet fits.</summary>
    /// <param name="packet">The packet.</param>
    /// <returns>Null where that is not known.</returns>
    public bool? Fits(TrackPacket packet)
    {
        bool? all = IsForSome ? null : true;
        foreach (TrackTest test in Tests)
        {
            switch (test.Fits(packet))
            {
                case false:
                    return false;
                case null:
                    all = null;
                    break;
                default:
                    break;
            }
        }

        return all;
    }
}
