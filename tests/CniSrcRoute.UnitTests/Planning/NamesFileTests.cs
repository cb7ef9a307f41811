using CniSrcRoute.Planning;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

public class NamesFileTests
{
    [Fact]
    public void Numbers_and_names_are_read_as_ip_reads_them() => Assert.Equal(
        new Dictionary<string, uint> { ["local"] = 255, ["main"] = 254, ["hex"] = 256, ["office"] = 1000, ["tab"] = 7, ["last"] = 4294967295 },
        NamesFile.Parse("#\n# reserved values\n#\n255\tlocal\n254\tmain # the usual\n0x100 hex\n  1000   office  \r\n\t7\ttab\n1001 office\n4294967295 last"));

    [Theory]
    [InlineData("")]
    [InlineData("1000")]
    [InlineData("office 1000")]
    [InlineData("1000 two words")]
    [InlineData("4294967296 much")]
    [InlineData("-1 less")]
    [InlineData("0x what")]
    [InlineData("#1000 office")]
    [InlineData("1000#office")]
    [InlineData("1000 # office")]
    public void A_line_that_is_no_pair_is_passed_over(string line) => Assert.Empty(NamesFile.Parse(line));
}
