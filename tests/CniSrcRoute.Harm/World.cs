using System.Globalization;
using System.Text;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>A scene that stands: its namespaces, a server in each place, and what hears all packets on the node's cards.</summary>
internal sealed class World : IDisposable
{
    private const int FirstPort = 20_000, LastPort = 60_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly Draft _draft;
    private readonly List<IDisposable> _things = [];
    private readonly Dictionary<string, NetworkNamespace> _networks;
    private readonly Capture _capture;
    private readonly List<Question> _kept = [];
    private int _port = FirstPort;

    /// <summary>Builds it.</summary>
    /// <exception cref="SceneException">The kernel does not take a command of the scene.</exception>
    public World(Draft draft)
    {
        _draft = draft;
        Node = new Node();
        _things.Add(Node);
        try
        {
            Node.Sh("ip netns attach node 1; ip -batch - <<'END'\n" + string.Concat(draft.Places.Where(place => place.Name is not ("lan" or "node")).Select(place => $"netns add {place.Name}\n")) + "END");
            _networks = draft.Places.ToDictionary(place => place.Name, place => Node.Network(place.Name));
            Set(place => place.Early);
            foreach (Tunnel tunnel in draft.Tunnels)
            {
                _things.Add(new TunnelEnds(tunnel, _networks));
            }

            Outcome built = Node.Start(["sh", "-eu"], string.Concat(draft.Places.Select(Commands).Concat(draft.Files.Select(file => $"mkdir -p $(dirname {file.Key})\ncat >{file.Key} <<'END'\n{file.Value}\nEND\n")))).Finish();
            if (built.ExitStatus != 0)
            {
                throw new SceneException(built.Error.Trim());
            }

            Set(place => place.Late);
            draft.Advertisements.ForEach(Advertise);
            foreach (Place place in draft.Places.Where(place => place.Talks))
            {
                _things.Add(new Server(place, _networks[place.Name]));
            }

            _capture = _networks["node"].In(() => new Capture());
            _things.Add(_capture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The machine with all the namespaces.</summary>
    public Node Node { get; }

    /// <summary>Opens connections that stay, and asks by them for the first time.</summary>
    public Task<string?[]> KeepAsync(IReadOnlyList<Flow> flows)
    {
        _kept.AddRange(Open(flows));
        return AskKeptAsync();
    }

    /// <summary>Asks once more by the connections that stayed.</summary>
    public Task<string?[]> AskKeptAsync() => Round.AskAsync(_kept, Patience * 3);

    /// <summary>Closes the connections that stayed.</summary>
    public void CloseKept()
    {
        _kept.ForEach(question => question.Dispose());
        _kept.Clear();
    }

    /// <summary>Sends flows, and tells what became of each.</summary>
    /// <param name="flows">The flows.</param>
    /// <param name="calm">How many times as long to wait as usual.</param>
    public async Task<Answer[]> SendAsync(IReadOnlyList<Flow> flows, int calm = 1)
    {
        _ = _capture.Take();
        Question[] questions = Open(flows);
        string?[] servers = await Round.AskAsync(questions, Patience * calm).ConfigureAwait(false);
        List<Sighting> seen = _capture.Take();
        Dictionary<int, Link> links = Link.Parse(Node.Sh("ip -n node -j link"));
        foreach (Question question in questions)
        {
            question.Dispose();
        }

        ILookup<int, Sighting> requests = seen.ToLookup(packet => packet.Source), replies = seen.ToLookup(packet => packet.Destination);
        return
        [
            .. questions.Zip(servers, (question, server) => new Answer(
                server,
                requests[question.Port].Where(packet => !packet.Out).Select(packet => packet.Sender.ToString()).FirstOrDefault(),
                Ways(requests[question.Port].Where(packet => !packet.Out), links, hops: false),
                Ways(requests[question.Port].Where(packet => packet.Out), links, hops: true),
                Ways(replies[question.Port].Where(packet => packet.Out), links, hops: true))),
        ];
    }

    /// <summary>Runs the commands of a change.</summary>
    /// <returns>Whether the kernel took all of them.</returns>
    public bool Apply(Change change) =>
        Node.Start(["sh", "-eu"], change.Script).Finish().ExitStatus == 0;

    public void Dispose()
    {
        CloseKept();
        for (int i = _things.Count - 1; i >= 0; i--)
        {
            _things[i].Dispose();
        }
    }

    /// <summary>What a shell does to set up a place.</summary>
    public static string Commands(Place place)
    {
        StringBuilder text = new($"ip -n {place.Name} -batch - <<'END'\n{string.Join('\n', place.Commands)}\nEND\n");
        if (place.Commands6.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"ip -6 -n {place.Name} -batch - <<'END'\n{string.Join('\n', place.Commands6)}\nEND\n");
        }

        if (place.Tunnels.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"bridge -n {place.Name} -batch - <<'END'\n{string.Join('\n', place.Tunnels)}\nEND\n");
        }

        if (place.Nftables.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"nsenter --net=/run/netns/{place.Name} nft -f - <<'END'\n{string.Join('\n', place.Nftables)}\nEND\n");
        }

        return text.ToString();
    }

    private void Advertise(Advertisement advertisement)
    {
        _networks[advertisement.Place].In(() =>
        {
            advertisement.Send();
            return 0;
        });
        if (Node.Start(["timeout", "60", "sh", "-c", $"until ip -n node -6 route show proto ra | grep -q 'dev {advertisement.At} '; do sleep 0.05; done"]).Finish().ExitStatus != 0)
        {
            throw new SceneException($"not heard: {advertisement}");
        }
    }

    private void Set(Func<Place, Dictionary<string, string>> values)
    {
        foreach (Place place in _draft.Places.Where(place => values(place).Count > 0))
        {
            _networks[place.Name].In(() =>
            {
                // Whose network /proc/sys/net is depends on the thread that opens it.
                foreach ((string key, string value) in values(place))
                {
                    File.WriteAllText($"/proc/sys/net/{key}", value);
                }

                return 0;
            });
        }
    }

    private Question[] Open(IReadOnlyList<Flow> flows)
    {
        Question[] questions = new Question[flows.Count];
        foreach (IGrouping<string, int> there in Enumerable.Range(0, flows.Count).GroupBy(i => flows[i].From))
        {
            _networks[there.Key].In(() =>
            {
                foreach (int i in there)
                {
                    questions[i] = new Question(flows[i], NextPort());
                }

                return 0;
            });
        }

        return questions;
    }

    /// <summary>Each question has a port of its own, by which its packets are known; long after it is closed another may have it.</summary>
    private int NextPort() => _port = _port == LastPort ? FirstPort : _port + 1;

    /// <summary>The cards of packets, each once; of those that stand upon another the upper one.</summary>
    private string[] Ways(IEnumerable<Sighting> packets, Dictionary<int, Link> links, bool hops)
    {
        (string Card, ulong Hop)[] ways = [.. packets.Where(packet => links.ContainsKey(packet.Card)).Select(packet => (links[packet.Card].Name, hops ? packet.Hop : 0)).Distinct()];
        HashSet<string> cards = [.. ways.Select(way => way.Card)];
        HashSet<string> lower =
        [
            .. links.Values.Where(link => cards.Contains(link.Name) && link.Lower is not null).Select(link => link.Lower!),
            .. links.Values.Where(link => link.Master is not null && cards.Contains(link.Master)).Select(link => link.Name),
        ];
        return [.. ways.Where(way => !lower.Contains(way.Card)).Select(way => way.Hop == 0 ? way.Card : $"{way.Card} to {_draft.Owner(way.Hop)}").Distinct().Order(StringComparer.Ordinal)];
    }
}
