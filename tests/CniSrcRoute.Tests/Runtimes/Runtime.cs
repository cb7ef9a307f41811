using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Tests.Runtimes;

/// <summary>A container runtime on a node, whose libcni runs the plugins of the node's conflist.</summary>
/// <param name="node">The node, with <see cref="Root"/> and what the runtimes read and write.</param>
internal abstract class Runtime(Node node)
{
    /// <summary>The root directory of all containers.</summary>
    public const string Root = "/opt/root";

    /// <summary>What a container runs: it ends when it is told to.</summary>
    protected static readonly string[] Program = ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"];

    /// <summary>Whether it hands port mappings to the portmap plugin.</summary>
    public abstract bool PublishesPorts { get; }

    /// <summary>Starts a runtime by its name.</summary>
    public static Runtime Start(string name, Node node) => name == "podman" ? new Podman(node) : new Containerd(node);

    /// <summary>Begins to start a container, and does not wait until it runs.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="hostPort">The node's port that leads to its port 7, where the runtime publishes ports.</param>
    public abstract void Launch(string name, int hostPort);

    /// <summary>Waits until a container runs; returns the number of its process on the node.</summary>
    public abstract int AwaitRunning(string name);

    /// <summary>Removes a container; nothing may fail, and nothing may be complained of.</summary>
    public abstract void Remove(string name);

    /// <summary>The containers that it knows, a line each.</summary>
    public abstract string Containers();

    /// <summary>Starts a command of the runtime.</summary>
    protected Job Command(params string[] words) => node.Start(words, environment: new Dictionary<string, string> { ["HOME"] = "/run", ["TMPDIR"] = "/tmp" });

    /// <summary>Runs a command of the runtime that must succeed without a complaint; returns what it wrote.</summary>
    protected string Run(params string[] words) => Command(words).Finish().Quietly().Output.Trim();
}
