using System.Globalization;
using CniSrcRoute.Harm;
using CniSrcRoute.Tests.Kernel;

// Usage: CniSrcRoute.Harm FIRST[-LAST] [show | whole]: show prints the commands that make the node, whole leaves nodes as they are. Exit status 1: a node was harmed; 2: it cannot be tried here.
if (Requirements.Missing is { } missing)
{
    Console.Error.WriteLine(missing);
    return 2;
}

string[] range = (args.FirstOrDefault() ?? "1-20").Split('-');
int first = int.Parse(range[0], CultureInfo.InvariantCulture), last = int.Parse(range[^1], CultureInfo.InvariantCulture);
if (args.Contains("show"))
{
    Scene scene = Generator.Scene(first);
    string script = scene.Script();
    Console.WriteLine($"{string.Join('\n', scene.Parts)}\n{script}");
    return 0;
}

return await new Campaign(shrinks: !args.Contains("whole")).RunAsync(first, last).ConfigureAwait(false) ? 0 : 1;
