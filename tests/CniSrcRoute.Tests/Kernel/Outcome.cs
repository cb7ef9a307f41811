using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>How a command ended.</summary>
/// <param name="ExitStatus">Its exit status.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record Outcome(int ExitStatus, string Output, string Error)
{
    /// <summary>The outcome of a command that must have succeeded, without a word of complaint.</summary>
    public Outcome Quietly()
    {
        Succeeded();
        Assert.Equal("", Error);
        return this;
    }

    /// <summary>The outcome of a command that must have succeeded.</summary>
    public Outcome Succeeded()
    {
        Assert.True(ExitStatus == 0, $"exit status {ExitStatus}\n{Output}{Error}");
        return this;
    }

    /// <summary>The one sentence of a command that must have refused its input.</summary>
    public string Refusal()
    {
        Assert.True(ExitStatus == 1, $"exit status {ExitStatus}\n{Output}{Error}");
        Assert.Equal("", Output);
        Assert.StartsWith("srcroute: ", Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n'));
        return Error;
    }
}
