"""A node among its paths: first as it is without srcroute, then with it, and what differs."""
import json, os, sys, time

from machine import at_once
from network import Network
from told import ask_explain, remember

COLOURS = sys.stdout.isatty() and not os.environ.get('NO_COLOR')
began = time.monotonic()


def paint(code, text):
    return f'\033[{code}m{text}\033[m' if COLOURS else text


def heading(text):
    print(f'\n{paint(1, text)} {paint(2, f"({time.monotonic() - began:.0f} s)")}', flush=True)


class Trial:
    """One scenario. What is judged is told at once, and counted in `wrong`; what the table says of it stands in `row`."""

    def __init__(self, name, node, world):
        self.name, self.node, self.wrong = name, node, 0
        self.net, self.requests, self.first = Network(world), [], 0
        self.row = {'flows': 0, 'without': 0, 'with': 0, 'own': '', 'told': 0, 'asked': 0}
        self.needs_right = self.is_explained = lambda request: True

    def judge(self, what, is_right, evidence=''):
        if not is_right:
            self.wrong += 1
        print('  ' + (paint(32, '✓') if is_right else paint(31, '✗')) + f' {what}', flush=True)
        if evidence and (not is_right or os.environ.get('VERBOSE')):
            print('\n'.join('      ' + paint(2, line) for line in str(evidence).strip().splitlines()[:40]), flush=True)
        return is_right

    # The node as it is.

    def set_up(self, batch, commands=''):
        """The node's cards, in the words of `ip -batch`, and what else is done."""
        self.node.run(f'ip -batch -\n{commands}', batch)

    def serves(self, *addresses, **how):
        """Addresses of the node that are asked, by all paths that are there by now, or as `how` says (Network.requests)."""
        self.net.lead(addresses)
        for a in addresses:
            self.requests += self.net.requests(a, **how)

    def ask(self):
        """The requests, and at the same time those of the node's own; what became of them."""
        own = list(self.net.own_requests())
        in_peer, in_node = ({'first': self.first + n, 'requests': r} for n, r in ((0, self.requests), (20000, own)))
        self.first = (self.first + max(len(self.requests), len(own))) % 20000
        flows, owns = at_once(lambda: self.net.world.run('ip netns exec peer traffic ask', json.dumps(in_peer)),
                              lambda: self.node.run('traffic ask', json.dumps(in_node)))
        return list(zip(self.requests, json.loads(flows))), {(r['protocol'], r['to']): a['said'] for r, a in zip(own, json.loads(owns))}

    def routing(self):
        return self.node.run('for f in -4 -6; do ip $f rule; ip $f route show table all | grep -v "^fe80::\\|^multicast\\|^ff00::" | sort; done; nft list ruleset')

    def control(self):
        """What the plain node does."""
        remember(self.node)
        self.before, self.own_before = self.ask()
        self.routing_before = self.routing()
        self.row['flows'] = len(self.before)
        self.row['without'] = sum(is_right(r, a) for r, a in self.before)
        self.judge(f'without srcroute {self.row["without"]} of {len(self.before)} requests are answered by the card they came by, so there is something to be seen',
                   0 < self.row['without'] < len(self.before), '\n'.join(map(tell, self.before)))
        self.explain(self.before, 'without srcroute')

    # With srcroute.

    def install(self):
        self.node.run('cd /root/release/srcroute && ./install.sh')

    def status(self):
        return self.node.try_to('srcroute status')[1]

    def compare(self, when=''):
        when = when and f', {when}'
        after, own = self.ask()
        works_no_more = [(b, a) for b, a in zip(self.before, after) if is_right(*b) and not is_right(*a)]
        wrong = [(r, a) for r, a in after if self.needs_right(r) and not is_right(r, a)]
        right = sum(is_right(r, a) for r, a in after)
        status = self.status()
        self.judge(f'{right} of {len(after)} requests are answered by the card they came by{when}',
                   not wrong, '\n'.join([*map(tell, wrong), status]))
        self.judge(f'every request that was answered without srcroute is{when}', not works_no_more, '\n'.join(tell(a) for _, a in works_no_more))
        same = sum(own[k] == self.own_before[k] for k in own)
        self.judge(f'{same} of {len(own)} of the node\'s own requests go where they went{when}', same == len(own),
                   '\n'.join(f'{k[0]} to {k[1]}: {self.own_before[k]} before, {own[k]} now' for k in own if own[k] != self.own_before[k] or same == len(own)))
        self.judge(f'status finds nothing wrong{when}', status.startswith('healthy'), status)
        self.row['with'], self.row['own'] = right, f'{same}/{len(own)}'
        if not when:
            self.explain(after, 'with it')
        return after

    def explain(self, flows, when):
        """What explain tells is what the packets did; where it is not certain it says why."""
        told = ask_explain(self.node, self.net.paths, [(r, a) for r, a in flows if self.is_explained(r)])
        doubted = [one for one in told if not one.is_certain]
        right = sum(one.is_certain and one.is_true for one in told)
        wrong = [one for one in told if (not one.is_true if one.is_certain else not one.doubts)]
        self.judge(f'explain tells the way of {right} of {len(told)} requests, and is not certain of {len(doubted)}, of which {sum(not one.is_true for one in doubted)} go otherwise, {when}',
                   not wrong, '\n'.join(one.words for one in wrong or told))
        self.row['told'] += right
        self.row['asked'] += len(told)

    def uninstall(self):
        self.node.run('srcroute uninstall')
        now = self.routing()
        self.judge('uninstall leaves rules, routes and tables of nftables as they were', now == self.routing_before, differing(self.routing_before, now))

    def whole(self):
        """The trial of a node to which nothing happens."""
        self.control()
        self.install()
        self.compare()
        self.uninstall()


def is_right(request, answer):
    """It came by the path of the request, and nothing by another."""
    return answer['said'] is not None and answer['seen'] == [request['by']]


def tell(flow):
    request, answer = flow
    came = ' and '.join(answer['seen']) or 'nowhere'
    return f'{request["protocol"]} from {request["from"]} by {request["by"]} to {request["to"]}: back by {came}' + ('' if answer['said'] else ', not taken')


def differing(before, now):
    b, n = before.splitlines(), now.splitlines()
    return '\n'.join(['- ' + line for line in b if line not in n] + ['+ ' + line for line in n if line not in b])
