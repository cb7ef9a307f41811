namespace CniSrcRoute.Tests.Install;

/// <summary>Nodes of several kinds.</summary>
internal static class Trees
{
    private const string Units = "/etc/systemd/system";

    private const string K3s = "/var/lib/rancher/k3s";

    /// <summary>podman's own network.</summary>
    public static string Podman => Tree.Conflist.Replace("cbr0", "podman", StringComparison.Ordinal).Replace("flannel", "bridge", StringComparison.Ordinal);

    /// <summary>Debian with kubeadm and flannel.</summary>
    public static Tree Debian() => new Tree()
        .Make("/etc/systemd/network", $"{Units}/multi-user.target.wants", "/usr/local/sbin")
        .Link($"{Units}/multi-user.target.wants/kubelet.service", "/usr/lib/systemd/system/kubelet.service")
        .Write("/etc/iproute2/rt_tables.d/README", "read me\n").Write("/etc/iproute2/rt_protos.d/README", "read me\n")
        .Write("/opt/cni/bin/flannel", "#!/bin/sh\n", "755")
        .Write("/etc/cni/net.d/10-flannel.conflist", Tree.Conflist, "600");

    /// <summary>Debian with its own containerd, whose settings name its own directory of plugins.</summary>
    public static Tree DebianContainerd() => Debian()
        .Write("/usr/lib/cni/bridge", "#!/bin/sh\n", "755").Write("/usr/lib/cni/portmap", "#!/bin/sh\n", "755")
        .Write("/etc/containerd/config.toml", "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  # bin_dir = \"/opt/cni/none\"\n  bin_dir = \"/usr/lib/cni\"\n");

    /// <summary>Fedora with CRI-O: no settings say where its plugins are, but they are there.</summary>
    public static Tree FedoraCrio() => new Tree()
        .Make(Units).Write("/usr/libexec/cni/bridge", "#!/bin/sh\n", "755").Write("/usr/libexec/cni/loopback", "#!/bin/sh\n", "755")
        .Write("/etc/cni/net.d/200-loopback.conflist", "{\"cniVersion\": \"1.0.0\", \"name\": \"loopback\", \"plugins\": [{ \"type\": \"loopback\" }]}")
        .Write("/etc/cni/net.d/100-crio-bridge.conflist", Tree.Conflist.Replace("flannel", "bridge", StringComparison.Ordinal));

    /// <summary>Ubuntu before any of Kubernetes is on it.</summary>
    public static Tree Ubuntu() => new Tree()
        .Make(Units, "/opt", "/usr/local/sbin")
        .Write("/usr/lib/systemd/systemd-networkd", "#!/bin/sh\n", "755");

    /// <summary>Fedora: no networkd, iproute2's names in /usr/share, one directory of programs; podman.</summary>
    public static Tree Fedora() => new Tree()
        .Make(Units, "/usr/local/bin", "/etc/NetworkManager").Link("/usr/local/sbin", "bin")
        .Write("/usr/share/iproute2/rt_tables", "254 main\n")
        .Write("/opt/cni/bin/flannel", "#!/bin/sh\n", "755")
        .Write("/etc/cni/net.d/10-bridge.conflist", Tree.Conflist.ReplaceLineEndings("\r\n")).Write("/etc/cni/net.d/87-podman-bridge.conflist", Podman);

    /// <summary>Fedora CoreOS: what can be written is below /var.</summary>
    public static Tree CoreOs() => new Tree()
        .Make(Units, "/var/opt", "/var/usrlocal/sbin").Link("/opt", "var/opt").Link("/usr/local", "../var/usrlocal");

    /// <summary>k3s since October 2024: one directory for plugins.</summary>
    public static Tree K3sNode() => new Tree()
        .Make($"{Units}/multi-user.target.wants", "/etc/systemd/network", "/opt", "/usr/local/sbin")
        .Write($"{K3s}/data/cni/bridge", "#!/bin/sh\n", "755").Make($"{K3s}/data/0123/bin")
        .Link($"{K3s}/data/cni/flannel", $"{K3s}/data/0123/bin/cni").Link($"{K3s}/data/current", $"{K3s}/data/0123")
        .Write($"{K3s}/agent/etc/cni/net.d/10-flannel.conflist", Tree.Conflist);

    /// <summary>k3s before that: a directory a release.</summary>
    public static Tree OldK3s() => new Tree()
        .Make(Units).Write($"{K3s}/data/0123/bin/bridge", "#!/bin/sh\n", "755").Link($"{K3s}/data/current", $"{K3s}/data/0123")
        .Write($"{K3s}/agent/etc/cni/net.d/10-flannel.conflist", Tree.Conflist);

    /// <summary>k3s, its directories linked to where others look.</summary>
    public static Tree LinkedK3s() => new Tree()
        .Write($"{K3s}/data/cni/bridge", "#!/bin/sh\n", "755").Link("/opt/cni/bin", $"{K3s}/data/cni")
        .Write($"{K3s}/agent/etc/cni/net.d/10-flannel.conflist", Tree.Conflist).Link("/etc/cni/net.d", $"{K3s}/agent/etc/cni/net.d");

    /// <summary>k3s beside podman and the loopback device's configuration.</summary>
    public static Tree K3sAndPodman() => K3sNode()
        .Write("/etc/cni/net.d/00-loopback.conf", "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"type\": \"loopback\"}")
        .Write("/etc/cni/net.d/87-podman-bridge.conflist", Podman);

    /// <summary>What a container has of its host: the directories that are mounted.</summary>
    public static Tree Container() => new Tree()
        .Write("/opt/cni/bin/flannel", "#!/bin/sh\n", "755").Write("/etc/cni/net.d/10-flannel.conflist", Tree.Conflist);

    /// <summary>A chain of one plugin, which becomes a list.</summary>
    public static Tree Single() => new Tree()
        .Make(Units).Write("/opt/cni/bin/bridge", "#!/bin/sh\n", "755").Write("/etc/cni/net.d/10-bridge.conf", "{\"name\": \"x\", \"cniVersion\": \"0.4.0\", \"type\": \"bridge\"}", "640");

    /// <summary>A node on which somebody has put srcroute by hand, another one and in part.</summary>
    public static Tree ByHand() => K3sNode()
        .Write(Tree.Plugin, "#!/bin/sh\n# older\n", "700")
        .Write($"{K3s}/data/cni/srcroute", "#!/bin/sh\n# older still\n", "755")
        .Link("/usr/local/sbin/srcroute", "/root/srcroute")
        .Write("/etc/srcroute/config.json", "{ \"discover\": true }\n", "600")
        .Write($"{Units}/srcroute-watch.service", "[Service]\nExecStart=/opt/cni/bin/srcroute watch --metrics-file /x\n")
        .Write("/etc/systemd/networkd.conf.d/other.conf", "[Network]\n");
}
