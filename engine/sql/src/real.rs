//! Reals as text: fifteen significant digits and always a decimal point.
//!
//! This is what `printf('%!.15g', x)` gives, correctly rounded (SQLite errs by one in the last digit for about one in
//! 100,000 doubles). Recent SQLite casts a real to text with seventeen digits unless the connection is told otherwise
//! (`SQLITE_DBCONFIG_FP_DIGITS`); everything here keeps to fifteen.

use std::fmt::{self, Write};

/// Digits that are shown at most.
const DIGITS: usize = 15;

/// A short text on the stack: long enough for every real and every 64-bit integer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    bytes: [u8; Self::SIZE],
    len: usize,
}

impl Short {
    const SIZE: usize = 32;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::SIZE], len: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// A real as SQLite shows it with fifteen digits: `1.5`, `3.0`, `0.333333333333333`, `1.0e+20`, `Inf`.
///
/// ```
/// # use plumb_sql::render_real;
/// assert_eq!(render_real(1.0 / 3.0), "0.333333333333333");
/// assert_eq!(render_real(1e20), "1.0e+20");
/// ```
#[must_use]
pub fn render_real(value: f64) -> String {
    String::from_utf8_lossy(short_real(value).as_bytes()).into_owned()
}

/// As [`render_real`], without allocation.
pub(crate) fn short_real(value: f64) -> Short {
    let mut out = Short::new();
    let special = match value {
        v if v.is_nan() => "NaN",
        f64::INFINITY => "Inf",
        f64::NEG_INFINITY => "-Inf",
        // SQLite knows no negative zero.
        0.0 => "0.0",
        _ => "",
    };
    if !special.is_empty() {
        special.bytes().for_each(|byte| out.push(byte));
        return out;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let decimal = Decimal::of(value.abs());
    if (-4..DIGITS as i32).contains(&decimal.exponent) {
        decimal.write_plain(&mut out);
    } else {
        decimal.write_scientific(&mut out);
    }
    out
}

/// `d.ddd × 10^exponent`, at most fifteen digits without trailing zeros.
struct Decimal {
    digits: [u8; DIGITS],
    len: usize,
    exponent: i32,
}

impl Decimal {
    /// Rounds a positive finite number to fifteen digits; a half goes up.
    fn of(value: f64) -> Self {
        Self::short(value).unwrap_or_else(|| Self::rounded(value))
    }

    /// A number that fifteen digits or fewer tell from all others is nearest to those digits: every decimal of fifteen
    /// digits survives being a normal double. This is the common case, and the fast one.
    fn short(value: f64) -> Option<Self> {
        if !value.is_normal() {
            return None;
        }
        let mut text = Short::new();
        let _ = write!(text, "{value:e}");
        let (mantissa, exponent) = parts(text.as_bytes());
        let mut decimal = Self { digits: [b'0'; DIGITS], len: 0, exponent };
        for digit in mantissa {
            *decimal.digits.get_mut(decimal.len)? = *digit;
            decimal.len += 1;
        }
        Some(decimal)
    }

    fn rounded(value: f64) -> Self {
        // Eighteen digits, correctly rounded, tell where to round – unless they end in 500: then that may itself have
        // been rounded up from 499…, and only (nearly) all digits tell.
        let (digits, exponent) = scientific::<18>(value, &mut Short::new());
        let up = match digits.get(DIGITS..) {
            Some(b"500") => exact_digit(value) >= b'5',
            rest => rest.and_then(|rest| rest.first()).is_some_and(|digit| *digit >= b'5'),
        };
        let mut decimal = Self { digits: [b'0'; DIGITS], len: DIGITS, exponent };
        for (to, from) in decimal.digits.iter_mut().zip(digits) {
            *to = from;
        }
        if up {
            decimal.increment();
        }
        let zeros = decimal.digits.iter().rev().take_while(|digit| **digit == b'0').count();
        // The first digit is none.
        decimal.len = DIGITS - zeros;
        decimal
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        // All were nines.
        if let Some(first) = self.digits.first_mut() {
            *first = b'1';
        }
        self.exponent += 1;
    }

    fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    fn write_plain(&self, out: &mut Short) {
        let whole = usize::try_from(self.exponent + 1).unwrap_or(0);
        let digits = self.digits().iter().copied().chain(std::iter::repeat(b'0'));
        if whole == 0 {
            out.push(b'0');
        }
        digits.clone().take(whole).for_each(|digit| out.push(digit));
        out.push(b'.');
        (self.exponent + 1..0).for_each(|_| out.push(b'0'));
        let fraction = self.len.saturating_sub(whole).max(1);
        digits.skip(whole).take(fraction).for_each(|digit| out.push(digit));
    }

    fn write_scientific(&self, out: &mut Short) {
        let (first, rest) = self.digits().split_first().unwrap_or((&b'0', &[]));
        out.push(*first);
        out.push(b'.');
        if rest.is_empty() {
            out.push(b'0');
        }
        rest.iter().for_each(|digit| out.push(*digit));
        // Nine bytes at most after at most seventeen: it fits.
        let _ = write!(out, "e{}{:02}", if self.exponent < 0 { '-' } else { '+' }, self.exponent.unsigned_abs());
    }
}

/// The first `N` significant digits of a positive number, correctly rounded, and its decimal exponent.
fn scientific<const N: usize>(value: f64, buffer: &mut impl Digits) -> ([u8; N], i32) {
    let (mantissa, exponent) = parts(buffer.fill(value, N - 1));
    let mut digits = [b'0'; N];
    for (to, from) in digits.iter_mut().zip(mantissa) {
        *to = *from;
    }
    (digits, exponent)
}

/// The digits and the exponent of `d.ddde-5`.
fn parts(text: &[u8]) -> (impl Iterator<Item = &u8>, i32) {
    let mut parts = text.splitn(2, |byte| *byte == b'e');
    let mantissa = parts.next().unwrap_or_default().iter().filter(|byte| byte.is_ascii_digit());
    let exponent = parts.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    (mantissa, exponent.unwrap_or(0))
}

/// The sixteenth digit of the number's exact expansion, not rounded. A double that is not a tie differs from one
/// within the first forty digits.
#[cold]
fn exact_digit(value: f64) -> u8 {
    let (digits, _) = scientific::<60>(value, &mut String::new());
    digits.get(DIGITS).copied().unwrap_or(b'0')
}

/// Where digits are written.
trait Digits {
    fn fill(&mut self, value: f64, precision: usize) -> &[u8];
}

impl Digits for Short {
    fn fill(&mut self, value: f64, precision: usize) -> &[u8] {
        let _ = write!(self, "{value:.precision$e}");
        self.as_bytes()
    }
}

impl Digits for String {
    fn fill(&mut self, value: f64, precision: usize) -> &[u8] {
        let _ = write!(self, "{value:.precision$e}");
        self.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn recorded_forms() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (1.5, "1.5"),
            (3.0, "3.0"),
            (-2.5, "-2.5"),
            (0.3, "0.3"),
            (1.0 / 3.0, "0.333333333333333"),
            (2.0 / 3.0, "0.666666666666667"),
            (1e14, "100000000000000.0"),
            (1e15, "1.0e+15"),
            (999_999_999_999_999.5, "1.0e+15"),
            (100_000_000_000_000.5, "100000000000001.0"),
            (1e20, "1.0e+20"),
            (1e100, "1.0e+100"),
            (9_223_372_036_854_775_807.0, "9.22337203685478e+18"),
            (1.844_674_407_370_96e19, "1.84467440737096e+19"),
            (1e-4, "0.0001"),
            (1.25e-5, "1.25e-05"),
            (f64::MAX, "1.79769313486232e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072e-308"),
            (5e-324, "4.94065645841247e-324"),
            (f64::INFINITY, "Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(render_real(value), text);
        }
    }

    /// A fixed sequence of random bits (splitmix64).
    fn random(count: usize) -> impl Iterator<Item = u64> {
        let mut state = 0x5eed_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
        .take(count)
    }

    #[test]
    fn as_sqlite_itself() {
        let connection = Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("select printf('%!.15g', ?)").unwrap();
        let mut off = 0;
        let mut check = |value: f64| {
            if value.is_finite() {
                let theirs: String = statement.query_row([value], |row| row.get(0)).unwrap();
                if render_real(value) != theirs {
                    // SQLite works with 96 bits of a power of ten: what lies within 10^-18 of a tie it may round wrongly.
                    let exact = format!("{:.60e}", value.abs()).replace('.', "");
                    assert!(matches!(&exact[15..18], "499" | "500"), "{value:e}: {} {theirs}", render_real(value));
                    off += 1;
                }
            }
        };
        for bits in random(20_000) {
            check(f64::from_bits(bits));
            // Numbers as people write them, halves at the fifteenth digit, and integers.
            let small = (bits >> 44) as f64;
            check(small / 1000.0);
            check(small / 1e9);
            check((bits >> 13) as f64 / 8.0);
            check((bits % 10_000_000_000_000_000) as f64 + 0.5);
            check(bits as i64 as f64);
        }
        for exponent in -330..=308 {
            check(10f64.powi(exponent));
            check(5.0 * 10f64.powi(exponent));
        }
        assert!(off < 20, "{off} differ");
    }
}
