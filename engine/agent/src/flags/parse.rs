//! The grammar of command lines and flag files.

use super::{FlagError, FlagSpec, Flags, Kind, Origin, ParseError, specs};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Reads a flag file. What it reads may be somebody else's.
pub type Read<'r> = dyn Fn(&str) -> io::Result<Cow<'r, [u8]>> + 'r;

/// The flag file that is read when the command line names none.
pub const DEFAULT_FLAG_FILE: &str = "/etc/osquery/osquery.flags.default";

/// How deep flag files may name one another.
const MAX_DEPTH: usize = 8;

/// How many flag files are read because others name them: files that name one another several times would be read for ever.
const MAX_FILES: usize = 100;

/// A command line, understood.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The flags.
    pub flags: Flags,
    /// What is no flag, in order.
    pub words: Vec<String>,
    /// Lines of flag files that set nothing: `FILE: LINE`.
    pub ignored: Vec<String>,
}

/// Understands a command line, without the program's name. `read` reads a flag file.
///
/// * `--name value`, `--name=value`; `--name` and `--noname` for switches; one dash or two.
/// * Words may stand between flags. After `--` everything is a word.
/// * The last of several settings wins; a flag file counts where it is named.
/// * In a flag file there is one flag a line, with its value after `=`; blank lines, lines that begin with `#`, lines
///   that are no flag and unknown names are left out. A file that is named while it is read is not read again.
///
/// # Errors
/// Unknown flags (that `--undefok` does not name), values that are none, a flag file that cannot be read.
pub fn parse<S: AsRef<str>>(args: &[S], read: &Read<'_>) -> Result<Parsed, ParseError> {
    let mut parser = Parser { read, files: 0, open: Vec::new(), out: Parsed::default(), errors: BTreeMap::new() };
    let names_a_file = args.iter().any(|arg| dashed(arg.as_ref()).is_some_and(|flag| flag.starts_with("flagfile")));
    if !names_a_file && let Ok(text) = read(DEFAULT_FLAG_FILE) {
        // That it is named is told, as with any other.
        parser
            .out
            .flags
            .set("flagfile", DEFAULT_FLAG_FILE, Origin::Program)
            .map_err(|error| ParseError::Flags(vec![error]))?;
        parser.lines(DEFAULT_FLAG_FILE, &text, 0)?;
    }
    parser.words(args)?;
    parser.finish()
}

/// The text after one or two dashes; `None` for a word. A lone dash is a word.
fn dashed(arg: &str) -> Option<&str> {
    let rest = arg.strip_prefix('-')?;
    if rest.is_empty() { None } else { Some(rest.strip_prefix('-').unwrap_or(rest)) }
}

/// A flag as it was given.
struct Given<'a> {
    spec: &'static FlagSpec,
    /// The value, unless it is in the next word.
    value: Option<&'a str>,
}

/// A flag by its name, in which dashes stand for underscores.
fn named(name: &str) -> Option<&'static FlagSpec> {
    let spelled = || name.contains('-').then(|| specs::find(&name.replace('-', "_"))).flatten();
    specs::find(name).or_else(spelled)
}

/// A flag that is none: its name as given, and of which type the flag is that is no switch, if there is one.
struct Mistaken<'a> {
    name: &'a str,
    no_switch: Option<Kind>,
}

impl Mistaken<'_> {
    fn error(&self) -> FlagError {
        let given = self.name.to_owned();
        match self.no_switch {
            Some(kind) => FlagError::NoSwitch { given, kind: kind.name() },
            None => FlagError::Unknown(given),
        }
    }
}

/// Finds the flag of `name`, `name=value` or `noname`.
fn look_up(flag: &str) -> Result<Given<'_>, Mistaken<'_>> {
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (flag, None),
    };
    if let Some(spec) = named(name) {
        let on = (spec.kind == Kind::Bool).then_some("true");
        return Ok(Given { spec, value: value.or(on) });
    }
    match name.strip_prefix("no").and_then(named) {
        Some(spec) if spec.kind == Kind::Bool => Ok(Given { spec, value: Some("false") }),
        not => Err(Mistaken { name, no_switch: not.map(|spec| spec.kind) }),
    }
}

struct Parser<'a, 'r> {
    read: &'a Read<'r>,
    /// How many files were read.
    files: usize,
    /// Those that are being read, each named by the one before.
    open: Vec<String>,
    out: Parsed,
    /// By the name of the flag, or what stands in its place on the command line.
    errors: BTreeMap<&'a str, FlagError>,
}

impl<'a> Parser<'a, '_> {
    fn words<S: AsRef<str>>(&mut self, args: &'a [S]) -> Result<(), ParseError> {
        let mut args = args.iter().map(AsRef::as_ref);
        while let Some(arg) = args.next() {
            let Some(flag) = dashed(arg) else {
                self.out.words.push(arg.to_owned());
                continue;
            };
            if flag.is_empty() {
                self.out.words.extend(args.by_ref().map(str::to_owned));
                break;
            }
            match look_up(flag) {
                Err(mistaken) => drop(self.errors.insert(mistaken.name, mistaken.error())),
                Ok(Given { spec, value: Some(value) }) => self.assign(spec, value, Origin::CommandLine, 0)?,
                Ok(Given { spec, value: None }) => match args.next() {
                    Some(value) => self.assign(spec, value, Origin::CommandLine, 0)?,
                    None => drop(self.errors.insert(spec.name, FlagError::MissingValue(arg.to_owned()))),
                },
            }
        }
        Ok(())
    }

    fn assign(&mut self, spec: &'static FlagSpec, value: &str, origin: Origin, depth: usize) -> Result<(), ParseError> {
        if let Err(error) = self.out.flags.assign(spec, value, origin) {
            self.errors.insert(spec.name, error);
        } else if spec.name == "flagfile" {
            for path in value.split(',').filter(|path| !path.is_empty()) {
                if depth > 0 && self.files >= MAX_FILES {
                    self.out.ignored.push(format!("--flagfile={path}: more than {MAX_FILES} files"));
                    break;
                }
                // What it says is said already, and it would say so for ever.
                if self.open.iter().any(|open| open == path) {
                    self.out.ignored.push(format!("--flagfile={path}: it is being read"));
                    continue;
                }
                self.files += 1;
                self.file(path, depth)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, depth: usize) -> Result<(), ParseError> {
        let text = (self.read)(path).map_err(|error| ParseError::File { path: path.to_owned(), error })?;
        self.lines(path, &text, depth)
    }

    fn lines(&mut self, path: &str, text: &[u8], depth: usize) -> Result<(), ParseError> {
        // Most are text, which is seen sooner than what is wrong with it.
        let text = std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed);
        self.open.push(path.to_owned());
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match dashed(line).map(look_up) {
                Some(Ok(Given { spec, value: Some(value) })) if depth < MAX_DEPTH || spec.name != "flagfile" => {
                    self.assign(spec, value, Origin::FlagFile, depth + 1)?;
                }
                _ => self.out.ignored.push([path, ": ", line].concat()),
            }
        }
        self.open.pop();
        Ok(())
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        if self.errors.is_empty() {
            return Ok(self.out);
        }
        let allowed: BTreeSet<&str> = self.out.flags.list("undefok").collect();
        let is_allowed =
            |name: &str| allowed.contains(name) || name.strip_prefix("no").is_some_and(|n| allowed.contains(n));
        self.errors.retain(|name, error| !(matches!(error, FlagError::Unknown(_)) && is_allowed(name)));
        if self.errors.is_empty() { Ok(self.out) } else { Err(ParseError::Flags(self.errors.into_values().collect())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(path: &str) -> io::Result<Cow<'static, [u8]>> {
        let text: &[u8] = match path {
            "a" => b"# comment\n\n--json\n  --nullvalue=from a\njunk\n--bogus=1\n--separator ;\n-csv\r\n\xff\n",
            "bad" => b"--json=maybe\n",
            "nested" => b"--flagfile=a\n--nojson\n",
            "loop" => b"--flagfile=loop\n--line\n",
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(text.into())
    }

    fn run(args: &[&str]) -> Result<Parsed, ParseError> {
        parse(args, &files)
    }

    /// Files that each name the next one ten times would be read a hundred million times.
    #[test]
    fn files_that_name_others_are_read_so_many_times() {
        let reads = std::cell::Cell::new(0);
        let read = |path: &str| {
            reads.set(reads.get() + 1);
            Ok(format!("--flagfile={path}x\n").repeat(10).into_bytes().into())
        };
        let parsed = parse(&["--flagfile=a,b", "--json"], &read).expect("flags");
        assert_eq!(reads.get(), MAX_FILES + 1);
        assert!(parsed.ignored.len() < 2000 && parsed.flags.text("json") == "true");
    }

    #[test]
    fn a_file_is_not_read_again_while_it_is_read() {
        let reads = std::cell::Cell::new(0);
        let read = |path: &str| {
            reads.set(reads.get() + 1);
            let text: &[u8] = match path {
                "a" => b"--nullvalue=a\n--flagfile=b\n",
                _ => b"--nullvalue=b\n--flagfile=a,c\n--json\n",
            };
            Ok(text.into())
        };
        let parsed = parse(&["--flagfile=a"], &read).expect("flags");
        assert_eq!(parsed.flags.changed().collect::<Vec<_>>(), [("json", "true"), ("nullvalue", "b")]);
        // The file c names a, which is read, and itself.
        let being_read = ["a", "a", "c"].map(|path| format!("--flagfile={path}: it is being read"));
        assert_eq!((reads.get(), parsed.ignored), (3, being_read.to_vec()));
    }

    #[test]
    fn grammar() {
        // Arguments, flags that are not at their defaults, words.
        type Case = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static [&'static str]);
        let cases: &[Case] = &[
            (&[], &[], &[]),
            (&["--json"], &[("json", "true")], &[]),
            (&["-json"], &[("json", "true")], &[]),
            (&["--json=true"], &[("json", "true")], &[]),
            (&["--json=1"], &[("json", "true")], &[]),
            (&["--json=t"], &[("json", "true")], &[]),
            (&["--json=y"], &[("json", "true")], &[]),
            (&["--json=yes"], &[("json", "true")], &[]),
            (&["--json", "--nojson"], &[], &[]),
            (&["--json", "--json=false"], &[], &[]),
            (&["--nojson", "-json"], &[("json", "true")], &[]),
            (&["--nojson=true"], &[], &[]),
            (&["--header", "--noheader"], &[("header", "false")], &[]),
            (&["--nullvalue", "X"], &[("nullvalue", "X")], &[]),
            (&["--nullvalue=X"], &[("nullvalue", "X")], &[]),
            (&["--nullvalue=a=b"], &[("nullvalue", "a=b")], &[]),
            (&["--nullvalue", "--json"], &[("nullvalue", "--json")], &[]),
            (&["--separator="], &[("separator", "")], &[]),
            (&["select 1 a", "--json"], &[("json", "true")], &["select 1 a"]),
            (&["--", "select 1"], &[], &["select 1"]),
            (&["--", "--json"], &[], &["--json"]),
            (&["a", "--json", "--", "b", "--csv"], &[("json", "true")], &["a", "b", "--csv"]),
            (&["a", "b"], &[], &["a", "b"]),
            (&[""], &[], &[""]),
            (&["-"], &[], &["-"]),
            (&["--nullvalue=a", "--nullvalue", "b"], &[("nullvalue", "b")], &[]),
            (&["--undefok=a,b", "--a", "--nob", "x"], &[], &["x"]),
            (&["--a", "--undefok", "a"], &[], &[]),
            (&["-A", "time"], &[("A", "time")], &[]),
            (&["--A", "time"], &[("A", "time")], &[]),
            (&["--A=time", "--L"], &[("A", "time"), ("L", "true")], &[]),
            (&["-L"], &[("L", "true")], &[]),
            (&["--config_refresh=0x10"], &[("config_refresh", "16")], &[]),
            (&["--flagfile=a"], &[("csv", "true"), ("json", "true"), ("nullvalue", "from a")], &[]),
            (&["--flagfile", "a"], &[("csv", "true"), ("json", "true"), ("nullvalue", "from a")], &[]),
            (&["--nullvalue=x", "-flagfile=a"], &[("csv", "true"), ("json", "true"), ("nullvalue", "from a")], &[]),
            (&["--flagfile=a", "--nullvalue=x"], &[("csv", "true"), ("json", "true"), ("nullvalue", "x")], &[]),
            (&["--flagfile=nested"], &[("csv", "true"), ("nullvalue", "from a")], &[]),
            (&["--flagfile=a,nested"], &[("csv", "true"), ("nullvalue", "from a")], &[]),
            (&["--flagfile=loop"], &[("line", "true")], &[]),
        ];
        for (args, set, words) in cases {
            let parsed = run(args).unwrap_or_else(|error| panic!("{args:?}: {error}"));
            let mut changed: Vec<(&str, &str)> = ["A", "L"]
                .into_iter()
                .filter(|name| parsed.flags.origin(name).is_some())
                .map(|name| (name, parsed.flags.text(name)))
                .collect();
            changed.extend(parsed.flags.changed());
            assert_eq!(changed, *set, "{args:?}");
            assert_eq!(parsed.words, *words, "{args:?}");
        }
    }

    #[test]
    fn errors() {
        for (args, expect) in [
            (&["--bogus"][..], "ERROR: unknown command line flag 'bogus'"),
            (&["--bogus=1"], "ERROR: unknown command line flag 'bogus'"),
            (&["-- comment\nselect 1"], "ERROR: unknown command line flag ' comment\nselect 1'"),
            (&["--json=maybe"], "ERROR: illegal value 'maybe' specified for bool flag 'json'"),
            (&["--json="], "ERROR: illegal value '' specified for bool flag 'json'"),
            (&["--config_refresh=abc"], "ERROR: illegal value 'abc' specified for uint64 flag 'config_refresh'"),
            (&["--config_refresh=-1"], "ERROR: illegal value '-1' specified for uint64 flag 'config_refresh'"),
            (&["select 1", "--separator"], "ERROR: flag '--separator' is missing its argument"),
            (&["-A"], "ERROR: flag '-A' is missing its argument"),
            (&["--noseparator"], "ERROR: boolean value (noseparator) specified for string command line flag"),
            (
                &["--alarm_timeout=9"],
                "ERROR: failed validation of new value '9' for flag 'alarm_timeout'\nhelp: --alarm_timeout: Seconds \
                 that an orderly end may take before the process is killed (10 or more)",
            ),
            (
                &["--zzz", "--json=x", "--aaa"],
                "ERROR: unknown command line flag 'aaa'\nERROR: illegal value 'x' specified for bool flag 'json'\n\
                 ERROR: unknown command line flag 'zzz'",
            ),
            (&["--config_pat=/x"], "ERROR: unknown command line flag 'config_pat'\nhelp: did you mean --config_path?"),
            (
                &["--undefok=a", "--b", "--json=x"],
                "ERROR: unknown command line flag 'b'\nERROR: illegal value 'x' specified for bool flag 'json'",
            ),
            (&["--undefok=json", "--json=x"], "ERROR: illegal value 'x' specified for bool flag 'json'"),
            (&["--flagfile=bad"], "ERROR: illegal value 'maybe' specified for bool flag 'json'"),
            (&["--flagfile"], "ERROR: flag '--flagfile' is missing its argument"),
            (&["--flagfile=none", "--bogus"], "none: entity not found"),
        ] {
            assert_eq!(run(args).unwrap_err().to_string(), expect, "{args:?}");
        }
        let missing = ParseError::File { path: "F".to_owned(), error: io::Error::from_raw_os_error(2) };
        assert_eq!(missing.to_string(), "F: No such file or directory");
    }

    #[test]
    fn ignored_lines_are_kept_for_the_log() {
        assert_eq!(
            run(&["--flagfile=a"]).unwrap().ignored,
            ["a: junk", "a: --bogus=1", "a: --separator ;", "a: \u{fffd}"]
        );
    }

    #[test]
    fn default_file() {
        let with_default =
            |path: &str| if path == DEFAULT_FLAG_FILE { Ok(b"--nullvalue=d\n".into()) } else { files(path) };
        let run = |args: &[&str]| parse(args, &with_default).unwrap().flags;
        assert_eq!(run(&[]).text("nullvalue"), "d");
        assert_eq!(run(&[]).text("flagfile"), DEFAULT_FLAG_FILE);
        assert_eq!(run(&["--nullvalue=x"]).text("nullvalue"), "x");
        assert_eq!(run(&["--flagfile=a"]).text("nullvalue"), "from a");
        assert_eq!(run(&["--flagfile=nested"]).text("json"), "false");
    }
}
