using System.Text;
using CniSrcRoute.Cni;

namespace CniSrcRoute.UnitTests.Cni;

/// <summary>A call of the plugin, as far as it is words.</summary>
internal static class Call
{
    /// <summary>The variables of a call.</summary>
    public static CniEnvironment Environment(string command, string id = "abc", string netNs = "/var/run/netns/x", string ifName = "eth0") =>
        CniEnvironment.Read(name => name switch
        {
            "CNI_COMMAND" => command,
            "CNI_CONTAINERID" => id,
            "CNI_NETNS" => netNs,
            "CNI_IFNAME" => ifName,
            "CNI_PATH" => "/opt/cni/bin",
            _ => null,
        });

    /// <summary>Standard input of a call.</summary>
    public static CniRequest Request(string text, CniEnvironment? environment = null) =>
        Request(Encoding.UTF8.GetBytes(text), environment ?? Environment("ADD"));

    public static CniRequest Request(byte[] text, CniEnvironment environment)
    {
        string version = CniVersion.Newest;
        return CniRequest.Parse(text, environment, ref version);
    }
}
