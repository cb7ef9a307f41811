using System.Text.Json.Nodes;

namespace CniSrcRoute.Harm.Parts;

/// <summary>What an administrator has written for the node, true of it.</summary>
internal sealed class Configured(Random random) : Part
{
    private const int Table = 700;

    private readonly bool _gateways = random.Next(3) > 0, _discovers = random.Next(4) > 0, _networks = random.Next(3) == 0, _cards = random.Next(6) == 0;
    private readonly int _unbound = random.Next(8), _extended = random.Next(8), _absent = random.Next(8), _numbered = random.Next(8), _whole = random.Next(12);
    private readonly int _marks = random.Next(6), _numbers = random.Next(6);
    private readonly bool _leavesUdp = random.Next(6) == 0;
    private string _text = "";

    public override void Build(Draft draft)
    {
        JsonObject[] sources = [.. draft.Uplinks.Values.SelectMany(uplink => Sources(draft, uplink)), .. Absent(draft)];
        JsonObject configuration = [];
        if (sources.Length > 0)
        {
            configuration["sources"] = new JsonArray(sources);
        }

        if (!_discovers)
        {
            configuration["discover"] = false;
            HashSet<string> named = [.. sources.Select(source => $"{source["address"] ?? source["network"]}")];
            draft.Facts.UnionWith(draft.Cards.Concat(draft.Holders.Keys).Where(card => !named.Any(name => draft.Node.CardOf.GetValueOrDefault(name) == card) && !draft.Uplinks.Values.Any(uplink => uplink.Card == card && uplink.Number == _whole)).Select(card => $"no source by {card}"));
        }

        if (draft.Find("p1") is not null && (_networks || _cards))
        {
            configuration["overlay"] = new JsonObject();
            Set(configuration["overlay"]!, "networks", _networks, () => new JsonArray("10.244.0.0/16", "fd00:244::/32"));
            Set(configuration["overlay"]!, "cards", _cards, () => new JsonArray([.. draft.PodCards.Select(card => (JsonNode)card)]));
        }

        if (draft.Uplinks.GetValueOrDefault(_extended) is { Own4: { } own, Via4: { } via })
        {
            draft.Node.Ip($"route add default via {via} table {Table}\nrule add from {own} lookup {Table} priority 20000");
            draft.Facts.Add($"extended {own}");
            draft.Facts.Add($"no source by {draft.Node.CardOf[own]}");
            configuration["extend"] = new JsonArray(Table);
        }

        if (_marks == 0)
        {
            draft.Facts.Add("no marks");
        }

        Set(configuration, "marks", _marks < 2, () => _marks == 0 ? false : new JsonObject { ["mask"] = "0x7f0000" });
        Set(configuration, "udp", _leavesUdp, () => false);
        Set(configuration, "rulePriority", _numbers == 0, () => 32700);
        Set(configuration, "tableBase", _numbers == 1, () => 3000);
        draft.Configuration = configuration;
        _text = configuration.ToJsonString();
    }

    public override string ToString() => $"a configuration {_text}";

    private static void Set(JsonNode node, string key, bool isWanted, Func<JsonNode> value)
    {
        if (isWanted)
        {
            node[key] = value();
        }
    }

    private IEnumerable<JsonObject> Sources(Draft draft, Uplink uplink)
    {
        string subnet = Lan.Ipv4(uplink.Number, 0)[..^1];
        bool isWhole = _whole == uplink.Number && uplink.Own4?.StartsWith(subnet, StringComparison.Ordinal) == true;
        if (isWhole)
        {
            // So is what a shim on a macvlan of the card has of the network: it is led by that card.
            foreach ((_, string shim) in draft.Node.CardOf.Where(held => held.Key.StartsWith(subnet, StringComparison.Ordinal) && held.Value.StartsWith("shim", StringComparison.Ordinal)))
            {
                draft.Holders[shim] = uplink.Card;
            }

            // The network is answered for by the card that is named, and by no other.
            draft.Facts.UnionWith(draft.Holders.Where(held => held.Value == uplink.Card).Select(held => $"no source by {held.Key}"));
            yield return Detailed(draft, uplink, new JsonObject { ["network"] = $"{subnet}0/24", ["card"] = uplink.Card }, uplink.Own4!);
        }

        foreach (string address in draft.Node.CardOf.Where(held => held.Value == uplink.Card).Select(held => held.Key).Where(address => !isWhole || !address.StartsWith(subnet, StringComparison.Ordinal)))
        {
            JsonObject source = Detailed(draft, uplink, new JsonObject { ["address"] = address }, address);
            if (source.Count > 1 || !_discovers)
            {
                yield return source;
            }
        }
    }

    private JsonObject Detailed(Draft draft, Uplink uplink, JsonObject source, string address)
    {
        bool ipv6 = address.Contains(':', StringComparison.Ordinal);
        string? router = (ipv6 ? uplink.Via6 : uplink.Via4)?.Split(' ')[0];
        if (_gateways && router is not null && draft.Facts.Contains($"default by {uplink.Card}, IPv{(ipv6 ? 6 : 4)}") == (uplink.Number == _numbered))
        {
            source["gateway"] = router;
            draft.Facts.Add($"configured default by {uplink.Card}, IPv{(ipv6 ? 6 : 4)}");
        }

        if (uplink.Number == _unbound)
        {
            source["rule"] = false;
            draft.Facts.Add($"unbound {address}");
        }

        if (uplink.Number == _numbered && (address == uplink.Own4 || address == uplink.Own6))
        {
            source["table"] = ipv6 ? "lan6" : 101;
            Set(source, "routes", router is not null && !ipv6, () => new JsonArray(new JsonObject { ["to"] = "10.66.50.0/24", ["via"] = router }));
        }

        return source;
    }

    /// <summary>A virtual address that another node holds now.</summary>
    private IEnumerable<JsonObject> Absent(Draft draft)
    {
        if (draft.Uplinks.GetValueOrDefault(_absent) is { } uplink && uplink.Number != _whole)
        {
            yield return new JsonObject { ["address"] = Lan.Ipv4(uplink.Number, 99) };
        }
        else if (draft.Uplinks.GetValueOrDefault(_absent - 4) is { } other)
        {
            yield return new JsonObject { ["address"] = "192.0.2.77", ["card"] = other.Card };
        }
    }
}
