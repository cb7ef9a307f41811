using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Install;

/// <summary>
/// The node that runs: its services, by a systemctl that writes down what it is asked for, and its routes. A real systemd is in `make e2e-boot`.
/// </summary>
public sealed class LiveTests
{
    // is-active, start, stop, restart: a file for every unit that is up. What stands in /run/fails fails.
    private const string Systemctl = """
        #!/bin/sh
        echo "$*" >>/run/asked
        if [ "$*" = "$(cat /run/fails 2>/dev/null)" ]; then exit 1; fi
        case $1 in
            is-active) test -e "/run/active/$3" ;;
            start | restart) touch "/run/active/$2" ;;
            stop) rm "/run/active/$2" ;;
        esac
        """;

    // Sources for srcroute to serve; no address comes by itself while somebody looks, and a worker of the kernel has made the last route.
    private const string Cards = """
        ip link set lo up
        for i in 0 1; do
            ip link add eth$i type veth peer name peer$i
            for card in eth$i peer$i; do ip link set $card addrgenmode none; ip link set $card up; done
            ip address add 192.168.$i.1/24 dev eth$i
        done
        ip route add default via 192.168.0.254
        until test $(ip -6 route show table local ff00::/8 | wc -l) = 4; do :; done

        """;

    [KernelFact]
    public void Install_starts_the_services_and_run_again_asks_for_nothing()
    {
        using Tree tree = Live();
        Outcome first = Run(tree, "/root/srcroute install");
        Assert.Equal(
            [
                "is-active --quiet srcroute-watch.service",
                "is-active --quiet srcroute-bootstrap.service",
                "daemon-reload",
                "start srcroute-bootstrap.service",
                "start srcroute-watch.service",
            ],
            Asked(tree));
        Assert.EndsWith(
            "ran systemctl daemon-reload\nstarted srcroute-bootstrap.service\nstarted srcroute-watch.service\n",
            first.Quietly().Output,
            StringComparison.Ordinal);

        Assert.EndsWith("nothing to do\n", Run(tree, "/root/srcroute install").Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(["is-active --quiet srcroute-watch.service", "is-active --quiet srcroute-bootstrap.service"], Asked(tree));
    }

    [KernelFact]
    public void Install_restarts_the_watcher_of_an_older_version_also_when_a_kill_came_in_between()
    {
        using Tree tree = Live();
        tree.Sh($"cp {tree.Older()} root/older");
        Run(tree, "/root/older install").Quietly();
        Asked(tree);
        Assert.EndsWith(
            "\nran systemctl daemon-reload\nrestarted srcroute-watch.service\n",
            Run(tree, "/root/srcroute install").Quietly().Output,
            StringComparison.Ordinal);
        Assert.Equal(["daemon-reload", "restart srcroute-watch.service"], Asked(tree)[2..]);

        // As the record is from the first step on until the last one has been taken.
        tree.Sh("echo unfinished >>etc/srcroute/installed");
        Assert.EndsWith(
            "\nran systemctl daemon-reload\nrestarted srcroute-watch.service\n",
            Run(tree, "/root/srcroute install").Quietly().Output,
            StringComparison.Ordinal);
        Assert.EndsWith("nothing to do\n", Run(tree, "/root/srcroute install").Quietly().Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Install_does_not_start_what_is_disabled()
    {
        using Tree tree = Live();
        Run(tree, "/root/srcroute install").Quietly();
        tree.Sh("rm etc/systemd/system/multi-user.target.wants/srcroute-watch.service run/active/srcroute-watch.service");
        Asked(tree);
        Assert.EndsWith("nothing to do\n", Run(tree, "/root/srcroute install").Quietly().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("start srcroute-watch.service", Asked(tree));
    }

    [KernelFact]
    public void A_service_that_does_not_start_is_named_and_the_next_install_tries_again()
    {
        using Tree tree = Live();
        tree.Write("/run/fails", "start srcroute-bootstrap.service\n");
        Outcome outcome = Run(tree, "/root/srcroute install");
        Assert.Equal(1, outcome.ExitStatus);
        Assert.StartsWith("srcroute: `systemctl start srcroute-bootstrap.service` failed", outcome.Error, StringComparison.Ordinal);

        tree.Sh("rm run/fails");
        Assert.EndsWith(
            "\nstarted srcroute-bootstrap.service\nstarted srcroute-watch.service\n",
            Run(tree, "/root/srcroute install").Quietly().Output,
            StringComparison.Ordinal);
    }

    [KernelFact]
    public void Install_that_nobody_confirms_leaves_nothing_and_one_that_is_confirmed_finds_its_tables_made()
    {
        using Tree tree = Live();
        string before = tree.Snapshot();
        Outcome undone = Run(tree, Cards + """
            routing() { ip rule; ip -6 rule; ip route show table all | sed s/.linkdown//; ip -6 route show table all; nft list ruleset; }
            routing >/run/before
            /root/srcroute install --confirm 1 || test $? = 2
            routing | diff - /run/before
            rm -r /run/before /run/srcroute
            """);
        Assert.EndsWith("undone: nobody confirmed it\n", undone.Quietly().Output, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());

        Outcome confirmed = Run(tree, Cards + """
            /root/srcroute install --confirm 600 &
            until /root/srcroute confirm >/dev/null 2>&1; do :; done
            wait
            /root/srcroute sync
            """);
        Assert.Contains("\nconfirmed\nwrote /etc/srcroute/installed\n", confirmed.Quietly().Output, StringComparison.Ordinal);
        Assert.EndsWith("\nnothing to do\n", confirmed.Output, StringComparison.Ordinal);
        Assert.Contains("--confirm is for the system that runs", Run(tree, "/root/srcroute install --root /tmp --confirm 1").Error, StringComparison.Ordinal);
    }

    [KernelFact]
    public void Uninstall_stops_the_services_and_leaves_no_route_rule_name_or_lock()
    {
        using Tree tree = Live();
        string before = tree.Snapshot();
        string routing = "(ip rule; ip -6 rule; ip route show table all; ip -6 route show table all) | sed 's/ linkdown//'";
        string script = Cards + $"""
            {routing} >/run/before
            /root/srcroute install >/dev/null
            /root/srcroute bootstrap >/dev/null
            test -e /etc/iproute2/rt_tables.d/srcroute.conf
            ! {routing} | cmp -s - /run/before
            : >/run/asked
            /root/srcroute uninstall --dry-run >/run/told || test $? = 2
            /root/srcroute uninstall
            {routing} | diff - /run/before
            test ! -e /run/srcroute
            """;
        string said = Run(tree, script).Quietly().Output;
        Assert.StartsWith(
            "stopped srcroute-watch.service\nstopped srcroute-bootstrap.service\ntook srcroute out of /etc/cni/net.d/10-flannel.conflist\n",
            said,
            StringComparison.Ordinal);
        Assert.Contains("\nran srcroute teardown\n", said, StringComparison.Ordinal);
        Assert.Contains("\nremoved /etc/iproute2\n", said, StringComparison.Ordinal);
        Assert.Contains("would run srcroute teardown\n", tree.Read("/run/told"), StringComparison.Ordinal);
        Assert.Equal(
            ["stop srcroute-watch.service", "stop srcroute-bootstrap.service", "daemon-reload"],
            Asked(tree).Where(line => !line.StartsWith("is-active", StringComparison.Ordinal)));
        tree.Sh("rm run/before run/told");
        Assert.Equal(before, tree.Snapshot());
    }

    [KernelFact]
    public void Uninstall_does_nothing_while_somebody_else_watches()
    {
        using Tree tree = Live();
        Run(tree, "/root/srcroute install").Quietly();
        tree.Sh("rm run/active/srcroute-watch.service");
        Asked(tree);
        tree.Sh("rm -rf run/srcroute");
        string installed = tree.Snapshot();
        Outcome outcome = Run(tree, Cards + """
            /root/srcroute watch >/dev/null 2>&1 &
            until grep -q ":$(stat -c %i /run/srcroute/watch.lock 2>/dev/null) " /proc/locks; do :; done
            /root/srcroute uninstall
            """);
        Assert.Contains("srcroute watch runs on this node", outcome.Refusal(), StringComparison.Ordinal);
        Asked(tree);
        tree.Sh("rm -rf run/srcroute etc/iproute2/*/srcroute.conf*");
        Assert.Equal(installed, tree.Snapshot());
    }

    [KernelFact]
    public void Uninstall_without_the_privilege_changes_nothing()
    {
        using Tree tree = Live();
        Run(tree, "/root/srcroute install").Quietly();
        Asked(tree);
        string installed = tree.Snapshot();
        Assert.Contains(
            "CAP_NET_ADMIN",
            Run(tree, "setpriv --bounding-set=-net_admin --inh-caps=-net_admin /root/srcroute uninstall").Refusal(),
            StringComparison.Ordinal);
        Assert.Equal(installed, tree.Snapshot());
    }

    [KernelFact]
    public void Where_systemd_does_not_run_it_is_said_that_nothing_is_started()
    {
        using Tree tree = Live();
        tree.Sh("rm -r run/systemd");
        string said = Run(tree, "/root/srcroute install").Quietly().Output;
        Assert.Contains("systemd does not run here, so nothing is started: run `srcroute bootstrap` and `srcroute watch`", said, StringComparison.Ordinal);
        Assert.False(tree.Has("/run/asked"));
    }

    private static Tree Live()
    {
        Tree tree = new Tree()
            .Make("/etc/systemd/system", "/run/systemd/system", "/run/active", "/proc", "/usr", "/opt", "/tmp", "/dev")
            .Write("/etc/cni/net.d/10-flannel.conflist", Tree.Conflist)
            .Write("/opt/cni/bin/flannel", "#!/bin/sh\n", "755").Write("/fake/systemctl", Systemctl, "755");
        tree.Sh($"cp --no-dereference /bin /sbin /lib /lib64 . 2>/dev/null || true; mkdir root; cp {Requirements.Binary} root/srcroute");
        return tree;
    }

    // /usr is the machine's, read-only, without its plugins; the network and the processes are its own.
    private static Outcome Run(Tree tree, string script)
    {
        const string Enter = """
            cd "$1"
            mount -t proc proc proc
            mount --bind /usr usr
            mount -o remount,bind,ro usr
            if [ -d usr/lib/cni ]; then mount -t tmpfs none usr/lib/cni; fi
            mount --bind /dev dev
            exec chroot . /usr/bin/env -i PATH=/fake:/usr/sbin:/usr/bin sh -euc "$2"
            """;
        return Job.Start(
        [
            "unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
            "sh", "-euc", Enter, "sh", tree.Sh("pwd").Trim(), script,
        ]).Finish();
    }

    // What systemctl was asked for since the last time.
    private static string[] Asked(Tree tree) => tree.Sh("cat run/asked; rm run/asked").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
