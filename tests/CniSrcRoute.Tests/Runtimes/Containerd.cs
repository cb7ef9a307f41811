using System.Globalization;
using CniSrcRoute.Tests.Kernel;
using Xunit;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>containerd, by ctr.</summary>
internal sealed class Containerd : Runtime
{
    private readonly Dictionary<string, Job> _running = [];

    public Containerd(Node node)
        : base(node) =>
        node.Start(["containerd", "--config", "/etc/containerd.toml"], awaited: "containerd successfully booted");

    public override bool PublishesPorts => false;

    // With --detach ctr would never call DEL: it does when its container has ended.
    public override void Launch(string name, int hostPort) =>
        _running[name] = Command(["ctr", "run", "--cni", "--cgroup", "", "--runc-binary", "/opt/crun-without-cgroups", "--rootfs", Root, name, .. Program]);

    public override int AwaitRunning(string name)
    {
        string[] task = [];
        Assert.True(
            SpinWait.SpinUntil(
                () => (task = Task(name)) is [_, _, "RUNNING"] || !_running[name].IsRunning, Job.Patience),
            $"{name} does not run");
        Assert.True(_running[name].IsRunning, _running[name].Heard());
        return int.Parse(task[1], CultureInfo.InvariantCulture);
    }

    public override void Remove(string name)
    {
        Run("ctr", "task", "kill", "-s", "TERM", name);

        // Of a DEL that failed, only what ctr writes tells.
        Assert.Equal("", _running[name].Finish().Quietly().Output);
        Run("ctr", "container", "rm", name);
    }

    public override string Containers() => Run("ctr", "container", "list", "-q");

    // Name, process and state.
    private string[] Task(string name) =>
        Run("ctr", "task", "list").Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(words => words[0] == name) ?? [];
}
