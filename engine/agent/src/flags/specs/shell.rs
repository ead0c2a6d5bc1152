//! The shell's own flags, and those that belong to the command line itself.

use super::super::spec::{cli, option, program, shell};
use super::super::{FlagSpec, Kind::*};

#[rustfmt::skip]
pub(super) static FLAGS: &[FlagSpec] = &[
    program("D", Bool, "false", "Be the daemon, whatever the program file is called"),
    program("S", Bool, "false", "Be the shell, whatever the program file is called"),
    program("flagfile", Text, "", "Read flags from a file, one a line"),
    program("h", Bool, "false", "Print this help"),
    program("help", Bool, "false", "Print this help"),
    program("undefok", Text, "", "Comma-separated names of unknown flags to put up with"),
    program("version", Bool, "false", "Print the version"),

    cli("root", Text, "", "Answer about the machine whose files lie under this directory (a mounted image, a container), not about this one"),
    option("nullvalue", Text, "", "Text printed for NULL"),

    shell("A", Text, "", "Print all rows of a table and leave"),
    shell("L", Bool, "false", "Print the names of all tables and leave"),
    shell("check_query", Text, "", "Tell what is wrong with a query, what it uses and what it gives, without running it"),
    shell("connect", Text, "", "Ask the agent behind an extension socket"),
    shell("csv", Bool, "false", "Print rows as separated values"),
    shell("extension", Text, "", "Start an extension for this shell"),
    shell("header", Bool, "true", "Begin lists, columns and separated values with the column names"),
    shell("json", Bool, "false", "Print rows as JSON, one row a line"),
    shell("json_pretty", Bool, "false", "Print rows as JSON, one value a line"),
    shell("line", Bool, "false", "Print one value a line"),
    shell("list", Bool, "false", "Print rows as values with a separator between, without quoting"),
    shell("output", Text, "", "File that results are written to (- is standard output)"),
    shell("pack", Text, "", "Run the queries of a pack of the configuration"),
    shell("planner", Bool, "false", "Tell how SQLite plans a query and what the tables do for it"),
    shell("profile", Int32, "0", "Run the query this many times and print no rows"),
    shell("profile_pack", Text, "", "File with a pack or a configuration: run each of its queries in a process of its own, and print what they cost"),
    shell("profile_query", Text, "", "Comma-separated queries that --profile_pack measures, and no others (--pack NAME chooses a pack)"),
    shell("profile_rounds", Uint64, "3", "How many times --profile_pack runs each query"),
    shell("profile_timeout", Uint64, "60", "Seconds that a run of --profile_pack may take; 0 is any time"),
    shell("query", Text, "", "Query to run"),
    shell("query_file", Text, "", "File with the queries to run"),
    shell("separator", Text, "|", "Stands between the values of lists and separated values"),
];
