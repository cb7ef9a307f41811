using System.Text.Json;

namespace CniSrcRoute.Cni;

/// <summary>
/// The members of standard input that matter here. Read with Utf8JsonReader, since JsonDocument measures the processor before it lends its first
/// buffer: a tenth of a call's whole time.
/// </summary>
internal readonly ref struct NetworkConfig
{
    /// <summary>As deep as the reference goes; nesting costs nothing here.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 10_000 };

    /// <summary>name.</summary>
    public TextMember Name { get; private init; }

    /// <summary>cniVersion.</summary>
    public TextMember Version { get; private init; }

    /// <summary>Our own key "config": the node's configuration file.</summary>
    public TextMember ConfigFile { get; private init; }

    /// <summary>prevResult as it came; empty when absent or null.</summary>
    public ReadOnlySpan<byte> PrevResult { get; private init; }

    /// <summary>Reads the members; all others are left alone, whatever they are.</summary>
    /// <exception cref="CniException">Code 6.</exception>
    public static NetworkConfig Read(ReadOnlySpan<byte> input)
    {
        var config = default(NetworkConfig);
        var reader = new Utf8JsonReader(input, Options);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new CniException(CniErrorCode.DecodingFailure, "error unmarshall network config: not an object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    config = config with { Name = Text(ref reader) };
                }
                else if (reader.ValueTextEquals("cniVersion"u8))
                {
                    config = config with { Version = Text(ref reader) };
                }
                else if (reader.ValueTextEquals("config"u8))
                {
                    config = config with { ConfigFile = Text(ref reader) };
                }
                else if (reader.ValueTextEquals("prevResult"u8))
                {
                    config = config with { PrevResult = Raw(ref reader, input) };
                }
                else
                {
                    reader.Skip();
                }
            }

            // Whatever follows the object is an error as well.
            reader.Read();
            return config;
        }
        catch (InvalidOperationException)
        {
            // A key with an escape that is half of a surrogate pair.
            throw new CniException(CniErrorCode.DecodingFailure, "error unmarshall network config: a key is not valid Unicode");
        }
        catch (JsonException e)
        {
            throw new CniException(
                CniErrorCode.DecodingFailure,
                $"error unmarshall network config: not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private static ReadOnlySpan<byte> Raw(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> input)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        bool isNull = reader.TokenType == JsonTokenType.Null;
        reader.Skip();
        return isNull ? default : input[start..(int)reader.BytesConsumed];
    }

    private static TextMember Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        string? found = null;
        try
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Null)
            {
                return new TextMember(reader.GetString() ?? "", null);
            }
        }
        catch (InvalidOperationException)
        {
            found = "invalid Unicode";
        }

        // Only now: the first name of an enum that a process asks for costs a thirtieth of a plugin call.
        found ??= reader.TokenType.ToString();
        reader.Skip();
        return new TextMember("", found);
    }
}
