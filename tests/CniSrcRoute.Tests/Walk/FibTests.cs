using System.Runtime.InteropServices;
using CniSrcRoute.Netlink;
using CniSrcRoute.Tests.Kernel;
using CniSrcRoute.Walk;
using Xunit;
using Xunit.Abstractions;

namespace CniSrcRoute.Tests.Walk;

/// <summary>The walk through rules and tables, compared with the kernel's own, on random nodes in network namespaces.</summary>
public sealed partial class FibTests(ITestOutputHelper output)
{
    private const int CLONE_NEWNET = 0x40000000;
    private const int FlowsANode = 200;

    // By hand: WALK_SECONDS=600 WALK_SEED=1 dotnet test ... --filter FibTests
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("WALK_SECONDS") ?? "20", null));
    private static readonly int FirstSeed = int.Parse(Environment.GetEnvironmentVariable("WALK_SEED") ?? "1", null);

    [KernelFact]
    public void The_walk_finds_the_way_that_the_kernel_finds()
    {
        long end = Environment.TickCount64 + (long)Time.TotalMilliseconds;
        int seed = FirstSeed, asked = 0, left = 0;
        while (Environment.TickCount64 < end)
        {
            (int Asked, int Left) node = InNamespace(() => Compare(seed));
            (asked, left, seed) = (asked + node.Asked, left + node.Left, seed + 1);
        }

        output.WriteLine($"{seed - FirstSeed} nodes, {asked} look-ups, {left} of which leave a node");
        Assert.True(left > asked / 10, "hardly a packet leaves these nodes");
    }

    private static (int Asked, int Left) Compare(int seed)
    {
        var node = new RandomNode(seed);
        Job.Start(["ip", "-batch", "-", "-force"], RandomNode.Setup).Finish();
        foreach ((string file, int value) in node.Settings)
        {
            File.WriteAllText($"/proc/sys/{file}", $"{value}");
        }

        // The kernel does not take everything, and takes the same whoever asks.
        Job.Start(["ip", "-batch", "-", "-force"], string.Join('\n', node.Commands)).Finish();
        Job.Start(["ip", "-6", "-batch", "-", "-force"], string.Join('\n', node.Commands6)).Finish();
        using var socket = new NetlinkSocket();
        var kernel = new RouteNetlink(socket);
        NodeState state = Read(kernel);
        Assert.All(RandomNode.Devices, name => Assert.Contains(state.Links, link => link.Name == name));
        var fib = new Fib(state);
        var check = new ReversePathCheck(fib, state);
        var lookup = new KernelLookup(socket);
        (int asked, int left) = (0, 0);
        foreach (Flow flow in node.Flows(FlowsANode))
        {
            Way way = fib.Find(flow);
            if (way.IsUncertain || check.Passes(flow, way) is null)
            {
                continue;
            }

            string? difference = Difference(flow, way, !flow.IsOutput && check.Passes(flow, way) == false, lookup);
            for (int attempt = 0; difference is not null && attempt < 5; attempt++)
            {
                // A worker of the kernel puts an IPv6 address into the table local when it gets to it.
                state = Read(kernel);
                (fib, way) = (new Fib(state), new Fib(state).Find(flow));
                check = new ReversePathCheck(fib, state);
                difference = Difference(flow, way, !flow.IsOutput && check.Passes(flow, way) == false, lookup);
            }

            Assert.True(difference is null, $"""
                seed {seed}: {flow}
                {difference}
                walk: {way} {string.Join("; ", way.Hops)}
                {string.Join('\n', way.Steps.Select(step => $"  {IpCommand.Format(step.Rule)}: {step.Kind} {step.Failed} {step.Route}"))}
                ip -batch:
                {RandomNode.Setup}
                {string.Join('\n', node.Settings.Select(setting => $"sysctl {setting.Key}={setting.Value}"))}
                {string.Join('\n', node.Commands)}
                ip -6 -batch:
                {string.Join('\n', node.Commands6)}
                """);
            (asked, left) = (asked + 1, left + (way.Leaves ? 1 : 0));
        }

        return (asked, left);
    }

    private static NodeState Read(RouteNetlink kernel) => new()
    {
        Tables = kernel.ListRoutes(),
        Local = kernel.ListLocalRoutes(),
        Rules = [.. kernel.ListRules(Family.IPv4), .. kernel.ListRules(Family.IPv6)],
        Links = kernel.ListLinks(),
        Addresses = kernel.ListAddresses(),
    };

    private static string? Difference(Flow flow, Way way, bool isDropped, KernelLookup lookup)
    {
        KernelAnswer answer = lookup.Ask(flow);
        int errno = Errno(flow, way, isDropped);
        if (answer.Errno != errno)
        {
            return $"errno {answer.Errno}, by the walk {errno}";
        }

        if (errno != 0)
        {
            return null;
        }

        if (answer.Type != way.Type)
        {
            return $"type {answer.Type}, by the walk {way.Type}";
        }

        if (!way.IsAssumedOnLink)
        {
            Route? route = lookup.Match(flow, out TableId table);

            // IPv6 has one cached way for all routes of a nexthop object, and tells the route that was asked for first.
            bool isShared = route is { Family: Family.IPv6, NexthopId: not 0 } && route.NexthopId == way.Route?.NexthopId;
            if (!isShared && (route?.Key != way.Route?.Key || table.Number != way.Table))
            {
                return $"route {route?.Key} of table {table.Number}, by the walk {way.Route?.Key} of {way.Table}";
            }
        }

        if (way.Leaves)
        {
            int hop = way.Hops.ToList().FindIndex(hop =>
                hop.Oif == answer.Oif && (hop.Gateway == answer.Gateway || (!answer.Gateway.IsSet && IsBehindAnotherRouter(hop, flow))));
            if (hop < 0)
            {
                return $"leaves by {answer.Oif} via {answer.Gateway}";
            }

            // Each way out of a multipath route has a source of its own; the walk tells that of the first, and IPv6 lists but one of them. What IPv4 has
            // chosen for one route of a nexthop object holds for all others.
            bool isOneOfMany = hop > 0 || way.Route is { Family: Family.IPv6, PrefSrc.IsSet: true, Nexthops.Count: > 1 } ||
                way.Route is { Family: Family.IPv4, NexthopId: not 0 };
            return isOneOfMany || flow.Source.IsSet || !flow.IsOutput || answer.Source == way.Source ? null : $"source {answer.Source}, by the walk {way.Source}";
        }

        return flow.Source.IsSet || !flow.IsOutput || answer.Source == way.Source ? null : $"source {answer.Source}, by the walk {way.Source}";
    }

    /// <summary>A router of IPv4 that a route of the random kind led to when the kernel took it: the kernel then does without it (nhc_scope).</summary>
    private static bool IsBehindAnotherRouter(Nexthop hop, Flow flow) => flow.Family == Family.IPv4 && (hop.Flags & Nexthop.OnLink) == 0;

    private static int Errno(Flow flow, Way way, bool isDropped) => way switch
    {
        { Type: RouteType.Unspecified } => 101,
        { Type: RouteType.Blackhole } => 22,
        { Type: RouteType.Unreachable } => way.Route is null ? 101 : 113,
        { Type: RouteType.Prohibit } => 13,

        // What is handed on has to be unicast.
        _ when isDropped || (flow is { IsOutput: false, Family: Family.IPv4 } && way.Type is RouteType.Anycast or RouteType.Multicast) => 22,
        _ => 0,
    };

    private static T InNamespace<T>(Func<T> action)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, unshare(CLONE_NEWNET));
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw failure;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
