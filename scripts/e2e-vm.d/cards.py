"""Nodes whose cards differ in kind."""


def plain(t):
    """Two cards, a virtual address on a dummy"""
    one, two = t.net.lan('one', 0, 'eth0'), t.net.lan('two', 1, 'eth1')
    t.set_up(one.on_node('eth0') + two.on_node('eth1') + one.default('eth0', 50) + two.default('eth1', 100) +
             'link add vip up type dummy\naddress add 203.0.113.10/32 dev vip\naddress add 2001:db8:eeee::10/128 dev vip nodad\n')
    t.serves(one.node(4), two.node(4), '203.0.113.10', one.node(6), two.node(6), '2001:db8:eeee::10')
    t.whole()


def strict(t):
    """Two cards, rp_filter 1"""
    one, two = t.net.lan('one', 0, 'eth0'), t.net.lan('two', 1, 'eth1')
    t.set_up(one.on_node('eth0') + two.on_node('eth1') + one.default('eth0', 50) + two.default('eth1', 100),
             'sysctl -qw net.ipv4.conf.all.rp_filter=1')
    t.serves(one.node(4), two.node(4), one.node(6), two.node(6))
    t.whole()


def vlan(t):
    """A VLAN on the second card"""
    t.net.world.run('ip link set eth1 up && ip link add tagged up link eth1 type vlan id 20')
    one, two, tagged = t.net.lan('one', 0, 'eth0'), t.net.lan('two', 1, 'eth1'), t.net.lan('tagged', 2, 'tagged')
    t.set_up(one.on_node('eth0') + two.on_node('eth1') + 'link add eth1.20 link eth1 type vlan id 20\n' + tagged.on_node('eth1.20') +
             one.default('eth0', 50) + two.default('eth1', 100) + tagged.default('eth1.20', 200))
    t.serves(one.node(4), two.node(4), tagged.node(4), one.node(6), two.node(6), tagged.node(6))
    t.whole()


def bond(t):
    """A bond of two cards, one of which fails"""
    one, bonded = t.net.lan('one', 0, 'eth0'), t.net.lan('bonded', 1, 'eth1', 'eth2')
    t.set_up('link add bond0 type bond mode active-backup miimon 50\nlink set eth1 master bond0\nlink set eth2 master bond0\n' +
             one.on_node('eth0') + bonded.on_node('bond0') + one.default('eth0', 50) + bonded.default('bond0', 100))
    t.serves(one.node(4), bonded.node(4), one.node(6), bonded.node(6))
    t.control()
    t.install()
    t.compare()
    active = t.node.run('cat /sys/class/net/bond0/bonding/active_slave').strip()
    t.node.carrier(int(active[3:]), False)
    t.node.run(f'until ! grep -q {active} /sys/class/net/bond0/bonding/active_slave; do sleep 0.05; done')
    t.compare(f'after {active} has failed')
    t.node.carrier(int(active[3:]), True)
    t.node.run('until [ $(grep -c "^MII Status: up" /proc/net/bonding/bond0) = 3 ]; do sleep 0.05; done')
    t.uninstall()


TRIALS = [plain, strict, vlan, bond]
