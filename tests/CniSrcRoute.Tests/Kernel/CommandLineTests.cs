using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>The command line as people know it from other programs.</summary>
public sealed class CommandLineTests
{
    [KernelTheory]
    [InlineData("--version", "srcroute 0.")]
    [InlineData("-V", "srcroute 0.")]
    [InlineData("--help", "srcroute bootstrap")]
    [InlineData("-h", "srcroute bootstrap")]
    [InlineData("watch --help", "srcroute watch")]
    [InlineData("conflist add --help", "srcroute conflist")]
    [InlineData("install --root /nowhere -h", "srcroute install")]
    public void Help_and_version_are_asked_for_as_everywhere(string arguments, string word)
    {
        using Node node = new();
        Assert.Contains(word, node.Srcroute(arguments).Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void A_value_may_stand_behind_an_equals_sign()
    {
        using Node node = Topology.TwoCards();
        node.Write("/run/a=b.json", """{ "tableBase": 5000 }""");
        Assert.Contains("table 5000", node.Start([Requirements.Binary, "sync", "--dry-run", "--config=/run/a=b.json"]).Finish().Output, StringComparison.Ordinal);
        Assert.StartsWith("{", node.Srcroute("status -ojson").Output, StringComparison.Ordinal);
        Assert.StartsWith("{", node.Srcroute("status -o=json").Output, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("statsu", "unknown command statsu; did you mean status?")]
    [InlineData("sync --dryrun", "unknown argument --dryrun; did you mean --dry-run?")]
    [InlineData("sync --dry-run=yes", "--dry-run takes no value, and was given yes")]
    [InlineData("bootstrap --wait=", "--wait needs a number of seconds from 0 to 86400, not nothing")]
    [InlineData("sync --config=", "--config needs a file")]
    [InlineData("sync ...", "unknown argument ...")]
    [InlineData("conflist check -- --help", "--help: the file cannot be read")]
    public void A_slip_is_named_and_what_was_meant(string arguments, string sentence)
    {
        using Node node = new();
        Assert.Contains(sentence, node.Srcroute(arguments).Refusal(), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ADD")]
    [InlineData("VERSION")]
    public void A_command_is_one_also_where_a_runtimes_variable_is_set(string cniCommand)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        var environment = new Dictionary<string, string> { ["CNI_COMMAND"] = cniCommand };
        Assert.StartsWith("healthy", node.Start([Requirements.Binary, "status"], "", environment).Finish().Quietly().Output, StringComparison.Ordinal);
    }
}
