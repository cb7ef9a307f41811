using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Planning;
using Xunit;

namespace CniSrcRoute.UnitTests.Fuzz;

/// <summary>
/// The kernel's replies, nearly as the kernel writes them: a list of which a plan can be made, or an error of netlink's; never another exception,
/// never for ever.
/// </summary>
public sealed class NetlinkFuzz
{
    private static readonly NodeState State = RecordedReplies.State();

    private static readonly Change[] Changes =
    [
        .. State.Tables.SelectMany(table => table.Value.Select(route => new RouteChange(ChangeKind.Add, table.Key, route))),
        .. State.Rules.Select(rule => new RuleChange(ChangeKind.Remove, rule)),
    ];

    [Fact]
    public void The_recordings_are_a_node()
    {
        Assert.Equal(["lo", "cni0", "p0", "eth0", "p1", "eth1", "flannel.1"], State.Links.Select(link => link.Name));
        Assert.Contains(State.Addresses, address => address.Local.ToString() == "2001:db8:1::100");
        Assert.Equal(9, State.Rules.Count);
        Assert.True(State.Main(Family.IPv4).Count >= 9 && State.Main(Family.IPv6).Count >= 5);
    }

    [Theory]
    [InlineData("links")]
    [InlineData("addresses")]
    [InlineData("rules")]
    [InlineData("rules6")]
    [InlineData("routes")]
    [InlineData("routes6")]
    public void A_list_is_read_or_refused(string name)
    {
        byte[][] recording = RecordedReplies.Read(name);
        Fuzzing.Run(15_000, random => Pack(random, recording), packed =>
        {
            // Twice: what follows is read when a dump is repeated.
            List<byte[]> replies = Unpack(packed);
            var kernel = new RouteNetlink(new RecordedReplies([.. replies, .. replies]));
            try
            {
                var ip = new IpCommand(State);
                NodeState state = Read(name, kernel);
                Assert.DoesNotContain(Diff.Between(Derive.From(new Config(), state), state).Changes.Select(ip.Format), line => line.Length == 0);
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }

    [Fact]
    public void An_answer_to_changes_is_read_or_refused()
    {
        byte[][] recording = [.. RecordedReplies.Read("refusal"), .. RecordedReplies.Read("refusal"), .. RecordedReplies.Read("rules")];
        Fuzzing.Run(15_000, random => Pack(random, recording), packed =>
        {
            try
            {
                foreach (NetlinkError error in new RouteNetlink(new RecordedReplies(Unpack(packed))).Apply(Changes))
                {
                    Assert.InRange(error.Index, 0, Changes.Length - 1);
                    Assert.NotEmpty(error.ToString());
                }
            }
            catch (NetlinkException)
            {
                // Refused.
            }
        });
    }

    // The node of the recordings, but for one list.
    private static NodeState Read(string name, RouteNetlink kernel) => new()
    {
        Links = name == "links" ? kernel.ListLinks() : State.Links,
        Addresses = name == "addresses" ? kernel.ListAddresses() : State.Addresses,
        Rules = name.StartsWith("rules", StringComparison.Ordinal) ? kernel.ListRules(name == "rules" ? Family.IPv4 : Family.IPv6) : State.Rules,
        Tables = name.StartsWith("routes", StringComparison.Ordinal) ? kernel.ListRoutes() : State.Tables,
    };

    // An input is one array of bytes: each datagram behind its length.
    internal static byte[] Pack(Random random, byte[][] recording)
    {
        List<byte> packed = [];
        foreach (byte[] datagram in recording)
        {
            byte[] changed = random.Next(recording.Length) == 0 ? Mutation.Binary(random, datagram) : datagram;
            packed.AddRange([.. BitConverter.GetBytes(changed.Length), .. changed]);
        }

        return [.. packed];
    }

    internal static List<byte[]> Unpack(byte[] packed)
    {
        List<byte[]> datagrams = [];
        for (int at = 0; at < packed.Length; at += 4 + BitConverter.ToInt32(packed, at))
        {
            datagrams.Add(packed[(at + 4)..(at + 4 + BitConverter.ToInt32(packed, at))]);
        }

        return datagrams;
    }
}
