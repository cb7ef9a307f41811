using CniSrcRoute.Configuration;
using CniSrcRoute.Netlink;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute status`.</summary>
internal static class Status
{
    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        using var socket = new NetlinkSocket();
        StatusReport report = StatusReport.Of(Reconciliation.Read(new RouteNetlink(socket), config), config);
        Log.Result(options.Json ? StatusJson.Format(report) : StatusText.Format(report));
        return report.IsHealthy ? ExitStatus.Success : ExitStatus.Drift;
    }
}
