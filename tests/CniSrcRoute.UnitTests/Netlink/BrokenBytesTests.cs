using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>A broken message can do no more than miss an attribute.</summary>
public class BrokenBytesTests
{
    private static readonly byte[][] Messages = [.. Golden.All, .. GoldenLinks.All];

    [Fact]
    public void A_message_cut_short_anywhere_does_no_harm()
    {
        foreach (byte[] message in Messages)
        {
            for (int length = 0; length <= message.Length; length++)
            {
                ReadAll(message.AsSpan(0, length));
            }
        }
    }

    [Fact]
    public void A_message_with_any_bytes_changed_does_no_harm() => Gen.Select(Gen.OneOf(Messages), Gen.Select(Gen.Int[0, 4095], Gen.Byte).Array[1, 8]).Sample(
        (message, changes) =>
        {
            byte[] changed = [.. message];
            foreach ((int place, byte value) in changes)
            {
                changed[place % changed.Length] = value;
            }

            ReadAll(changed);
        },
        iter: 100_000);

    [Fact]
    public void Any_bytes_do_no_harm() => Gen.Byte.Array[0, 200].Sample(bytes => ReadAll(bytes), iter: 20_000);

    [Fact]
    public void Any_bytes_are_a_datagram_that_ends() => Gen.Select(Gen.Byte.Array[0, 100], Gen.UShort[0, 120]).Sample(
        (bytes, length) =>
        {
            if (bytes.Length >= 4)
            {
                (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)length, 0, 0, 0);
            }

            var reader = new MessageReader(bytes);
            int total = 0;
            while (reader.Next())
            {
                _ = (reader.IsResult, reader.Errno, reader.Words);
                total += 16 + reader.Payload.Length;
            }

            Assert.True(total <= bytes.Length);
        },
        iter: 50_000);

    [Fact]
    public void A_message_whose_length_is_beyond_all_numbers_ends_the_datagram()
    {
        byte[] bytes = new byte[32];
        bytes.AsSpan(0, 4).Fill(0xff);
        Assert.False(new MessageReader(bytes).Next());
    }

    private static void ReadAll(ReadOnlySpan<byte> payload)
    {
        if (RouteCodec.TryDecode(payload, out TableId table, out Route route) && route.Destination.IsSet)
        {
            // What was read can be told, compared and sent.
            _ = (new IpCommand(new NodeState()).Format(route, table.Number), route.GetHashCode(), route.Equals(route with { Tos = 9 }));
            RouteEncodingTests.Encode(table, route);
        }

        if (RuleCodec.TryDecode(payload, out Rule rule))
        {
            _ = IpCommand.Format(rule);
        }

        _ = LinkCodec.TryDecode(payload, out _);
        _ = AddressCodec.TryDecode(payload, out _);
        _ = NexthopCodec.TryDecode(payload, out _);
    }
}
