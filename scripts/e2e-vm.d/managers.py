"""Nodes whose cards somebody manages, over what happens to a card, and over reboots. The first card's address is static, the second's comes by DHCP."""
import json

from machine import MachineError
from trial import differing


def leases(t):
    """A DHCP server on the second LAN, which has one address to give."""
    t.net.world.run('''setsid ip netns exec lan1 dnsmasq --keep-in-foreground --interface=lan --bind-interfaces --port=0 --leasefile-ro --pid-file --log-dhcp --log-facility=/run/leases \\
        --dhcp-range=10.0.1.1,10.0.1.1,255.255.255.0,2m --dhcp-option=3,10.0.1.254 --dhcp-authoritative --no-ping </dev/null &>/dev/null &''')


def managed(t, start, renew, reboots=1):
    """The life of such a node; `start` brings the cards up, `renew` the lease."""
    leases(t)
    t.node.run(start)
    t.node.run('until ip -4 route show default dev eth1 | grep -q . && ! ip -6 address | grep -q tentative && ip -6 route show default | grep -q eth1; do sleep 0.1; done')
    one, two = t.net.lans(0, 1)
    t.serves(*(p.node(f) for p in (one, two) for f in (4, 6)))
    t.control()
    t.install()
    t.compare()

    rules = 'ip rule; ip -6 rule'
    before = t.node.run(rules)
    for n in 1, 0:
        t.node.carrier(n, False)
        t.node.run(f'until [ "$(cat /sys/class/net/eth{n}/carrier 2>/dev/null)" != 1 ]; do sleep 0.05; done')
        t.node.carrier(n, True)
    t.node.run('until [ "$(cat /sys/class/net/eth[01]/carrier | tr -d "\\n")" = 11 ]; do sleep 0.05; done')
    settle(t)
    t.compare('after both links were down for a moment')
    asked = t.net.world.run('grep -c DHCPACK /run/leases').strip()
    t.node.run(renew)
    t.net.world.run(f'until [ $(grep -c DHCPACK /run/leases) -gt {asked} ]; do sleep 0.1; done')
    settle(t)
    t.compare('after the lease was renewed')
    now = t.node.run(rules)
    t.judge('the rules are those from before', sorted(now.splitlines()) == sorted(before.splitlines()), now)
    for n in range(reboots):
        reboot(t)
        settle(t)
        t.compare(f'after reboot {n + 1}')
    t.uninstall()


def settle(t):
    """Until both cards have all that they had; how soon the watcher follows is not judged here, but that it does."""
    t.node.run('''for i in $(seq 300); do
        [ "$(ip -4 route show default | grep -c .)$(ip -6 route show default | grep -c .)" = 22 ] && ! ip -6 address | grep -q tentative && srcroute status >/run/status && exit; sleep 0.2; done
        cat /run/status; ip address; ip route; exit 1''')


def reboot(t):
    """The neighbour of the second card asks the first card's address meanwhile, by its router: without srcroute the second card answers."""
    watcher = t.net.world.start('echo $$ >/run/watch; exec ip netns exec peer traffic watch far-lan0 10.0.1.50 10.0.0.1')
    t.node.reboot()
    t.net.world.run('kill $(cat /run/watch)')
    # By protocol, the cards that answers came by, in their order, with how many.
    status, said = t.net.world.end(watcher)
    if status != 0:
        raise MachineError(f'{t.net.world.name}: traffic watch: exit status {status}: {said}\n' + t.net.world.run('dmesg | tail -n 5'))
    seen = json.loads(said)
    t.judge('a server that starts after srcroute-bootstrap, as the kubelet does, answers by the right card from its first answer on',
            [card for card, _ in seen['tcp']] == ['far-lan0'], seen)
    t.judge(f'pings are answered by the right card in the end; in order: {seen["icmp"]}', seen['icmp'] and seen['icmp'][-1][0] == 'far-lan0', seen)


def networkd(t):
    """systemd-networkd and DHCP"""
    static(t)
    managed(t, 'systemctl --quiet enable --now systemd-networkd', 'networkctl renew eth1', reboots=2)


def static(t):
    common = '[Match]\nName={}\n[Network]\nIPv6AcceptRA=no\nKeepConfiguration=static\nAddress={}\n'
    t.node.write('/etc/systemd/network/50-eth0.network', common.format('eth0', '10.0.0.1/24') + 'Address=2001:db8::1/64\nGateway=10.0.0.254\nGateway=2001:db8::fe\n')
    t.node.write('/etc/systemd/network/50-eth1.network', common.format('eth1', '2001:db8:1::1/64') + 'DHCP=ipv4\n[DHCPv4]\nRouteMetric=100\nUseDNS=no\n[Route]\nGateway=2001:db8:1::fe\nMetric=2000\n')


def ifupdown(t):
    """ifupdown and dhclient"""
    t.node.write('/etc/network/interfaces', '''auto lo
iface lo inet loopback
auto eth0
iface eth0 inet static
    address 10.0.0.1/24
    gateway 10.0.0.254
iface eth0 inet6 static
    address 2001:db8::1/64
    gateway 2001:db8::fe
auto eth1
iface eth1 inet dhcp
    metric 100
iface eth1 inet6 static
    address 2001:db8:1::1/64
    up ip route add default via 2001:db8:1::fe dev eth1 metric 2000
''')
    managed(t, 'systemctl --quiet enable --now networking', 'kill $(pgrep dhclient) ; dhclient -4 -e IF_METRIC=100 eth1')


def network_manager(t):
    """NetworkManager and DHCP"""
    # Of its own accord it would ask for leases by the cards without a connection, and not be online before that has failed.
    t.node.write('/etc/NetworkManager/conf.d/trial.conf', '[main]\nno-auto-default=*\n')
    common = '[connection]\nid={0}\ntype=ethernet\ninterface-name={0}\n[ipv4]\n{1}\n[ipv6]\nmethod=manual\naddress1={2}\ngateway={3}\nroute-metric={4}\n'
    for card, ipv4, *ipv6 in (('eth0', 'method=manual\naddress1=10.0.0.1/24\ngateway=10.0.0.254\nroute-metric=50', '2001:db8::1/64', '2001:db8::fe', 50),
                              ('eth1', 'method=auto\nroute-metric=100', '2001:db8:1::1/64', '2001:db8:1::fe', 100)):
        t.node.write(f'/etc/NetworkManager/system-connections/{card}.nmconnection', common.format(card, ipv4, *ipv6), '600')
    managed(t, 'systemctl --quiet enable --now NetworkManager NetworkManager-wait-online', 'nmcli connection up eth1')


def hotplug(t):
    """A card that is plugged in and out, beside systemd-networkd"""
    # Which was there before srcroute's drop-in: at each card that comes it throws rules of others away, and the watcher puts them back.
    static(t)
    leases(t)
    one, two, third = t.net.lans(0, 1, 4)
    t.node.write('/etc/systemd/network/50-eth4.network', f'[Match]\nName=eth4\n[Network]\nIPv6AcceptRA=no\nAddress={third.node(4)}/24\nAddress={third.node(6)}/64\n' +
                 ''.join(f'[Route]\nGateway={third.router(f)}\nMetric=3000\n' for f in (4, 6)))
    t.node.run('systemctl --quiet enable --now systemd-networkd')
    t.node.plug_in(4)
    await_defaults(t, 3)
    t.serves(*(p.node(f) for p in (one, two, third) for f in (4, 6)))
    t.control()
    t.node.unplug(4)
    await_defaults(t, 2)
    t.install()
    with_two = t.routing()
    for when in 'a card was plugged in', 'it was plugged in again':
        t.node.plug_in(4)
        await_defaults(t, 3)
        t.node.run('until srcroute status >/run/status && grep -c "10.0.4.1 .*ok$" /run/status; do sleep 0.2; done')
        t.compare(f'after {when}')
        t.node.unplug(4)
        await_defaults(t, 2)
        t.node.run('until srcroute status >/run/status && ! grep -q "10.0.4.1\\|2001:db8:4::1" /run/status; do sleep 0.2; done')
    now = t.routing()
    t.judge('once it is gone, the rules are what they were before it came', rules_of(now) == rules_of(with_two), differing(with_two, now))


def rules_of(routing):
    """In no order among those of one priority."""
    return sorted(line for line in routing.splitlines() if '\tfrom ' in line)


def await_defaults(t, count):
    t.node.run(f'until [ "$(ip -4 route show default | grep -c .)$(ip -6 route show default | grep -c .)" = {count}{count} ] && ! ip -6 address | grep -q tentative; do sleep 0.1; done')


TRIALS = [networkd, hotplug, network_manager, ifupdown]
