//! What the program says of itself.

/// Of everything.
pub(crate) const ALL: &str = "\
Proves that an agent answers right about machines: this one (plumb, in process), or any that speaks osquery's language.

usage: cargo conform [COMMAND] [OPTION]...

  run         prove, and write a report (the default)
  diff        compare two agents, table by table and query by query
  replay      run a case again
  shrink      make a case smaller
  record      make a fixture host from this very one
  ask         ask one question, over virtual tables and over plain copies of them
  list        suites, oracles, tables and fixture hosts
  completion  a script that completes this command line in a shell

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

examples:
  cargo conform                                         this agent, on this host and on the fixture hosts
  cargo conform --table users,groups --time 20          two tables, for a moment
  cargo conform --suite live                            against ps, ss, ip, getent and the others
  cargo conform --agent osqueryi                        another agent, with nothing but SQL
  cargo conform --agent plumbi --host debian-server     over a fixture host, against its recorded answers too

An agent that crashes, hangs or prints what is not JSON is a finding, with the statement that made it so. Tables that are
large, slow or often in trouble are left out of random questions: the skips tell which.
";

const ASK: &str = "\
Asks one question, over virtual tables and over plain copies of them, and says whether they agree.

usage: cargo conform ask SQL [OPTION]...

  --host NAME|PATH     about this fixture host instead of this very one

example:
  cargo conform ask 'SELECT username FROM users WHERE uid IN (0, 1)' --host debian-server
";

const LIST: &str = "\
Shows the suites, the oracles and what they find, the tables and the fixture hosts.

usage: cargo conform list
";

const DIFF: &str = "\
Compares two agents: schemas, the rows of every table, recorded questions and random ones. Reports as run does.

usage: cargo conform diff --a AGENT --b AGENT [OPTION]...

  --a AGENT            embedded (this agent, in process), embedded:FIXTURE, or a command like osqueryi
  --b AGENT            the other one
  --host NAME|PATH     both about this fixture host; {root} in a command stands for its directory, else --root is added
  --table NAME[,...]   only these tables
  --seed N             the first seed of random queries (default 0)
  --count N            how many random queries (default 400)
  --time SECONDS       how long it may take (default 110)
  --report DIR         where the report goes (default target/conform)

Both are asked twice, in turns. What an agent says twice, the other must say in between; what changes by itself is left
out, and counted. On this very host a difference counts only if the same rows show it in three rounds.

examples:
  cargo conform diff --a osqueryi --b embedded
  cargo conform diff --a 'plumbi-old --root {root}' --b plumbi --host debian-server --table users,groups
";

const REPLAY: &str = "\
Runs a case again and shows what came of it: one of the repository, or one that a run has found.

usage: cargo conform replay FILE.case [OPTION]...

  --agent CMD          ask this agent; {root} stands for the directory of the case's host, else --root is added

example:
  cargo conform replay target/conform/findings/001-tlp.case
";

const SHRINK: &str = "\
Makes a case smaller: the query and the host, as long as it fails in the same way.

usage: cargo conform shrink FILE.case [OPTION]...

  --agent CMD          ask this agent; {root} stands for the directory of the case's host, else --root is added
  --output FILE        where the smaller case goes (default: it is printed)

example:
  cargo conform shrink target/conform/findings/001-tlp.case --output conformance/corpus/what-went-wrong.case
";

const RECORD: &str = "\
Makes a fixture host from this very one: what the tables read, and what they say about that.

usage: cargo conform record DIR|FILE

DIR becomes a fixture host with recorded answers, for --host DIR. A file NAME.txt becomes the host as text, any other
(NAME.tar.gz) its tree; both do for --host too. It holds what was read,
/etc/shadow and keys too: look through it before others see it.

example:
  cargo conform record /tmp/my-host && cargo conform --host /tmp/my-host
";

const COMPLETION: &str = "\
Prints a script that completes this command line.

usage: cargo conform completion bash|zsh|fish

example, for the program itself (cargo install --path conformance --bin conform):
  source <(conform completion bash)
";

/// Every command and its text.
pub(crate) const COMMANDS: &[(&str, &str)] = &[
    ("run", RUN),
    ("diff", DIFF),
    ("replay", REPLAY),
    ("shrink", SHRINK),
    ("record", RECORD),
    ("ask", ASK),
    ("list", LIST),
    ("completion", COMPLETION),
];

/// The long options that a text explains.
pub(crate) fn options(text: &str) -> Vec<String> {
    let word = |line: &str| {
        let name: String =
            line.trim_start().strip_prefix("--")?.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        Some(name)
    };
    text.lines().filter_map(word).collect()
}
