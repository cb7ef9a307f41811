using System.Text.Json;

namespace CniSrcRoute.Cni;

/// <summary>The network configuration on standard input (CNI specification, section 3, "Deriving execution configuration").</summary>
public sealed record CniRequest
{
    /// <summary>cniVersion.</summary>
    public required string Version { get; init; }

    /// <summary>The path of the node's configuration file, when the conflist's entry names one; null for the usual.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>prevResult as it came; null when there was none.</summary>
    public string? PrevResult { get; init; }

    /// <summary>The addresses of the pod itself, from prevResult.</summary>
    public IReadOnlyList<IpAddress> PodAddresses { get; init; } = [];

    /// <summary>Reads standard input of every verb but VERSION.</summary>
    /// <param name="input">UTF-8 JSON.</param>
    /// <param name="environment">The parameters of the call: checked between the network's name and the version, as the reference dispatcher does.</param>
    /// <returns>The request.</returns>
    /// <exception cref="CniException">Codes 1, 4, 6 and 7.</exception>
    public static CniRequest Parse(ReadOnlyMemory<byte> input, CniEnvironment environment)
    {
        using JsonDocument document = Decode(input);
        JsonElement root = document.RootElement;
        string name = Text(root, "name") ?? "";
        if (name.Length == 0)
        {
            throw new CniException(CniErrorCode.InvalidConfig, "missing network name");
        }

        if (!CniEnvironment.IsIdentifier(name))
        {
            throw new CniException(CniErrorCode.InvalidConfig, "invalid characters found in network name", name);
        }

        environment.RequireValidNames();
        if (environment.Command is not ("ADD" or "DEL" or "CHECK" or "GC" or "STATUS"))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, $"unknown CNI_COMMAND: {environment.Command}");
        }

        string version = Text(root, "cniVersion") is { Length: > 0 } stated ? stated : CniVersion.Implied;
        CniVersion.Require(version, environment.Command);
        bool hasPrevious = root.TryGetProperty("prevResult", out JsonElement previous) && previous.ValueKind != JsonValueKind.Null;
        return new CniRequest
        {
            Version = version,
            ConfigFile = Text(root, "config"),
            PrevResult = hasPrevious ? previous.GetRawText() : null,

            // On DEL nothing depends on prevResult, so nothing about it may make DEL fail.
            PodAddresses = hasPrevious && environment.Command is "ADD" or "CHECK" ? PreviousResult.PodAddresses(previous, environment.IfName) : [],
        };
    }

    /// <summary>The version that VERSION shall answer in: the one on standard input, the newest for none.</summary>
    /// <param name="input">UTF-8 JSON, or nothing at all.</param>
    /// <returns>A version.</returns>
    /// <exception cref="CniException">Code 6.</exception>
    public static string ParseVersion(ReadOnlyMemory<byte> input)
    {
        if (input.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return CniVersion.Newest;
        }

        using JsonDocument document = Decode(input);
        return Text(document.RootElement, "cniVersion") is { Length: > 0 } stated ? stated : CniVersion.Newest;
    }

    private static JsonDocument Decode(ReadOnlyMemory<byte> input)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(input);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: not an object but {document.RootElement.ValueKind}");
        }
        catch (JsonException e)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private static string? Text(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        try
        {
            return value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: {key} must be a string, not {value.ValueKind}");
        }
        catch (InvalidOperationException)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"error unmarshall network config: {key} is not valid Unicode");
        }
    }
}
