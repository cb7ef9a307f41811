using CniSrcRoute.Cni;
using Xunit;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>The parameters of a call, and the reference dispatcher's words for what is wrong with them.</summary>
public class CniEnvironmentTests
{
    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH")]
    [InlineData("CHECK", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH")]
    [InlineData("DEL", "CNI_CONTAINERID,CNI_IFNAME,CNI_PATH")]
    [InlineData("GC", "CNI_PATH")]
    [InlineData("STATUS", "CNI_PATH")]
    public void What_a_verb_needs_and_lacks_is_named_in_the_fixed_order(string command, string missing)
    {
        CniException error = Assert.Throws<CniException>(() => CniEnvironment.Read(name => name == "CNI_COMMAND" ? command : null));
        Assert.Equal((4, $"required env variables [{missing}] missing", ""), (error.Code, error.Message, error.Details));
    }

    [Fact]
    public void An_empty_variable_is_a_missing_one() => Assert.Equal(
        "required env variables [CNI_IFNAME] missing",
        Assert.Throws<CniException>(() => Call.Environment("ADD", ifName: "")).Message);

    [Fact]
    public void Del_needs_no_network_namespace() => Assert.Equal("", Call.Environment("DEL", netNs: "").NetNs);

    [Fact]
    public void Version_needs_nothing() => Assert.Equal("VERSION", CniEnvironment.Read(name => name == "CNI_COMMAND" ? "VERSION" : null).Command);

    [Fact]
    public void All_parameters_are_read() =>
        Assert.Equal(new CniEnvironment("ADD", "abc", "/var/run/netns/x", "eth0", "/opt/cni/bin"), Call.Environment("ADD"));

    [Theory]
    [InlineData("-abc")]
    [InlineData("_abc")]
    [InlineData(".abc")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("aé")]
    public void A_container_id_with_other_characters_is_refused(string id) =>
        AssertRefused(Call.Environment("ADD", id: id), "invalid characters in containerID", id);

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("a_B.9-")]
    public void A_container_id_of_letters_digits_and_the_three_signs_is_good(string id) => Call.Environment("DEL", id: id).RequireValidNames();

    [Fact]
    public void A_container_id_may_be_long() => Call.Environment("ADD", id: new string('a', 4096)).RequireValidNames();

    [Theory]
    [InlineData("eth0123456789012")]
    [InlineData("ééééééééé")]
    public void An_interface_name_of_sixteen_bytes_is_too_long(string name) =>
        AssertRefused(Call.Environment("ADD", ifName: name), "interface name is too long", "interface name should be less than 16 characters");

    [Theory]
    [InlineData("eth012345678901")]
    [InlineData("net1@x")]
    public void An_interface_name_of_fifteen_bytes_is_good(string name) => Call.Environment("ADD", ifName: name).RequireValidNames();

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public void A_dot_is_no_interface_name(string name) => AssertRefused(Call.Environment("CHECK", ifName: name), "interface name is . or ..", "");

    [Theory]
    [InlineData("a/b")]
    [InlineData("eth0:1")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("a\u00a0b")]
    [InlineData("a\u2003b")]
    public void An_interface_name_has_no_slash_colon_or_blank(string name) =>
        AssertRefused(Call.Environment("DEL", ifName: name), "interface name contains / or : or whitespace characters", "");

    [Fact]
    public void Names_are_looked_at_only_where_the_verb_is_about_an_attachment() => Call.Environment("GC", id: "-", ifName: "a/b").RequireValidNames();

    private static void AssertRefused(CniEnvironment environment, string message, string details)
    {
        CniException error = Assert.Throws<CniException>(environment.RequireValidNames);
        Assert.Equal((4, message, details), (error.Code, error.Message, error.Details));
    }
}
