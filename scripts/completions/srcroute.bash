# Completion of srcroute(8) for bash.

_srcroute() {
    local word=$2 previous=$3 verb=${COMP_WORDS[1]-} words='' what=''
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words='bootstrap sync confirm status explain observe report teardown adopt watch conflist install uninstall version help'
    else
        case $previous in
            --config | --conflist | --metrics-file) what=file ;;
            --root) what=directory ;;
            --wait | --confirm | --metrics-listen | --card) return ;;
            -o) words=json ;;
            --proto) words='tcp udp' ;;
            *)
                case $verb in
                    bootstrap) words='--wait --confirm --force --config' ;;
                    sync) words='--dry-run --confirm --force --config' ;;
                    adopt) words='--dry-run --force --config' ;;
                    status) words='-o --config --watcher' ;;
                    explain) words='--proto --card -o --config' ;;
                    observe) words='-o --config' ;;
                    report) if [[ $word == -* ]]; then words='--anonymous --config'; else what=file; fi ;;
                    teardown) words='--dry-run --confirm' ;;
                    watch) words='--config --conflist --metrics-file --metrics-listen' ;;
                    conflist) if ((COMP_CWORD == 2)); then words='add remove check'; else what=file; fi ;;
                    install) words='--root --dry-run --confirm --force' ;;
                    uninstall) words='--root --dry-run' ;;
                    help) if ((COMP_CWORD == 2)); then words='bootstrap sync confirm status explain observe report teardown adopt watch conflist install uninstall version'; fi ;;
                esac
                ;;
        esac
    fi
    if [[ $what ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -A "$what" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    fi
}
complete -F _srcroute srcroute
