using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CniSrcRoute.Planning;

namespace CniSrcRoute.Configuration;

/// <summary>Reads the text of the configuration file. Every mistake is one sentence with the file, the key and the value.</summary>
public static class ConfigParser
{
    /// <summary>Reads a configuration.</summary>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">UTF-8 JSON; comments and trailing commas are allowed.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InputException">Not JSON, an unknown key, a wrong type, a value out of range, or entries that contradict each other.</exception>
    public static Config Parse(string file, ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            Config config = Parse(file, new ConfigValue(file, "", "", document.RootElement));
            SourceParser.RequireDistinct(config);
            return config;
        }
        catch (JsonException e)
        {
            throw new InputException($"{file}: line {e.LineNumber + 1}: not valid JSON");
        }
        catch (InvalidOperationException)
        {
            // JsonElement.GetString: an escape that is half of a surrogate pair.
            throw new InputException($"{file}: a string is not valid Unicode");
        }
    }

    private static Config Parse(string file, ConfigValue root)
    {
        var config = new Config { File = file };
        foreach (ConfigValue value in root.Members())
        {
            config = value.Name switch
            {
                "$schema" => config,
                "sources" => config with { Sources = value.List(SourceParser.Parse) },
                "discover" => config with { Discover = value.Boolean() },
                "overlay" => ParseOverlay(config, value),
                "extend" => config with { Extend = value.List(ParseExtended) },
                "marks" when value.IsBoolean => config with { UseMarks = value.Boolean() },
                "marks" => ParseMarks(config, value),
                "udp" when value.IsBoolean => config with { AnswersUdp = value.Boolean() },
                "udp" => ParseUdp(config, value),
                "rulePriority" => config with { RulePriority = value.Number(2, Rule.MainPriority - 1) },
                "tableBase" => config with { TableBase = value.Number(1, int.MaxValue) },
                _ => throw value.Unknown(),
            };
        }

        return config;
    }

    private static Config ParseOverlay(Config config, ConfigValue overlay)
    {
        foreach (ConfigValue value in overlay.Members())
        {
            config = value.Name switch
            {
                "cards" => config with { OverlayCards = value.List(item => item.Text()) },
                "networks" => config with { OverlayNetworks = value.List(ParseOverlayNetwork) },
                _ => throw value.Unknown(),
            };
        }

        return config;
    }

    private static string ParseExtended(ConfigValue value) =>
        value.IsText ? value.TableName() : value.TableNumber().ToString(CultureInfo.InvariantCulture);

    private static Config ParseMarks(Config config, ConfigValue marks)
    {
        foreach (ConfigValue value in marks.Members())
        {
            config = value.Name switch
            {
                "mask" => config with { MarkMask = ParseMask(value) },
                "setSrcValidMark" => config with { SetsSrcValidMark = value.Boolean() },
                _ => throw value.Unknown(),
            };
        }

        return config;
    }

    private static Config ParseUdp(Config config, ConfigValue udp)
    {
        foreach (ConfigValue value in udp.Members())
        {
            config = value.Name switch
            {
                "except" => config with { UdpExcept = value.List(port => (ushort)port.Number(1, ushort.MaxValue)) },
                _ => throw value.Unknown(),
            };
        }

        return config;
    }

    private static MarkMask ParseMask(ConfigValue value)
    {
        string text = value.Text();
        return text.StartsWith("0x", StringComparison.Ordinal) &&
            uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint mask) && BitOperations.PopCount(mask) > 1
            ? new MarkMask(mask)
            : throw value.Wrong("must be two or more bits of 32, such as 0x7f");
    }

    private static IpPrefix ParseOverlayNetwork(ConfigValue value) =>
        value.Prefix() is { IsDefault: false } network ? network : throw value.Wrong("must be the network of the pods, not everything");
}
