using System.Diagnostics;
using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>A running command.</summary>
internal sealed class Job : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private Job(Process process, string? awaited)
    {
        _process = process;
        string head = awaited is null ? "" : ReadUntil(process.StandardError, awaited);
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync().ContinueWith(rest => head + rest.Result, TaskScheduler.Default);
    }

    /// <summary>Starts a command.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="environment">Variables to add to the environment.</param>
    /// <param name="awaited">A word on standard error by which it tells that it is ready; null not to wait.</param>
    public static Job Start(IEnumerable<string> words, string input = "", IReadOnlyDictionary<string, string>? environment = null, string? awaited = null)
    {
        var start = new ProcessStartInfo(words.First(), words.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
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
        Assert.True(ended, $"still running after {Patience}: {_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}");
        return new Outcome(_process.ExitCode, _output.Result, _error.Result);
    }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !_process.HasExited;

    public void Dispose() => _process.Kill(entireProcessTree: true);

    private static string ReadUntil(StreamReader reader, string word)
    {
        string text = "";
        while (!text.Contains(word, StringComparison.Ordinal) && reader.ReadLine() is { } line)
        {
            text += line + "\n";
        }

        return text;
    }
}
