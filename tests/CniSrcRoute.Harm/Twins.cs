using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>The same scene twice, without the program under test and with it, and what is worse with it.</summary>
internal sealed class Twins : IDisposable
{
    private readonly Draft _draft;
    private Answer[] _before = [];

    /// <summary>Builds both.</summary>
    /// <param name="draft">The scene.</param>
    /// <param name="flows">What is sent.</param>
    /// <exception cref="SceneException">The scene cannot be built here.</exception>
    public Twins(Draft draft, Flow[] flows)
    {
        (_draft, Flows) = (draft, flows);
        Without = new World(draft);
        try
        {
            With = new World(draft);
        }
        catch
        {
            Without.Dispose();
            throw;
        }
    }

    /// <summary>The node without the program, and the one with it.</summary>
    public World Without { get; }

    /// <inheritdoc cref="Without"/>
    public World With { get; }

    /// <summary>What is sent.</summary>
    public Flow[] Flows { get; }

    /// <summary>What was found to be worse.</summary>
    public List<Fault> Faults { get; } = [];

    /// <summary>The program's configuration; null for none.</summary>
    public JsonObject? Configuration { get; private set; }

    /// <summary>Whether the watcher was seen not to come to rest.</summary>
    public bool IsRestless { get; set; }

    /// <summary>How many flows worked without the program, the last time they were sent.</summary>
    public int Working => _before.Count(answer => answer.Server is not null);

    /// <summary>Runs the program.</summary>
    public Outcome Srcroute(string arguments) => With.Node.Srcroute(arguments);

    /// <summary>Writes the program's configuration, or takes it away.</summary>
    public void Configure(JsonObject? configuration)
    {
        Configuration = configuration;
        With.Node.Sh("rm -f /etc/srcroute/config.json");
        if (configuration is not null)
        {
            With.Node.Configure(configuration.ToJsonString());
        }
    }

    /// <summary>Names the pods' networks in the configuration where `status` says that it cannot know them: what the administrator is told is done.</summary>
    public void TakeAdvice()
    {
        Outcome told = Srcroute("status -o json");
        if (told.Output.Length == 0)
        {
            // It does not understand the configuration.
            return;
        }

        using JsonDocument status = JsonDocument.Parse(told.Output);
        string[] networks =
        [
            .. from finding in status.RootElement.TryGetProperty("findings", out JsonElement findings) ? findings.EnumerateArray() : []
               where finding.GetProperty("code").GetString() == "pods-unknown"
               from network in JsonNode.Parse($"{{ {finding.GetProperty("cure").GetString()} }}")!["overlay"]!["networks"]!.AsArray()
               select network!.ToJsonString(),
        ];
        if (networks.Length > 0)
        {
            JsonObject configuration = Configuration?.DeepClone().AsObject() ?? [];
            (configuration["overlay"] ??= new JsonObject())["networks"] = JsonNode.Parse($"[{string.Join(", ", networks)}]");
            Configure(configuration);
            Srcroute("sync");
        }
    }

    /// <summary>Does something to both.</summary>
    /// <param name="change">What.</param>
    /// <returns>False where it cannot happen, or not whole, after what happened before.</returns>
    public bool Apply(Change change)
    {
        bool isTaken = Without.Apply(change);

        // Also what is not taken: a part of it may have happened.
        With.Apply(change);
        return isTaken;
    }

    /// <summary>Waits until the watcher has nothing left to do. Where it never has, that is told once, and not waited for again.</summary>
    /// <param name="stage">What happened.</param>
    /// <param name="longest">How long to wait, in seconds.</param>
    public void AwaitSettled(string stage, int longest = 60)
    {
        if (IsRestless)
        {
            return;
        }

        string patience = longest.ToString(CultureInfo.InvariantCulture);
        Outcome settled = With.Node.Start(["timeout", patience, "sh", "-c", $"until {Requirements.Binary} sync --dry-run >/dev/null 2>&1; do sleep 0.1; done"]).Finish();
        if (settled.ExitStatus != 0 && Srcroute("sync --dry-run") is { ExitStatus: not 0 } rest)
        {
            IsRestless = true;
            Faults.Add(new Fault(stage, "it does not come to rest", null, "", rest.Output + rest.Error));
        }
    }

    /// <summary>Sends all flows without the program: what the next comparisons are with.</summary>
    public async Task LookAsync() => _before = await Without.SendAsync(Flows).ConfigureAwait(false);

    /// <summary>Sends all flows with the program.</summary>
    /// <param name="stage">What was done.</param>
    /// <param name="isOurs">Whether the program has set the node up.</param>
    public async Task CompareAsync(string stage, bool isOurs = true)
    {
        Answer[] after = await With.SendAsync(Flows).ConfigureAwait(false);
        Judge judge = new(_draft, IsDefault, CardOf, WaysTo, BridgeOf, Addressed(), isOurs);
        Flow[] suspects = [.. Flows.Where((flow, i) => judge.Of(stage, flow, _before[i], after[i]) is not null)];
        Fault[] faults = [];

        // Again and with more and more patience, so that a busy machine is no fault.
        foreach (int calm in (int[])[5, 40])
        {
            if (suspects.Length == 0)
            {
                return;
            }

            Answer[] without = await Without.SendAsync(suspects, calm).ConfigureAwait(false), with = await With.SendAsync(suspects, calm).ConfigureAwait(false);
            Fault?[] found = [.. suspects.Select((flow, i) => judge.Of(stage, flow, without[i], with[i]))];
            suspects = [.. suspects.Where((_, i) => found[i] is not null)];
            faults = [.. found.OfType<Fault>()];
        }

        Faults.AddRange(faults);
    }

    /// <summary>Asks by the connections that stay, until all that live without the program live with it.</summary>
    /// <param name="stage">What was done.</param>
    /// <param name="kept">The connections.</param>
    /// <param name="opened">What was answered when they were opened.</param>
    /// <param name="recovery">For how long to ask again; zero for once.</param>
    public async Task CompareKeptAsync(string stage, Flow[] kept, string?[] opened, TimeSpan recovery)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            string?[][] answers = await Task.WhenAll(Without.AskKeptAsync(), With.AskKeptAsync()).ConfigureAwait(false);
            int[] dead = [.. Enumerable.Range(0, kept.Length).Where(i => opened[i] is not null && answers[0][i] == opened[i] && answers[1][i] != opened[i])];
            if (dead.Length == 0)
            {
                return;
            }

            if (Environment.TickCount64 - start >= recovery.TotalMilliseconds)
            {
                Judge judge = new(_draft, IsDefault, CardOf, WaysTo, BridgeOf, Addressed(), isOurs: true);
                Answer[] anew = await With.SendAsync([.. dead.Select(i => kept[i])]).ConfigureAwait(false);
                Faults.AddRange(dead.Where((i, at) => !judge.IsLedByStateful(kept[i], anew[at]))
                    .Select(i => new Fault(stage, Judge.Broken, kept[i], opened[i]!, answers[1][i] ?? "no answer")));
                return;
            }
        }
    }

    public void Dispose()
    {
        Without.Dispose();
        With.Dispose();
    }

    private bool IsDefault(Flow flow)
    {
        Outcome way = Without.Node.Start(["ip", "-n", "node", "route", "get", "fibmatch", flow.To, "from", flow.Bind!]).Finish();
        return way.Output.StartsWith("default", StringComparison.Ordinal) && !way.Output.Contains(" table ", StringComparison.Ordinal);
    }

    /// <summary>Cards with an address of a family: "eth0 4".</summary>
    private HashSet<string> Addressed()
    {
        string[][] lines = [.. Without.Node.Sh("ip -n node -o address show scope global").Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2)];
        return [.. lines.Select(words => $"{words[1]} {(words[2] == "inet" ? 4 : 6)}")];
    }

    private string? CardOf(string address) =>
        Without.Node.Sh($"ip -n node -o address show to {address}").Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);

    /// <summary>With br_netfilter a reply from one pod to another, translated on its way, is sent from port to port.</summary>
    private string BridgeOf(string card)
    {
        string[] words = With.Node.Sh($"ip -n node -o link show dev {card}").Split(' ');
        return Array.IndexOf(words, "master") is > 0 and var master ? words[master + 1] : card;
    }

    private Way[] WaysTo(string address)
    {
        // "10.0.0.0/24 dev eth1 ...", a host without its length, a next hop of several in a line of its own.
        IEnumerable<string[]> routes = Without.Node.Sh($"ip -n node -o route show to match {address}").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split([' ', '\\'], StringSplitOptions.RemoveEmptyEntries));
        return
        [
            .. from words in routes
               let length = words[0] == "default" ? 0 : words[0].Split('/') is [_, { } text] ? int.Parse(text, CultureInfo.InvariantCulture) : int.MaxValue
               from pair in words.Zip(words.Skip(1))
               where pair.First == "dev"
               select new Way(pair.Second, length),
        ];
    }
}
