using CniSrcRoute.Cni;
using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Plugin;

/// <summary>
/// GC: takes away what no pod needs (CNI specification, section 2, "GC"). What a pod needs is what main has, so the list of valid attachments says
/// nothing that the plan does not know better; whether it is absent, null or empty makes no difference.
/// </summary>
internal static class GarbageCollection
{
    /// <exception cref="CniException">The lock is held (11), or the kernel refused (100): everything else has been done.</exception>
    public static void Run(CniRequest request)
    {
        (Reconciliation round, List<Failure> failures) = WholePlan.Apply(NodeFiles.ReadConfig(request.ConfigFile));
        if (failures.Count > 0)
        {
            throw new CniException(
                CniErrorCode.RouteRefused,
                "the kernel refused routes or rules",
                string.Join("; ", failures.ConvertAll(failure => failure.Describe(round.State))));
        }
    }
}
