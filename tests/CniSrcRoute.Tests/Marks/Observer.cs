using System.Text.Json;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Marks;

/// <summary>`srcroute observe`, which sees packets from the start of this on.</summary>
internal sealed class Observer : IDisposable
{
    private readonly Node _node;
    private readonly Job _job;

    /// <summary>Starts it, and waits until it sees packets.</summary>
    public Observer(Node node, string format = "-o json")
    {
        // As in a terminal: what a shell has started behind itself ignores the signal of Ctrl-C, and what that starts.
        _node = node;
        _job = node.Start(["env", "--default-signal=INT", Requirements.Binary, "observe", "600", .. format.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        node.Await("test $(ss -H0p | grep -c srcroute) = 1");
    }

    public void Dispose() => _job.Dispose();

    /// <summary>Ends it by a signal, and returns what it made of that.</summary>
    public Outcome End(string signal = "TERM")
    {
        _node.Sh($"kill -{signal} $(pgrep -x srcroute)");
        return _job.Finish();
    }

    /// <summary>Ends it, and returns its report.</summary>
    /// <param name="exitStatus">Its exit status; null for any of a report.</param>
    public JsonElement Report(int? exitStatus = null)
    {
        Outcome outcome = End();
        bool isExpected = exitStatus is { } status ? outcome.ExitStatus == status : outcome.ExitStatus is 0 or 2;
        Assert.True(isExpected && outcome.Error.Length == 0, $"exit status {outcome.ExitStatus}\n{outcome.Output}{outcome.Error}");
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}
