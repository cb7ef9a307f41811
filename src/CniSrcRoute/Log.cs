using System.Globalization;
using System.Text;
using CniSrcRoute.Processes;

namespace CniSrcRoute;

/// <summary>
/// Results go to standard output, messages for people to standard error. Whatever the words that others chose contain, of a card, a process, a file:
/// nothing in them reaches a terminal as a command to it.
/// </summary>
internal static class Log
{
    /// <summary>Narrower terminals are written on as if they were so wide.</summary>
    private const int LeastColumns = 40;

    /// <summary>Writes what a program may read as well: JSON, commands.</summary>
    public static void Result(string text) => StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(Colour.Paint(Printable.Lines(text), StandardStreams.Output)));

    /// <summary>Writes what people read: on a terminal sentences end at its edge, in a pipe or a file with their line.</summary>
    public static void Prose(string text) => StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(Colour.Paint(Printable.Lines(text), StandardStreams.Output, Columns(StandardStreams.Output))));

    /// <summary>Writes one line; on a terminal it may become several.</summary>
    public static void Line(string message) => StandardStreams.WriteError(Colour.Paint(Printable.Line(message) + "\n", StandardStreams.Error, Columns(StandardStreams.Error)));

    /// <summary>How wide lines may be on standard output; any width where nobody looks at it on a terminal.</summary>
    public static int Width => Columns(StandardStreams.Output);

    private static int Columns(int stream)
    {
        int columns = !StandardStreams.IsTerminal(stream) ? 0
            : int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int wished) && wished > 0 ? wished
            : StandardStreams.Columns(stream);
        return columns == 0 ? int.MaxValue : Math.Max(columns, LeastColumns);
    }

    public static void Error(string message) => Line("srcroute: " + message);

    public static void Warning(string message) => Line("srcroute: warning: " + message);
}
