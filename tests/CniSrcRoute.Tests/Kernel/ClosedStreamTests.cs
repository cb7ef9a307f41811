using CniSrcRoute.Tests.Contract;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>Callers that have closed a standard stream, whose number must not become that of a socket or file of ours.</summary>
public sealed class ClosedStreamTests
{
    [KernelTheory]
    [InlineData("version")]
    [InlineData("help")]
    [InlineData("status")]
    [InlineData("status -o json")]
    [InlineData("sync")]
    [InlineData("teardown --dry-run")]
    public void Without_standard_output_a_command_says_so_and_fails(string command)
    {
        using Node node = Topology.TwoCards();
        node.Srcroute("bootstrap").Quietly();
        Assert.Equal(new Outcome(1, "", "srcroute: standard output: Bad file descriptor\n"), Closed(node, command, ">&-"));
    }

    [KernelTheory]
    [InlineData("ADD", ">&-")]
    [InlineData("VERSION", ">&-")]
    [InlineData("ADD", "<&-")]
    public void Without_a_stream_that_a_runtime_must_have_its_call_fails(string verb, string closed)
    {
        using Node node = Topology.TwoCards().WithFlannel();
        Assert.NotEqual(0, Closed(node, "", closed, Calls.Environment(verb), Calls.Input(Calls.Result())).ExitStatus);
    }

    [KernelFact]
    public void Without_any_stream_a_command_ends_and_writes_into_no_file_of_ours()
    {
        using Node node = Topology.TwoCards();
        node.Configure("""{ "sources": [{ "address": "10.0.0.1", "gateway": "10.99.0.1" }] }""");
        Assert.Equal(1, Closed(node, "bootstrap", "<&- >&- 2>&-").ExitStatus);
        Assert.Equal(0, node.Srcroute("teardown").ExitStatus);
        Assert.Equal("", node.Sh("cat /run/srcroute/*"));
    }

    private static Outcome Closed(Node node, string command, string closed, IReadOnlyDictionary<string, string>? environment = null, string input = "") =>
        node.Start(["sh", "-c", $"exec {Requirements.Binary} {command} {closed}"], input, environment).Finish();
}
