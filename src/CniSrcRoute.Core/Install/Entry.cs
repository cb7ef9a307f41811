namespace CniSrcRoute.Install;

/// <summary>Our entry in a network configuration, as uninstall finds it.</summary>
/// <param name="File">The file that it was put into.</param>
/// <param name="List">The list that has it: the file, or the list made from a single plugin's file.</param>
/// <param name="Rewritten">The single plugin's file that has been rewritten since; null for none.</param>
public sealed record Entry(string File, string List, string? Rewritten = null);
