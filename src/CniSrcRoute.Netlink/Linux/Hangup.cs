using System.Runtime.InteropServices;
using CniSrcRoute.Netlink.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Linux;

/// <summary>SIGHUP as something to wait for (signalfd(2)); for the first process of a container, SIGTERM and SIGINT as well.</summary>
public sealed unsafe class Hangup : IDisposable
{
    private const int SizeOfSignalInfo = 128;

    private Hangup(int descriptor) => Descriptor = descriptor;

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor { get; }

    /// <summary>
    /// Begins to take SIGHUP. For that every thread has to block it, also those that the runtime made before the program began; so the program is begun
    /// once more, with the signal blocked, which it inherits. Call this before anything else.
    /// </summary>
    /// <returns>The signal's descriptor, in the second life of the process.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    public static Hangup Take()
    {
        sigset_t hangup, before;
        _ = sigemptyset(&hangup);
        _ = sigaddset(&hangup, SIGHUP);
        if (Environment.ProcessId == 1)
        {
            // Any other process is ended by these at once, wherever it is. To process 1 of a namespace they do nothing by themselves (pid_namespaces(7)).
            _ = sigaddset(&hangup, SIGTERM);
            _ = sigaddset(&hangup, SIGINT);
        }

        _ = sigprocmask(SIG_BLOCK, &hangup, &before);
        if (sigismember(&before, SIGHUP) == 0)
        {
            BeginAgain();
        }

        int descriptor = Libc.signalfd(-1, &hangup, Constants.SFD_CLOEXEC | Constants.SFD_NONBLOCK);
        return descriptor >= 0 ? new Hangup(descriptor) : throw new IOException($"signalfd: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>Whether the process is to end.</returns>
    public bool Drain()
    {
        bool ends = false;
        byte* info = stackalloc byte[SizeOfSignalInfo];
        while (read(Descriptor, info, SizeOfSignalInfo) > 0)
        {
            // struct signalfd_siginfo begins with ssi_signo.
            ends |= *(uint*)info != SIGHUP;
        }

        return ends;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = close(Descriptor);

    private static void BeginAgain()
    {
        string[] arguments = Environment.GetCommandLineArgs();
        byte** argv = stackalloc byte*[arguments.Length + 1];
        for (int i = 0; i < arguments.Length; i++)
        {
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        argv[arguments.Length] = null;

        // By its name where it still has one: /proc/self/exe would be called "exe" from then on.
        _ = Libc.execv(Environment.ProcessPath ?? "", argv);
        _ = Libc.execv("/proc/self/exe", argv);
        throw new IOException($"/proc/self/exe: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}
