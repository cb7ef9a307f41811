using System.Text;
using System.Text.Json;
using CniSrcRoute.Cni;

namespace CniSrcRoute.Conflist;

/// <summary>
/// The text of a network configuration list (CNI specification, section 1): puts our entry in behind the last plugin and takes it out again, and leaves
/// every other byte as it is. Adding and then removing gives back the same text.
/// </summary>
public sealed class ConflistText
{
    /// <summary>The plugin's name in a list.</summary>
    public const string OurType = "srcroute";

    private readonly string _text;
    private readonly List<Span> _plugins = [];
    private int _ours = -1;

    private ConflistText(string text) => _text = text;

    /// <summary>Whether our entry is there.</summary>
    public bool HasEntry => _ours >= 0;

    /// <summary>Reads a list.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">JSON.</param>
    /// <returns>The list.</returns>
    /// <exception cref="InputException">The text is no list that could be changed without guessing.</exception>
    public static ConflistText Parse(string file, string text)
    {
        var list = new ConflistText(text);
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), NetworkConfig.Options);
        try
        {
            list.Read(ref reader, file);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{file}: not valid JSON{(e is JsonException json ? $" at line {json.LineNumber + 1}" : "")}");
        }

        return list;
    }

    /// <summary>The text with our entry, behind the last plugin and laid out as that is.</summary>
    /// <returns>The text; unchanged when the entry is there already.</returns>
    public string WithEntry()
    {
        if (HasEntry)
        {
            return _text;
        }

        Span last = _plugins[^1];
        int before = last.Start;
        while (char.IsWhiteSpace(_text[before - 1]))
        {
            before--;
        }

        string lead = _text[before..last.Start];
        return _text[..last.End] + "," + lead + Entry(_text[last.Start..last.End], lead) + _text[last.End..];
    }

    /// <summary>The text without our entry.</summary>
    /// <returns>The text; unchanged when the entry is not there.</returns>
    public string WithoutEntry() => _ours switch
    {
        < 0 => _text,
        0 => _text[.._plugins[0].Start] + _text[_plugins[1].Start..],
        _ => _text[.._plugins[_ours - 1].End] + _text[_plugins[_ours].End..],
    };

    private static string Entry(string neighbour, string lead)
    {
        if (!neighbour.Contains('\n', StringComparison.Ordinal))
        {
            string colon = neighbour.Contains("\": ", StringComparison.Ordinal) ? ": " : ":";
            return neighbour.StartsWith("{ ", StringComparison.Ordinal) ? $"{{ \"type\": \"{OurType}\" }}" : $"{{\"type\"{colon}\"{OurType}\"}}";
        }

        // As deep as the neighbour's own members are, and closed where it is closed.
        string newLine = neighbour.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        string body = neighbour[(neighbour.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        string members = body[..(body.Length - body.TrimStart(' ', '\t').Length)];
        return $"{{{newLine}{members}\"type\": \"{OurType}\"{newLine}{lead[(lead.LastIndexOf('\n') + 1)..]}}}";
    }

    private void Read(ref Utf8JsonReader reader, string file)
    {
        // Offsets are in bytes, the text is in characters; both count alike up to the first letter beyond ASCII.
        var positions = new CharacterPositions(_text);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InputException($"{file}: not an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isPlugins = reader.ValueTextEquals("plugins"u8);
            reader.Read();
            if (!isPlugins)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartArray || _plugins.Count > 0)
            {
                throw new InputException($"{file}: plugins: must be one list");
            }

            ReadPlugins(ref reader, positions, file);
        }

        reader.Read();
        if (_plugins.Count == 0)
        {
            throw new InputException($"{file}: plugins: there is none to stand behind");
        }

        if (_ours >= 0 && _plugins.Count == 1)
        {
            throw new InputException($"{file}: plugins: {OurType} stands alone, with no plugin before it");
        }
    }

    private void ReadPlugins(ref Utf8JsonReader reader, CharacterPositions positions, string file)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int start = positions.Of((int)reader.TokenStartIndex);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InputException($"{file}: plugins[{_plugins.Count}]: not an object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String && reader.GetString() == OurType)
                {
                    _ours = _ours < 0 ? _plugins.Count : throw new InputException($"{file}: plugins[{_plugins.Count}]: {OurType} is given twice");
                }

                reader.Skip();
            }

            _plugins.Add(new Span(start, positions.Of((int)reader.BytesConsumed)));
        }
    }

    /// <summary>The position of an element in the text.</summary>
    private sealed record Span(int Start, int End);

    /// <summary>Turns offsets in UTF-8 into offsets in the text; they must be asked for in ascending order.</summary>
    private sealed class CharacterPositions(string text)
    {
        private int _bytes;
        private int _characters;

        public int Of(int bytes)
        {
            while (_bytes < bytes)
            {
                int length = char.IsHighSurrogate(text[_characters]) ? 2 : 1;
                _bytes += Encoding.UTF8.GetByteCount(text.AsSpan(_characters, length));
                _characters += length;
            }

            return _characters;
        }
    }
}
