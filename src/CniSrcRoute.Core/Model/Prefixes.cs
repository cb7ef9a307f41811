namespace CniSrcRoute;

/// <summary>Networks by the dozen. Loops, since every LINQ method over a value type is code of its own in the binary.</summary>
public static class Prefixes
{
    /// <summary>Whether one of the networks holds all of another.</summary>
    /// <param name="networks">The networks.</param>
    /// <param name="other">The other network, or a single address.</param>
    /// <returns>True when one does.</returns>
    public static bool Contain(this IReadOnlyList<IpPrefix> networks, IpPrefix other)
    {
        foreach (IpPrefix network in networks)
        {
            if (network.Contains(other))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The networks' texts.</summary>
    /// <param name="networks">The networks.</param>
    /// <returns>For example "10.254.0.0/16".</returns>
    public static IEnumerable<string> Texts(this IReadOnlyList<IpPrefix> networks)
    {
        foreach (IpPrefix network in networks)
        {
            yield return network.ToString();
        }
    }
}
