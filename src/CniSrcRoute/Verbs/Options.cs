using System.Globalization;

namespace CniSrcRoute.Verbs;

/// <summary>What may follow a verb on the command line.</summary>
internal sealed record Options
{
    /// <summary>--config FILE; null for the usual.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>--dry-run.</summary>
    public bool DryRun { get; init; }

    /// <summary>-o json.</summary>
    public bool Json { get; init; }

    /// <summary>--wait SECONDS; null for no waiting.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>--conflist FILE; null for none.</summary>
    public string? Conflist { get; init; }

    /// <summary>--metrics-file FILE; null for none.</summary>
    public string? MetricsFile { get; init; }

    /// <summary>--metrics-socket PATH; null for none.</summary>
    public string? MetricsSocket { get; init; }

    /// <summary>--root DIR; null for the system that runs.</summary>
    public string? Root { get; init; }

    /// <summary>--proto tcp|udp: 6 or 17.</summary>
    public byte Protocol { get; init; } = 6;

    /// <summary>What is no option, in order.</summary>
    public IReadOnlyList<string> Operands { get; init; } = [];

    /// <summary>Reads the arguments after the verb.</summary>
    /// <param name="verb">The verb, for messages.</param>
    /// <param name="allowed">The options the verb has; "..." stands for operands.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="InputException">An argument the verb does not have, or a value that is wrong.</exception>
    public static Options Parse(string verb, IReadOnlyList<string> allowed, ReadOnlySpan<string> arguments)
    {
        var options = new Options();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name.Length > 0 && !name.StartsWith('-') && allowed.Contains("..."))
            {
                options = options with { Operands = [.. options.Operands, name] };
                continue;
            }

            if (!allowed.Contains(name))
            {
                throw new InputException($"{verb}: unknown argument {name}; see `srcroute help {verb}`");
            }

            string? value = i + 1 < arguments.Length && arguments[i + 1].Length > 0 ? arguments[i + 1] : null;
            options = name switch
            {
                "--dry-run" => options with { DryRun = true },
                "--config" => options with { ConfigFile = value ?? throw Wrong(verb, name, "needs a file") },
                "--conflist" => options with { Conflist = value ?? throw Wrong(verb, name, "needs a file") },
                "--metrics-file" => options with { MetricsFile = value ?? throw Wrong(verb, name, "needs a file") },
                "--metrics-socket" => options with { MetricsSocket = value ?? throw Wrong(verb, name, "needs a path") },
                "--root" => options with { Root = value ?? throw Wrong(verb, name, "needs a directory") },
                "--wait" => options with
                {
                    Wait = Seconds(value) ?? throw Wrong(verb, name, $"needs a number of seconds from 0 to 86400, not {value ?? "nothing"}"),
                },
                "--proto" => options with
                {
                    Protocol = value switch { "tcp" => 6, "udp" => 17, _ => throw Wrong(verb, name, $"knows tcp and udp, not {value ?? "nothing"}") },
                },
                _ => options with { Json = value == "json" ? true : throw Wrong(verb, name, $"knows json, not {value ?? "nothing"}") },
            };
            i += name == "--dry-run" ? 0 : 1;
        }

        return options;
    }

    private static TimeSpan? Seconds(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= 86400 ? TimeSpan.FromSeconds(seconds) : null;

    private static InputException Wrong(string verb, string option, string why) => new($"{verb}: {option} {why}");
}
