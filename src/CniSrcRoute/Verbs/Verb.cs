using CniSrcRoute.Cni;
using CniSrcRoute.Processes;
using CniSrcRoute.Verbs.Confirm;
using CniSrcRoute.Verbs.Explain;
using CniSrcRoute.Verbs.Observe;
using CniSrcRoute.Verbs.Report;

namespace CniSrcRoute.Verbs;

/// <summary>The commands: what srcroute can be asked for.</summary>
/// <param name="Name">The word on the command line.</param>
/// <param name="Options">The options it has, as they are written.</param>
/// <param name="Usage">How it is called.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Help">The rest of what there is to know, lines of 80 columns.</param>
/// <param name="Action">Does it, and returns the exit status.</param>
internal sealed record Verb(string Name, IReadOnlyList<string> Options, string Usage, string Summary, string Help, Func<Options, int> Action)
{
    private static readonly Verb[] All =
    [
        new("bootstrap", ["--wait", "--confirm", "--force", "--config"], "bootstrap [OPTIONS]", "makes tables and rules, at boot", """
            For every source a routing table with the routes of its card, copies of the
            routes to pods and the guard, then the rule `from ADDRESS lookup TABLE`.

              --wait SECONDS         wait for addresses that appear late
              --confirm SECONDS      undo it all unless Enter is pressed, or `srcroute
                                     confirm` called in another session, in time; also
                                     when this terminal is gone
              --force                write even if a connection changes its path
              --config FILE          the configuration, not /etc/srcroute/config.json

            It waits for a configured address that no card has, unless it is a virtual one
            in a subnet of the node; for duplicate address detection; and at most five
            seconds for a card that is up without an address. When the time is up it serves
            the sources that exist. Run again, it changes nothing and says so.
            If srcroute has made nothing on the node yet, it first compares the paths of
            all tracked connections with and without its rules, and reports the replies
            that would take another card. If a connection that the node itself has opened
            would, it writes nothing (exit status 3), unless --force is given, as the
            service does at boot.
            """, Bootstrap.Run),
        new("sync", ["--dry-run", "--confirm", "--force", "--config"], "sync [--dry-run] [OPTIONS]", "repairs tables and rules", """
            The same as bootstrap, without waiting.

              --confirm SECONDS      undo it unless it is confirmed: see bootstrap
              --force                write even if a connection changes its path
              --config FILE          the configuration, not /etc/srcroute/config.json

            With --dry-run nothing is changed; the plan is printed as the ip(8) commands
            that would do the same (nft, sysctl), and a line for each file of names that
            would be written: + adds, - removes, ~ changes.
            The exit status then is 0 when there is nothing to do, 2 otherwise.
            """, Sync.Run),
        new("status", ["-o", "--config", "--watcher"], "status [-o json] [--config FILE] [--watcher]", "shows sources, tables and rules, and what is wrong", """
            Exit status 0 when all is as it should be; 2 when a table or rule is missing or
            changed, or a source is not served.
            With --watcher it reports only whether `srcroute watch` works, whatever the
            state of the cards: exit status 0 when it runs and has verified everything in
            the last three minutes, 2 otherwise.
            """, Status.Run),
        new("explain", ["--proto", "--card", "-o", "--config", "..."], "explain CLIENT [ADDRESS[:PORT]] [OPTIONS]", "shows how a client's request is answered, and why", """
            Shows on which card a request of CLIENT arrives, where its port is translated
            to, and rule by rule how the answer is routed; then whether it leaves by the
            same card, and if not, why, and how to repair that. Without ADDRESS, for every
            source. Nothing needs to be set up; nothing is changed or sent. A client that
            has only an address on a link is given with its card: fe80::1%eth1.

              --proto tcp|udp        the protocol, if not TCP
              --card CARD            the card on which the request arrives, if not the one
                                     that has the address
              -o json                for programs
              --config FILE          the configuration, not /etc/srcroute/config.json

            Exit status 0 when every answer leaves by the card of its request, 2 otherwise.
            """, ExplainVerb.Run),
        new("observe", ["-o", "--config", "..."], "observe [SECONDS] [-o json] [--config FILE]", "shows which card answers real requests, by their packets", """
            Watches the packets of the external cards, for 10 seconds unless told otherwise,
            and lists the connections and datagrams that arrived on one card and were
            answered by another, or not at all, with the router they came through. It works
            before and after srcroute is set up. If the router of a card is in no table,
            the configuration line that names it is shown.
            Needs CAP_NET_RAW. It reads the packets that open, accept or refuse
            connections, and datagrams; if there are too many, a sample of them.
            Exit status 0 when no answer left by another card than its request's, 2
            otherwise.
            """, ObserveVerb.Run),
        new("report", ["--anonymous", "--config", "..."], "report FILE [--anonymous] [--config FILE]", "writes a file with all that is needed to get help", """
            Versions, status and plan, rules, the routes of all tables, the nftables table,
            cards, addresses, neighbours, settings, the configuration, conflists, and the
            end of the watcher's log, as text that you can read before you send it. Values
            of keys named password, token and the like are removed, as are PEM blocks. With
            --anonymous every address is replaced by another, the same one everywhere, and
            subnets stay subnets; names stay.
            """, ReportVerb.Run),
        new("teardown", ["--dry-run", "--confirm"], "teardown [--dry-run] [--confirm SECONDS]", "removes every route, rule and name that srcroute made", """
            Only what carries srcroute's protocol number (206) and its own files of names is
            removed, rules first. With --dry-run the plan is printed and nothing is removed;
            the exit status then is 0 when there is nothing to remove, 2 otherwise.
            With --confirm, restores everything unless it is confirmed: see bootstrap.
            """, Teardown.Run),
        new("confirm", [], "confirm", "keeps a change made with --confirm", """
            Call it in another session than the one that made the change: a new ssh login
            shows that the node still answers. Without it, or Enter, the change is undone
            exactly when its time is up, even if its caller is gone. From then on the
            plugin and the watcher change nothing until `srcroute sync` or `bootstrap` is
            called; pods start all the same. While a change waits, no other is made. After
            a reboot the services make what the configuration says. `status` reports all
            this, also a change that will not be undone because the process in charge was
            killed: this command keeps such a change as well.
            """, ConfirmVerb.Run),
        new("adopt", ["--dry-run", "--force", "--config"], "adopt [--dry-run] [--force] [--config FILE]", "takes over tables and rules made by hand", """
            Does what sync does, then removes the rules `from ADDRESS lookup TABLE` that
            others have made for the same sources, and the tables they led to. A source
            whose old table has a route that the new one would lack is left alone, and the
            configuration line that adds this route is shown (exit status 2).
            The files that make the old ones at boot are named, and not changed.
            To keep such tables instead, name them in the configuration: "extend": [101]
            copies the routes to pods into them, and changes nothing else.
            If a connection that the node itself has opened would leave by another card,
            nothing is done (exit status 3), unless --force is given.
            """, Adopt.Run),
        new("watch", ["--config", "--conflist", "--metrics-file", "--metrics-listen"], "watch [OPTIONS]", "keeps tables and rules correct", """
            Follows the kernel's events about links, addresses, routes, rules and nexthop
            objects, and repairs tables and rules within milliseconds; besides, everything
            is verified once a minute. SIGHUP, or a change of the file, reloads the
            configuration.

              --config FILE          the configuration, not /etc/srcroute/config.json
              --conflist FILE        keep the plugin's entry in this conflist as long as
                                     the plugin is installed; as a container's first
                                     process, remove it when told to end
              --metrics-file FILE    write metrics for node_exporter's textfile collector
              --metrics-listen ADDRESS:PORT
                                     serve metrics by HTTP, on an address of the
                                     loopback interface: 127.0.0.1:9469
            """, WatchVerb.Run),
        new("conflist", ["..."], "conflist add|remove|check [FILE]", "adds the plugin to a runtime's conflist", """
            The entry is added behind the last plugin, or removed again, in one step; every
            other byte stays as it is. A .conf file of a single plugin becomes a list;
            remove restores it. Without FILE: k3s's conflist for pods, or that of
            /etc/cni/net.d, flannel's first. add refuses if the runtime would not find the
            plugin. check: exit status 0 when the entry is there, 2 when it is not, or is
            in a file that the runtime does not read because another comes first.
            """, ConflistVerb.Run),
        new("install", ["--root", "--dry-run", "--force", "--confirm"], "install [OPTIONS]", "installs srcroute on the node, or upgrades it", """
            Installs this program in /opt/cni/bin, with links where other plugins are or
            the runtime looks for them, and in /usr/local/sbin; a configuration, if there
            is none; services for systemd and a drop-in for systemd-networkd, if the node
            has them; last, the entry in the conflist of the pods' network: k3s's, or that
            of /etc/cni/net.d, flannel's first; for another, use `conflist add FILE`.
            Files of others stay; another plugin called srcroute is set aside until
            uninstall. Run again, it changes nothing and says so; an older srcroute is
            replaced in one step, and its watcher restarted.

              --root DIR             work in the tree of files below DIR, start nothing
              --dry-run              change nothing, print what would be done
              --force                see below
              --confirm SECONDS      make the tables and rules first, and install when
                                     they are confirmed: see bootstrap

            With --dry-run the exit status is 0 when there is nothing to do, 2 otherwise.
            If srcroute has made nothing on the node yet and a connection that the node
            itself has opened would leave by another card, nothing is done (exit status 3),
            unless --force is given.
            """, InstallVerb.Run),
        new("uninstall", ["--root", "--dry-run"], "uninstall [--root DIR] [--dry-run]", "removes all that install and srcroute made", """
            Stops the services, removes the entry from the conflist, does what teardown
            does, and removes what install made, by its record in /etc/srcroute/installed.
            The node then is exactly as it was before. A file of ours that has been changed
            since is left, and named. --root and --dry-run as with install; with --root
            nothing is stopped, and routes and rules are not touched.
            """, UninstallVerb.Run),
        new("version", [], "version", "prints the version", "", _ => Print($"srcroute {typeof(Verb).Assembly.GetName().Version!.ToString(3)}\n")),
    ];

    /// <summary>Runs the command that the arguments name.</summary>
    /// <exception cref="InputException">There is no such command, or it was called wrongly.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length == 0)
        {
            // Standard output belongs to a result: a runtime that forgot CNI_COMMAND is not to take this for one.
            StandardStreams.WriteError(Overview());
            return ExitStatus.Success;
        }

        bool isGuardian = arguments[0] == Guardian.Word && arguments.Length > 1;
        arguments = isGuardian ? arguments[1..] : arguments;
        string name = arguments[0];
        if (name is "help" or "--help" or "-h")
        {
            return Print(arguments.Length > 1 ? Find(arguments[1]).FullHelp() : Overview());
        }

        Verb verb = Find(name is "--version" or "-V" ? "version" : name);
        var options = Verbs.Options.Parse(verb.Name, verb.Options, arguments[1..]);
        bool isGuarded = options is { Confirm: not null, DryRun: false } && verb.Action != InstallVerb.Run;
        return options.Help ? Print(verb.FullHelp())
            : isGuarded && !isGuardian ? Caller.Run(arguments)
            : verb.Action(options);
    }

    private static Verb Find(string name) => Array.Find(All, verb => verb.Name == name)
        ?? throw new InputException($"unknown command {name}; {Suggestion.Of(name, [.. All.Select(verb => verb.Name), "help"]) ?? "see `srcroute help`"}");

    private static string Overview() =>
        "srcroute: a node with several addresses answers by the card a request arrived on\n\n" +
        string.Concat(Array.ConvertAll(All, verb => $"  srcroute {verb.Usage,-45}{verb.Summary}\n")) +
        "\n`srcroute help COMMAND` tells more. As a CNI plugin it is called by the runtime\nand comes last in the conflist: { \"type\": \"srcroute\" }.\n" +
        $"CNI protocol versions supported: {string.Join(", ", CniVersion.Supported)}\n";

    private static int Print(string text)
    {
        Log.Result(text);
        return ExitStatus.Success;
    }

    private string FullHelp() => $"srcroute {Usage}\n\n{char.ToUpperInvariant(Summary[0])}{Summary[1..]}.\n{(Help.Length == 0 ? "" : $"{Help}\n")}";
}
