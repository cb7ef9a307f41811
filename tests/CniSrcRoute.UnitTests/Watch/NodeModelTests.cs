using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Watch;
using Xunit;

namespace CniSrcRoute.UnitTests.Watch;

public class NodeModelTests
{
    [Fact]
    public void Routes_that_no_table_has_a_copy_of_take_no_room_for_one_in_each()
    {
        const int Many = 2000;
        Dictionary<TableId, List<Route>> tables = [];
        for (int i = 0; i < Many; i++)
        {
            tables[new TableId(Family.IPv4, (uint)(1000 + i))] = [To("10.0.0.0", 16)];
        }

        tables[new TableId(Family.IPv4, TableId.Main)] = [.. Enumerable.Range(0, Many).Select(i => To($"20.{i / 250}.{i % 250}.0", 24))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var model = new NodeModel(new NodeState { Tables = tables });
        long took = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Many + 1, model.Destinations);
        Assert.InRange(took, 1, Many * 1024);
    }

    private static Route To(string network, int length) => new() { Destination = new IpPrefix(Text.Address(network), length) };
}
