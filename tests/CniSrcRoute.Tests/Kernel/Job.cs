using System.Diagnostics;
using System.Text;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>A running command.</summary>
internal sealed class Job : IDisposable
{
    /// <summary>How long is waited for what has to come. It costs nothing where all is well, and a machine may have much else to do.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task _error;
    private readonly StringBuilder _heard = new();

    private Job(Process process, string? awaited)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = HearAsync(process.StandardError);
        if (awaited is not null)
        {
            AwaitError(text => text.Contains(awaited, StringComparison.Ordinal), awaited);
        }
    }

    /// <summary>Starts a command.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="environment">Variables to add to the environment.</param>
    /// <param name="awaited">A word on standard error by which it tells that it is ready; null not to wait.</param>
    public static Job Start(IEnumerable<string> words, string input = "", IReadOnlyDictionary<string, string>? environment = null, string? awaited = null)
    {
        var start = new ProcessStartInfo(words.First(), words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input; its exit status tells why.
        }

        return new Job(process, awaited);
    }

    /// <summary>Waits for the end.</summary>
    public Outcome Finish()
    {
        bool ended = _process.WaitForExit(Patience);
        Dispose();
        _error.Wait(Patience);
        Assert.True(ended, $"still running after {Patience}: {_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}");
        return new Outcome(_process.ExitCode, _output.Result, Heard());
    }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !_process.HasExited;

    public void Dispose()
    {
        // .NET reads all of /proc for this, also where the process has ended.
        if (IsRunning)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What it has written to standard error so far.</summary>
    public string Heard()
    {
        lock (_heard)
        {
            return _heard.ToString();
        }
    }

    /// <summary>Waits until what it has written to standard error fulfils a condition, or until it has written the last.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for, for people.</param>
    public void AwaitError(Func<string, bool> condition, string what)
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        lock (_heard)
        {
            while (!condition(_heard.ToString()) && !_error.IsCompleted)
            {
                long left = end - Environment.TickCount64;
                Assert.True(left > 0, $"waited in vain for {what}; heard:\n{_heard}");
                Monitor.Wait(_heard, TimeSpan.FromMilliseconds(Math.Min(left, 500)));
            }
        }
    }

    private async Task HearAsync(StreamReader reader)
    {
        char[] buffer = new char[4096];
        int length;
        while ((length = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            lock (_heard)
            {
                _heard.Append(buffer, 0, length);
                Monitor.PulseAll(_heard);
            }
        }
    }
}
