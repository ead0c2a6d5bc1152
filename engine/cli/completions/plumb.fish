# Completion of the flags of plumbi and plumbd for fish: what the program's own help lists, so that it is never out of date.
# Put it into ~/.config/fish/completions/ as plumbi.fish and plumbd.fish, or source it.
function __plumb_flags
    set -l program (commandline -opc)[1]
    $program --help 2>/dev/null | string replace -r '^    (--\w+) [A-Z]+ +' '    $1=  ' | string replace -rf '^    (--\w+=?) +' '$1'\t
end
# Other words, and the values of flags, are completed as files.
complete -c plumbi -c plumbd -n 'string match -q -- "-*" (commandline -ct)' -a '(__plumb_flags)'
