using System.Globalization;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>podman.</summary>
internal sealed class Podman(Node node) : Runtime(node)
{
    private readonly Dictionary<string, Job> _launched = [];

    public override bool PublishesPorts => true;

    public override void Launch(string name, int hostPort) =>
        _launched[name] = Command(["podman", "run", "-d", "--name", name, "--network", "cbr0", "-p", $"{hostPort}:7", "--rootfs", Root, .. Program]);

    public override int AwaitRunning(string name)
    {
        _launched[name].Finish().Quietly();
        return int.Parse(Run("podman", "inspect", "--format", "{{.State.Pid}}", name), CultureInfo.InvariantCulture);
    }

    public override void Remove(string name) => Run("podman", "rm", "-f", name);

    public override string Containers() => Run("podman", "ps", "-aq");
}
