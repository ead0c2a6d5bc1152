//! Command lines and flag files, made together with what they must mean.
//!
//! The meaning is worked out beside the text, from what was chosen, and never by reading the text: that is the parser's task.

use super::host::NUMBERS;
use arbitrary::{Result, Unstructured};
use plumb_agent::flags::{DEFAULT_FLAG_FILE, FlagSpec, Kind, Origin, all, find};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A command line, the flag files that it may name, and what they mean together.
#[derive(Clone, Debug, Default)]
pub struct CommandLine {
    /// The words of the command line, without the program's name.
    pub args: Vec<String>,
    /// Flag files by path.
    pub files: BTreeMap<String, String>,
    /// What each flag that is set must be, and who set it last.
    pub set: BTreeMap<&'static str, (String, Origin)>,
    /// The words that are no flags, in order.
    pub words: Vec<String>,
    /// How many lines of flag files set nothing.
    pub ignored: usize,
    /// Flags that must be refused: unknown names, and values that are none.
    pub wrong: BTreeSet<String>,
}

/// Every flag but those of the grammar itself, which would change the rest of the line.
#[must_use]
pub fn settable() -> &'static [&'static FlagSpec] {
    static SETTABLE: OnceLock<Vec<&'static FlagSpec>> = OnceLock::new();
    SETTABLE.get_or_init(|| all().filter(|spec| !["flagfile", "undefok"].contains(&spec.name)).collect())
}

/// Makes a command line.
///
/// # Errors
/// When the bytes run out where they must not.
pub fn command_line(u: &mut Unstructured<'_>) -> Result<CommandLine> {
    let mut line = CommandLine::default();
    let (mut undefok, mut names_a_file) = (Vec::new(), false);
    // Few flags, so that one is often set twice.
    let few: Vec<&'static FlagSpec> = (0..4).map(|_| u.choose(settable()).copied()).collect::<Result<_>>()?;
    for _ in 0..u.int_in_range(1..=8)? {
        match u.int_in_range(0..=9)? {
            0..=5 => {
                let spec = *u.choose(&few)?;
                line.flag(u, spec)?;
            }
            6 => line.word(u)?,
            7 => {
                let path = line.file(u, &few, Origin::CommandLine, 0)?;
                let dashes = dashes(u)?;
                if u.arbitrary()? {
                    line.args.push(format!("{dashes}flagfile={path}"));
                } else {
                    line.args.extend([format!("{dashes}flagfile"), path.clone()]);
                }
                names_a_file = true;
            }
            _ => line.unknown(u, &mut undefok)?,
        }
    }
    if !undefok.is_empty() {
        let names = undefok.join(",");
        line.args.push(format!("--undefok={names}"));
        line.set.insert("undefok", (names, Origin::CommandLine));
    }
    if u.ratio(1, 8)? {
        line.args.push("--".to_owned());
        for word in ["--json", "-", "select 1"] {
            line.args.push(word.to_owned());
            line.words.push(word.to_owned());
        }
    }
    if !names_a_file && u.ratio(1, 4)? {
        line.default_file(u, &few)?;
    }
    Ok(line)
}

impl CommandLine {
    /// One flag on the command line itself.
    fn flag(&mut self, u: &mut Unstructured<'_>, spec: &'static FlagSpec) -> Result<()> {
        let dashes = dashes(u)?;
        if spec.kind == Kind::Bool && u.ratio(3, 4)? {
            let (text, on) = *u.choose(&[("", true), ("no", false), ("no=", false)])?;
            let (no, value) = if text == "no=" { ("no", "=true") } else { (text, "") };
            self.args.push(format!("{dashes}{no}{}{value}", spec.name));
            self.means(spec, Some(on.to_string()), Origin::CommandLine);
            return Ok(());
        }
        let (value, kept) = value(u, spec)?;
        // A switch takes no value from the next word.
        if spec.kind == Kind::Bool || u.arbitrary()? {
            self.args.push(format!("{dashes}{}={value}", spec.name));
        } else {
            self.args.extend([format!("{dashes}{}", spec.name), value]);
        }
        self.means(spec, kept, Origin::CommandLine);
        Ok(())
    }

    fn means(&mut self, spec: &'static FlagSpec, kept: Option<String>, origin: Origin) {
        match kept {
            Some(kept) => drop(self.set.insert(spec.name, (kept, origin))),
            None => drop(self.wrong.insert(spec.name.to_owned())),
        }
    }

    fn word(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let word = *u.choose(&["", "-", "select 1", "json", "=", "\u{e9}", "a=--json"])?;
        self.args.push(word.to_owned());
        self.words.push(word.to_owned());
        Ok(())
    }

    fn unknown(&mut self, u: &mut Unstructured<'_>, undefok: &mut Vec<&'static str>) -> Result<()> {
        let name = *u.choose(&["bogus", "nobogus", "config_pat", " ", "=x", "JSON", "no", "json_prety", "\u{fe0f}"])?;
        let value = *u.choose(&["", "=1", "=", "=a=b"])?;
        self.args.push(format!("--{name}{value}"));
        // A name ends at its first equals sign.
        let name = name.split('=').next().unwrap_or_default();
        let can_allow = name.trim() == name && !name.is_empty();
        if can_allow && u.arbitrary()? {
            undefok.push(name);
        } else {
            self.wrong.insert(name.to_owned());
        }
        let allowed = |name: &str| undefok.iter().any(|ok| *ok == name || name.strip_prefix("no") == Some(ok));
        self.wrong.retain(|name| find(name).is_some() || !allowed(name));
        Ok(())
    }

    /// Writes a flag file and answers its path; what it sets is set now.
    fn file(
        &mut self,
        u: &mut Unstructured<'_>,
        few: &[&'static FlagSpec],
        by: Origin,
        depth: usize,
    ) -> Result<String> {
        let path = format!("/f{}", self.files.len());
        self.set.insert("flagfile", (path.clone(), by));
        // The place is taken before nested files are written.
        self.files.insert(path.clone(), String::new());
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=5)? {
            match u.int_in_range(0..=9)? {
                0 => text.push_str(u.choose(&["\n", "# --json\n", "  \t\n", "#\n"])?),
                1 => {
                    text.push_str(u.choose(&["--separator\n", "junk\n", "--bogus=1\n", "-\n", "--\n", "json=1\n"])?);
                    self.ignored += 1;
                }
                2 if depth < 2 => {
                    let nested = self.file(u, few, Origin::FlagFile, depth + 1)?;
                    text.push_str(&format!("--flagfile={nested}\n"));
                }
                _ => {
                    let spec = *u.choose(few)?;
                    self.line(u, spec, &mut text)?;
                }
            }
        }
        self.files.insert(path.clone(), text);
        Ok(path)
    }

    /// One flag in a flag file. Blanks around a line say nothing.
    fn line(&mut self, u: &mut Unstructured<'_>, spec: &'static FlagSpec, text: &mut String) -> Result<()> {
        let (dashes, blank) = (dashes(u)?, *u.choose(&["", " ", "\t", "\r"])?);
        let (value, kept) = value(u, spec)?;
        let kept = match kept {
            // The blanks at the end of a text are the line's.
            Some(kept) if spec.kind == Kind::Text => Some(kept.trim_end().to_owned()),
            kept => kept,
        };
        text.push_str(&format!("{blank}{dashes}{}={value}{blank}\n", spec.name));
        self.means(spec, kept, Origin::FlagFile);
        Ok(())
    }

    /// A default flag file counts before everything else.
    fn default_file(&mut self, u: &mut Unstructured<'_>, few: &[&'static FlagSpec]) -> Result<()> {
        let mut first = Self::default();
        let path = first.file(u, few, Origin::Program, 2)?;
        let text = first.files.remove(&path).unwrap_or_default();
        self.files.insert(DEFAULT_FLAG_FILE.to_owned(), text);
        self.ignored += first.ignored;
        self.wrong.extend(first.wrong);
        first.set.insert("flagfile", (DEFAULT_FLAG_FILE.to_owned(), Origin::Program));
        for (name, value) in first.set {
            self.set.entry(name).or_insert(value);
        }
        Ok(())
    }
}

fn dashes(u: &mut Unstructured<'_>) -> Result<&'static str> {
    u.choose(&["--", "-"]).copied()
}

/// A value as written, and as the flag keeps it; none for one that must be refused.
fn value(u: &mut Unstructured<'_>, spec: &FlagSpec) -> Result<(String, Option<String>)> {
    match spec.kind {
        Kind::Bool => {
            let words = [
                ("1", "true"),
                ("t", "true"),
                ("TRUE", "true"),
                ("y", "true"),
                ("Yes", "true"),
                ("0", "false"),
                ("f", "false"),
                ("False", "false"),
                ("N", "false"),
                ("no", "false"),
                ("", ""),
                ("2", ""),
                ("tru", ""),
                ("on", ""),
            ];
            let (word, kept) = *u.choose(&words)?;
            Ok((word.to_owned(), Some(kept.to_owned()).filter(|kept| !kept.is_empty())))
        }
        Kind::Text => {
            let texts = ["", "a", "a=b", "a,b,,c", "--x", "\u{e9}'\"\\", "0", "a b", "#", "c  ", "/etc/x"];
            let text = (*u.choose(&texts)?).to_owned();
            Ok((text.clone(), Some(text)))
        }
        Kind::Int32 => number(u, i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::Uint32 => number(u, 0, i128::from(u32::MAX)),
        Kind::Uint64 => number(u, if spec.name == "alarm_timeout" { 10 } else { 0 }, i128::from(u64::MAX)),
    }
}

/// A number in one of its forms, or what is none.
fn number(u: &mut Unstructured<'_>, least: i128, most: i128) -> Result<(String, Option<String>)> {
    if u.ratio(1, 8)? {
        let none = *u.choose(&["", "x", "1.5", "1e3", "0x", "--1", "+-1", "1_0", "5z", "0b1", "\u{661}"])?;
        return Ok((none.to_owned(), None));
    }
    let number = match u.int_in_range(0..=5)? {
        0 => i128::from(*u.choose(&NUMBERS)?),
        1 => *u.choose(&[least, most])?,
        2 => *u.choose(&[least - 1, most + 1])?,
        3 => i128::from(u64::MAX) + 1,
        _ => i128::from(u.arbitrary::<u16>()?),
    };
    let (sign, size) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    let text = match u.int_in_range(0..=4)? {
        0 => format!("{sign}0x{size:x}"),
        1 => format!("{sign}0X{size:X}"),
        2 if sign.is_empty() => format!("+{size}"),
        3 => format!(" {sign}0{size}"),
        _ => format!("{sign}{size}"),
    };
    // What stands behind the sign has 64 bits, as in strtoull(3).
    let fits = (least..=most).contains(&number) && size <= u128::from(u64::MAX);
    Ok((text, fits.then(|| number.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::bytes;

    #[test]
    fn lines_are_lively() {
        let (mut lines, mut right, mut files, mut twice, mut defaults) = (0, 0, 0, 0, 0);
        for seed in 0..500 {
            let line = command_line(&mut Unstructured::new(&bytes(seed, 200))).unwrap();
            lines += 1;
            right += usize::from(line.wrong.is_empty() && !line.set.is_empty());
            files += usize::from(line.files.len() > 1);
            defaults += usize::from(line.files.contains_key(DEFAULT_FLAG_FILE));
            let given = line.args.iter().filter(|arg| arg.starts_with('-')).count();
            twice += usize::from(line.wrong.is_empty() && given > line.set.len() + 1);
        }
        let least = [("right", right, 100), ("files", files, 30), ("twice", twice, 30), ("defaults", defaults, 20)];
        for (what, count, least) in least {
            assert!(count >= least, "{count} of {lines}: {what}");
        }
    }
}
