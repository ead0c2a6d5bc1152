//! What the program says of itself.

/// Of everything.
pub(crate) const ALL: &str = "\
Proves that an agent answers right about machines: this one (plumb, in process), or any that speaks osquery's language.

usage: cargo conform [COMMAND] [OPTION]...

  run      prove, and write a report (the default)
  ask      ask one question, over virtual tables and over plain copies of them
  list     suites, oracles, tables and fixture hosts

cargo conform COMMAND --help tells more.

exit code: 0 nothing failed, 1 something did, 2 the command line is wrong or nothing could be done
";

const RUN: &str = "\
Proves the agent and writes a report to target/conform.

usage: cargo conform [run] [OPTION]...

what is proved:
  --agent CMD          another agent, by its command line: any that takes --json and SQL as osqueryi does
  --host NAME|PATH     only this fixture host, the folder of one, or a directory that is a machine's root
  --steady             the agent's host does not change by itself: what differs between two answers is a failure
how:
  --suite NAME[,NAME]  only these suites; see cargo conform list
  --oracle NAME[,...]  only these oracles
  --table NAME[,...]   only these tables
  --seed N             the first seed of random trials (default 0)
  --count N            as many seeds for every random oracle, instead of as many as time allows
  --time SECONDS       how long it may take (default 110); a report comes in time even if something hangs
  --jobs N             workers (default 2)
  --report DIR         where the report goes (default target/conform)

It writes index.html (a page to read), junit.xml, trials.jsonl (everything that was judged) and findings/*.case.
";

const ASK: &str = "\
Asks one question, over virtual tables and over plain copies of them, and says whether they agree.

usage: cargo conform ask SQL [OPTION]...

  --host NAME|PATH     about this fixture host instead of this very one
";

const LIST: &str = "\
Shows the suites, the oracles and what they find, the tables and the fixture hosts.

usage: cargo conform list
";

/// Every command and its text.
pub(crate) const COMMANDS: &[(&str, &str)] = &[("run", RUN), ("ask", ASK), ("list", LIST)];

/// The long options that a text explains.
pub(crate) fn options(text: &str) -> Vec<String> {
    let word = |line: &str| {
        let name: String =
            line.trim_start().strip_prefix("--")?.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        Some(name)
    };
    text.lines().filter_map(word).collect()
}
