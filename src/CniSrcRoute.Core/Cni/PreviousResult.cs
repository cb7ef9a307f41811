using System.Text;
using System.Text.Json;

namespace CniSrcRoute.Cni;

/// <summary>The result of the plugins before us (CNI specification, section 5, "Success").</summary>
/// <param name="PodAddresses">The addresses of the pod: of `ips` those whose interface is the call's, in a sandbox, or not stated.</param>
/// <param name="HostCards">The names of `interfaces` that are in no sandbox: the bridge, the host's end of the pod's cable.</param>
internal sealed record PreviousResult(IReadOnlyList<IpAddress> PodAddresses, IReadOnlyList<string> HostCards)
{
    /// <summary>Reads what matters here.</summary>
    /// <param name="result">prevResult, already known to be valid JSON; empty for none.</param>
    /// <param name="ifName">CNI_IFNAME.</param>
    /// <exception cref="CniException">Code 6: not of the shape the specification gives it.</exception>
    public static PreviousResult Read(ReadOnlySpan<byte> result, string ifName)
    {
        List<Device> devices = [];
        List<Ip> ips = [];
        if (!result.IsEmpty)
        {
            var reader = new Utf8JsonReader(result, NetworkConfig.Options);
            try
            {
                reader.Read();
                Read(ref reader, devices, ips);
            }
            catch (InvalidOperationException)
            {
                throw new CniException(CniErrorCode.DecodingFailure, "could not parse prevResult: a string is not valid Unicode");
            }
        }

        List<IpAddress> addresses = [];
        foreach (Ip ip in ips)
        {
            // An index that is missing says nothing, and one out of range is the earlier plugin's mistake: the address is the pod's for all we know.
            if (ip.Interface is not { } index || index < 0 || index >= devices.Count ||
                (devices[(int)index] is var device && device.Name == ifName && device.Sandbox.Length > 0))
            {
                addresses.Add(ip.Address);
            }
        }

        return new PreviousResult(addresses, devices.FindAll(device => device.Sandbox.Length == 0).ConvertAll(device => device.Name));
    }

    private static void Read(ref Utf8JsonReader reader, List<Device> devices, List<Ip> ips)
    {
        Require(ref reader, JsonTokenType.StartObject, "prevResult");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isInterfaces = reader.ValueTextEquals("interfaces"u8);
            bool isIps = reader.ValueTextEquals("ips"u8);
            reader.Read();
            if (!(isInterfaces || isIps) || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
                continue;
            }

            Require(ref reader, JsonTokenType.StartArray, isIps ? "prevResult.ips" : "prevResult.interfaces");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (isIps)
                {
                    ips.Add(ReadIp(ref reader));
                }
                else
                {
                    devices.Add(ReadDevice(ref reader));
                }
            }
        }
    }

    private static Device ReadDevice(ref Utf8JsonReader reader)
    {
        var device = new Device("", "");
        Require(ref reader, JsonTokenType.StartObject, "prevResult.interfaces");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isName = reader.ValueTextEquals("name"u8);
            bool isSandbox = reader.ValueTextEquals("sandbox"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isName || isSandbox))
            {
                device = isName ? device with { Name = reader.GetString()! } : device with { Sandbox = reader.GetString()! };
            }

            reader.Skip();
        }

        return device;
    }

    private static Ip ReadIp(ref Utf8JsonReader reader)
    {
        var ip = new Ip(default, null);
        Require(ref reader, JsonTokenType.StartObject, "prevResult.ips");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isAddress = reader.ValueTextEquals("address"u8);
            bool isInterface = reader.ValueTextEquals("interface"u8);
            reader.Read();
            if (isAddress)
            {
                Require(ref reader, JsonTokenType.String, "prevResult.ips.address");
                string text = reader.GetString()!;
                int length = text.Contains('/') ? text.IndexOf('/') : text.Length;
                ip = IpPrefix.TryParse(text, out _) && IpAddress.TryParse(text.AsSpan(0, length), out IpAddress address)
                    ? ip with { Address = address }
                    : throw Malformed("prevResult.ips.address", text);
            }
            else if (isInterface && reader.TokenType != JsonTokenType.Null)
            {
                Require(ref reader, JsonTokenType.Number, "prevResult.ips.interface");
                ip = reader.TryGetInt64(out long index)
                    ? ip with { Interface = index }
                    : throw Malformed("prevResult.ips.interface", Encoding.UTF8.GetString(reader.ValueSpan));
            }
            else
            {
                reader.Skip();
            }
        }

        return ip.Address.IsSet ? ip : throw Malformed("prevResult.ips", "an entry has no address");
    }

    private static void Require(ref Utf8JsonReader reader, JsonTokenType type, string key)
    {
        if (reader.TokenType != type)
        {
            throw Malformed(key, $"{reader.TokenType} instead of {type}");
        }
    }

    private static CniException Malformed(string key, string what) =>
        new(CniErrorCode.DecodingFailure, $"could not parse {key}", what.Length > 100 ? what[..100] : what);

    private sealed record Device(string Name, string Sandbox);

    private sealed record Ip(IpAddress Address, long? Interface);
}
