using CniSrcRoute.Cni;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

public class CniVersionTests
{
    [Theory]
    [InlineData("ADD", "0.3.0")]
    [InlineData("ADD", "0.3.1")]
    [InlineData("DEL", "0.3.1")]
    [InlineData("ADD", "0.4.0")]
    [InlineData("CHECK", "0.4.0")]
    [InlineData("CHECK", "1.0.0")]
    [InlineData("DEL", "1.1.0")]
    [InlineData("GC", "1.1.0")]
    [InlineData("STATUS", "1.1.0")]
    public void A_verb_is_allowed_from_the_version_that_brought_it(string command, string version) => CniVersion.Require(version, command);

    [Theory]
    [InlineData("CHECK", "0.3.0")]
    [InlineData("CHECK", "0.3.1")]
    [InlineData("GC", "1.0.0")]
    [InlineData("GC", "0.3.1")]
    [InlineData("STATUS", "1.0.0")]
    public void A_verb_is_refused_before_the_version_that_brought_it(string command, string version)
    {
        CniException error = Assert.Throws<CniException>(() => CniVersion.Require(version, command));
        Assert.Equal((1, $"config version does not allow {command}", ""), (error.Code, error.Message, error.Details));
    }

    [Theory]
    [InlineData("9.0.0")]
    [InlineData("0.1.0")]
    [InlineData("0.2.0")]
    [InlineData("1.0")]
    [InlineData("1.0.0 ")]
    [InlineData("01.0.0")]
    [InlineData("")]
    public void Another_version_is_refused_by_exact_comparison(string version)
    {
        CniException error = Assert.Throws<CniException>(() => CniVersion.Require(version, "ADD"));
        Assert.Equal(
            (1, "incompatible CNI versions", $"config is \"{version}\", plugin supports [\"0.3.0\" \"0.3.1\" \"0.4.0\" \"1.0.0\" \"1.1.0\"]"),
            (error.Code, error.Message, error.Details));
    }

    [Fact]
    public void A_configuration_without_a_version_means_the_first() => Assert.Equal(
        "config is \"0.1.0\", plugin supports [\"0.3.0\" \"0.3.1\" \"0.4.0\" \"1.0.0\" \"1.1.0\"]",
        Assert.Throws<CniException>(() => Call.Request("""{"name":"n"}""")).Details);
}
