#!/bin/sh
# install.sh [uninstall] [--root DIR] [--dry-run]: puts srcroute on this node, or takes it away again. Run as root, from a checkout
# after make, or from an unpacked release. All there is to know about it: `srcroute help install`.
# SRCROUTE may name another binary.
set -eu

here=$(dirname "$(readlink -f "$0")")
for binary in "${SRCROUTE-}" "$here/srcroute" "$here/../dist/srcroute"; do
    if [ -f "$binary" ] && [ -x "$binary" ]; then
        case ${1-} in
            install | uninstall) ;;
            *) set -- install "$@" ;;
        esac
        # The binary is a plugin, too, and a runtime's variable would make it one.
        unset CNI_COMMAND
        "$binary" version >/dev/null 2>&1 || { echo "install.sh: $binary does not run on this machine, whose kind is $(uname -m)" >&2; exit 1; }
        exec "$binary" "$@"
    fi
done
echo "install.sh: there is no srcroute beside it, and no dist/srcroute; run make first" >&2
exit 1
