namespace CniSrcRoute.Cni;

/// <summary>An operation that failed, as it is reported to the runtime (CNI specification, section 5, "Error").</summary>
/// <param name="code">One of <see cref="CniErrorCode"/>.</param>
/// <param name="message">What went wrong, in short.</param>
/// <param name="details">More of it; empty for none.</param>
public sealed class CniException(int code, string message, string details = "") : Exception(message)
{
    /// <summary>The error code.</summary>
    public int Code { get; } = code;

    /// <summary>The longer text; empty for none.</summary>
    public string Details { get; } = details;
}
