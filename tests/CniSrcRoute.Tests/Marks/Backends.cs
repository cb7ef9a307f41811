namespace CniSrcRoute.Tests.Marks;

/// <summary>A neighbourhood for each form in which ports are published, built when it is first asked for.</summary>
public sealed class Backends : IDisposable
{
    private readonly Dictionary<string, Neighbourhood> _built = [];

    /// <summary>The neighbourhood.</summary>
    /// <param name="backend">"iptables-nft", "iptables-legacy" or "nftables".</param>
    internal Neighbourhood this[string backend]
    {
        get
        {
            if (!_built.TryGetValue(backend, out Neighbourhood? place))
            {
                place = new Neighbourhood();
                if (backend == "nftables")
                {
                    place.AddPod();
                    Published.ByNftables(place.Node);
                }
                else
                {
                    // portmap takes the first iptables that it finds.
                    place.Node.Sh(
                        $"mkdir /run/programs; for ip in ip ip6; do ln -s $(command -v ${{ip}}tables-{backend[9..]}) /run/programs/${{ip}}tables; done");
                    Published.ByIptables(place.Node, backend[9..]);
                    place.AddPod([Published.Portmap], "/run/programs:");
                }

                _built[backend] = place;
            }

            return place;
        }
    }

    public void Dispose()
    {
        foreach (Neighbourhood place in _built.Values)
        {
            place.Dispose();
        }
    }
}
