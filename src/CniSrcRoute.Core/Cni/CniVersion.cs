namespace CniSrcRoute.Cni;

/// <summary>The versions of the CNI specification that the plugin speaks. Chaining is not defined before 0.3.0.</summary>
public static class CniVersion
{
    /// <summary>The newest version, answered where the caller names none.</summary>
    public const string Newest = "1.1.0";

    /// <summary>What a configuration without a version means (CNI specification 0.1.0 had no such key).</summary>
    public const string Implied = "0.1.0";

    /// <summary>All versions, oldest first.</summary>
    public static IReadOnlyList<string> Supported => Ordered;

    private static readonly string[] Ordered = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", Newest];

    /// <summary>The version that brought a verb.</summary>
    /// <param name="command">CNI_COMMAND.</param>
    /// <returns>One of <see cref="Supported"/>.</returns>
    public static string Since(string command) => command switch { "CHECK" => "0.4.0", "GC" or "STATUS" => "1.1.0", _ => "0.3.0" };

    /// <summary>Refuses a version that is not ours, or that does not have the verb yet.</summary>
    /// <param name="version">The configuration's cniVersion.</param>
    /// <param name="command">CNI_COMMAND.</param>
    /// <exception cref="CniException">Code 1.</exception>
    public static void Require(string version, string command)
    {
        if (!Supported.Contains(version))
        {
            throw new CniException(
                CniErrorCode.IncompatibleVersion,
                "incompatible CNI versions",
                $"config is \"{version}\", plugin supports [\"{string.Join("\" \"", Supported)}\"]");
        }

        // The supported versions are in order, so their places compare as they do.
        if (Array.IndexOf(Ordered, version) < Array.IndexOf(Ordered, Since(command)))
        {
            throw new CniException(CniErrorCode.IncompatibleVersion, $"config version does not allow {command}");
        }
    }
}
