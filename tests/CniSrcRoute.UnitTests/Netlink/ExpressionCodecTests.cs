using CniSrcRoute.Netlink.Nftables;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;
using static CniSrcRoute.Interop.Constants;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>Expressions of nftables as attributes.</summary>
public class ExpressionCodecTests
{
    private static readonly Gen<OpaqueBytes> GenNumber = from number in Gen.UInt select new OpaqueBytes(BitConverter.GetBytes(number));

    private static readonly Gen<NftExpression> GenExpression = Gen.OneOf(
        from key in Gen.UInt from direction in Gen.OneOf<byte?>(null, 0, 1) select (NftExpression)new NftExpression.Load("ct", key, direction),
        from key in Gen.UInt select (NftExpression)new NftExpression.Load("meta", key),
        from name in Gen.OneOf("ct", "meta") from key in Gen.UInt select (NftExpression)new NftExpression.Store(name, key),
        from result in Gen.UInt from flags in Gen.UInt select (NftExpression)new NftExpression.Fib(result, flags),
        from mask in GenNumber from xor in GenNumber select (NftExpression)new NftExpression.Bitwise(mask, xor),
        from operation in Gen.UInt from data in Gen.Byte.Array[1, 16] select (NftExpression)new NftExpression.Compare(operation, new OpaqueBytes(data)),
        from register in Gen.UInt[1, 16] select (NftExpression)new NftExpression.Load("meta", 6, Register: register),
        from header in Gen.UInt from offset in Gen.UInt from length in Gen.UInt select (NftExpression)new NftExpression.Payload(header, offset, length),
        from key in Gen.UInt select (NftExpression)new NftExpression.Socket(key),
        from set in Gen.OneOf("pods", "nets") from flags in Gen.UInt select (NftExpression)new NftExpression.Lookup(set, flags),
        from set in Gen.OneOf("pods", "nets") from register in Gen.UInt[0, 1] select (NftExpression)new NftExpression.Map(set, register),
        from type in Gen.UInt from family in Gen.UInt select (NftExpression)new NftExpression.Nat(type, family),
        from data in Gen.Byte.Array[1, 16] select (NftExpression)new NftExpression.Immediate(new OpaqueBytes(data)),
        from code in Gen.OneOf(1, -3, -4, -5)
        from chain in Gen.OneOf("restore", "own", "a_chain")
        select (NftExpression)new NftExpression.Verdict(code, code is 1 or -5 ? "" : chain));

    [Fact]
    public void What_is_written_is_read_again() =>
        GenExpression.List[0, 12].Sample(expressions => Assert.Equal(expressions, ExpressionCodec.Decode(Encode(expressions))), iter: 20_000);

    [Fact]
    public void So_is_every_rule_of_ours() => AnyNode.Always(node =>
    {
        foreach (NftRule rule in (Derive.From(node.Config, node.State).MarkTable?.Chains ?? []).SelectMany(chain => chain.Rules))
        {
            Assert.Equal(rule.Expressions, ExpressionCodec.Decode(Encode(rule.Expressions)));
        }
    });

    // What the kernel made of the words that NftStatement writes.
    [Theory]
    [InlineData("meta mark set meta mark or 0x4000")]
    [InlineData("meta mark set meta mark and 0xffff3fff")]
    public void Rules_of_nft_are_the_same_expressions(string words)
    {
        string bytes = GoldenNft.Rules.Single(rule => rule.Command == $"nft add rule inet t c {words}").Bytes;
        NftStatement ours = words.Contains("or", StringComparison.Ordinal) ? NftStatement.SetPacketMark(0x4000, 0x4000) : NftStatement.SetPacketMark(0xc000, 0);
        Assert.Equal(ours.Expressions, ExpressionCodec.Decode(new Fields(Convert.FromHexString(bytes).AsSpan(4)).Nested(NFTA_RULE_EXPRESSIONS)));
    }

    [Fact]
    public void What_is_none_of_ours_is_known_as_that() => Assert.All(
        GoldenNft.Rules.Where(rule => rule.Command.StartsWith("ip", StringComparison.Ordinal)),
        rule => Assert.Contains(
            ExpressionCodec.Decode(new Fields(Convert.FromHexString(rule.Bytes).AsSpan(4)).Nested(NFTA_RULE_EXPRESSIONS)),
            expression => expression is NftExpression.Unknown or NftExpression.Counter));

    private static byte[] Encode(IEnumerable<NftExpression> expressions)
    {
        byte[] buffer = new byte[8192];
        var writer = new MessageWriter(buffer);
        foreach (NftExpression expression in expressions)
        {
            ExpressionCodec.Encode(ref writer, expression);
        }

        Assert.False(writer.Overflowed);
        return buffer[..writer.Length];
    }
}
