"""What `srcroute explain` says of requests, beside the packets."""
import json
from ipaddress import ip_address

from network import family

PROGRAM = '/root/release/srcroute/srcroute'


def remember(node):
    """What is tracked is to be known until the last question."""
    node.run('for time in /proc/sys/net/netfilter/nf_conntrack_*timeout*; do echo 3600 >$time; done')


def ask_explain(node, paths, flows):
    """What is told of each request by TCP or UDP to the node itself, whose card is named: where it comes in is for explain to guess alone if nobody knows."""
    holders = {ip_address(a['local']): link['ifname'] for link in json.loads(node.run('ip -j address')) for a in link['addr_info']}
    paths = {p.name: p for p in paths}
    cards = {name: holders.get(ip_address(p.node(p.families[0]))) for name, p in paths.items()}
    flows = [(r, a) for r, a in flows if r['protocol'] != 'icmp' and ip_address(r['to']) in holders]
    said = node.run(f'''while read -r client to protocol card; do
            {PROGRAM} explain "$client" "$to" --proto "$protocol" --card "$card" -o json </dev/null || :
            echo ===
        done''', ''.join(f'{r["from"]} {ends(r)} {r["protocol"]} {cards[path_of(r["by"])]}\n' for r, _ in flows)).split('===\n')
    return [Told(request, paths, cards, answer, text) for (request, answer), text in zip(flows, said)]


class Told:
    """Of one request: what is told, and what its packets did."""

    def __init__(self, request, paths, cards, answer, text):
        self.request, self.said = request, json.loads(text)[0] if text.startswith('[') else {}
        by = path_of(request['by'])
        # The other end of a tunnel is no router to the node.
        has_router = request['by'].startswith('far') and paths[by].has_neighbour
        self.router = str(ip_address(paths[by].router(family(request['to'])))) if has_router else ''
        self.card, self.answered = cards[by], sorted({cards[path_of(device)] for device in answer['seen']})
        self.doubts = self.said.get('doubts', []) + self.said.get('firewalls', [])
        self.is_certain = self.said.get('certain', True)
        self.is_true = bool(self.said) and self.fits()
        self.words = f'{request["protocol"]} from {request["from"]} by {request["by"]} to {ends(request)}: came to {self.card}, left by {" and ".join(self.answered) or "none"}; told: ' + (
            f'by {self.said["requestRouter"]} to {self.said["requestCard"]}, leaves by {" or ".join(self.said["answerCards"]) or "none"}. {"; ".join([*self.doubts, self.said["cause"]])}' if self.said else text)

    def fits(self):
        """Among several ways the kernel chooses by a hash that it alone knows. A router that is not known is none that is wrong."""
        by = sorted(self.said['answerCards'])
        return (self.said['requestCard'], self.said['sameCard']) == (self.card, by == self.answered == [self.card]) and self.said['requestRouter'] in (None, self.router) and (
            by == self.answered or (len(by) > 1 and self.answered != [] and set(self.answered) <= set(by)))


def ends(request):
    return f'[{request["to"]}]:{request["port"]}' if ':' in request['to'] else f'{request["to"]}:{request["port"]}'


def path_of(device):
    return device.split('-', 1)[1]
