using CniSrcRoute.Configuration;
using CniSrcRoute.Diagnosis;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute status`.</summary>
internal static class Status
{
    public static int Run(Options options)
    {
        Config config = NodeFiles.ReadConfig(options.ConfigFile);
        using var kernel = new Kernel();
        var round = Reconciliation.Read(kernel, config);
        StatusReport report = StatusReport.Of(round, config, NodeDiagnosis.On(kernel, config, round));
        Log.Result(options.Json ? StatusJson.Format(report) : StatusText.Format(report));
        return report.IsHealthy ? ExitStatus.Success : ExitStatus.Drift;
    }
}
