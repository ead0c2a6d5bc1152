//! Every mode, byte for byte.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

impl Cells for &[Cell<'_>] {
    fn count(&self) -> usize {
        self.len()
    }
    fn at(&self, index: usize) -> Cell<'_> {
        self.get(index).copied().unwrap_or(Cell::Null)
    }
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn style(mode: Mode) -> Style {
    Style {
        mode,
        header: true,
        null: String::new(),
        pretty_null: String::new(),
        separator: "|".to_owned(),
        widths: Vec::new(),
    }
}

type Statement<'a> = (&'a [&'a str], &'a [&'a [Cell<'a>]]);

fn printed(style: &Style, statements: &[Statement<'_>]) -> Vec<u8> {
    let shared = Shared::default();
    let mut out = Out::new(Box::new(shared.clone()), false);
    let mut printer = Printer::new(&mut out, style);
    for (names, rows) in statements {
        printer.names(names);
        for row in *rows {
            printer.print(row).unwrap();
        }
    }
    printer.finish().unwrap();
    shared.0.take()
}

fn check(style: &Style, statements: &[Statement<'_>], expect: &str) {
    let printed = printed(style, statements);
    assert_eq!(String::from_utf8_lossy(&printed), expect, "{style:?}");
}

use Cell::{Blob, Int, Null, Real, Text};

const A: Statement<'_> = (&["i", "t"], &[&[Int(1), Text(b"plain")], &[Null, Text(b"")]]);

fn b<'a>() -> Vec<Vec<Cell<'a>>> {
    vec![
        vec![Int(9), Text("é漢字😀".as_bytes()), Blob(b"\x00\xff\x41"), Real(1.5)],
        vec![Int(10), Text(b"line1\nline2"), Blob(b""), Real(1e20)],
        vec![Int(11), Text(b"a\"b|c,d'e\\f\ttab"), Null, Real(3.0)],
    ]
}

#[test]
fn query_a() {
    for (mode, expect) in [
        (Mode::Box, "+---+-------+\n| i | t     |\n+---+-------+\n| 1 | plain |\n|   |       |\n+---+-------+\n"),
        (Mode::Json, "[\n  {\"i\":\"1\",\"t\":\"plain\"},\n  {\"i\":\"\",\"t\":\"\"}\n]\n"),
        (
            Mode::JsonPretty,
            "[\n  {\n    \"i\": \"1\",\n    \"t\": \"plain\"\n  },\n  {\n    \"i\": \"\",\n    \"t\": \"\"\n  }\n]\n",
        ),
        (Mode::Csv, "i|t\n1|plain\n|\"\"\n"),
        (Mode::List, "i|t\n1|plain\n|\n"),
        (Mode::Line, "    i = 1\n    t = plain\n\n    i = \n    t = \n"),
        (
            Mode::Column,
            "i           t         \n----------  ----------\n1           plain     \n                      \n",
        ),
    ] {
        check(&style(mode), &[A], expect);
    }
}

#[test]
fn query_b() {
    let rows = b();
    let rows: Vec<&[Cell<'_>]> = rows.iter().map(Vec::as_slice).collect();
    let statement: Statement<'_> = (&["n", "s", "b", "r"], &rows);
    check(
        &style(Mode::Csv),
        &[statement],
        "n|s|b|r\n9|\"é漢字😀\"|\"\"|1.5\n10|\"line1\nline2\"|\"\"|1.0e+20\n11|\"a\"\"b|c,d'e\\f\ttab\"||3.0\n",
    );
    check(
        &style(Mode::Json),
        &[statement],
        "[\n  {\"b\":\"\",\"n\":\"9\",\"r\":\"1.5\",\"s\":\"é漢字😀\"},\n  \
         {\"b\":\"\",\"n\":\"10\",\"r\":\"1.0e+20\",\"s\":\"line1\\nline2\"},\n  \
         {\"b\":\"\",\"n\":\"11\",\"r\":\"3.0\",\"s\":\"a\\\"b|c,d'e\\\\f\\ttab\"}\n]\n",
    );
    check(
        &style(Mode::Box),
        &[(&["n", "s"], &[&[Int(9), Text("é漢字😀".as_bytes())], &[Int(10), Text(b"abc")]])],
        "+----+------+\n| n  | s    |\n+----+------+\n| 9  | é漢字😀 |\n| 10 | abc  |\n+----+------+\n",
    );
}

#[test]
fn empty_results() {
    for (mode, expect) in [
        (Mode::Box, ""),
        (Mode::Json, "[\n\n]\n"),
        (Mode::JsonPretty, "[]\n"),
        (Mode::Csv, ""),
        (Mode::List, ""),
        (Mode::Line, ""),
        (Mode::Column, ""),
    ] {
        check(&style(mode), &[(&["a"], &[])], expect);
        check(&style(mode), &[], expect);
    }
}

#[test]
fn several_statements() {
    let two: &[Statement<'_>] = &[(&["a"], &[&[Int(1)]]), (&["b"], &[&[Int(2)]])];
    for (mode, expect) in [
        (Mode::Box, "+---+\n| a |\n+---+\n| 1 |\n|   |\n+---+\n"),
        (Mode::Json, "[\n  {\"a\":\"1\"},\n  {\"b\":\"2\"}\n]\n"),
        (Mode::Csv, "a\n1\nb\n2\n"),
        (Mode::List, "a\n1\nb\n2\n"),
        (Mode::Line, "    a = 1\n    b = 2\n"),
    ] {
        check(&style(mode), two, expect);
    }
    // The box takes the columns of the first statement that has rows, and finds them by name in the others.
    check(
        &style(Mode::Box),
        &[(&["x"], &[]), (&["a", "b"], &[&[Int(1), Int(2)]]), (&["b", "a"], &[&[Int(3), Int(4)]])],
        "+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n| 4 | 3 |\n+---+---+\n",
    );
}

#[test]
fn names_and_nulls() {
    let twice: Statement<'_> = (&["b", "a", "b"], &[&[Int(1), Null, Int(3)]]);
    let mut own = style(Mode::Json);
    own.null = "none".to_owned();
    own.pretty_null = "nu\"ll".to_owned();
    for (mode, expect) in [
        (Mode::Json, "[\n  {\"a\":\"nu\\\"ll\",\"b\":\"3\"}\n]\n"),
        (Mode::Box, "+---+-------+---+\n| b | a     | b |\n+---+-------+---+\n| 3 | nu\"ll | 3 |\n+---+-------+---+\n"),
        (Mode::Csv, "b|a|b\n1|none|3\n"),
        (Mode::List, "b|a|b\n1|none|3\n"),
        (Mode::Line, "    b = 1\n    a = none\n    b = 3\n"),
        (
            Mode::Column,
            "b           a           b         \n----------  ----------  ----------\n1           none        3         \n",
        ),
    ] {
        own.mode = mode;
        check(&own, &[twice], expect);
    }
    // Byte order, and escapes in names.
    check(
        &style(Mode::Json),
        &[(&["é", "b\"", "B", "a"], &[&[Int(1), Int(2), Int(3), Int(4)]])],
        "[\n  {\"B\":\"3\",\"a\":\"4\",\"b\\\"\":\"2\",\"é\":\"1\"}\n]\n",
    );
}

#[test]
fn header_off() {
    for (mode, expect) in [
        (Mode::Box, "+---+\n| a |\n+---+\n| 1 |\n+---+\n"),
        (Mode::Csv, "1\n"),
        (Mode::List, "1\n"),
        (Mode::Line, "    a = 1\n"),
        (Mode::Column, "1         \n"),
    ] {
        let mut style = style(mode);
        style.header = false;
        check(&style, &[(&["a"], &[&[Int(1)]])], expect);
    }
}

#[test]
fn quoting_of_separated_values() {
    for (separator, value, expect) in [
        ("|", "plain", "plain"),
        ("|", "", "\"\""),
        ("|", "a b", "\"a b\""),
        ("|", "a|b", "\"a|b\""),
        ("|", "a,b", "a,b"),
        (",", "a,b", "\"a,b\""),
        (",", "a|b", "a|b"),
        ("::", "a:b", "\"a:b\""),
        ("", "a:b", "a:b"),
        ("|", "it's", "\"it's\""),
        ("|", "\"", "\"\"\"\""),
        ("|", "a\u{7f}", "\"a\u{7f}\""),
        ("|", "é", "\"é\""),
        ("|", "a\tb", "\"a\tb\""),
        ("|", "a\0b", "a"),
    ] {
        let mut style = style(Mode::Csv);
        style.separator = separator.to_owned();
        style.header = false;
        check(&style, &[(&["a"], &[&[Text(value.as_bytes())]])], &format!("{expect}\n"));
    }
    let mut style = style(Mode::Csv);
    check(&style, &[(&["a b", "c"], &[&[Int(1), Int(2)]])], "\"a b\"|c\n1|2\n");
    style.separator = ".".to_owned();
    check(&style, &[(&["r", "i"], &[&[Real(1.5), Int(2)]])], "r.i\n\"1.5\".2\n");
}

#[test]
fn json_strings() {
    for (value, expect) in [
        (&b"plain"[..], "plain"),
        (b"a\"b\\c/d<e", "a\\\"b\\\\c/d<e"),
        (b"\n\t\r\x08\x0c", "\\n\\t\\r\\b\\f"),
        (b"\x01\x0b\x1f\x10", "\\u0001\\u000B\\u001F\\u0010"),
        (b"\x7f", "\u{7f}"),
        ("\u{2028}é漢字😀".as_bytes(), "\u{2028}é漢字😀"),
        (b"before\0after", "before"),
        ("é\0after".as_bytes(), "é"),
        (b"a\xffb", "a\u{fffd}b"),
        (b"\xff\xfe", "\u{fffd}\u{fffd}"),
        (b"\xe6\xbc", "\u{fffd}"),
        (b"\xe6\xbc\"x", "\u{fffd}\\\"x"),
        (b"0123456789abcdef\"0123456789abcdef0123\n", "0123456789abcdef\\\"0123456789abcdef0123\\n"),
    ] {
        check(&style(Mode::Json), &[(&["v"], &[&[Text(value)]])], &format!("[\n  {{\"v\":\"{expect}\"}}\n]\n"));
        let json = printed(&style(Mode::JsonPretty), &[(&["v"], &[&[Blob(value)]])]);
        let parsed: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let text = value.split(|byte| *byte == 0).next().unwrap();
        assert_eq!(parsed[0]["v"], String::from_utf8_lossy(text).as_ref());
    }
}

#[test]
fn other_modes_write_raw_bytes() {
    for mode in [Mode::List, Mode::Line, Mode::Column, Mode::Box, Mode::Csv] {
        let bytes = printed(&style(mode), &[(&["v"], &[&[Text(b"a\xffb\0c")]])]);
        assert!(bytes.windows(3).any(|window| window == b"a\xffb"), "{mode:?}");
        assert!(!bytes.contains(&b'\0') && !bytes.contains(&b'c'), "{mode:?}");
    }
}

#[test]
fn column_widths() {
    let mut style = style(Mode::Column);
    style.widths = vec![3, -4];
    check(
        &style,
        &[(
            &["name", "n", "rest"],
            &[&[Text("éabc".as_bytes()), Int(7), Text(b"a longer cell")], &[Null, Int(12345), Int(1)]],
        )],
        "nam     n  rest         \n---  ----  -------------\néab     7  a longer cell\n     1234  1            \n",
    );
}

#[test]
fn box_breaks_at_lines_and_counts_code_points() {
    check(
        &style(Mode::Box),
        &[(&["v"], &[&[Text(b"a\nb")], &[Text(b"xy")]])],
        "+-----+\n| v   |\n+-----+\n| a\nb |\n| xy  |\n+-----+\n",
    );
}

#[test]
fn rows_are_written_as_they_come() {
    let shared = Shared::default();
    let mut out = Out::new(Box::new(shared.clone()), false);
    let style = style(Mode::Json);
    let mut printer = Printer::new(&mut out, &style);
    printer.names(&["v"]);
    let value = [b'x'; 1000];
    for _ in 0..200 {
        printer.print(&[Text(&value)].as_slice()).unwrap();
    }
    assert!(shared.0.borrow().len() > 100_000, "written before the end");
    assert!(printer.out.room() < 200_000, "the buffer stays small");
    let shared = Shared::default();
    let mut out = Out::new(Box::new(shared.clone()), true);
    let mut printer = Printer::new(&mut out, &style);
    printer.names(&["v"]);
    printer.print(&[Int(1)].as_slice()).unwrap();
    assert_eq!(shared.0.borrow().as_slice(), b"[\n  {\"v\":\"1\"}", "a terminal sees each row at once");
}

/// Larger than any buffer, with what must be quoted, and with what is replaced.
fn large() -> Vec<u8> {
    let mut text = [b"x".repeat(999), b"\"".to_vec()].concat().repeat(1000);
    text.extend_from_slice(&b"\"".repeat(300_000));
    text.extend_from_slice("\u{e9}".repeat(100_000).as_bytes());
    text
}

#[test]
fn a_large_value_is_never_copied() {
    let text = large();
    let plain = std::str::from_utf8(&text).unwrap();
    let (points, wide) = (plain.chars().count(), "-".repeat(plain.chars().count()));
    let fill = " ".repeat(points - 1);
    let (quoted, escaped) = (plain.replace('"', "\"\""), plain.replace('"', "\\\""));
    for (mode, expect) in [
        (Mode::List, format!("v\n{plain}\n7\n")),
        (Mode::Csv, format!("v\n\"{quoted}\"\n7\n")),
        (Mode::Line, format!("    v = {plain}\n\n    v = 7\n")),
        (Mode::Column, format!("v{fill}\n{wide}\n{plain}\n7{fill}\n")),
        (Mode::Json, format!("[\n  {{\"v\":\"{escaped}\"}},\n  {{\"v\":\"7\"}}\n]\n")),
        (Mode::Box, format!("+-{wide}-+\n| v{fill} |\n+-{wide}-+\n| {plain} |\n| 7{fill} |\n+-{wide}-+\n")),
    ] {
        let (shared, style) = (Shared::default(), style(mode));
        let mut out = Out::new(Box::new(shared.clone()), false);
        let room = out.room();
        let mut printer = Printer::new(&mut out, &style);
        printer.names(&["v"]);
        for cell in [Text(&text), Int(7)] {
            printer.print(&[cell].as_slice()).unwrap();
        }
        printer.finish().unwrap();
        assert!(shared.0.take() == expect.as_bytes(), "{mode:?}");
        assert_eq!(out.room(), room, "{mode:?}");
    }
}

/// Takes some bytes, and no more.
struct Full(Shared, usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 = self.1.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_written_is_told_once() {
    let (text, style) = (large(), style(Mode::Json));
    for taken in [0, 10, 100_000, text.len()] {
        let shared = Shared::default();
        let mut out = Out::new(Box::new(Full(shared.clone(), taken)), false);
        let mut printer = Printer::new(&mut out, &style);
        printer.names(&["v"]);
        let error = printer.print(&[Text(&text)].as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{taken}");
        assert!(shared.0.borrow().len() <= taken);
        out.flush().unwrap();
        assert!(shared.0.borrow().len() <= taken, "what comes after the gap is dropped");
    }
}
