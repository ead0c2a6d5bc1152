//! Internet addresses as C programs write and read them.

use std::net::{IpAddr, Ipv4Addr};

/// An address as inet_ntop(3) writes it. Unlike Rust's own form, the low 32 bits of an IPv4-compatible address
/// (`::192.0.2.1`) are written with dots.
#[must_use]
pub fn text(address: IpAddr) -> String {
    if let IpAddr::V6(v6) = address
        && let [0, 0, 0, 0, 0, 0, high, low] = v6.segments()
        && high != 0
    {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return format!("::{}", Ipv4Addr::new(a, b, c, d));
    }
    address.to_string()
}

/// The netmask of a prefix length in an address family.
#[must_use]
pub fn mask(of: IpAddr, prefix: u8) -> IpAddr {
    match of {
        IpAddr::V4(_) => IpAddr::V4(u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0).into()),
        IpAddr::V6(_) => IpAddr::V6(u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0).into()),
    }
}

/// An address as inet_aton(3) reads it: one to four numbers, of which the last fills what is left; each decimal, octal
/// (`010`) or hexadecimal (`0x8`). The whole text must be the address.
#[must_use]
pub fn aton(text: &[u8]) -> Option<Ipv4Addr> {
    let text = std::str::from_utf8(text).ok()?;
    let parts: Vec<u32> = text.split('.').map(part).collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    let room = match leading.len() {
        0 => u32::MAX,
        1 => 0x00ff_ffff,
        2 => 0xffff,
        3 => 0xff,
        _ => return None,
    };
    if *last > room || leading.iter().any(|part| *part > 0xff) {
        return None;
    }
    let high = leading.iter().zip([24, 16, 8]).fold(0, |sum, (part, shift)| sum | part << shift);
    Some(Ipv4Addr::from(high | last))
}

fn part(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    // from_str_radix takes a sign, inet_aton does not.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written() {
        for (address, expect) in [
            ("::1", "::1"),
            ("::", "::"),
            ("::2:3", "::0.2.0.3"),
            ("::c000:201", "::192.0.2.1"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"),
            ("fe80:0:0:0:1:0:0:2", "fe80::1:0:0:2"),
            ("192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(text(address.parse().unwrap()), expect);
        }
    }

    #[test]
    fn masks() {
        for (of, prefix, expect) in [
            ("1.2.3.4", 0, "0.0.0.0"),
            ("1.2.3.4", 24, "255.255.255.0"),
            ("1.2.3.4", 32, "255.255.255.255"),
            ("1.2.3.4", 200, "255.255.255.255"),
            ("::1", 0, "::"),
            ("::1", 64, "ffff:ffff:ffff:ffff::"),
            ("::1", 255, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            assert_eq!(text(mask(of.parse().unwrap(), prefix)), expect, "{of}/{prefix}");
        }
    }

    #[test]
    fn read() {
        for (text, expect) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("10.1", Some("10.0.0.1")),
            ("10.1.258", Some("10.1.1.2")),
            ("0x7f.1", Some("127.0.0.1")),
            ("010.0.0.010", Some("8.0.0.8")),
            ("4294967295", Some("255.255.255.255")),
            ("0", Some("0.0.0.0")),
            ("4294967296", None),
            ("256.1", None),
            ("1.2.3.256", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("08", None),
            ("0x", None),
            ("0x+1", None),
            ("+1", None),
            ("-1", None),
            ("1.2.3.4 ", None),
            ("", None),
            (".", None),
            ("a", None),
        ] {
            assert_eq!(aton(text.as_bytes()), expect.map(|text| text.parse().unwrap()), "{text:?}");
        }
    }
}
