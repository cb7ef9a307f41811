"""A machine in qemu, with Debian's kernel, that is told what to do by its guest agent."""
import base64, json, os, socket, subprocess, time
from concurrent.futures import ThreadPoolExecutor

MEMORY = 384
# Of a command: nothing takes so long but what hangs. Seconds, of a machine that has half a core.
PATIENCE = 600
WHAT_IS_DONE = 'systemctl list-jobs --no-pager; ps -eo pid,ppid,stat,time,wchan:20,args --forest | grep -v "\\[.*\\]$"; journalctl -b --no-pager | grep -v qemu-ga | tail -n 15'


class MachineError(Exception):
    pass


class Machine:
    """Its cards eth0, eth1 ... are the ends of cables: files of sockets below `room`, so they reach no network of this machine."""

    def __init__(self, name, room, image, product, cards, cables, accelerator):
        self.name, self.room = name, f'{room}/{name}'
        os.makedirs(self.room)
        run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', f'{image}/disk', f'{self.room}/disk'])
        arguments = [
            'qemu-system-x86_64', '-accel', accelerator, '-cpu', 'max', '-smp', '1', '-m', str(MEMORY),
            '-nodefaults', '-no-user-config', '-display', 'none', '-kernel', f'{image}/kernel', '-initrd', f'{image}/initrd',
            '-append', 'root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off no_timer_check random.trust_cpu=on',
            '-serial', f'file:{self.room}/console', '-drive', f'file={self.room}/disk,if=virtio,cache=unsafe',
            '-drive', f'file={product},if=virtio,format=raw,readonly=on', '-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci',
            '-chardev', f'socket,id=agent,path={self.room}/agent,server=on,wait=off',
            '-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0', '-qmp', f'unix:{self.room}/qmp,server=on,wait=off']
        for n in range(cables):
            here, there = f'{room}/cable{n}-{name}', f'{room}/cable{n}-{"node" if name == "world" else "world"}'
            arguments += ['-netdev', f'dgram,id=cable{n},local.type=unix,local.path={here},remote.type=unix,remote.path={there}']
        for n in range(cards):
            arguments += ['-device', f'virtio-net-pci,netdev=cable{n},id=card{n},mac={self.mac(n)}']
        # Whatever becomes of the trial, the machine ends with it.
        self.qemu = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', '--', *arguments], stdin=subprocess.DEVNULL,
                                     stdout=open(f'{self.room}/qemu', 'w'), stderr=subprocess.STDOUT)
        self.control = self.connect('qmp')
        self.control.settimeout(900)
        self.lines = self.control.makefile('rw')
        self.lines.readline()
        self.qmp('qmp_capabilities')
        self.agent = self.connect('agent')
        self.buffer, self.number = b'', 0

    def mac(self, n):
        return f'52:54:00:00:{1 if self.name == "world" else 2:02x}:{n:02x}'

    def connect(self, what):
        end = time.monotonic() + 20
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(f'{self.room}/{what}')
                return s
            except OSError:
                s.close()
                if self.qemu.poll() is not None or time.monotonic() > end:
                    raise MachineError(f'{self.name} does not start: {open(f"{self.room}/qemu").read()}')
                time.sleep(0.02)

    # What is done to the machine.

    def qmp(self, command, **arguments):
        self.lines.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if 'error' in answer:
                raise MachineError(f'{self.name}: {command}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return answer['return']

    def monitor(self, line):
        said = self.qmp('human-monitor-command', **{'command-line': line}).strip()
        if said:
            raise MachineError(f'{self.name}: {line}: {said}')

    def save(self):
        self.run('sync')
        self.monitor('savevm ready')

    def restore(self):
        """Memory and disk as they were saved; an open conversation with the agent is lost by that."""
        self.monitor('loadvm ready')
        self.await_agent()
        self.run(f'date -s @{time.time():.0f}')

    def carrier(self, n, is_on):
        self.qmp('set_link', name=f'card{n}', up=is_on)

    def plug_in(self, n):
        self.qmp('device_add', driver='virtio-net-pci', netdev=f'cable{n}', id=f'card{n}', mac=self.mac(n))

    def unplug(self, n):
        self.qmp('device_del', id=f'card{n}')

    def stop(self):
        self.qemu.kill()
        self.qemu.wait()

    # What is done in it.

    def await_agent(self, patience=900):
        """A question that is sent before the agent is there is lost: it is sent again, and has a number by which its answer is known."""
        end, pause = time.monotonic() + patience, 1
        while time.monotonic() < end:
            self.number += 1
            self.buffer = b''
            self.agent.settimeout(60)
            # 0xff has the agent forget half a question.
            self.agent.sendall(b'\xff' + json.dumps({'execute': 'guest-sync', 'arguments': {'id': self.number}}).encode() + b'\n')
            again, pause = time.monotonic() + pause, min(2 * pause, 16)
            while (answer := self.read_answer(again)) is not None:
                if answer.get('return') == self.number:
                    return
        raise MachineError(f'{self.name} does not come up: {tail(f"{self.room}/console")}')

    def read_answer(self, until):
        while b'\n' not in self.buffer:
            self.agent.settimeout(max(0.001, until - time.monotonic()))
            try:
                data = self.agent.recv(1 << 20)
            except TimeoutError:
                return None
            if not data:
                raise MachineError(f'{self.name} is gone: {tail(f"{self.room}/qemu")}')
            self.buffer += data
        line, self.buffer = self.buffer.split(b'\n', 1)
        try:
            return json.loads(line.lstrip(b'\xff'))
        except ValueError:
            return {}

    def agent_command(self, command, **arguments):
        self.agent.settimeout(60)
        self.agent.sendall(json.dumps({'execute': command, 'arguments': arguments}).encode() + b'\n')
        answer = self.read_answer(time.monotonic() + 120)
        if answer is None or 'return' not in answer:
            raise MachineError(f'{self.name}: {command}: {answer}')
        return answer['return']

    def start(self, command, text=None):
        """Runs a shell's commands; what they say is for `end`."""
        more = {'input-data': base64.b64encode(text.encode()).decode()} if text is not None else {}
        environment = ['PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8', 'TERM=dumb', 'SYSTEMD_COLORS=0', 'SYSTEMD_PAGER=', 'HOME=/root']
        return self.agent_command('guest-exec', path='/bin/bash', arg=['-c', f'exec 2>&1\nset -eo pipefail\n{command}'], env=environment, **{'capture-output': True}, **more)['pid']

    def end(self, pid, patience=PATIENCE):
        """Exit status and output of what was started."""
        end, pause = time.monotonic() + patience, 0.02
        while True:
            status = self.agent_command('guest-exec-status', pid=pid)
            if status['exited']:
                return status.get('exitcode', 128 + status.get('signal', 0)), base64.b64decode(status.get('out-data', '')).decode(errors='replace')
            if time.monotonic() > end:
                return None, ''
            # Each question takes of the time of what it asks for.
            time.sleep(pause)
            pause = min(1.2 * pause, 0.5)

    def try_to(self, command, text=None, patience=PATIENCE):
        began = time.monotonic()
        status, said = self.end(self.start(command, text), patience)
        if os.environ.get('VERBOSE'):
            print(f'      [{self.name} {time.monotonic() - began:.1f} s] {" ".join(command.split())[:120]}', flush=True)
        if status is None:
            raise MachineError(f'{self.name}: this does not end: {command}\n' + self.end(self.start(WHAT_IS_DONE))[1])
        return status, said

    def run(self, command, text=None, patience=PATIENCE):
        status, said = self.try_to(command, text, patience)
        if status:
            raise MachineError(f'{self.name}: exit status {status} of: {command}\n{said}')
        return said

    def write(self, path, text, mode='644'):
        self.run(f'mkdir -p "$(dirname {path})" && cat >{path} && chmod {mode} {path}', text)

    def await_up(self, patience=900):
        self.await_agent(patience)
        state = self.try_to('systemctl is-system-running --wait', patience=patience)[1].strip()
        if state != 'running':
            raise MachineError(f'{self.name} is {state}: ' + self.try_to('systemctl --failed --no-legend; journalctl -b -p warning --no-pager | tail -n 20')[1])

    def reboot(self):
        boot = 'cat /proc/sys/kernel/random/boot_id'
        before = self.run(boot)
        # The answer comes behind the events of earlier reboots, each of which may have more than one RESET.
        self.qmp('query-status')
        # It takes the agent with it, who can say no more how this ended.
        self.start('systemctl reboot')
        while json.loads(self.lines.readline()).get('event') != 'RESET':
            pass
        self.await_up()
        if self.run(boot) == before:
            raise MachineError(f'{self.name} has not been booted anew')


def at_once(*functions):
    """What they return. The machines need not wait for each other."""
    with ThreadPoolExecutor() as pool:
        return [f.result() for f in [pool.submit(f) for f in functions]]


def run(command):
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode:
        raise MachineError(f'{command}: {p.stdout}{p.stderr}')
    return p.stdout


def tail(path):
    return '\n'.join(open(path, errors='replace').read().splitlines()[-20:])
