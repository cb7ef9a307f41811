namespace CniSrcRoute.Tests.Contract;

/// <summary>An error document (CNI specification, section 5, "Error").</summary>
/// <param name="Version">cniVersion; empty when absent, as the reference dispatcher leaves it.</param>
/// <param name="Code">The code.</param>
/// <param name="Message">What went wrong, in short.</param>
/// <param name="Details">More of it; empty when absent.</param>
internal sealed record Refusal(string Version, int Code, string Message, string Details);
