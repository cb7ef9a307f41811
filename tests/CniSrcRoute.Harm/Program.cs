using System.Globalization;
using CniSrcRoute.Harm;
using CniSrcRoute.Harm.Chaos;
using CniSrcRoute.Tests.Kernel;

// Usage: CniSrcRoute.Harm chaos SECONDS [SEED]: hard lives of watched nodes. The same SEED draws the same. Exit status 1: something was lost for good.
// Usage: CniSrcRoute.Harm kills COUNT [SEED]: the program is killed at random instants. Exit status 1: something was lost.
// Usage: CniSrcRoute.Harm FIRST[-LAST] [show | whole]: show prints the commands that make the node, whole leaves nodes as they are. Exit status 1: a node was harmed; 2: it cannot be tried here.
if (Requirements.Missing is { } missing)
{
    Console.Error.WriteLine(missing);
    return 2;
}

if (args is ["chaos" or "kills", var number, ..])
{
    int amount = int.Parse(number, CultureInfo.InvariantCulture), seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Random.Shared.Next(100_000);
    Task<bool> run = args[0] == "chaos" ? Lives.RunAsync(TimeSpan.FromSeconds(amount), seed) : Kills.RunAsync(amount, seed);
    return await run.ConfigureAwait(false) ? 0 : 1;
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
