using System.Diagnostics;

using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>The headers of libc and the kernel, as the C compilers of both kinds of machine read them. Nothing is run, so each of them is asked on either.</summary>
internal static class Headers
{
    /// <summary>The kinds of machine, as .NET calls them, and their compilers.</summary>
    public static readonly IReadOnlyDictionary<string, string> Compilers =
        new Dictionary<string, string> { ["linux-x64"] = "x86_64-linux-gnu-gcc", ["linux-arm64"] = "aarch64-linux-gnu-gcc" };

    private const string Includes = """
        #define _GNU_SOURCE
        #include <assert.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <sched.h>
        #include <signal.h>
        #include <stddef.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/file.h>
        #include <sys/inotify.h>
        #include <sys/ioctl.h>
        #include <sys/signalfd.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/types.h>
        #include <sys/un.h>
        #include <unistd.h>
        #include <linux/capability.h>
        #include <linux/fib_rules.h>
        #include <linux/filter.h>
        #include <linux/fs.h>
        #include <linux/icmpv6.h>
        #include <linux/if.h>
        #include <linux/if_addr.h>
        #include <linux/if_ether.h>
        #include <linux/if_link.h>
        #include <linux/if_packet.h>
        #include <linux/inet_diag.h>
        #include <linux/ip.h>
        #include <linux/ipv6.h>
        #include <linux/ipv6_route.h>
        #include <linux/netconf.h>
        #include <linux/netfilter.h>
        #include <linux/netfilter/nfnetlink.h>
        #include <linux/netfilter/nf_nat.h>
        #include <linux/netfilter/nf_tables.h>
        #include <linux/netfilter/nf_tables_compat.h>
        #include <linux/netfilter/x_tables.h>
        #include <linux/netfilter/xt_CT.h>
        #include <linux/netfilter/xt_addrtype.h>
        #include <linux/netfilter/xt_connmark.h>
        #include <linux/netfilter/xt_conntrack.h>
        #include <linux/netfilter/xt_iprange.h>
        #include <linux/netfilter/xt_mark.h>
        #include <linux/netfilter/xt_multiport.h>
        #include <linux/netfilter/xt_tcpudp.h>
        #include <linux/netfilter_ipv4/ip_tables.h>
        #include <linux/netfilter_ipv6/ip6_tables.h>
        #include <linux/netlink.h>
        #include <linux/nexthop.h>
        #include <linux/rtnetlink.h>
        #include <linux/sock_diag.h>

        """;

    /// <summary>Asserts that claims about the headers are true for both kinds of machine.</summary>
    /// <param name="claims">Expressions of C.</param>
    public static void Confirm(IEnumerable<string> claims)
    {
        string[] lines = [.. claims];
        Assert.All(Compilers.Keys, machine => Confirm(machine, lines));
    }

    /// <summary>Asserts that claims about the headers are true for one kind of machine.</summary>
    /// <param name="machine">linux-x64, for example.</param>
    /// <param name="claims">Expressions of C.</param>
    public static void Confirm(string machine, IReadOnlyCollection<string> claims)
    {
        Assert.NotEmpty(claims);
        string said = Compile(machine, claims);
        Assert.True(said.Length == 0, $"{machine}: {said}");
    }

    /// <summary>Has a compiler read claims.</summary>
    /// <param name="machine">linux-x64, for example.</param>
    /// <param name="claims">Expressions of C.</param>
    /// <returns>What the compiler says; nothing when all is true.</returns>
    public static string Compile(string machine, IEnumerable<string> claims)
    {
        using var compiler = Process.Start(
            new ProcessStartInfo(Compilers[machine], ["-fsyntax-only", "-x", "c", "-std=gnu11", "-"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        Task<string> said = compiler.StandardError.ReadToEndAsync();
        compiler.StandardInput.Write(Includes + string.Concat(claims.Select(claim => $"static_assert({claim}, \"{claim}\");\n")));
        compiler.StandardInput.Close();
        compiler.WaitForExit();
        return said.GetAwaiter().GetResult();
    }
}
