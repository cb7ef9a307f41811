# Completion of srcroute(8) for fish.

complete -c srcroute -f

complete -c srcroute -n __fish_use_subcommand -a bootstrap -d 'Make tables and rules, at boot'
complete -c srcroute -n __fish_use_subcommand -a sync -d 'Repair tables and rules'
complete -c srcroute -n __fish_use_subcommand -a confirm -d 'Keep a change made with --confirm'
complete -c srcroute -n __fish_use_subcommand -a status -d 'Show sources, tables and rules, and what is wrong'
complete -c srcroute -n __fish_use_subcommand -a explain -d 'Show how a request is answered, and why so'
complete -c srcroute -n __fish_use_subcommand -a observe -d 'Show which card answers real requests, by their packets'
complete -c srcroute -n __fish_use_subcommand -a report -d 'Write a file with all that is needed to get help'
complete -c srcroute -n __fish_use_subcommand -a teardown -d 'Remove every route, rule and name that srcroute made'
complete -c srcroute -n __fish_use_subcommand -a adopt -d 'Take over tables and rules made by hand'
complete -c srcroute -n __fish_use_subcommand -a watch -d 'Keep tables and rules correct'
complete -c srcroute -n __fish_use_subcommand -a conflist -d 'Add the plugin to a runtime\'s conflist'
complete -c srcroute -n __fish_use_subcommand -a install -d 'Put srcroute on the node'
complete -c srcroute -n __fish_use_subcommand -a uninstall -d 'Remove all that install and srcroute made'
complete -c srcroute -n __fish_use_subcommand -a version -d 'Print the version'
complete -c srcroute -n __fish_use_subcommand -a help -d 'Tell more about a command'

complete -c srcroute -n '__fish_seen_subcommand_from bootstrap' -l wait -x -d 'Wait for addresses that come late, so many seconds'
complete -c srcroute -n '__fish_seen_subcommand_from bootstrap sync teardown install' -l confirm -x -d 'Undo it unless it is confirmed, after so many seconds'
complete -c srcroute -n '__fish_seen_subcommand_from bootstrap sync adopt install' -l force -d 'Write although a connection of the node changes its way'
complete -c srcroute -n '__fish_seen_subcommand_from bootstrap sync status explain observe report adopt watch' -l config -r -F -d 'The configuration'
complete -c srcroute -n '__fish_seen_subcommand_from sync teardown adopt install uninstall' -l dry-run -d 'Change nothing, print what would be done'
complete -c srcroute -n '__fish_seen_subcommand_from status' -l watcher -d 'Whether the watcher works'
complete -c srcroute -n '__fish_seen_subcommand_from status explain observe' -s o -x -a json -d 'Print for machines'
complete -c srcroute -n '__fish_seen_subcommand_from report' -l anonymous -d 'Replace the addresses of the node'
complete -c srcroute -n '__fish_seen_subcommand_from report' -F
complete -c srcroute -n '__fish_seen_subcommand_from explain' -l card -x -a '(ls /sys/class/net)' -d 'The card the request comes in by'
complete -c srcroute -n '__fish_seen_subcommand_from explain' -l proto -x -a 'tcp udp' -d 'The protocol'
complete -c srcroute -n '__fish_seen_subcommand_from watch' -l conflist -r -F -d 'Keep the plugin\'s entry in this conflist'
complete -c srcroute -n '__fish_seen_subcommand_from watch' -l metrics-file -r -F -d 'Write metrics for node_exporter'
complete -c srcroute -n '__fish_seen_subcommand_from watch' -l metrics-listen -x -d 'Answer with metrics at this address of the loopback device'
complete -c srcroute -n '__fish_seen_subcommand_from install uninstall' -l root -x -a '(__fish_complete_directories)' -d 'Work in the tree of files below a directory'
complete -c srcroute -n '__fish_seen_subcommand_from conflist; and not __fish_seen_subcommand_from add remove check' -a 'add remove check'
complete -c srcroute -n '__fish_seen_subcommand_from conflist; and __fish_seen_subcommand_from add remove check' -F
complete -c srcroute -n '__fish_seen_subcommand_from help' -a 'bootstrap sync confirm status explain observe report teardown adopt watch conflist install uninstall version'
