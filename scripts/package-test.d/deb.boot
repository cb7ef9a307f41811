#!/usr/bin/env bash
# The package's life on a machine that runs: its services start, give way to newer ones and end with it. The machine is that of make e2e-boot.
# Runs as pid 1 of namespaces that deb made, so it has nothing to clean up.
set -euo pipefail
exec 2>&3 3>&-

tree=$1 old=$2 new=$3
parts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../e2e-boot.d")
mount -t tmpfs deb /run
cd /run
fail() {
    echo "deb: $*" >&2
    show_journal
    exit 1
}
source "$parts/../lib/marks"
source "$parts/machine"
source "$parts/wires"
source "$parts/../lib/verdicts"
root=$(realpath "$parts/../..")
source "$parts/../lib/readme"

start_wires
mkdir disk disk/upper disk/work root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=disk/upper,workdir=disk/work" root
mkdir root/root/dist
cp "$old" root/root/old.deb
cp "$new" root/root/dist
network eth0 <<<$'KeepConfiguration=static\nAddress=192.168.1.100/24\nGateway=192.168.1.1'
network eth1 <<<$'KeepConfiguration=static\nAddress=10.0.0.1/24'
chroot root systemctl --quiet enable systemd-networkd
chroot root systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer console-getty.service
boot eth0 eth1

dpkg() { inside env DEBIAN_FRONTEND=noninteractive dpkg "$@"; }
state() { inside systemctl is-active srcroute-bootstrap srcroute-watch | paste -sd' '; }
rules() { ip -n "boot$boots" rule show priority 32765 | grep "from [0-9]"; }
runs() {
    local before=${1-}
    [[ $(state) == 'active active' && $(rules | wc -l) == 2 && $(property srcroute-watch MainPID) != "$before" ]] || { state; rules; return 1; }
    inside srcroute status | head -n 1 | grep -x healthy
}
reads_drop_in() { inside systemd-analyze --no-pager cat-config systemd/networkd.conf | grep -x ManageForeignRoutingPolicyRules=no; }
upgrades() {
    look_now
    start_questions
    inside env DEBIAN_FRONTEND=noninteractive sh -euc "cd /root; $(readme_command 'dpkg ')"
    await_answers 21
    stop_questions
    echo "$answered answers to $asked questions at 10 ms"
    # A question may be on its way when the asking ends.
    ((asked > 20 && asked - answered <= 1)) && [[ ! $(seen | grep 'Deleted .*32765') ]]
}
is_gone() { [[ $(state) == 'inactive inactive' && ! $(rules) && ! $(ip -n "boot$boots" route show table all protocol 206) ]] || { state; rules; return 1; }; }

heading 'Installed on a machine that runs'
judge 'dpkg installs it' dpkg --install /root/old.deb
judge 'its services run, tables and rules are made' runs
judge 'systemd-networkd knows the drop-in' reads_drop_in
watcher=$(property srcroute-watch MainPID)
judge 'dpkg upgrades it: not one rule is removed, not one answer lost' upgrades
judge 'another watcher runs' runs "$watcher"
judge 'dpkg purges it' dpkg --purge srcroute
judge 'services, tables and rules are gone' is_gone
power_off
exit $wrong
