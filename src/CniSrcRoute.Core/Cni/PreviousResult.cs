using System.Text.Json;

namespace CniSrcRoute.Cni;

/// <summary>The result of the plugins before us (CNI specification, section 5, "Success").</summary>
internal static class PreviousResult
{
    /// <summary>The addresses of the pod: of `ips` those whose interface is the call's, in a sandbox, or not stated.</summary>
    /// <exception cref="CniException">Code 6: not of the shape the specification gives it.</exception>
    public static IReadOnlyList<IpAddress> PodAddresses(JsonElement result, string ifName)
    {
        if (result.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("prevResult", result);
        }

        JsonElement[] interfaces = List(result, "interfaces");
        List<IpAddress> addresses = [];
        foreach (JsonElement ip in List(result, "ips"))
        {
            if (ip.ValueKind != JsonValueKind.Object || !ip.TryGetProperty("address", out JsonElement text) || text.ValueKind != JsonValueKind.String)
            {
                throw Malformed("prevResult.ips", ip);
            }

            string written = text.GetString()!;
            if (!IpPrefix.TryParse(written, out _) || !IpAddress.TryParse(written.Split('/')[0], out IpAddress address))
            {
                throw Malformed("prevResult.ips.address", text);
            }

            if (BelongsToPod(ip, interfaces, ifName))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    // An index that is missing says nothing, and one out of range is the earlier plugin's mistake: the address is the pod's for all we know.
    private static bool BelongsToPod(JsonElement ip, JsonElement[] interfaces, string ifName)
    {
        if (!ip.TryGetProperty("interface", out JsonElement number) || number.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out long index))
        {
            throw Malformed("prevResult.ips.interface", number);
        }

        return index < 0 || index >= interfaces.Length || interfaces[index] is not { ValueKind: JsonValueKind.Object } device ||
               (Text(device, "name") == ifName && Text(device, "sandbox").Length > 0);
    }

    private static JsonElement[] List(JsonElement result, string key) =>
        !result.TryGetProperty(key, out JsonElement list) || list.ValueKind == JsonValueKind.Null ? []
        : list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()]
        : throw Malformed($"prevResult.{key}", list);

    private static string Text(JsonElement device, string key) =>
        device.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static CniException Malformed(string key, JsonElement value)
    {
        string text = value.GetRawText();
        return new CniException(CniErrorCode.DecodingFailure, $"could not parse {key}", text.Length > 100 ? text[..100] : text);
    }
}
