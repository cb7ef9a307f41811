using Xunit;

namespace CniSrcRoute.UnitTests.Output;

/// <summary>Other addresses in the place of those of a text, and secrets that are taken out.</summary>
public sealed class AnonymizerTests
{
    private static readonly Anonymizer Other = new(new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908));

    // The reference implementation's vector for the bytes 0 to 15.
    [Fact]
    public void The_hash_is_SipHash() =>
        Assert.Equal(0x3f2acc7f57c29bdbUL, new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908).Of(0x0706050403020100, 0x0f0e0d0c0b0a0908));

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.9", "203.0.113.0/24")]
    [InlineData("192.168.1.100", "192.168.1.1", "192.168.1.0/24")]
    [InlineData("10.254.3.7", "10.254.9.1", "10.254.0.0/16")]
    [InlineData("2001:db8:1::100", "2001:db8:1::1", "2001:db8:1::/64")]
    [InlineData("fd00:254:0:1::2", "fd00:254::7", "fd00:254::/48")]
    public void What_was_in_a_network_is_in_the_other_network_and_nothing_is_what_it_was(string one, string two, string network)
    {
        string text = Other.Replace($"default via {one} dev eth0; {two}, {network} and {one}.");
        string[] words = text.Split([' ', ';', ','], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("default", "dev", "eth0", "and"), (words[0], words[3], words[4], words[7]));
        Assert.Equal(words[2] + ".", words[8]);
        Assert.True(IpPrefix.TryParse(words[6], out IpPrefix other), words[6]);
        Assert.Equal(network.Split('/')[1], words[6].Split('/')[1]);
        Assert.True(IpPrefix.TryParse(network, out IpPrefix before));
        Assert.NotEqual(before, other);
        foreach ((string was, string word) in new[] { (one, words[2]), (two, words[5]) })
        {
            Assert.NotEqual(was, word);
            Assert.True(IpAddress.TryParse(word, out IpAddress address), word);
            Assert.True(other.Contains(address), $"{word} in {other}");
        }

        Assert.NotEqual(words[2], words[5]);
        Assert.Equal(one.StartsWith("192.168.", StringComparison.Ordinal), words[2].StartsWith("192.168.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.0.0.0/0 127.0.0.1 255.255.255.255 224.0.0.5 ::/0 ::1 ff02::1")]
    [InlineData("version 0.1.0, at 18:45:18, ff:ff:ff:ff:ff:ff, table 1000: add, dead beef, eth0.100, 0x7f")]
    public void What_says_something_by_itself_stays(string text) => Assert.Equal(text, Other.Replace(text));

    [Fact]
    public void Names_ports_and_hardware_addresses_are_found()
    {
        Assert.True(IpAddress.TryParse("192.168.1.100", out IpAddress address));
        string other = Other.Replace(address, 32).ToString();
        Assert.Equal($"table src-{other}, {other}:443, {other}/24, \"{other}\"", Other.Replace("table src-192.168.1.100, 192.168.1.100:443, 192.168.1.100/24, \"192.168.1.100\""));
        string hardware = Other.Replace("lladdr 52:54:00:12:34:56 x");
        Assert.Matches("^lladdr [0-9a-f]{2}(:[0-9a-f]{2}){5} x$", hardware);
        Assert.DoesNotContain("52:54:00", hardware, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("  \"k8s_auth_token\": \"abc\",", "abc")]
    [InlineData("ETCD_PASSWORD=hunter2 rest", "hunter2")]
    [InlineData("Authorization: Bearer abc.def", "abc")]
    [InlineData("{ \"type\": \"x\", \"clientKey\": \"abc\" }", "abc")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "abc")]
    public void Secrets_are_taken_out(string text, string secret)
    {
        string left = Secrets.Remove($"before 1\n{text}\nbehind");
        Assert.DoesNotContain(secret, left, StringComparison.Ordinal);
        Assert.StartsWith("before 1\n", left, StringComparison.Ordinal);
        Assert.EndsWith("REMOVED\nbehind", left, StringComparison.Ordinal);
    }
}
