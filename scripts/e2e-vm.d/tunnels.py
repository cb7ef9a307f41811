"""Nodes with tunnels. A tunnel with a private address is no source: by it no more is asked for than that what worked works on."""
import json

from cards import two_cards
from trial import is_right

PORT = 51820


def wireguard(t, table):
    """The node's wg0, by wg-quick; its other end stands at the router of the first card, and sends on what comes from anywhere."""
    far = t.net.make_tunnel('wg', 6, f'''
        ip -n lan0 link add wg type wireguard
        ip -n lan0 link set wg name lan netns wg''')
    keys = {m: m.run('wg genkey').strip() for m in (t.node, t.net.world)}
    public = {m: m.run('wg pubkey', k).strip() for m, k in keys.items()}
    t.net.world.run(f'''ip netns exec wg wg set lan listen-port {PORT} private-key /dev/stdin peer {public[t.node]} allowed-ips 0.0.0.0/0,::/0''', keys[t.net.world])
    t.node.write('/etc/wireguard/wg0.conf', f'''[Interface]
PrivateKey = {keys[t.node]}
Address = {far.node(4)}/24, {far.node(6)}/64
{table}
[Peer]
PublicKey = {public[t.net.world]}
Endpoint = 172.31.0.1:{PORT}
AllowedIPs = 0.0.0.0/0, ::/0
PersistentKeepalive = 1
''', '600')
    one, two = two_cards(t)
    t.node.run('''wg-quick up wg0
        until wg show wg0 latest-handshakes | grep -qv '[[:space:]]0$'; do sleep 0.1; done''')
    t.serves(*(p.node(f) for p in (one, two, far) for f in (4, 6)))


def wireguard_split(t):
    """WireGuard for its own network"""
    wireguard(t, 'Table = off')
    t.needs_right = lambda request: request['by'] != 'far-wg'
    t.whole()


def wireguard_full(t):
    """WireGuard for everything, by wg-quick"""
    wireguard(t, '')
    # wg-quick has nftables drop what asks the tunnel's address by another way, and which address main picks for a UDP server's answer is not certain.
    t.needs_right = lambda request: request['protocol'] != 'udp' and t.is_explained(request)
    # What a firewall's single rules drop explain does not look at.
    t.is_explained = lambda request: request['by'] == 'far-wg' or not is_tunnels(request['to'])
    t.whole()


def is_tunnels(address):
    return address in ('10.0.6.1', '2001:db8:6::1')


def ipip(t):
    """An IPIP tunnel"""
    far = t.net.make_tunnel('ipip', 7, '''
        ip -n lan0 link add ipip type ipip local 10.0.0.254 remote 10.0.0.1
        ip -n lan0 link set ipip name lan netns ipip''', (4,))
    one, two = two_cards(t, f'link add ipip1 up type ipip local 10.0.0.1 remote 10.0.0.254\naddress add {far.node(4)}/24 dev ipip1\n')
    t.serves(one.node(4), two.node(4), far.node(4), one.node(6), two.node(6))
    t.needs_right = lambda request: request['by'] != 'far-ipip'
    t.whole()


def geneve_l2tp(t):
    """Tunnels by the kernel's UDP sockets: Geneve, L2TP at a virtual address"""
    virtual = '203.0.113.10'
    t.net.world.run('modprobe -a geneve l2tp_eth')
    geneve = t.net.make_tunnel('geneve', 8, '''
        ip -n lan0 link add geneve type geneve id 8 remote 10.0.0.1
        ip -n lan0 link set geneve name lan netns geneve''')
    l2tp = t.net.make_tunnel('l2tp', 9, l2tp_end('-n lan0', 'l2tp', '10.0.0.254', virtual) + '''
        ip -n lan0 link set l2tp name lan netns l2tp''')
    t.node.run('modprobe -a geneve l2tp_eth')
    one, two = two_cards(t, f'link add vip up type dummy\naddress add {virtual}/32 dev vip\nlink add geneve8 type geneve id 8 remote 10.0.0.254\n' + geneve.on_node('geneve8'))
    t.node.run(l2tp_end('', 'l2tp9', virtual, '10.0.0.254'))
    t.set_up(l2tp.on_node('l2tp9'))
    # An L2TP socket is bound to its address, which main would not pick; Geneve's is bound to none. Translated, neither end would know the other.
    t.serves(*(p.node(f) for p in (one, two, geneve, l2tp) for f in (4, 6)), virtual)
    t.needs_right = lambda request: request['by'] not in ('far-geneve', 'far-l2tp')
    t.control()
    judge_tunnels(t, 'without srcroute', geneve, l2tp)
    t.install()
    t.compare()
    judge_tunnels(t, 'with it', geneve, l2tp)
    t.uninstall()


def judge_tunnels(t, when, *tunnels):
    """The other end of each asks the node's own end."""
    for path in tunnels:
        asked = [{'protocol': protocol, 'from': '', 'by': 'lan', 'to': path.node(f), 'port': 7} for f in (4, 6) for protocol in ('tcp', 'udp', 'icmp')]
        t.net.world.run(f"ip netns exec {path.name} sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range'")
        t.first += len(asked)
        answers = json.loads(t.net.world.run(f'ip netns exec {path.name} traffic ask', json.dumps({'first': t.first, 'requests': asked})))
        right = sum(is_right(r, a) for r, a in zip(asked, answers))
        t.judge(f'{right} of {len(asked)} requests by {path.name} are answered, {when}', right == len(asked), answers)


def l2tp_end(where, name, here, there):
    """One end of an Ethernet session by UDP; both ends have the same numbers."""
    return f'''
        ip {where} l2tp add tunnel tunnel_id 9 peer_tunnel_id 9 encap udp local {here} remote {there} udp_sport 1701 udp_dport 1701
        ip {where} l2tp add session name {name} tunnel_id 9 session_id 9 peer_session_id 9'''


TRIALS = [wireguard_split, wireguard_full, ipip, geneve_l2tp]
