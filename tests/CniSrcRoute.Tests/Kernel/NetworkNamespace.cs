using System.Runtime.InteropServices;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>
/// A network namespace. A socket that is opened in it stays in it, whoever uses it; so one process can be the client, the pod and all the world between.
/// </summary>
/// <param name="path">A file under /proc or /run/netns that stands for it.</param>
internal sealed partial class NetworkNamespace(string path)
{
    private const int CLONE_NEWNET = 0x40000000;
    private const int O_CLOEXEC = 0x80000;

    /// <summary>Does something in the namespace, on a thread that goes with it.</summary>
    public T In<T>(Func<T> action)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException($"{path}: {failure.Message}", failure);
    }

    private void Enter()
    {
        int descriptor = open(path, O_CLOEXEC);
        if (descriptor < 0 || setns(descriptor, CLONE_NEWNET) < 0)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        _ = close(descriptor);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int kind);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
