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
            Check(config);
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
                "sources" => config with { Sources = value.List(ParseSource) },
                "discover" => config with { Discover = value.Boolean() },
                "overlay" => ParseOverlay(config, value),
                "extend" => config with { Extend = value.List(ParseExtended) },
                "marks" when value.IsBoolean => config with { UseMarks = value.Boolean() },
                "marks" => ParseMarks(config, value),
                "rulePriority" => config with { RulePriority = value.Number(2, Rule.MainPriority - 2) },
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
        value.IsText ? ParseTableName(value) : ParseTableNumber(value).ToString(CultureInfo.InvariantCulture);

    private static Config ParseMarks(Config config, ConfigValue marks)
    {
        foreach (ConfigValue value in marks.Members())
        {
            config = value.Name switch
            {
                "mask" => config with { MarkMask = ParseMask(value) },
                "setSrcValidMark" => config with { MaySetSrcValidMark = value.Boolean() },
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

    private static SourceConfig ParseSource(ConfigValue entry)
    {
        var source = new SourceConfig { Key = entry.Path, Prefix = default };
        foreach (ConfigValue value in entry.Members())
        {
            source = value.Name switch
            {
                "address" or "network" when source.Prefix.IsSet => throw value.Wrong("stands beside another address or network; every source has one"),
                "address" => source with { Prefix = IpPrefix.Host(value.Address()) },
                "network" => source with { Prefix = ParseSourceNetwork(value), IsNetwork = true },
                "card" => source with { Card = value.Text() },
                "gateway" => source with { Gateway = value.Address() },
                "table" when value.IsText => source with { TableName = ParseTableName(value) },
                "table" => source with { Table = ParseTableNumber(value) },
                "routes" => source with { Routes = value.List(ParseRoute) },
                _ => throw value.Unknown(),
            };
        }

        if (!source.Prefix.IsSet)
        {
            throw entry.Missing("address", "network");
        }

        CheckFamily(entry, source.Prefix, source.Gateway, "gateway");
        for (int i = 0; i < source.Routes.Count; i++)
        {
            CheckFamily(entry, source.Prefix, source.Routes[i].To.Address, $"routes[{i}].to");
        }

        return source;
    }

    private static IpPrefix ParseSourceNetwork(ConfigValue value) =>
        value.Prefix() is { IsDefault: false } network ? network : throw value.Wrong("would send everything to the table");

    private static uint ParseTableNumber(ConfigValue value) =>
        value.Number(1, uint.MaxValue) is var number && !TableId.IsReserved(number)
            ? number
            : throw value.Wrong("is a table of the kernel's own (0 and 253 to 255)");

    private static string ParseTableName(ConfigValue value)
    {
        string name = value.Text();
        return name is "unspec" or "default" or "main" or "local" ? throw value.Wrong("is a table of the kernel's own")
            : name.Length > 0 && name.All(letter => letter > ' ' && letter < 0x7f && letter != '#') && !char.IsAsciiDigit(name[0]) ? name
            : throw value.Wrong("is no table name: printable ASCII without blanks and #, not beginning with a digit");
    }

    private static RouteConfig ParseRoute(ConfigValue entry)
    {
        var route = new RouteConfig { To = default };
        foreach (ConfigValue value in entry.Members())
        {
            route = value.Name switch
            {
                "to" => route with { To = value.Prefix() },
                "via" => route with { Via = value.Address() },
                "metric" => route with { Metric = value.Number(0, uint.MaxValue - 1) },
                "mtu" => route with { Mtu = value.Number(68, 65535) },
                _ => throw value.Unknown(),
            };
        }

        if (!route.To.IsSet)
        {
            throw entry.Missing("to");
        }

        CheckFamily(entry, route.To, route.Via, "via");
        return route;
    }

    private static void CheckFamily(ConfigValue entry, IpPrefix prefix, IpAddress other, string key)
    {
        if (other.IsSet && other.Family != prefix.Family)
        {
            throw new InputException($"{entry.File}: {entry.Path}.{key}: {other} is not of the family of {prefix}");
        }
    }

    private static void Check(Config config)
    {
        for (int i = 0; i < config.Sources.Count; i++)
        {
            SourceConfig source = config.Sources[i];
            for (int j = 0; j < i; j++)
            {
                SourceConfig earlier = config.Sources[j];

                // Rules of one priority are asked in the order of their making, so one of two that overlap would win by chance.
                if (source.Prefix.Overlaps(earlier.Prefix))
                {
                    string key = source.IsNetwork ? "network" : "address";
                    throw new InputException($"{config.File}: {source.Key}.{key}: {source.Prefix} overlaps {earlier.Prefix} of {earlier.Key}");
                }

                bool sameNumber = source.Table is not null && source.Table == earlier.Table;
                bool sameName = source.TableName is not null && source.TableName == earlier.TableName;
                if (source.Prefix.Family == earlier.Prefix.Family && (sameNumber || sameName))
                {
                    string table = source.TableName ?? $"{source.Table}";
                    throw new InputException(
                        $"{config.File}: {source.Key}.table: {table} is the table of {earlier.Key} as well; every source needs one of its own");
                }
            }
        }
    }
}
