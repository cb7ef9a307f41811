namespace CniSrcRoute.Planning;

/// <summary>A step that was refused.</summary>
/// <param name="Index">Which of the steps, counted from 0.</param>
/// <param name="Reason">The errno and the kernel's words, or the system's for a file.</param>
public readonly record struct Refusal(int Index, string Reason);
