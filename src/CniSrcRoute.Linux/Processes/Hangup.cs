using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Processes;

/// <summary>SIGHUP as something to wait for; where the process has to do something at its end, SIGTERM and SIGINT as well.</summary>
public sealed unsafe class Hangup : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile bool _ends;

    /// <summary>Begins to take the signals.</summary>
    /// <param name="takesEnd">Whether SIGTERM and SIGINT are taken also where they end the process by themselves.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public Hangup(bool takesEnd = false)
    {
        Descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (Descriptor < 0)
        {
            throw new IOException($"eventfd: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        Take(PosixSignal.SIGHUP, ends: false);

        // Any other process is ended by these at once, wherever it is. To process 1 of a namespace they do nothing by themselves (pid_namespaces(7)).
        if (takesEnd || Environment.ProcessId == 1)
        {
            Take(PosixSignal.SIGTERM, ends: true);
            Take(PosixSignal.SIGINT, ends: true);
        }
    }

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor { get; }

    /// <summary>Takes what has come.</summary>
    /// <returns>Whether the process is to end.</returns>
    public bool Drain()
    {
        ulong count;
        _ = read(Descriptor, (byte*)&count, sizeof(ulong));
        return _ends;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _ = close(Descriptor);
    }

    private void Take(PosixSignal signal, bool ends) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        // Its default action is to end the process.
        context.Cancel = true;
        _ends |= ends;
        ulong one = 1;
        _ = write(Descriptor, (byte*)&one, sizeof(ulong));
    }));
}
