using System.Text;
using CniSrcRoute.Netlink;

namespace CniSrcRoute;

/// <summary>Results go to standard output, messages for people to standard error.</summary>
internal static class Log
{
    public static void Result(string text) => StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(text));

    public static void Line(string message) => StandardStreams.WriteError(message + "\n");

    public static void Error(string message) => Line("srcroute: " + message);

    public static void Warning(string message) => Line("srcroute: warning: " + message);
}
