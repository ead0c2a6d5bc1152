//! What each oracle is good for, as people meet it: in `conform list`, in the report, in options.

/// An oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Its name.
    pub name: &'static str,
    /// The law, in a sentence.
    pub law: &'static str,
    /// The class of bugs that it finds.
    pub finds: &'static str,
    /// A bug of this class that was met in a system of this kind.
    pub history: &'static str,
    /// What it needs of an agent.
    pub needs: Needs,
}

/// What an oracle needs of the agent it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Answers to SQL: any agent will do, through its shell or its socket.
    Sql,
    /// A host that the harness chooses: this agent in process, or one that can be given a directory as its host.
    Host,
    /// The agent's own code.
    Code,
}

/// All of them, by name.
pub static ORACLES: &[Oracle] = &[
    Oracle {
        name: "budget",
        law: "A statement that would never end or take all memory is stopped in time, and the next one is answered.",
        finds: "loops that nobody interrupts, memory that nobody counts, stacks that overflow, engines that are of no use afterwards",
        history: "osquery's regex_split('…', '(.*/)|', 1) used a CPU for ever (#5443), and long alternations overflowed the stack of std::regex (#6267)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "collation_affinity",
        law: "A comparison, join, order or group under a collation, a cast or a plus gives what computing it for every row gives.",
        finds: "columns without case that are looked up with it, explicit collations that a lookup ignores, values whose type changes on the way to a table",
        history: "osquery declared values that have no case as if they had, until columns could be COLLATE NOCASE (#7680); its registry table still looked names up letter by letter (#9079)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "config_roundtrip",
        law: "A configuration that was written from a model reads back as the model, and what is odd about it is told where it stands.",
        finds: "settings that are lost beside others, places that are off behind comments and joined lines, texts that are taken and mean nothing",
        history: "osquery takes an interval of 1.5 for one of 4609434218613702656 seconds, and drops a query that is written as a list without a word",
        needs: Needs::Code,
    },
    Oracle {
        name: "determinism",
        law: "Asked twice about a host that does not change, an agent answers twice the same.",
        finds: "answers that depend on the order of a hash map, on what was asked before, or on a race",
        history: "a LEFT JOIN of startup_items with hash gave other rows when osquery ran it a second time (#3915)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "diff_replay",
        law: "The rows that a log adds and removes, applied to the result before, give the result that is there, over crashes too.",
        finds: "rows that are lost or logged twice when they repeat, when columns change or when the agent dies; values that do not read back",
        history: "osquery logs rows with some doubles as removed and added at every run, since what it stores of them does not read back as the same number",
        needs: Needs::Code,
    },
    Oracle {
        name: "ground_truth",
        law: "What a table says of this machine is what an independent program says of it at the same time.",
        finds: "whole tables that misread their source, wherever model, fixture and parser share one mistake",
        history: "osquery's logged_in_users answered `type = 'user'` with the row of a runlevel (#5320)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "limit_prefix",
        law: "LIMIT and OFFSET give as many rows as they say, of those that the whole answer has, at that place of its order.",
        finds: "rows that are cut before a condition was applied to them, limits and offsets counted twice, orders that are believed",
        history: "virtual tables of better-sqlite3 took LIMIT and OFFSET for conditions on their columns (#872), and Perfetto let SQLite apply an offset that the table had applied (#1933)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "materialized",
        law: "The same query over virtual tables and over plain copies of them gives the same rows.",
        finds: "rows lost or doubled by pushdown, IN lists, OR splitting and caching; wrong affinity of hashed joins; wrong column masks",
        history: "`directory COLLATE NOCASE IN ('/etc', '/ETC')` chose the files of /ETC only, since SQLite keeps one of the values that are equal: found here, in this agent",
        needs: Needs::Host,
    },
    Oracle {
        name: "model_roundtrip",
        law: "SQL over a machine that was rendered from a model answers what the model says.",
        finds: "names cut at a space or a parenthesis, escapes left as they are, swapped columns, cut numbers, lost lines",
        history: "programs called `) R 1` that hid from agents which split /proc/PID/stat at spaces",
        needs: Needs::Host,
    },
    Oracle {
        name: "never_panics",
        law: "Whatever is asked, and whatever files, flags and texts say, there is an answer or an error, and the next question is answered.",
        finds: "panics and overflows on malformed input, caught or not; parsers that disagree with themselves; functions that keep what they made of another row",
        history: "`SELECT match('', repeat('(', 100000))` overflowed the stack of a ClickHouse server, and ended it (#52403)",
        needs: Needs::Code,
    },
    Oracle {
        name: "norec",
        law: "As many rows pass a condition in WHERE or ON as fulfil it when it is computed for every row.",
        finds: "lookups that miss or double rows, conditions that are believed but not applied, counts that are not counted",
        history: "queries that leave the optimizer nothing to do found some fifty optimizer bugs in SQLite and other databases that had been tested for years",
        needs: Needs::Sql,
    },
    Oracle {
        name: "one_picture",
        law: "A statement sees one state of each table, however often it reads it.",
        finds: "statements that see two states of a host, keys that a lookup does not find in the spelling of a listing, rows reused from another call",
        history: "osquery ran a table once for every value of an IN list (#5379): eight readings of a changing host in one answer",
        needs: Needs::Sql,
    },
    Oracle {
        name: "parser_agreement",
        law: "What SQLite prepares, the analysis parses, and finds the tables and columns that SQLite's authorizer saw; what SQLite refuses as syntax, it refuses too.",
        finds: "grammar that the analysis does not know, names that it resolves in another scope, errors that it misses or makes up",
        history: "linters that took a column of a subquery for one of the outer table, and warned of correct queries",
        needs: Needs::Code,
    },
    Oracle {
        name: "projection",
        law: "A column's values do not depend on which others are asked for, nor does the number of rows.",
        finds: "columns that are filled only when their neighbour is read, rows left out because nothing of them was asked for",
        history: "osquery's cache of a table did not look at which columns it held: after a query for names, command lines were empty (#6510)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "pushdown",
        law: "Every form in which SQL can ask for the rows with a value, in a range or of a pattern gives the same rows.",
        finds: "rows lost or doubled in one form only: IN lists, OR, joins, outer joins, compounds, row values, subqueries, tests for NULL",
        history: "osquery's launchd table had 590 rows by name and none by `path LIKE '/System/%'`, a constraint that it used and did not understand (#3760)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "recorded",
        law: "Answers about fixture hosts are those that were recorded of osquery, or differ for a stated reason.",
        finds: "everything that people who come from osquery would stumble over",
        history: "osquery came to refuse several LIKE on a required column, and packs that had run before failed with `constraint failed` (#5503)",
        needs: Needs::Host,
    },
    Oracle {
        name: "schema_truth",
        law: "Values have the type that their column declares, keys of text are known, and `*` gives the columns that are not hidden.",
        finds: "text in columns of numbers, keys that are NULL although they are declared not to be, hidden columns that show",
        history: "osquery filled columns for kill system calls that process_events does not declare, so that nobody could see them (#7362)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "seek_subset",
        law: "Of all rows of a table, those with a value are found when they are asked for by it.",
        finds: "indexes that miss rows, keys that a lookup normalises in another way than a listing",
        history: "a user whom logged_in_users knew in other letters was not found in osquery's users (#8487)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "tlp",
        law: "The rows for which a condition is true, false and unknown are together all rows; so for joins, groups and sums.",
        finds: "rows lost, doubled or made up by what conditions are turned into",
        history: "SQLancer found partial indexes whose condition SQLite believed where it was unknown",
        needs: Needs::Sql,
    },
    Oracle {
        name: "types",
        law: "Columns of numbers hold numbers or nothing, and a value's type does not depend on how it is reached.",
        finds: "the empty text or -1 where a number is unknown, numbers that sort as text",
        history: "osquery gave -1 for numbers that it could not read, which some columns mean (#1910); Fleet found empty texts where it expected integers (kolide/fleet#1522)",
        needs: Needs::Sql,
    },
    Oracle {
        name: "whole_rows",
        law: "A row about a process tells of one process, also when its id is given to another one while it is read.",
        finds: "files of a process that are read by path, one after the other, and so from two processes",
        history: "the Rust library sysinfo refreshed half of what it knew of an id when another process had got it (#805)",
        needs: Needs::Host,
    },
];

/// Other names: of fuzz targets, and of files that hold several oracles or a part of one.
static ALIASES: &[(&str, &str)] = &[
    ("analysis", "parser_agreement"),
    ("config", "config_roundtrip"),
    ("differ", "diff_replay"),
    ("flags", "never_panics"),
    ("formats", "never_panics"),
    ("functions", "never_panics"),
    ("generated", "materialized"),
    ("host_model", "model_roundtrip"),
    ("hostile", "never_panics"),
    ("sql_generated", "materialized"),
    ("sql_text", "never_panics"),
    ("statements", "never_panics"),
    ("table_laws", "seek_subset"),
    ("tables", "never_panics"),
];

/// An oracle by its name or another name.
#[must_use]
pub fn oracle(name: &str) -> Option<&'static Oracle> {
    let known = |name: &str| ORACLES.iter().find(|oracle| oracle.name == name);
    known(name).or_else(|| known(ALIASES.iter().find(|(other, _)| *other == name)?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::{QUESTIONS, TARGETS};
    use std::path::Path;

    /// What is no oracle.
    const HELPERS: [&str; 4] = ["catalogue", "mod", "question", "tally"];
    /// Where those are that are not a file of this folder.
    const ELSEWHERE: [(&str, &str); 2] = [("ground_truth", "../truth/mod.rs"), ("never_panics", "hostile.rs")];

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/oracles")
    }

    #[test]
    fn every_file_is_an_oracle_and_every_oracle_a_file() {
        let files = std::fs::read_dir(folder()).expect("the folder of oracles");
        let names =
            files.map(|file| file.expect("a file").path()).filter(|path| path.extension().is_some_and(|e| e == "rs"));
        for name in names.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()) {
            assert!(HELPERS.contains(&name.as_str()) || oracle(&name).is_some(), "{name}.rs is not in the catalogue");
        }
        for Oracle { name, .. } in ORACLES {
            let place = ELSEWHERE.iter().find(|(other, _)| other == name).map(|(_, path)| (*path).to_owned());
            let place = folder().join(place.unwrap_or_else(|| format!("{name}.rs")));
            assert!(place.exists(), "{name} is in the catalogue, and {} is not there", place.display());
        }
    }

    #[test]
    fn entries_say_something() {
        assert!(ORACLES.is_sorted_by_key(|oracle| oracle.name), "in the order of names");
        for Oracle { name, law, finds, history, .. } in ORACLES {
            assert!(law.ends_with('.') && law.len() > 40, "{name}: {law}");
            assert!(finds.len() > 40 && history.len() > 40, "{name}");
        }
        for (name, needs) in QUESTIONS.iter().map(|(name, _)| (name, Needs::Sql)) {
            assert_eq!(oracle(name).map(|oracle| oracle.needs), Some(needs), "{name}");
        }
        for (name, _) in TARGETS {
            assert!(oracle(name).is_some(), "the fuzz target {name} has no law");
        }
        for (name, target) in ALIASES {
            assert!(ORACLES.iter().all(|oracle| oracle.name != *name), "{name} is an oracle of its own");
            assert!(oracle(target).is_some(), "{name} stands for {target}");
        }
    }
}
