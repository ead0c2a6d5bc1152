# Completion of the flags of plumbi and plumbd for bash: what the program's own help lists, so that it is never out of date.
# Put it into /usr/share/bash-completion/completions/ as plumbi and plumbd, or source it.
_plumb() {
    local word=${COMP_WORDS[COMP_CWORD]} flags
    COMPREPLY=()
    # Values of flags are files more often than not: bash completes them by itself.
    if [[ $word == --* && $word != *=* ]]; then
        flags=$("$1" --help 2>/dev/null | sed -n 's/^    \(--[A-Za-z_]*\) [A-Z]\{1,\} .*/\1=/p; s/^    \(--[A-Za-z_]*\)  .*/\1/p')
        # Names are taken with - for _ too.
        word=${word#--}
        COMPREPLY=($(compgen -W "$flags" -- "--${word//-/_}"))
        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    fi
}
complete -o default -F _plumb plumbi plumbd
