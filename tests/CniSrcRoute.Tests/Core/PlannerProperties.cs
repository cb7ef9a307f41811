using CniSrcRoute.Planning;
using CniSrcRoute.Watch;
using CsCheck;
using Xunit;

namespace CniSrcRoute.Tests.Core;

/// <summary>What the watcher's planner plans from events is what everybody would plan who reads the node afresh, whatever happens and whatever is refused.</summary>
public class PlannerProperties
{
    private static readonly Cause Started = new(CauseKind.Start, "started");

    /// <summary>Cards of which routes tell where they lead, and a tunnel.</summary>
    private static readonly Link[] MoreCards =
    [
        new() { Index = 50, Name = "azv50", Kind = "veth", Lower = 2, LowerNetNs = 5, Flags = Link.FlagUp | Link.FlagLowerUp },
        new() { Index = 51, Name = "mv51", Kind = "macvlan", Lower = 2, Flags = Link.FlagUp | Link.FlagLowerUp },
        new() { Index = 52, Name = "tun52", Kind = "tun", HardwareType = 65534, Flags = Link.FlagUp | Link.FlagLowerUp | Link.FlagPointToPoint },
    ];

    private static readonly Gen<AnyNode> GenNode =
        Gen.Select(AnyNode.Any, Gen.Bool, Gen.Bool, (node, more, knowsSockets) => node with
        {
            State = node.State with
            {
                Links = more ? [.. node.State.Links, .. MoreCards] : node.State.Links,
                Nftables = node.State.Nftables with { KnowsWildcardSockets = knowsSockets },
            },
        });

    /// <summary>Routes that say more than where their destination is: halves of the internet, parts of a card's subnet, the node's own block.</summary>
    private static readonly Gen<Route> GenRoute =
        from route in Gen.OneOf(AnyNode.GenRoute(Family.IPv4, 3, 4, 12), AnyNode.GenRoute(Family.IPv6, 3, 4, 12))
        from destination in route.Family == Family.IPv4
            ? Gen.OneOf("", "", "", "0.0.0.0/1", "192.168.1.64/26", "10.1.7.0/24", "10.244.7.0/26")
            : Gen.OneOf("", "", "", "8000::/1", "fd01::/80")
        from card in Gen.OneOf(0, 0, 0, 50, 51, 52)
        select route with
        {
            Destination = destination.Length == 0 ? route.Destination : Text.Prefix(destination),
            Nexthops = card == 0 || route.Nexthops.Count == 0 ? route.Nexthops : [route.Nexthops[0] with { Oif = card }, .. route.Nexthops.Skip(1)],
        };

    private static readonly Gen<(int Kind, int Seed, Route Route)> GenHappening = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 1 << 20], GenRoute);

    [Fact]
    public void Whatever_happens_the_plan_is_that_of_a_fresh_reading() =>
        Gen.Select(GenNode, GenHappening.Array[1, 12]).Sample(
            (node, script) =>
            {
                var life = new Life(node, _ => null);
                foreach ((int kind, int seed, Route route) in script)
                {
                    life.Happen(kind, seed, route);
                    life.AssertIsKnown();
                }

                life.AssertPlanIsThatOfAFreshReading();
            },
            iter: 3000,
            print: pair => $"{pair.Item1}\n{string.Join(", ", pair.Item2)}");

    [Fact]
    public void When_any_step_is_refused_what_is_known_is_still_what_is() =>
        Gen.Select(GenNode, Gen.Int[0, 60], GenHappening.Array[1, 8]).Sample(
            (node, refused, script) =>
            {
                int count = 0;
                var life = new Life(node, step => step is not NamesChange && count++ == refused ? "refused" : null);
                foreach ((int kind, int seed, Route route) in script)
                {
                    life.Happen(kind, seed, route);
                    life.AssertIsKnown();
                }

                life.AssertPlanIsThatOfAFreshReading();
            },
            iter: 1000);

    /// <summary>A node, its kernel, and the planner that hears of what happens.</summary>
    private sealed class Life : INodeWriter
    {
        private readonly AnyNode _node;
        private readonly ModelKernel _kernel;
        private readonly Func<Change, string?> _refuse;
        private Planner _planner;

        public Life(AnyNode node, Func<Change, string?> refuse)
        {
            (_node, _refuse) = (node, refuse);
            _kernel = new ModelKernel(node.State);
            _planner = new Planner(node.Config, node.State, Started);
            Settle(Extent.Whole);
        }

        public IReadOnlyList<Refusal> Write(IReadOnlyList<Change> run)
        {
            List<Refusal> refusals = [];
            for (int i = 0; i < run.Count; i++)
            {
                if ((_refuse(run[i]) ?? _kernel.Apply(run[i])) is { } errno && errno is not ("ESRCH" or "ENOENT"))
                {
                    refusals.Add(new Refusal(i, errno));
                }
            }

            return refusals;
        }

        public void Happen(int kind, int seed, Route route)
        {
            List<(TableId Table, Route Route)> all = [.. _kernel.Tables.SelectMany(table => table.Value.Select(route => (table.Key, route)))];
            (TableId table, Route old) = all.Count > 0 ? all[seed % all.Count] : (new TableId(route.Family, 1000), route);
            Route changed = old with { Metrics = RouteMetrics.OfMtu(1200 + (uint)(seed % 200)) };
            switch (kind)
            {
                case 0 or 1 or 2:
                    Make(new TableId(route.Family, TableId.Main), route);
                    break;
                case 3 or 4:
                    Remove(table, old);
                    break;
                case 15:
                    Make(new TableId(route.Family, 77), route);
                    break;
                case 5:
                    Make(table, changed);
                    break;
                case 6 when _kernel.Rules.Count > 0:
                    Rule rule = _kernel.Rules[seed % _kernel.Rules.Count];
                    _kernel.Apply(new RuleChange(ChangeKind.Remove, rule));
                    _planner.Hear(new RuleEvent(true, rule) { PortId = 7 });
                    break;
                case 7:
                    var made = new Rule
                    {
                        Family = Family.IPv4,
                        From = Text.Prefix("10.0.0.1"),
                        Table = seed % 2 == 0 ? 77 : 1001u,
                        Priority = (uint)(100 + (seed % 3)),
                        Protocol = seed % 2 == 0 ? (byte)0 : Ownership.Protocol,
                    };
                    if (_kernel.Apply(new RuleChange(ChangeKind.Add, made)) is null)
                    {
                        _planner.Hear(new RuleEvent(false, made) { PortId = 7 });
                    }

                    break;
                case 8 or 9:
                    // A route of ours that nobody desires, or that stands where another should.
                    Make(table.Number == TableId.Main ? new TableId(table.Family, 1000) : table, changed with { Protocol = Ownership.Protocol });
                    break;
                case 10:
                    Link pod = new() { Index = 100 + (seed % 3), Name = $"veth{seed % 3}", Kind = "veth", LowerNetNs = seed % 7 == 0 ? null : 6, Flags = seed % 5 == 0 ? 0 : Link.FlagUp };
                    bool gone = _kernel.Links.RemoveAll(link => link.Index == pod.Index) > 0;
                    if (!gone)
                    {
                        _kernel.Links.Insert(_kernel.Links.FindIndex(link => link.Index > pod.Index) is >= 0 and var next ? next : _kernel.Links.Count, pod);
                    }

                    _planner.Hear(new LinkEvent(gone, pod));
                    break;
                case 11:
                    int at = seed % _kernel.Links.Count;
                    _kernel.Links[at] = _kernel.Links[at] with { Flags = _kernel.Links[at].Flags ^ (seed % 3 == 0 ? Link.FlagUp : Link.FlagLowerUp) };
                    _planner.Hear(new LinkEvent(false, _kernel.Links[at]));
                    break;
                case 12 when _kernel.Addresses.Count > 0:
                    int which = seed % _kernel.Addresses.Count;
                    bool isGone = seed % 3 == 0;
                    Address address = _kernel.Addresses[which];
                    address = isGone ? address : address with { Flags = address.Flags ^ Address.FlagTentative };
                    _kernel.Addresses[which] = address;
                    if (isGone)
                    {
                        _kernel.Addresses.RemoveAt(which);
                    }

                    _planner.Hear(new AddressEvent(isGone, address));
                    break;
                default:
                    Settle(_planner.Dirt.Extent);
                    break;
            }
        }

        public void AssertIsKnown()
        {
            if (_planner.Dirt.Extent != Extent.Reading)
            {
                Assert.Equal(Routes(_kernel.State), Routes(_planner.State));
                Assert.Equal(_kernel.Rules.OrderBy(rule => rule.Family), _planner.State.Rules.OrderBy(rule => rule.Family));
                Assert.Equal(_kernel.Links, _planner.State.Links);
                Assert.Equal(_kernel.Addresses, _planner.State.Addresses);
            }
        }

        public void AssertPlanIsThatOfAFreshReading()
        {
            NodeState fresh = _kernel.State.With(remembered: _planner.Desired.TableNamesFile);
            IEnumerable<string> expected = Sorted(Diff.Between(Derive.From(_node.Config, fresh), fresh), fresh);

            // A part that waits for a reading is planned from what is read.
            if (_planner.Dirt.Extent != Extent.Reading)
            {
                Assert.Equal(expected, Sorted(_planner.Plan(_planner.Dirt.Extent, out _), fresh));
            }
        }

        private void Settle(Extent extent)
        {
            if (extent == Extent.Reading)
            {
                _planner = new Planner(_node.Config, _kernel.State.With(remembered: _planner.Desired.TableNamesFile), Started);
            }

            if (extent != Extent.Nothing && !_planner.Apply(this, _planner.Plan(extent, out _)).TrueForAll(failure => failure.IsCosmetic))
            {
                _planner.Dirt.Add(Extent.Reading, Started);
            }
        }

        private void Make(TableId table, Route route)
        {
            bool there = _kernel.Table(table).Exists(other => other.Key == route.Key);
            if (_kernel.Apply(new RouteChange(there ? ChangeKind.Replace : ChangeKind.Add, table, route)) is null)
            {
                _planner.Hear(new RouteEvent(false, there, table, route) { PortId = 7 });
            }
        }

        private void Remove(TableId table, Route route)
        {
            if (_kernel.Table(table).Remove(route))
            {
                _planner.Hear(new RouteEvent(true, false, table, route) { PortId = 7 });
            }
        }

        private static IEnumerable<string> Routes(NodeState state) =>
            state.Tables.SelectMany(table => table.Value.Select(route => new IpCommand(state).Format(route, table.Key.Number))).Order(StringComparer.Ordinal);

        private static IEnumerable<string> Sorted(Plan plan, NodeState state) =>
            plan.Changes.Select(change => $"{change.Kind} {new IpCommand(state).Format(change)}").Order(StringComparer.Ordinal);
    }
}
