# complete.zsh DIRECTORY WORDS...: prints what zsh completes each of WORDS to, with a blank line after each, by the functions in DIRECTORY.
# Completion needs a line editor, and that a terminal: a second zsh lives in one and tells what it would offer.
zmodload zsh/zpty
rooms=$(mktemp -d)
trap 'rm -rf $rooms' EXIT
cat >$rooms/.zshrc <<END
fpath=(${(q)1} \$fpath)
heard=$rooms/heard
END
cat >>$rooms/.zshrc <<'END'
autoload -Uz compinit && compinit -u -D
compadd() {
    # Questions of the completion system to itself are none of ours.
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -O hits "$@"
    if (($#hits)); then print -l -- $hits >>$heard; fi
    builtin compadd "$@"
}
has_ended() { : >$heard.ended }
zle -N has_ended
zle-line-init() { : >$heard.ended }
zle -N zle-line-init
bindkey '^I' complete-word
bindkey '^T' has_ended
PS1=
END
shift

export ZDOTDIR=$rooms
zpty shell zsh -d -i
await() {
    until [[ -e $rooms/heard.ended ]]; do
        zpty -r -t shell >/dev/null
        sleep 0.01
    done
    rm $rooms/heard.ended
}
await
for line; do
    : >$rooms/heard
    # The keys are obeyed one after the other; ^U takes the line away again.
    zpty -w -n shell "$line"$'\t\C-u\C-t'
    await
    sort -u $rooms/heard
    print
done
zpty -d shell
