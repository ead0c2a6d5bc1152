//! `conform completion`: what shells need to complete the command line.

use crate::help;

/// The shells.
pub(crate) const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

pub(crate) fn script(shell: &str) -> Option<String> {
    let names: Vec<&str> = help::COMMANDS.iter().map(|(name, _)| *name).collect();
    let words = |text| help::options(text).iter().map(|name| format!("--{name}")).collect::<Vec<_>>().join(" ");
    let cases: String =
        help::COMMANDS.iter().map(|(name, text)| format!("    {name}) words=\"{}\" ;;\n", words(text))).collect();
    // Options of run need no command.
    let run = help::COMMANDS.iter().find(|(name, _)| *name == "run").map_or_else(String::new, |(_, text)| words(text));
    let first = format!("{} {run}", names.join(" "));
    let bash = format!(
        "_conform() {{\n  local words\n  case \"${{COMP_WORDS[1]}}\" in\n{cases}    *) words=\"{first}\" ;;\n  esac\n  \
         [ \"$COMP_CWORD\" = 1 ] && words=\"{first}\"\n  \
         COMPREPLY=($(compgen -o default -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n}}\ncomplete -o default -F _conform conform\n"
    );
    match shell {
        "bash" => Some(bash),
        "zsh" => Some(format!("autoload -U +X bashcompinit && bashcompinit\n{bash}")),
        "fish" => {
            let mut script = String::new();
            for (name, text) in help::COMMANDS {
                script += &format!("complete -c conform -n __fish_use_subcommand -a {name}\n");
                for option in help::options(text) {
                    script += &format!("complete -c conform -n '__fish_seen_subcommand_from {name}' -l {option}\n");
                }
            }
            Some(script)
        }
        _ => None,
    }
}
