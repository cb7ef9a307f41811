using System.Text.Json;

namespace CniSrcRoute.Configuration;

/// <summary>A value of the configuration file that knows its place in the file, so that every error message names it.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The way to the value: sources[0].gateway.</param>
/// <param name="Name">The last key of the path.</param>
/// <param name="Json">The value.</param>
internal sealed record ConfigValue(string File, string Path, string Name, JsonElement Json)
{
    public bool IsText => Json.ValueKind == JsonValueKind.String;

    public bool IsBoolean => Json.ValueKind is JsonValueKind.True or JsonValueKind.False;

    public IEnumerable<ConfigValue> Members()
    {
        Expect(JsonValueKind.Object, "an object");
        var seen = new HashSet<string>();
        foreach (JsonProperty member in Json.EnumerateObject())
        {
            var value = this with { Path = Path.Length == 0 ? member.Name : $"{Path}.{member.Name}", Name = member.Name, Json = member.Value };
            yield return seen.Add(member.Name) ? value : throw new InputException($"{File}: {value.Path}: is given twice");
        }
    }

    public List<T> List<T>(Func<ConfigValue, T> parse)
    {
        Expect(JsonValueKind.Array, "a list");
        List<T> items = [];
        foreach (JsonElement item in Json.EnumerateArray())
        {
            items.Add(parse(this with { Path = $"{Path}[{items.Count}]", Json = item }));
        }

        return items;
    }

    public string Text()
    {
        Expect(JsonValueKind.String, "a string");
        return Json.GetString()!;
    }

    public bool Boolean() => IsBoolean ? Json.GetBoolean() : throw Wrong("must be true or false");

    public uint Number(uint least, uint most) =>
        Json.ValueKind == JsonValueKind.Number && Json.TryGetUInt32(out uint number) && number >= least && number <= most
            ? number
            : throw Wrong($"must be a whole number from {least} to {most}");

    public IpAddress Address() => IpAddress.TryParse(Text(), out IpAddress address) ? address : throw Wrong("is not an IPv4 or IPv6 address");

    public IpAddress Router() => Address() is { CanBeRouter: true } address ? address : throw Wrong("is not an address that a router can have");

    public IpPrefix Prefix()
    {
        string text = Text();
        if (!IpPrefix.TryParse(text, out IpPrefix prefix))
        {
            throw Wrong("is not a network, such as 10.254.0.0/16");
        }

        // 10.254.9.1/16 may be meant as the address or as the network; the writer knows, we do not.
        return IpAddress.TryParse(text.Split('/')[0], out IpAddress address) && address == prefix.Address
            ? prefix
            : throw Wrong($"has bits beyond its length; the network is {prefix.Address}/{prefix.Length}");
    }

    public uint TableNumber() =>
        Number(1, uint.MaxValue) is var number && !TableId.IsReserved(number)
            ? number
            : throw Wrong("is one of the kernel's own tables (0 and 253 to 255)");

    public string TableName()
    {
        string name = Text();
        return name is "unspec" or "default" or "main" or "local" ? throw Wrong("is one of the kernel's own tables")
            : name.Length > 0 && name.All(letter => letter > ' ' && letter < 0x7f && letter != '#') && !char.IsAsciiDigit(name[0]) ? name
            : throw Wrong("is not a table name: printable ASCII without blanks and #, not beginning with a digit");
    }

    public InputException Wrong(string why) => new($"{File}: {Path}: {Shown} {why}");

    public InputException Unknown() => new($"{File}: {Path}: unknown key");

    public InputException Missing(params string[] keys) => new($"{File}: {Path}: \"{string.Join("\" or \"", keys)}\" is missing");

    private string Shown => Json.GetRawText() is { Length: <= 60 } text ? text : $"{Json.GetRawText()[..57]}...";

    private void Expect(JsonValueKind kind, string name)
    {
        if (Json.ValueKind != kind)
        {
            throw Path.Length == 0 ? new InputException($"{File}: must hold {name}") : Wrong($"must be {name}");
        }
    }
}
