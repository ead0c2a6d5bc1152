//! `conform completion`: what shells need to complete the command line.

use crate::help;
use plumb_conformance::fixtures::{Fixture, folder};
use plumb_conformance::run::{SUITES, oracles};
use plumb_schema::{AnyTable, Platforms};

/// The shells.
pub(crate) const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Options whose values are known, and the values.
fn values() -> Vec<(&'static str, Vec<String>)> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    let registry = plumb_tables::registry();
    let hosts = Fixture::all(&folder()).unwrap_or_default().into_iter().map(|fixture| fixture.name).collect();
    vec![
        ("suite", owned(SUITES.iter().map(|suite| suite.name).collect())),
        ("oracle", owned(oracles())),
        ("table", owned(registry.on(Platforms::CURRENT).map(AnyTable::name).collect())),
        ("host", hosts),
    ]
}

fn options(text: &str) -> String {
    help::options(text).iter().map(|name| format!("--{name}")).collect::<Vec<_>>().join(" ")
}

pub(crate) fn script(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(format!("autoload -U +X bashcompinit && bashcompinit\n{}", bash())),
        "fish" => Some(fish()),
        _ => None,
    }
}

/// Where no words are offered, the shell offers files.
fn bash() -> String {
    let names: Vec<&str> = help::COMMANDS.iter().map(|(name, _)| *name).collect();
    let known: String = values()
        .iter()
        .map(|(option, values)| format!("    --{option}) words=\"{}\" ;;\n", values.join(" ")))
        .collect();
    let commands: String =
        help::COMMANDS.iter().map(|(name, text)| format!("        {name}) words=\"{}\" ;;\n", options(text))).collect();
    // Options of run need no command.
    let run =
        help::COMMANDS.iter().find(|(name, _)| *name == "run").map_or_else(String::new, |(_, text)| options(text));
    let (names, shells) = (names.join(" "), SHELLS.join(" "));
    format!(
        "_conform() {{
  local words=\"\" last=\"${{COMP_WORDS[COMP_CWORD-1]}}\" word=\"${{COMP_WORDS[COMP_CWORD]}}\"
  COMPREPLY=()
  case \"$last\" in
{known}    completion) words=\"{shells}\" ;;
    --steady) ;;
    --*) return ;;
  esac
  if [ -z \"$words\" ]; then
    case \"$word\" in
    -*)
      case \"${{COMP_WORDS[1]}}\" in
{commands}        *) words=\"{run}\" ;;
      esac ;;
    *) [ \"$COMP_CWORD\" = 1 ] && words=\"{names}\" ;;
    esac
  fi
  [ -n \"$words\" ] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))
}}
complete -o default -F _conform conform
"
    )
}

/// Files are offered where they are asked for: fish offers them everywhere unless told.
fn fish() -> String {
    let mut script = "complete -c conform -f\n".to_owned();
    let known = values();
    for (name, text) in help::COMMANDS {
        script += &format!("complete -c conform -n __fish_use_subcommand -a {name}\n");
        // Options of run need no command.
        let seen = format!("__fish_seen_subcommand_from {name}");
        let when = if *name == "run" { format!("{seen}; or __fish_use_subcommand") } else { seen };
        for option in help::options(text) {
            let values = known.iter().find(|(known, _)| *known == option);
            let values = values.map_or_else(String::new, |(_, values)| format!(" -a '{}'", values.join(" ")));
            let takes = match option.as_str() {
                "steady" => "",
                "suite" | "oracle" | "table" | "seed" | "count" | "time" | "jobs" => " -x",
                _ => " -r -F",
            };
            script += &format!("complete -c conform -n '{when}' -l {option}{takes}{values}\n");
        }
    }
    script += &format!("complete -c conform -n '__fish_seen_subcommand_from completion' -a '{}'\n", SHELLS.join(" "));
    script += "complete -c conform -n '__fish_seen_subcommand_from replay shrink record' -F\n";
    script
}
