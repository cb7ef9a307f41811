using System.Net;
using CniSrcRoute.UnitTests.Nodes;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Model;

public class IpAddressTests
{
    internal static readonly Gen<IpAddress> Any = Gen.OneOf(
        Gen.UInt.Select(low => new IpAddress(Family.IPv4, 0, low)),
        Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new IpAddress(Family.IPv6, high, low)),
        Gen.Select(Gen.UShort, Gen.UShort, (high, low) => new IpAddress(Family.IPv6, (ulong)high << 48, low)));

    [Fact]
    public void Text_and_bytes_of_an_address_read_as_the_same_address() => Any.Sample(address =>
    {
        Assert.True(IpAddress.TryParse(address.ToString(), out IpAddress again));
        Assert.Equal(address, again);
        byte[] bytes = new byte[16];
        Assert.Equal(address, IpAddress.FromBytes(bytes.AsSpan(0, address.WriteBytes(bytes))));
        Assert.Equal(new IPAddress(bytes.AsSpan(0, address.Bits / 8)).ToString(), address.ToString());
    });

    [Fact]
    public void Whatever_is_an_address_is_one_in_its_own_words() =>
        Gen.OneOf("0123456789abcdef.:xX%[]/ +-".ToCharArray()).Array[0, 20].Select(letters => new string(letters)).Sample(
            text =>
            {
                if (IpAddress.TryParse(text, out IpAddress address))
                {
                    Assert.True(IpAddress.TryParse(address.ToString(), out IpAddress again) && again == address);
                }
            },
            iter: 20_000);

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("256.0.0.1")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.4 ")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4/32")]
    [InlineData("1.2.3.4:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%2")]
    [InlineData("[fd00::1]")]
    [InlineData("[fd00::1]:80")]
    [InlineData("fd00:::1")]
    [InlineData("fd00::1::2")]
    [InlineData("12345::")]
    [InlineData("fd00::1/64")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("localhost")]
    [InlineData("default")]
    [InlineData("١.٢.٣.٤")]
    public void What_is_no_address_or_means_another_one_to_other_readers_is_refused(string text) => Assert.False(IpAddress.TryParse(text, out _));

    [Theory]
    [InlineData("192.168.1.100", "192.168.1.100")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("FD00::0:5", "fd00::5")]
    [InlineData("::", "::")]
    [InlineData("::ffff:1.2.3.4", "::ffff:1.2.3.4")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    public void An_address_is_written_in_the_usual_form(string text, string written) => Assert.Equal(written, Text.Address(text).ToString());

    [Theory]
    [InlineData("169.254.0.0", true)]
    [InlineData("169.254.255.255", true)]
    [InlineData("169.253.255.255", false)]
    [InlineData("169.255.0.0", false)]
    [InlineData("fe80::", true)]
    [InlineData("febf:ffff::1", true)]
    [InlineData("fec0::1", false)]
    [InlineData("fe7f::1", false)]
    public void Link_local_are_169_254_and_fe80_to_febf(string text, bool expected) => Assert.Equal(expected, Text.Address(text).IsLinkLocal);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(17)]
    public void Another_number_of_bytes_is_no_address(int length) => Assert.False(IpAddress.FromBytes(new byte[length]).IsSet);

    [Fact]
    public void No_address_has_no_text_and_no_bytes()
    {
        Assert.Equal("", default(IpAddress).ToString());
        Assert.Equal(0, default(IpAddress).WriteBytes(new byte[16]));
    }

    [Fact]
    public void A_mask_keeps_the_leading_bits_alone() => Gen.Select(Any, Gen.Int[0, 128]).Sample((address, length) =>
    {
        length = Math.Min(length, address.Bits);
        byte[] expected = new byte[16], actual = new byte[16];
        int size = address.WriteBytes(expected);
        for (int bit = length; bit < size * 8; bit++)
        {
            expected[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        address.Mask(length).WriteBytes(actual);
        Assert.Equal(expected, actual);
    });
}
