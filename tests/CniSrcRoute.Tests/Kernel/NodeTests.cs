using Xunit;

namespace CniSrcRoute.Tests.Kernel;

/// <summary>The real machine is out of the tests' reach.</summary>
public sealed class NodeTests
{
    private const int Device = 2, Place = 4, Options = 5;

    [KernelFact]
    public void What_is_the_machines_can_be_read_on_a_node_and_not_changed()
    {
        using Node node = new();
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "as before\n");
            foreach (string attempt in (string[])["echo changed >{0}", "ln -s {0} /etc/link; echo changed >/etc/link", "echo changed >{0}.new", "rm -f {0}"])
            {
                Outcome outcome = node.Start(["sh", "-euc", string.Format(null, attempt, file)]).Finish();
                Assert.NotEqual(0, outcome.ExitStatus);
                Assert.Contains("Read-only file system", outcome.Error, StringComparison.Ordinal);
            }

            Assert.Equal("as before\n", node.Sh($"cat {file}"));
            Assert.Equal("as before\n", File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
            File.Delete(file + ".new");
        }
    }

    [KernelFact]
    public void Nothing_that_is_mounted_on_the_machine_can_be_written_on_a_node()
    {
        using Node node = new();
        string[] machines = [.. Mounts(File.ReadAllText("/proc/self/mountinfo")).Select(mount => mount[Device]).Distinct()];

        // Of several at a place the last one is seen.
        string[][] seen =
        [
            .. Mounts(node.Sh("cat /proc/self/mountinfo")).Reverse().DistinctBy(mount => mount[Place]).Where(mount => machines.Contains(mount[Device])),
        ];
        Assert.NotEmpty(seen);
        Assert.All(seen, mount => Assert.Equal("ro", mount[Options].Split(',')[0]));
    }

    [KernelFact]
    public void Of_the_kernels_settings_those_of_the_network_can_be_written_on_a_node_and_no_others()
    {
        using Node node = new();
        Assert.Equal("", node.Sh("find /proc/sys -path /proc/sys/net -prune -o -type f -writable ! -name ns_last_pid -print"));
        Assert.NotEqual("", node.Sh("find /proc/sys/net -type f -writable"));
    }

    // proc_pid_mountinfo(5). Processes and control groups are no files.
    private static IEnumerable<string[]> Mounts(string table) =>
        table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .Where(mount => !$"{mount[Place]}/".StartsWith("/proc/", StringComparison.Ordinal))
            .Where(mount => !$"{mount[Place]}/".StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal));
}
