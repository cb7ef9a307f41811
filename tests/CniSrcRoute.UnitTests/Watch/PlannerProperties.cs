using CniSrcRoute.Planning;
using CniSrcRoute.UnitTests.Nodes;
using CniSrcRoute.Watch;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Watch;

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
            ? Gen.OneOf("", "", "", "0.0.0.0/1", "192.168.1.64/26", "10.1.7.0/24", "10.244.7.0/26", "198.51.0.0/16", "198.51.100.0/24", "198.51.100.0/25")
            : Gen.OneOf("", "", "", "8000::/1", "fd01::/80", "2001:db8::/32", "2001:db8:1::/48")
        from card in Gen.OneOf(0, 0, 0, 50, 51, 52)
        select route with
        {
            Destination = destination.Length == 0 ? route.Destination : Text.Prefix(destination),
            Nexthops = card == 0 || route.Nexthops.Count == 0 ? route.Nexthops : [route.Nexthops[0] with { Oif = card }, .. route.Nexthops.Skip(1)],
        };

    private static readonly Gen<(int Kind, int Seed, Route Route)> GenHappening = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 1 << 20], GenRoute);

    [Fact]
    public void Whatever_happens_the_plan_is_that_of_a_fresh_reading() => AssertPlansAreThoseOfAFreshReading(room: int.MaxValue);

    [Fact]
    public void What_is_no_business_of_ours_need_not_be_known() => AssertPlansAreThoseOfAFreshReading(room: 0);

    private static void AssertPlansAreThoseOfAFreshReading(int room) =>
        Gen.Select(GenNode, GenHappening.Array[1, 12]).Sample(
            (node, script) =>
            {
                var life = new Life(node, _ => null, room);
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
                var life = new Life(node, step => step is not NamesChange && count++ == refused ? "refused" : null, room: int.MaxValue);
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
        private readonly int _room;
        private Planner _planner;

        /// <param name="node">The node.</param>
        /// <param name="refuse">What the kernel refuses.</param>
        /// <param name="room">How many destinations are known before routes that are no business of ours are left out.</param>
        public Life(AnyNode node, Func<Change, string?> refuse, int room)
        {
            (_node, _refuse, _room) = (node, refuse, room);
            _kernel = new ModelKernel(node.State);
            _planner = Begin(node.State);
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
                    _planner.Handle(new RuleEvent(true, rule) { PortId = 7 });
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
                        _planner.Handle(new RuleEvent(false, made) { PortId = 7 });
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

                    _planner.Handle(new LinkEvent(gone, pod));
                    break;
                case 11:
                    int at = seed % _kernel.Links.Count;
                    _kernel.Links[at] = _kernel.Links[at] with { Flags = _kernel.Links[at].Flags ^ (seed % 3 == 0 ? Link.FlagUp : Link.FlagLowerUp) };
                    _planner.Handle(new LinkEvent(false, _kernel.Links[at]));
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

                    _planner.Handle(new AddressEvent(isGone, address));
                    break;
                case 13:
                    _planner.Dirt.Add(Extent.Whole, Started);
                    Settle(_planner.Look(), () => UndoOurs(seed));
                    break;
                default:
                    Settle(_planner.Look());
                    break;
            }
        }

        public void AssertIsKnown()
        {
            if (_planner.Look() != Extent.Reading)
            {
                MainFilter filter = MainFilter.Of(_node.Config, _kernel.State);
                IEnumerable<string> known = Routes(_planner.State, _ => true);
                Assert.Empty(known.Except(Routes(_kernel.State, _ => true)));
                Assert.Empty(Routes(_kernel.State, route => !filter.PassesOver(route)).Except(known));
                Assert.True(_kernel.State.Tables.Values.Sum(table => table.Count) <= _planner.State.Tables.Values.Sum(table => table.Count) + _planner.Passed.Count);
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
            if (_planner.Look() != Extent.Reading)
            {
                Assert.Equal(expected, Sorted(_planner.Plan(_planner.Dirt.Extent, out _), fresh));
            }
        }

        /// <summary>Somebody removes what is ours, and it is repaired at once.</summary>
        private bool UndoOurs(int seed)
        {
            List<(TableId Table, Route Route)> routes =
                [.. _kernel.Tables.SelectMany(table => table.Value.Where(route => table.Key.Number != TableId.Main && route.Protocol == Ownership.Protocol).Select(route => (table.Key, route)))];
            List<Rule> rules = _kernel.Rules.FindAll(rule => rule.Protocol == Ownership.Protocol);
            if (routes.Count > 0)
            {
                (TableId table, Route route) = routes[seed % routes.Count];
                Remove(table, route);
            }

            if (rules.Count > 0 && seed % 2 == 0)
            {
                Rule rule = rules[seed % rules.Count];
                _kernel.Apply(new RuleChange(ChangeKind.Remove, rule));
                _planner.Handle(new RuleEvent(true, rule) { PortId = 7 });
            }

            bool isAnything = _planner.Dirt.HasPart;
            if (isAnything)
            {
                Settle(Extent.Part);
            }

            return isAnything;
        }

        private void Settle(Extent extent, Func<bool>? meanwhile = null)
        {
            if (extent == Extent.Reading)
            {
                _planner = Begin(_kernel.State.With(remembered: _planner.Desired.TableNamesFile));
            }

            if (extent != Extent.Nothing && !_planner.Apply(this, _planner.Plan(extent, out _, meanwhile)).TrueForAll(failure => failure.IsCosmetic))
            {
                _planner.Dirt.Add(Extent.Reading, Started);
            }
        }

        private Planner Begin(NodeState state)
        {
            NodeState reduced = (_room == 0 ? MainFilter.Of(_node.Config, state).Reduce(state) : state) with { Passed = new PassedRoutes() };
            foreach (Family family in (Family[])[Family.IPv4, Family.IPv6])
            {
                foreach (Route route in state.Main(family).Except(reduced.Main(family)))
                {
                    reduced.Passed.Add(route);
                }
            }

            return new Planner(_node.Config, reduced, Started) { Room = _room };
        }

        private void Make(TableId table, Route route)
        {
            bool there = _kernel.Table(table).Exists(other => other.Key == route.Key);
            if (_kernel.Apply(new RouteChange(there ? ChangeKind.Replace : ChangeKind.Add, table, route)) is null)
            {
                _planner.Handle(new RouteEvent(false, there, table, route) { PortId = 7 });
            }
        }

        private void Remove(TableId table, Route route)
        {
            if (_kernel.Table(table).Remove(route))
            {
                _planner.Handle(new RouteEvent(true, false, table, route) { PortId = 7 });
            }
        }

        private static IEnumerable<string> Routes(NodeState state, Predicate<Route> condition) =>
            state.Tables.SelectMany(table => table.Value.Where(route => table.Key.Number != TableId.Main || condition(route))
                .Select(route => new IpCommand(state).Format(route, table.Key.Number)));

        private static IEnumerable<string> Sorted(Plan plan, NodeState state) =>
            plan.Changes.Select(change => $"{change.Kind} {new IpCommand(state).Format(change)}").Order(StringComparer.Ordinal);
    }
}
