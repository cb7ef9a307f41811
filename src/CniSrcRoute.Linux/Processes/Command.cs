using System.Runtime.InteropServices;
using CniSrcRoute.Interop;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>Another program, run to its end (posix_spawn(3)).</summary>
public static unsafe class Command
{
    /// <summary>What a shell returns for a program that is not there.</summary>
    private const int NotFound = 127;

    /// <summary>Runs a program, with this one's standard streams and an empty environment.</summary>
    /// <param name="words">Its name, which is looked for in PATH, and its arguments.</param>
    /// <returns>Its exit status; 127 when it cannot be started, 128 and the signal's number when one ended it.</returns>
    public static int Run(params string[] words)
    {
        int process = Spawn(words, null);
        return process < 0 ? NotFound : Wait(process);
    }

    /// <summary>Starts a program.</summary>
    /// <param name="words">Its name and its arguments.</param>
    /// <param name="fileActions">A posix_spawn_file_actions_t; null for none.</param>
    /// <returns>The process; negative when it cannot be started, and errno says why.</returns>
    internal static int Spawn(ReadOnlySpan<string> words, void* fileActions)
    {
        byte** arguments = stackalloc byte*[words.Length + 1];
        byte* none = null;
        for (int i = 0; i < words.Length; i++)
        {
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        arguments[words.Length] = null;
        int process;
        int errno = Libc.posix_spawnp(&process, arguments[0], fileActions, null, arguments, &none);
        for (int i = 0; i < words.Length; i++)
        {
            Marshal.FreeCoTaskMem((nint)arguments[i]);
        }

        Marshal.SetLastPInvokeError(errno);
        return errno == 0 ? process : -1;
    }

    /// <summary>Waits for a process's end.</summary>
    internal static int Wait(int process)
    {
        int status;
        while (Libc.waitpid(process, &status, 0) < 0 && Marshal.GetLastPInvokeError() == EINTR)
        {
        }

        // WIFEXITED, WEXITSTATUS, WTERMSIG of <sys/wait.h>.
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }
}
