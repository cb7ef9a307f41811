using System.Globalization;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Verbs;

/// <summary>What may follow a verb on the command line.</summary>
internal sealed record Options
{
    /// <summary>--config FILE; null for the usual.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>--dry-run.</summary>
    public bool DryRun { get; init; }

    /// <summary>--force.</summary>
    public bool Force { get; init; }

    /// <summary>--anonymous.</summary>
    public bool Anonymous { get; init; }

    /// <summary>-o json.</summary>
    public bool Json { get; init; }

    /// <summary>--watcher.</summary>
    public bool Watcher { get; init; }

    /// <summary>--wait SECONDS; null for no waiting.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>--confirm SECONDS; null when no confirmation is asked for.</summary>
    public TimeSpan? Confirm { get; init; }

    /// <summary>--conflist FILE; null for none.</summary>
    public string? Conflist { get; init; }

    /// <summary>--metrics-file FILE; null for none.</summary>
    public string? MetricsFile { get; init; }

    /// <summary>--metrics-listen ADDRESS:PORT; null for none.</summary>
    public LoopbackEndpoint? MetricsListen { get; init; }

    /// <summary>--root DIR; null for the system that runs.</summary>
    public string? Root { get; init; }

    /// <summary>--help or -h: the rest does not count.</summary>
    public bool Help { get; init; }

    /// <summary>--proto tcp|udp: 6 or 17.</summary>
    public byte Protocol { get; init; } = 6;

    /// <summary>--card CARD; empty for none.</summary>
    public string Card { get; init; } = "";

    /// <summary>What is no option, in order.</summary>
    public IReadOnlyList<string> Operands { get; init; } = [];

    /// <summary>Reads the arguments after the verb: --key VALUE, --key=VALUE, -o VALUE, -oVALUE; behind -- nothing is an option any more.</summary>
    /// <param name="verb">The verb, for messages.</param>
    /// <param name="allowed">The options the verb has; "..." means operands.</param>
    /// <param name="arguments">The arguments.</param>
    /// <exception cref="InputException">An argument the verb does not have, or a value that is wrong.</exception>
    public static Options Parse(string verb, IReadOnlyList<string> allowed, ReadOnlySpan<string> arguments)
    {
        var options = new Options();
        bool isBehindAll = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            (string name, string? value) = isBehindAll ? (arguments[i], null) : Split(arguments[i]);
            if (name is "--help" or "-h" && !isBehindAll)
            {
                return new Options { Help = true };
            }

            if (name.Length > 0 && (isBehindAll || !name.StartsWith('-')) && allowed.Contains("..."))
            {
                options = options with { Operands = [.. options.Operands, name] };
            }
            else if (name == "--" && !isBehindAll)
            {
                isBehindAll = true;
            }
            else if (isBehindAll || name == "..." || !allowed.Contains(name))
            {
                throw new InputException(
                    $"{verb}: unknown argument {name}; {Suggestion.Of(name, [.. allowed, "--help"]) ?? $"see `srcroute help {verb}`"}");
            }
            else if (name is "--dry-run" or "--watcher" or "--force" or "--anonymous")
            {
                options = value is not null ? throw Wrong(verb, name, $"takes no value, and was given {value}")
                    : name == "--watcher" ? options with { Watcher = true }
                    : name == "--anonymous" ? options with { Anonymous = true }
                    : name == "--force" ? options with { Force = true }
                    : options with { DryRun = true };
            }
            else
            {
                value ??= i + 1 < arguments.Length ? arguments[++i] : "";
                options = options.With(verb, name, value);
            }
        }

        return options;
    }

    private static (string Name, string? Value) Split(string argument)
    {
        int end = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && end > 0 ? (argument[..end], argument[(end + 1)..])
            : argument.StartsWith("-o", StringComparison.Ordinal) && argument.Length > 2 ? ("-o", argument[2..].TrimStart('='))
            : (argument, null);
    }

    // An empty value is that of a variable which is not set: no default takes its place.
    private Options With(string verb, string name, string value)
    {
        string Needed(string what) => value.Length > 0 ? value : throw Wrong(verb, name, $"needs a {what}");
        InputException Needs(string what) => Wrong(verb, name, $"{what}, not {(value.Length > 0 ? value : "nothing")}");
        return name switch
        {
            "--config" => this with { ConfigFile = Needed("file") },
            "--conflist" => this with { Conflist = Needed("file") },
            "--metrics-file" => this with { MetricsFile = Needed("file") },
            "--metrics-listen" => this with
            {
                MetricsListen = LoopbackEndpoint.TryParse(value) ?? throw Needs("needs an address of the loopback device and a port, such as 127.0.0.1:9469"),
            },
            "--root" => this with { Root = Needed("directory") },
            "--wait" => this with { Wait = Seconds(value) ?? throw Needs("needs a number of seconds from 0 to 86400") },
            "--confirm" => this with { Confirm = Seconds(value) is { Ticks: > 0 } time ? time : throw Needs("needs a number of seconds from 1 to 86400") },
            "--card" => this with { Card = Needed("card") },
            "--proto" => this with { Protocol = value switch { "tcp" => 6, "udp" => 17, _ => throw Needs("must be tcp or udp") } },
            _ => this with { Json = value == "json" ? true : throw Needs("knows json") },
        };
    }

    private static TimeSpan? Seconds(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= 86400 ? TimeSpan.FromSeconds(seconds) : null;

    private static InputException Wrong(string verb, string option, string why) => new($"{verb}: {option} {why}");
}
