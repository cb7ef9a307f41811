namespace CniSrcRoute;

/// <summary>Messages for people, on standard error: standard output is for results.</summary>
internal static class Log
{
    public static void Error(string message) => Console.Error.WriteLine($"srcroute: {message}");

    public static void Warning(string message) => Console.Error.WriteLine($"srcroute: warning: {message}");
}
