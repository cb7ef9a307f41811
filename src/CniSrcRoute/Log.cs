using System.Text;
using CniSrcRoute.Processes;

namespace CniSrcRoute;

/// <summary>
/// Results go to standard output, messages for people to standard error. Whatever the words that others chose contain, of a card, a process, a file:
/// nothing in them reaches a terminal as a command to it.
/// </summary>
internal static class Log
{
    public static void Result(string text) => StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(Colour.Paint(Printable.Lines(text), StandardStreams.Output)));

    /// <summary>Writes one line.</summary>
    public static void Line(string message) => StandardStreams.WriteError(Colour.Paint(Printable.Line(message) + "\n", StandardStreams.Error));

    public static void Error(string message) => Line("srcroute: " + message);

    public static void Warning(string message) => Line("srcroute: warning: " + message);
}
