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
        name: "determinism",
        law: "Asked twice about a host that does not change, an agent answers twice the same.",
        finds: "answers that depend on the order of a hash map, on what was asked before, or on a race",
        history: "scheduled queries that logged rows as removed and added again, since a list of flags inside a column came in another order",
        needs: Needs::Sql,
    },
    Oracle {
        name: "model_roundtrip",
        law: "SQL over a machine that was rendered from a model answers what the model says.",
        finds: "names cut at a space or a parenthesis, escapes left as they are, swapped columns, cut numbers, lost lines",
        history: "programs called `) R 1` that hid from agents which split /proc/PID/stat at spaces",
        needs: Needs::Host,
    },
    Oracle {
        name: "parser_agreement",
        law: "The analysis of SQL finds the tables and columns that SQLite's authorizer sees, and errors where SQLite finds some.",
        finds: "scopes that are one too many or too few, quirks of SQLite forgotten, grammar that one of both does not have",
        history: "linters that called correct queries wrong, and permission checks that missed a column read inside a view",
        needs: Needs::Code,
    },
    Oracle {
        name: "tlp",
        law: "The rows for which a condition is true, false and unknown are together all rows.",
        finds: "rows lost, doubled or made up by what conditions are turned into",
        history: "SQLancer found partial indexes whose condition SQLite believed where it was unknown",
        needs: Needs::Sql,
    },
];

/// An oracle by its name.
#[must_use]
pub fn oracle(name: &str) -> Option<&'static Oracle> {
    ORACLES.iter().find(|oracle| oracle.name == name)
}
