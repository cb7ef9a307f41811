namespace CniSrcRoute.Install;

/// <summary>A directory in which a runtime looks for plugins.</summary>
/// <param name="Path">The directory, which need not be there.</param>
/// <param name="IsOfOneRelease">Whether the runtime's next release looks elsewhere.</param>
public sealed record PluginDirectory(string Path, bool IsOfOneRelease = false);
