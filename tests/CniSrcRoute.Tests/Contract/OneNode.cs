using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Contract;

/// <summary>One bootstrapped node for a class of tests that change nothing on it.</summary>
public sealed class OneNode : IDisposable
{
    private readonly Lazy<Node> _node = new(() =>
    {
        Node node = Topology.TwoCards().WithFlannel();
        node.Srcroute("bootstrap").Quietly();
        return node;
    });

    internal Node Node => _node.Value;

    public void Dispose()
    {
        if (_node.IsValueCreated)
        {
            _node.Value.Dispose();
        }
    }
}
