using CniSrcRoute.Node;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Diagnosis;

/// <summary>Whether the runtime calls the plugin at all.</summary>
internal static class ConflistDiagnosis
{
    public static IEnumerable<Finding> OnNode()
    {
        if (Conflists.TryFind(out _) is not { } file)
        {
            yield break;
        }

        string? fault = null;
        bool isThere = false;
        try
        {
            isThere = new ConflistFile(file).HasEntry;
        }
        catch (InputException e)
        {
            fault = e.Message;
        }

        if (fault is not null)
        {
            yield return new Finding(Severity.Warning, FindingCode.NotInConflist, file, $"whether the runtime calls the plugin cannot be determined: {fault}");
        }
        else if (!isThere)
        {
            const string Cure = "srcroute conflist add";
            string instead = NodeLock.IsWatched ? "only the watcher adds routes for new pods" : "nothing adds routes for new pods";
            yield return new Finding(
                Severity.Warning, FindingCode.NotInConflist, file, $"{file} does not name the plugin, so {instead}; `{Cure}` adds it", Cure);
        }

        if (Conflists.Obscuring(file) is { } sentence)
        {
            yield return new Finding(Severity.Warning, FindingCode.ConflistNotRead, file, sentence);
        }
    }
}
