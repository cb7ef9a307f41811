using System.Text;

namespace CniSrcRoute.Cni;

/// <summary>The parameters of a call that come by the environment (CNI specification, section 2, "Parameters").</summary>
/// <param name="Command">CNI_COMMAND.</param>
/// <param name="ContainerId">CNI_CONTAINERID.</param>
/// <param name="NetNs">CNI_NETNS: the path of the pod's network namespace; may be empty on DEL.</param>
/// <param name="IfName">CNI_IFNAME.</param>
/// <param name="Path">CNI_PATH.</param>
public sealed record CniEnvironment(string Command, string ContainerId, string NetNs, string IfName, string Path)
{
    private const int IfNameSize = 16;

    /// <summary>Reads the variables and refuses a call that lacks one its verb needs.</summary>
    /// <param name="variable">Looks a variable up; null or empty when it is not set.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CniException">Code 4.</exception>
    public static CniEnvironment Read(Func<string, string?> variable)
    {
        var environment = new CniEnvironment(Get("CNI_COMMAND"), Get("CNI_CONTAINERID"), Get("CNI_NETNS"), Get("CNI_IFNAME"), Get("CNI_PATH"));
        bool attachment = environment.IsForAttachment;
        string[] missing =
        [
            .. Missing("CNI_CONTAINERID", environment.ContainerId, attachment),
            .. Missing("CNI_NETNS", environment.NetNs, environment.Command is "ADD" or "CHECK"),
            .. Missing("CNI_IFNAME", environment.IfName, attachment),
            .. Missing("CNI_PATH", environment.Path, attachment || environment.Command is "GC" or "STATUS"),
        ];
        return missing.Length == 0
            ? environment
            : throw new CniException(CniErrorCode.InvalidEnvironment, $"required env variables [{string.Join(',', missing)}] missing");

        string Get(string name) => variable(name) ?? "";
        static string[] Missing(string name, string value, bool required) => required && value.Length == 0 ? [name] : [];
    }

    /// <summary>Whether the verb is about one container's attachment.</summary>
    public bool IsForAttachment => Command is "ADD" or "DEL" or "CHECK";

    /// <summary>Refuses names that no runtime may use (validity rules of the reference's pkg/utils).</summary>
    /// <exception cref="CniException">Code 4.</exception>
    public void RequireValidNames()
    {
        if (!IsForAttachment)
        {
            return;
        }

        if (!IsIdentifier(ContainerId))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, "invalid characters in containerID", ContainerId);
        }

        if (Encoding.UTF8.GetByteCount(IfName) >= IfNameSize)
        {
            throw new CniException(
                CniErrorCode.InvalidEnvironment,
                "interface name is too long",
                $"interface name should be less than {IfNameSize} characters");
        }

        if (IfName is "." or "..")
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, "interface name is . or ..");
        }

        if (IfName.Any(letter => letter is '/' or ':' || char.IsWhiteSpace(letter)))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, "interface name contains / or : or whitespace characters");
        }
    }

    /// <summary>Whether a text may be a container's id or a network's name: a letter or digit, then letters, digits and _ . -.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True when it may.</returns>
    internal static bool IsIdentifier(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-');
}
