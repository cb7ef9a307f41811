using CniSrcRoute.Cni;
using CniSrcRoute.Files;
using CniSrcRoute.Netlink;
using CniSrcRoute.Processes;

namespace CniSrcRoute.Plugin;

/// <summary>The plugin's side of the CNI contract: one call of a runtime, one document on standard output, never more.</summary>
internal static class CniPlugin
{
    /// <summary>What a runtime may send, in bytes: a hundred times what the largest real one does.</summary>
    private const int InputLimit = 16 << 20;

    public static int Run()
    {
        string version = CniVersion.Newest;
        try
        {
            CniEnvironment environment = CniEnvironment.Read(Environment.GetEnvironmentVariable);
            ReadOnlySpan<byte> input = ReadInput();
            if (environment.Command == "VERSION")
            {
                StandardStreams.WriteOutput(CniAnswer.Version(CniRequest.ParseVersion(input)));
                return ExitStatus.Success;
            }

            var request = CniRequest.Parse(input, environment, ref version);
            RequireForeignNetNs(environment);
            StandardStreams.WriteOutput(System.Text.Encoding.UTF8.GetBytes(Dispatch(environment.Command, request)));
            return ExitStatus.Success;
        }
        catch (Exception e)
        {
            WriteError(version, Translate(e));
            return ExitStatus.Failure;
        }
    }

    /// <summary>Whatever happens, the runtime gets one document that says so, or, where it does not listen, a line in its log.</summary>
    private static void WriteError(string version, CniException error)
    {
        try
        {
            StandardStreams.WriteOutput(CniAnswer.Error(version, error));
        }
        catch (IOException e)
        {
            Log.Error($"{error.Message} {error.Details}; {e.Message}");
        }
    }

    /// <summary>An error as the runtime gets it.</summary>
    public static CniException Translate(Exception error) => error switch
    {
        CniException cni => cni,
        InputException input => new CniException(CniErrorCode.InvalidConfig, input.Message),
        NetlinkException netlink => new CniException(CniErrorCode.KernelFailure, netlink.Message),
        IOException or UnauthorizedAccessException => new CniException(CniErrorCode.IoFailure, error.Message),
        _ => new CniException(CniErrorCode.Internal, error.Message, error.GetType().Name),
    };

    /// <returns>What goes to standard output: a result for ADD, nothing for the others.</returns>
    private static string Dispatch(string command, CniRequest request)
    {
        switch (command)
        {
            case "ADD":
                return Add.Run(request);
            case "CHECK":
                Check.Run(request);
                return "";
            case "GC":
                GarbageCollection.Run(request);
                return "";
            case "STATUS":
                Status.Run();
                return "";
            default:
                // DEL. The routes for a pod disappear with its device, and what else main has lost is taken away by the next plan. So there is
                // nothing to do, nothing that can fail, and nothing that keeps the plugins before us in the list from their own DEL.
                return "";
        }
    }

    private static void RequireForeignNetNs(CniEnvironment environment)
    {
        if (!environment.IsForAttachment || Environment.GetEnvironmentVariable("CNI_NETNS_OVERRIDE")?.ToUpperInvariant() is "1" or "TRUE")
        {
            return;
        }

        // A path that cannot be opened is no namespace of ours; DEL has none once the container is gone.
        if (environment.NetNs.Length > 0 && FileIdentity.Of(environment.NetNs) is { } pod && FileIdentity.Of("/proc/self/ns/net") is { } own &&
            (pod.Device, pod.Inode) == (own.Device, own.Inode))
        {
            throw new CniException(CniErrorCode.InvalidNetNs, "plugin's netns and netns from CNI_NETNS should not be the same");
        }
    }

    private static ReadOnlySpan<byte> ReadInput()
    {
        ReadOnlySpan<byte> input = StandardStreams.ReadInput(InputLimit);
        return input.Length <= InputLimit
            ? input
            : throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: longer than {InputLimit} bytes");
    }
}
