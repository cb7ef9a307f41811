using System.Text;
using CniSrcRoute.Linux;

namespace CniSrcRoute;

/// <summary>Results go to standard output, messages for people to standard error.</summary>
internal static class Log
{
    public static void Result(string text) => StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes one line, whatever the words that others chose contain: names, keys and values may hold line breaks and terminal sequences.</summary>
    public static void Line(string message) => StandardStreams.WriteError(Printable.Line(message) + "\n");

    public static void Error(string message) => Line("srcroute: " + message);

    public static void Warning(string message) => Line("srcroute: warning: " + message);
}
