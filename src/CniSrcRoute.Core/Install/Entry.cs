namespace CniSrcRoute.Install;

/// <summary>Our entry in a network configuration, as uninstall finds it.</summary>
/// <param name="File">The file that it was put into.</param>
/// <param name="List">The list in which it stands: the file, or what a single plugin's file became.</param>
/// <param name="Rewritten">The single plugin's file that somebody has written anew since; null for none.</param>
public sealed record Entry(string File, string List, string? Rewritten = null);
