"""Nodes whose requests are answered by a pod."""
from cards import two_cards

POD = {4: '10.254.0.2', 6: 'fd00:254::2'}
SERVICE = {4: '10.96.0.10', 6: 'fd00:96::10'}
PORT, MASQUERADED = 30007, 30008


def ipvs(t):
    """Services by IPVS, as kube-proxy makes them"""
    one, two = two_cards(t, 'link add kube-ipvs0 type dummy\n' + ''.join(f'address add {a} dev kube-ipvs0\n' for a in SERVICE.values()))
    t.node.run(f'''
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
        modprobe ip_vs_rr
        sysctl -qw net.ipv4.vs.conntrack=1
        ip netns add pod
        ip -batch - <<END
link add cni0 up type bridge
address add 10.254.0.1/24 dev cni0
address add fd00:254::1/64 dev cni0 nodad
link add veth1234 up master cni0 type veth peer name eth0 netns pod
END
        ip -n pod -batch - <<END
link set lo up
link set eth0 up
address add {POD[4]}/24 dev eth0
address add {POD[6]}/64 dev eth0 nodad
route add default via 10.254.0.1
route add default via fd00:254::1
END
        mkdir -p /run/flannel
        printf 'FLANNEL_NETWORK=10.254.0.0/16\\nFLANNEL_SUBNET=10.254.0.1/24\\nFLANNEL_IPV6_NETWORK=fd00:254::/48\\nFLANNEL_IPV6_SUBNET=fd00:254::1/64\\n' >/run/flannel/subnet.env
        nft -f - <<END
table inet kube {{
    chain before {{ type filter hook prerouting priority -200; meta l4proto {{ tcp, udp }} th dport {MASQUERADED} meta mark set meta mark or 0x4000; }}
    chain after {{ type nat hook postrouting priority srcnat; meta mark and 0x4000 == 0x4000 masquerade; }}
}}
END
        setsid ip netns exec pod traffic serve </dev/null &>/dev/null &
        until ip netns exec pod ss -Hltn 'sport = :7' | grep -q '\\[::\\]'; do sleep 0.1; done''')
    for f in (4, 6):
        address = (lambda a: f'[{a}]') if f == 6 else str
        services = [(p.node(f), n) for p in (one, two) for n in (PORT, MASQUERADED)] + [(SERVICE[f], 7)]
        t.node.run('ipvsadm -R', ''.join(
            f'-A {o} {address(a)}:{n} -s rr\n-a {o} {address(a)}:{n} -r {address(POD[f])}:7 -m\n' for a, n in services for o in ('-t', '-u')))
        t.serves(one.node(f), two.node(f))
        for n in PORT, MASQUERADED:
            t.serves(one.node(f), two.node(f), protocols=('tcp', 'udp'), port=n)
        t.serves(SERVICE[f], protocols=('tcp', 'udp'))
    t.control()
    t.install()
    t.compare()
    for setting in 'conntrack', 'snat_reroute':
        t.node.run(f'sysctl -qw net.ipv4.vs.{setting}=0')
        t.explain(t.ask()[0], f'with net.ipv4.vs.{setting}=0')
        t.node.run(f'sysctl -qw net.ipv4.vs.{setting}=1')
    t.uninstall()


TRIALS = [ipvs]
