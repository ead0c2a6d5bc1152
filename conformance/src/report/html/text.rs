//! Text in HTML. Answers are hostile: nothing of them may become a tag, a reference, or steer how the page reads.

/// Text that stands in HTML as itself, also within a quoted attribute. Control characters, and characters that turn the
/// direction of writing, are shown by their names.
#[must_use]
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || steers(c) => out.push_str(&format!("⟨{:04X}⟩", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

fn steers(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A name as part of an anchor.
pub(super) fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// A count and what is counted.
pub(super) fn plural(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with thin spaces between thousands.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A number in three characters at most, for a narrow cell.
pub(super) fn short(number: usize) -> String {
    match number {
        0..=999 => number.to_string(),
        1000..=99_999 => format!("{}k", number / 1000),
        _ => "99k+".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        for (text, expect) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;"),
            ("a\u{1b}[2J\u{0}\r\n", "a⟨001B⟩[2J⟨0000⟩⟨000D⟩\n"),
            ("user\u{202e}txt.exe", "user⟨202E⟩txt.exe"),
            ("ä 漢 😀", "ä 漢 😀"),
        ] {
            assert_eq!(escaped(text), expect);
        }
    }

    #[test]
    fn numbers_are_readable() {
        let of = |number| (grouped(number), short(number));
        assert_eq!(of(7), ("7".into(), "7".into()));
        assert_eq!(of(1_234_567), ("1\u{202f}234\u{202f}567".into(), "99k+".into()));
        assert_eq!(of(12_345), ("12\u{202f}345".into(), "12k".into()));
        assert_eq!((plural(1, "trial"), plural(0, "trial")), ("1 trial".into(), "0 trials".into()));
    }
}
