"""What is at the other ends of the node's cables, in namespaces of the machine `world`.

    peer ── near-NAME ──────────────┐
     └──── far-NAME ── router NAME ─┴─ bridge ── card of the world ── cable ── card of the node

A path leads to the node by one of its cards: a LAN, with a neighbour and a router, or a tunnel, whose end is a router without a LAN. All neighbours and the
one far away are the peer, so it sees by which path a packet comes, and takes an answer only by the path of its request. Path K has the numbers
10.0.K.0/24 and 2001:db8:K::/64: node 1, neighbour 50 (::50), router 254 (::fe). Each cable has a LAN, `lan0` and so on, which is there from the start.
"""
CABLES = 5

FAR = {4: '198.51.100.7', 6: '2001:db8:ffff::7'}


class Path:
    def __init__(self, name, number, has_neighbour=True, families=(4, 6)):
        self.name, self.number, self.has_neighbour, self.families = name, number, has_neighbour, families

    def address(self, family, host):
        return f'10.0.{self.number}.{host}' if family == 4 else f'2001:db8:{self.number}::{"fe" if host == 254 else host}'

    def node(self, family):
        return self.address(family, 1)

    def neighbour(self, family):
        return self.address(family, 50)

    def router(self, family):
        return self.address(family, 254)

    def on_node(self, card):
        """The node's two addresses on a card, in the words of `ip -batch`."""
        return f'link set {card} up\naddress add {self.node(4)}/24 dev {card}\naddress add {self.node(6)}/64 dev {card} nodad\n'

    def default(self, card, metric):
        return ''.join(f'route add default via {self.router(f)} dev {card} metric {metric}\n' for f in (4, 6))


class Network:
    def __init__(self, world):
        self.world, self.paths = world, []

    def build(self):
        """What every trial has."""
        self.world.run(f'''
            modprobe -a 8021q wireguard ipip veth bridge
            ip netns add peer
            ip -n peer link set lo up
            ip -n peer address add {FAR[4]}/32 dev lo
            ip -n peer address add {FAR[6]}/128 dev lo nodad
            ip netns exec peer sh -c 'cd /proc/sys/net
                echo 0 2147483647 >ipv4/ping_group_range
                for c in all default; do
                    echo 0 >ipv4/conf/$c/rp_filter; echo 1 >ipv4/conf/$c/arp_ignore; echo 2 >ipv4/conf/$c/arp_announce
                    echo 0 >ipv4/conf/$c/accept_redirects; echo 0 >ipv6/conf/$c/accept_redirects; echo 0 >ipv6/conf/$c/accept_ra
                done'
            setsid ip netns exec peer traffic serve 7 {FAR[4]} {FAR[6]} </dev/null &>/dev/null &
            until ip netns exec peer ss -Hltn 'sport = :7' | grep -q '\\[::\\]'; do sleep 0.1; done''')
        for n in range(CABLES):
            self.make_lan(f'lan{n}', n, f'eth{n}')
        self.paths.clear()

    def lans(self, *numbers):
        """Paths by the LANs of these cables."""
        paths = [Path(f'lan{n}', n) for n in numbers]
        self.paths += paths
        return paths

    def make_lan(self, name, number, device):
        """Another one, on a device of the world."""
        path = Path(name, number)
        return self.add(path, f'''
            ip netns add {name}
            ip -batch - <<END
link add br-{name} up type bridge mcast_snooping 0 forward_delay 0
link set {device} up master br-{name}
link add {name}-r up master br-{name} type veth peer name lan netns {name}
link add {name}-n up master br-{name} type veth peer name near-{name} netns peer
END''', f'''
link set near-{name} up
address add {path.neighbour(4)}/24 dev near-{name}
address add {path.neighbour(6)}/64 dev near-{name} nodad
route add default via {path.node(4)} dev near-{name} metric {1000 + number}
route add default via {path.node(6)} dev near-{name} metric {1000 + number}''')

    def make_tunnel(self, name, number, commands, families=(4, 6)):
        """A path by the device `lan` that the commands leave in the namespace NAME, its router's."""
        return self.add(Path(name, number, False, families), f'ip netns add {name}\n{commands}', '')

    def add(self, path, commands, for_peer):
        n, k = path.name, path.number
        self.world.run(f'''{commands}
            ip netns exec {n} sh -c 'cd /proc/sys/net
                for c in all default; do echo 0 >ipv4/conf/$c/rp_filter; echo 0 >ipv4/conf/$c/send_redirects; echo 1 >ipv6/conf/$c/forwarding; done
                echo 1 >ipv4/ip_forward'
            ip -n {n} -batch - <<END
link set lo up
link set lan up
address add {path.router(4)}/24 dev lan
address add {path.router(6)}/64 dev lan nodad
link add peer up type veth peer name far-{n} netns peer
address add 172.31.{k}.1/24 dev peer
address add 2001:db8:f00:{k}::1/64 dev peer nodad
route add default via 172.31.{k}.2
route add default via 2001:db8:f00:{k}::2
END
            ip -n peer -batch - <<END{for_peer}
link set far-{n} up
address add 172.31.{k}.2/24 dev far-{n}
address add 2001:db8:f00:{k}::2/64 dev far-{n} nodad
route add default via 172.31.{k}.1 dev far-{n} metric {k + 1} src {FAR[4]}
route add default via 2001:db8:f00:{k}::1 dev far-{n} metric {k + 1} src {FAR[6]}
END''')
        self.paths.append(path)
        return path

    def lead(self, addresses):
        """Each router, as well as each neighbour, sends what is for these addresses of the node to the node."""
        batches = (f'ip -n {p.name} -batch - <<END\n' + ''.join(f'route replace {a} via {p.node(family(a))} dev lan\n' for a in addresses if a != p.node(family(a))) +
                   'END\n' for p in self.paths)
        self.world.run(''.join(batches))

    def requests(self, address, paths=None, protocols=('tcp', 'udp', 'icmp'), port=7):
        """From near and far, by every path, or by these, to one of the node's addresses."""
        f = family(address)
        for p in [p for p in paths or self.paths if f in p.families]:
            ways = [(f'far-{p.name}', FAR[f])] + [(f'far-{p.name}', q.neighbour(f)) for q in self.paths if q is not p and q.has_neighbour]
            if p.has_neighbour:
                ways.append((f'near-{p.name}', p.neighbour(f)))
            for by, source in ways:
                for protocol in protocols:
                    yield {'protocol': protocol, 'from': source, 'by': by, 'to': address, 'port': port}

    def own_requests(self):
        """The node's own, to the one far away and to every neighbour, which say by which path they came."""
        for f in (4, 6):
            for to in [FAR[f]] + [p.neighbour(f) for p in self.paths if p.has_neighbour]:
                for protocol in ('tcp', 'udp', 'icmp'):
                    yield {'protocol': protocol, 'from': '', 'by': '', 'to': to}


def family(address):
    return 6 if ':' in address else 4
