using System.Text;

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

    /// <summary>The node's cards that lead to the pod, from prevResult.</summary>
    public IReadOnlyList<string> HostCards { get; init; } = [];

    /// <summary>Reads standard input of every verb but VERSION.</summary>
    /// <param name="input">UTF-8 JSON.</param>
    /// <param name="environment">The parameters of the call: checked between the network's name and the version, as the reference dispatcher does.</param>
    /// <param name="version">Becomes the caller's version as soon as it is known to be one of ours: also an error is answered in it.</param>
    /// <returns>The request.</returns>
    /// <exception cref="CniException">Codes 1, 4, 6 and 7.</exception>
    public static CniRequest Parse(ReadOnlySpan<byte> input, CniEnvironment environment, ref string version)
    {
        NetworkConfig config = NetworkConfig.Read(input);
        version = config.Version.Value is { } caller && CniVersion.Supported.Contains(caller) ? caller : version;
        string name = config.Name.Require("error unmarshall network config: name");
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

        string stated = config.Version.Require("decoding version from network config: cniVersion") is { Length: > 0 } written ? written : CniVersion.Implied;
        CniVersion.Require(stated, environment.Command);

        // On DEL nothing depends on prevResult or on our own configuration, so nothing about them may make it fail.
        string configFile = environment.Command == "DEL" ? "" : config.ConfigFile.Require("error unmarshall network config: config");
        PreviousResult previous = PreviousResult.Read(environment.Command is "ADD" or "CHECK" ? config.PrevResult : [], environment.IfName);
        return new CniRequest
        {
            Version = stated,
            ConfigFile = configFile.Length == 0 ? null : configFile,
            PrevResult = config.PrevResult.IsEmpty ? null : Encoding.UTF8.GetString(config.PrevResult),
            PodAddresses = previous.PodAddresses,
            HostCards = previous.HostCards,
        };
    }

    /// <summary>prevResult, without which a chained plugin has nothing to do its work on.</summary>
    /// <returns>prevResult as it came.</returns>
    /// <exception cref="CniException">Code 7: there was none.</exception>
    public string RequirePrevResult() =>
        PrevResult ?? throw new CniException(CniErrorCode.InvalidConfig, "srcroute must be called as a chained plugin: prevResult is missing");

    /// <summary>The version that VERSION shall answer in: the one on standard input, the newest for none.</summary>
    /// <param name="input">UTF-8 JSON, or nothing at all.</param>
    /// <returns>A version.</returns>
    /// <exception cref="CniException">Code 6.</exception>
    public static string ParseVersion(ReadOnlySpan<byte> input) =>
        !input.Trim(" \t\r\n"u8).IsEmpty &&
        NetworkConfig.Read(input).Version.Require("decoding version from network config: cniVersion") is { Length: > 0 } stated
            ? stated
            : CniVersion.Newest;
}
