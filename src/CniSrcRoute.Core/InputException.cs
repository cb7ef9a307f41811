namespace CniSrcRoute;

/// <summary>Bad input: one sentence that names the file, the key and the value. Nothing has been changed when it is thrown.</summary>
/// <param name="message">The sentence.</param>
public sealed class InputException(string message) : Exception(Printable.Line(message));
