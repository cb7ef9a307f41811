using CniSrcRoute.Planning;

namespace CniSrcRoute.Node;

/// <summary>A step of a plan that could not be taken.</summary>
/// <param name="Change">The step.</param>
/// <param name="Reason">The errno and the kernel's words, or the system's for a file.</param>
internal sealed record Failure(Change Change, string Reason);
