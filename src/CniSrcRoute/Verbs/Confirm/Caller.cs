using System.Text;
using CniSrcRoute.Node;
using CniSrcRoute.Processes;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Verbs.Confirm;

/// <summary>
/// The caller's side of a change that has to be confirmed: the change and its undoing are the work of a <see cref="Guardian"/>, which lives on when this
/// process and its terminal end. Here its words are passed on, and the terminal's Enter confirms.
/// </summary>
internal static class Caller
{
    private const int BufferSize = 4096;

    /// <summary>Has a command carried out by a guardian, and waits until it is confirmed or undone.</summary>
    /// <param name="words">The command and its arguments.</param>
    /// <returns>The guardian's exit status.</returns>
    public static int Run(params ReadOnlySpan<string> words)
    {
        using DetachedProgram guardian = DetachedProgram.Start(["/proc/self/exe", Guardian.Word, .. words]);
        int input = StandardStreams.IsTerminal(StandardStreams.Input) ? StandardStreams.Input : -1;
        int[] descriptors = [guardian.Output, guardian.Error, input];
        Span<bool> ready = stackalloc bool[descriptors.Length];
        while (descriptors[0] >= 0 || descriptors[1] >= 0)
        {
            Poll.Wait(descriptors, ready, TimeSpan.MaxValue);
            for (int i = 0; i < descriptors.Length; i++)
            {
                if (ready[i] && Read(descriptors[i]) is var text)
                {
                    // poll(2) passes over what has ended.
                    descriptors[i] = text.Length == 0 ? -1 : descriptors[i];
                    Pass(i, text);
                }
            }
        }

        return guardian.Wait();
    }

    private static void Pass(int stream, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        switch (stream)
        {
            case 0:
                Log.Result(text);
                break;
            case 1:
                Log.Line(text.TrimEnd('\n'));
                break;
            default:
                // What was typed before there was anything to confirm is passed over.
                _ = Confirmation.IsPending && Confirmation.TryConfirm();
                break;
        }
    }

    private static string Read(int descriptor)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        return Encoding.UTF8.GetString(buffer[..StandardStreams.ReadSome(descriptor, buffer)]);
    }
}
