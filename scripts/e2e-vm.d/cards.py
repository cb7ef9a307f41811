"""Nodes whose cards differ in kind."""


def two_cards(t, more=''):
    """Both with a default route, the second's with a metric, as scripts/snippets has it."""
    one, two = t.net.lans(0, 1)
    t.set_up(one.on_node('eth0') + two.on_node('eth1') + one.default('eth0', 50) + two.default('eth1', 100) + more)
    return one, two


def plain(t):
    """Two cards, a virtual address on a dummy"""
    one, two = two_cards(t, 'link add vip up type dummy\naddress add 203.0.113.10/32 dev vip\naddress add 2001:db8:eeee::10/128 dev vip nodad\n')
    t.serves(one.node(4), two.node(4), '203.0.113.10', one.node(6), two.node(6), '2001:db8:eeee::10')
    t.whole()


def strict(t):
    """Two cards, rp_filter 1"""
    one, two = two_cards(t)
    t.node.run('sysctl -qw net.ipv4.conf.all.rp_filter=1')
    t.serves(one.node(4), two.node(4), one.node(6), two.node(6))
    t.whole()


def vlan(t):
    """A VLAN on the second card"""
    t.net.world.run('ip link add tagged up link eth1 type vlan id 20')
    tagged = t.net.make_lan('tagged', 5, 'tagged')
    one, two = two_cards(t, 'link add eth1.20 link eth1 type vlan id 20\n' + tagged.on_node('eth1.20') + tagged.default('eth1.20', 200))
    t.serves(*(p.node(f) for p in (one, two, tagged) for f in (4, 6)))
    t.whole()


def bond(t):
    """A bond of two cards, one of which fails"""
    one, bonded = t.net.lans(0, 1)
    t.net.world.run('ip link set eth2 master br-lan1')
    t.set_up('link add bond0 type bond mode active-backup miimon 50\nlink set eth1 master bond0\nlink set eth2 master bond0\n' +
             one.on_node('eth0') + bonded.on_node('bond0') + one.default('eth0', 50) + bonded.default('bond0', 100))
    t.serves(one.node(4), bonded.node(4), one.node(6), bonded.node(6))
    t.control()
    t.install()
    t.compare()
    active = t.node.run('cat /sys/class/net/bond0/bonding/active_slave').strip()
    t.node.carrier(int(active[3:]), False)
    t.node.run(f'while grep -q {active} /sys/class/net/bond0/bonding/active_slave; do sleep 0.05; done')
    t.compare(f'after {active} has failed')
    t.node.carrier(int(active[3:]), True)
    t.uninstall()


def vrf(t):
    """A card in a VRF, lookup local behind the VRFs' rule"""
    one, two, red = t.net.lans(0, 1, 2)
    t.set_up('link add red up type vrf table 10\nlink set eth2 master red\n' +
             ''.join(p.on_node(c) + p.default(c, m) for p, c, m in ((one, 'eth0', 50), (two, 'eth1', 100))) + red.on_node('eth2') +
             ''.join(f'route add default via {red.router(f)} dev eth2 table 10\n' for f in (4, 6)), '''
        for f in -4 -6; do ip $f rule add priority 32765 lookup local; ip $f rule del priority 0; done
        setsid ip vrf exec red traffic serve 8 </dev/null &>/dev/null &
        until ss -Hltn 'sport = :8' | grep -q '\\[::\\]%red'; do sleep 0.1; done''')
    # Nothing leads from the one into the other.
    for f in (4, 6):
        t.serves(one.node(f), two.node(f), paths=[one, two])
        t.serves(red.node(f), paths=[red], port=8)
    t.whole()


def containers(t):
    """Containers with ipvlan and macvlan on the cards"""
    one, two = two_cards(t)
    for name, card, path, kind in ('vlan', 'eth1', two, 'ipvlan mode l2'), ('mac', 'eth0', one, 'macvlan mode bridge'):
        t.node.run(f'''
            ip netns add {name}
            ip link add link {card} name c-{name} type {kind}
            ip link set c-{name} netns {name}
            ip -n {name} -batch - <<END
link set lo up
link set c-{name} up
address add {path.address(4, 77)}/24 dev c-{name}
address add {path.address(6, 77)}/64 dev c-{name} nodad
route add default via {path.router(4)}
route add default via {path.router(6)}
END
            setsid ip netns exec {name} traffic serve </dev/null &>/dev/null &
            until ip netns exec {name} ss -Hltn 'sport = :7' | grep -q '\\[::\\]'; do sleep 0.1; done''')
    for f in (4, 6):
        t.serves(one.node(f), two.node(f))
        for path in one, two:
            t.requests += t.net.requests(path.address(f, 77), paths=[path])
    t.whole()


TRIALS = [plain, strict, vlan, bond, vrf, containers]
