namespace CniSrcRoute.Configuration;

/// <summary>flannel's /run/flannel/subnet.env: KEY=VALUE lines, written by flanneld once it has a lease.</summary>
public static class FlannelSubnet
{
    /// <summary>Where flanneld writes it.</summary>
    public const string File = "/run/flannel/subnet.env";

    /// <summary>Reads the networks of the pods of all nodes. What is no network is passed over: the file is flannel's, not the user's.</summary>
    /// <param name="text">The file's text.</param>
    /// <returns>The networks of FLANNEL_NETWORK and FLANNEL_IPV6_NETWORK, each of which may be a comma list.</returns>
    public static IReadOnlyList<IpPrefix> ParseNetworks(string text)
    {
        List<IpPrefix> networks = [];
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=');
            if (equals < 0 || line[..equals].Trim() is not ("FLANNEL_NETWORK" or "FLANNEL_IPV6_NETWORK"))
            {
                continue;
            }

            foreach (string word in line[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries))
            {
                // A network of everything would make every route one to pods.
                if (IpPrefix.TryParse(word, out IpPrefix network) && !network.IsDefault)
                {
                    networks.Add(network);
                }
            }
        }

        return networks;
    }
}
