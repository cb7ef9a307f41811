namespace CniSrcRoute.Configuration;

/// <summary>The part of <see cref="ConfigParser"/> that reads "sources".</summary>
internal static class SourceParser
{
    /// <summary>Reads an entry of "sources".</summary>
    /// <exception cref="InputException">It is wrong.</exception>
    public static SourceConfig Parse(ConfigValue entry)
    {
        var source = new SourceConfig { Key = entry.Path, Prefix = default };
        foreach (ConfigValue value in entry.Members())
        {
            source = value.Name switch
            {
                "address" or "network" when source.Prefix.IsSet => throw value.Wrong("stands beside another address or network; every source has one"),
                "address" => source with { Prefix = IpPrefix.Host(value.Address()) },
                "network" => source with { Prefix = ParseNetwork(value), IsNetwork = true },
                "card" => source with { Card = value.Text() },
                "gateway" => source with { Gateway = value.Router() },
                "table" when value.IsText => source with { TableName = value.TableName() },
                "table" => source with { Table = value.TableNumber() },
                "rule" => source with { HasRule = value.Boolean() },
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

    /// <summary>Refuses entries that contradict each other.</summary>
    /// <exception cref="InputException">Two of them do.</exception>
    public static void RequireDistinct(Config config)
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

    private static IpPrefix ParseNetwork(ConfigValue value) =>
        value.Prefix() is { IsDefault: false } network ? network : throw value.Wrong("would send everything to the table");

    private static RouteConfig ParseRoute(ConfigValue entry)
    {
        var route = new RouteConfig { To = default };
        foreach (ConfigValue value in entry.Members())
        {
            route = value.Name switch
            {
                "to" => route with { To = value.Prefix() },
                "via" => route with { Via = value.Router() },
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
}
