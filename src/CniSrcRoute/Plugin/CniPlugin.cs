using CniSrcRoute.Cni;
using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;
using Microsoft.Win32.SafeHandles;

namespace CniSrcRoute.Plugin;

/// <summary>The plugin's side of the CNI contract: one call of a runtime, one document on standard output, never more.</summary>
internal static class CniPlugin
{
    /// <summary>How long a call waits for the lock: far longer than any other call needs, far shorter than a runtime's patience.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(20);

    public static int Run()
    {
        string version = CniVersion.Newest;
        try
        {
            CniEnvironment environment = CniEnvironment.Read(Environment.GetEnvironmentVariable);
            ReadOnlySpan<byte> input = ReadInput();
            if (environment.Command == "VERSION")
            {
                Write(CniAnswer.Version(CniRequest.ParseVersion(input)));
                return ExitStatus.Success;
            }

            CniRequest request = CniRequest.Parse(input, environment);
            version = request.Version;
            RequireForeignNetNs(environment);
            string answer = Dispatch(environment, request);
            Write(System.Text.Encoding.UTF8.GetBytes(answer));
            return ExitStatus.Success;
        }
        catch (Exception e)
        {
            // Whatever happens, the runtime gets one document that says so.
            Write(CniAnswer.Error(version, Translate(e)));
            return ExitStatus.Failure;
        }
    }

    private static string Dispatch(CniEnvironment environment, CniRequest request)
    {
        switch (environment.Command)
        {
            case "ADD":
                return Add(request);
            case "DEL":
                // What stands in the tables for a pod goes with its device, and what else main has lost is taken away by the next plan. So there is
                // nothing to do, nothing that can fail, and nothing that keeps the plugins before us in the list from their own DEL.
                return "";
            default:
                throw new CniException(CniErrorCode.InvalidEnvironment, $"{environment.Command} is not supported yet");
        }
    }

    private static string Add(CniRequest request)
    {
        string result = request.PrevResult ?? throw new CniException(CniErrorCode.InvalidConfig, "srcroute must be called as a chained plugin: prevResult is missing");
        Config config = NodeFiles.ReadConfig(request.ConfigFile);
        using FileLock held = NodeLock.TryAcquire(LockTimeout) ?? throw new CniException(CniErrorCode.TryAgainLater, "another srcroute holds the lock", $"{NodeFiles.LockDirectory}/lock");
        using var socket = new NetlinkSocket();
        var kernel = new RouteNetlink(socket);
        Reconciliation round = Reconciliation.Read(kernel, config);
        List<Failure> failures = round.Apply(kernel, config);

        // A source that cannot be served is no reason to keep a pod from starting; status tells of it, and so does the log.
        var ip = new IpCommand(round.State);
        foreach (string warning in round.Desired.Problems.Concat(round.Desired.Warnings).Concat(round.Plan.Conflicts).Concat(PodRoutes.Unknown(round, request.PodAddresses)))
        {
            Log.Warning(warning);
        }

        foreach (Failure failure in failures)
        {
            string text = $"{ip.Format(failure.Change)[2..]}: {failure.Reason}";
            Log.Warning(text);
            if (PodRoutes.LeadsTo(failure.Change, request.PodAddresses))
            {
                throw new CniException(CniErrorCode.RouteRefused, "the kernel refused the pod's route in a source table", text);
            }
        }

        return result;
    }

    private static CniException Translate(Exception error) => error switch
    {
        CniException cni => cni,
        InputException input => new CniException(CniErrorCode.InvalidConfig, input.Message),
        NetlinkException netlink => new CniException(CniErrorCode.KernelFailure, netlink.Message),
        IOException or UnauthorizedAccessException => new CniException(CniErrorCode.IoFailure, error.Message),
        _ => new CniException(CniErrorCode.Internal, error.Message, error.GetType().Name),
    };

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

    // Console's own streams set up a terminal and a thread for signals, a tenth of a call's whole time.
    private static ReadOnlySpan<byte> ReadInput()
    {
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        byte[] buffer = new byte[8 << 10];
        int length = 0, read;
        while ((read = input.Read(buffer, length, buffer.Length - length)) > 0)
        {
            length += read;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * length);
            }
        }

        return buffer.AsSpan(0, length);
    }

    private static void Write(ReadOnlySpan<byte> document)
    {
        using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        output.Write(document);
    }
}
