using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>
/// Another program that runs beside this one and outlives it. It has nothing of this one's terminal: nothing to read, and pipes to write to, so that no
/// terminal that is stopped or gone holds it up.
/// </summary>
public sealed unsafe class DetachedProgram : IDisposable
{
    /// <summary>More than posix_spawn_file_actions_t has on any kind of machine: 80 bytes in glibc.</summary>
    private const int FileActionsSize = 256;

    private readonly int _process;

    private DetachedProgram(int process, int output, int error) => (_process, Output, Error) = (process, output, error);

    /// <summary>Where what it writes to standard output is read.</summary>
    public int Output { get; }

    /// <summary>Where what it writes to standard error is read.</summary>
    public int Error { get; }

    /// <summary>Starts a program, with an empty environment.</summary>
    /// <param name="words">Its file and its arguments.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static DetachedProgram Start(params ReadOnlySpan<string> words)
    {
        int* output = stackalloc int[2];
        int* error = stackalloc int[2];
        Check(pipe2(output, O_CLOEXEC), "pipe");
        Check(pipe2(error, O_CLOEXEC), "pipe");
        byte* actions = stackalloc byte[FileActionsSize];
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, output[1], StandardStreams.Output);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, error[1], StandardStreams.Error);
        int process = Command.Spawn(words, actions);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        _ = close(output[1]);
        _ = close(error[1]);
        Check(process, words[0]);
        return new DetachedProgram(process, output[0], error[0]);
    }

    /// <summary>Leaves the session of whoever has started this process: its terminal ends with nothing for us (setsid(2)).</summary>
    public static void LeaveSession() => _ = setsid();

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit status; 128 and the signal's number when one ended it.</returns>
    public int Wait() => Command.Wait(_process);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = close(Output);
        _ = close(Error);
    }

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
