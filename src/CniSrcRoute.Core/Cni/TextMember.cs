namespace CniSrcRoute.Cni;

/// <summary>A member that should be a string. Whether it is matters only where the member is used, and the reference complains in a fixed order.</summary>
/// <param name="Value">The string; empty when it is absent, null or none.</param>
/// <param name="Found">What is there instead of a string; null when nothing is wrong.</param>
internal readonly record struct TextMember(string? Value, string? Found)
{
    /// <summary>The string.</summary>
    /// <param name="problem">What to say when it is none.</param>
    /// <exception cref="CniException">Code 6.</exception>
    public string Require(string problem) =>
        Found is null ? Value ?? "" : throw new CniException(CniErrorCode.DecodingFailure, problem + " must be a string, not " + Found);
}
