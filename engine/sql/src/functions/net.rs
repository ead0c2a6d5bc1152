//! Networks: `inet_aton`, `in_cidr_block`, `community_id_v1`, `community_id_v1_strict`.

use super::value::{Answer, Args};
use super::{Registrar, Warn, fail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Result;
use rusqlite::types::ValueRef;
use sha1::{Digest, Sha1};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

pub(super) fn register(to: &Registrar<'_>, warn: &Warn) -> Result<()> {
    to.add("inet_aton", 1, |args| {
        let address = args.text(0).and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
        Ok(address.map_or(Answer::Null, |address: Ipv4Addr| Answer::Int(i64::from(address.to_bits()))))
    })?;
    to.add("in_cidr_block", 2, in_cidr_block)?;
    for arguments in [5, 6] {
        let warn = Arc::clone(warn);
        to.add("community_id_v1", arguments, move |args| match Flow::of(args) {
            Ok(flow) => Ok(flow.community_id()),
            Err(reason) => {
                warn(reason.to_owned());
                Ok(Answer::Null)
            }
        })?;
        to.add("community_id_v1_strict", arguments, |args| match Flow::of(args) {
            Ok(flow) => Ok(flow.community_id()),
            Err(reason) => fail(reason),
        })?;
    }
    Ok(())
}

/// An address; one of IPv6 may end in a zone (`fe80::1%eth0`), which does not count.
fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    match text.split_once('%') {
        Some((address, zone)) if !zone.is_empty() => Some(IpAddr::V6(address.parse().ok()?)),
        _ => text.parse().ok(),
    }
}

/// A block of addresses, as number and mask.
#[derive(Clone, Copy)]
enum Cidr {
    V4(u32, u32),
    V6(u128, u128),
    Bad,
}

impl Cidr {
    fn parse(text: &[u8]) -> Self {
        Self::try_parse(text).unwrap_or(Self::Bad)
    }

    fn try_parse(text: &[u8]) -> Option<Self> {
        let (address, bits) = std::str::from_utf8(text).ok()?.split_once('/')?;
        if !bits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let bits: u32 = bits.parse().ok()?;
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
                Some(Self::V4(address.to_bits() & mask, mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.checked_sub(bits)?).unwrap_or(0);
                Some(Self::V6(address.to_bits() & mask, mask))
            }
        }
    }
}

/// `in_cidr_block(block, address)`.
///
/// Divergence: the recorded agent leaves the first and last address of a block of IPv4 out, and has only `::` in `::/0`;
/// here every address under the prefix is in the block.
fn in_cidr_block(args: &Args<'_, '_>) -> Result<Answer> {
    let ValueRef::Text(block) = args.get(0) else {
        return fail("CIDR must be a string");
    };
    let ValueRef::Text(address) = args.get(1) else {
        return fail("IP address must be a string");
    };
    let Some(address) = parse_ip(address) else {
        return fail("IP address cannot be parsed");
    };
    let block = args.0.get_or_create_aux(0, |_| Ok::<_, Infallible>(Cidr::parse(block)))?;
    match (*block, address) {
        (Cidr::V4(network, mask), IpAddr::V4(address)) => Ok(Answer::bool(address.to_bits() & mask == network)),
        (Cidr::V6(network, mask), IpAddr::V6(address)) => Ok(Answer::bool(address.to_bits() & mask == network)),
        (_, IpAddr::V4(_)) => fail("CIDR for IP address v4 cannot be parsed"),
        (_, IpAddr::V6(_)) => fail("CIDR for IP address v6 cannot be parsed"),
    }
}

/// What a Community ID is made of.
struct Flow {
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
    protocol: u8,
    seed: u16,
    /// Known to have one direction only: its ends are not put in order.
    one_way: bool,
}

const ICMP: u8 = 1;
const ICMP6: u8 = 58;

impl Flow {
    /// Reads `(source, destination, source port, destination port, protocol[, seed])`; an error says what is wrong.
    fn of(args: &Args<'_, '_>) -> std::result::Result<Self, &'static str> {
        let (ValueRef::Text(source), ValueRef::Text(destination)) = (args.get(0), args.get(1)) else {
            return Err("Community ID IPs must be strings");
        };
        let source = parse_ip(source).ok_or("Community ID saddr cannot be parsed as IP")?;
        let destination = parse_ip(destination).ok_or("Community ID daddr cannot be parsed as IP")?;
        let (ValueRef::Integer(sport), ValueRef::Integer(dport)) = (args.get(2), args.get(3)) else {
            return Err("Community ID ports must be integers");
        };
        let (Ok(sport), Ok(dport)) = (u16::try_from(sport), u16::try_from(dport)) else {
            return Err("Community ID ports must fit in 2 bytes");
        };
        let ValueRef::Integer(protocol) = args.get(4) else {
            return Err("Community ID protocol must be an integer");
        };
        let protocol = u8::try_from(protocol).map_err(|_| "Community ID protocol must fit in 1 byte")?;
        let mut flow = Self {
            source: (source, sport),
            destination: (destination, dport),
            protocol,
            seed: seed(args)?,
            one_way: false,
        };
        flow.map_icmp();
        Ok(flow)
    }

    /// A message of ICMP has a type and a code in place of ports. One that is asked or answered by another type takes
    /// that for its other port, so that both directions give one ID; any other has only one direction.
    fn map_icmp(&mut self) {
        let counterpart: fn(u16) -> Option<u16> = match self.protocol {
            ICMP => icmp_counterpart,
            ICMP6 => icmp6_counterpart,
            _ => return,
        };
        match counterpart(self.source.1) {
            Some(other) => self.destination.1 = other,
            None => self.one_way = true,
        }
    }

    /// Community ID version 1.
    fn community_id(&self) -> Answer {
        let (mut first, mut second) = (self.source, self.destination);
        if !self.one_way && second < first {
            (first, second) = (second, first);
        }
        let mut hash = Sha1::new();
        hash.update(self.seed.to_be_bytes());
        for (address, _) in [first, second] {
            match address {
                IpAddr::V4(address) => hash.update(address.octets()),
                IpAddr::V6(address) => hash.update(address.octets()),
            }
        }
        hash.update([self.protocol, 0]);
        hash.update(first.1.to_be_bytes());
        hash.update(second.1.to_be_bytes());
        let mut text = *b"1:____________________________";
        let place = text.get_mut(2..).unwrap_or_default();
        // Twenty bytes make 28 of Base64: it fits.
        let _ = STANDARD.encode_slice(hash.finalize(), place);
        Answer::text(&text)
    }
}

/// Two bytes.
///
/// Divergence: the recorded agent refuses 65535, and takes it only when written −1; here it is a seed like any other.
fn seed(args: &Args<'_, '_>) -> std::result::Result<u16, &'static str> {
    match args.get(5) {
        _ if args.len() < 6 => Ok(0),
        ValueRef::Integer(-1) => Ok(u16::MAX),
        ValueRef::Integer(seed) => u16::try_from(seed).map_err(|_| "Community ID seed must fit in 2 bytes"),
        _ => Err("Community ID seed must be an integer"),
    }
}

fn icmp_counterpart(kind: u16) -> Option<u16> {
    other_of_pair(kind, &[(8, 0), (13, 14), (15, 16), (10, 9), (17, 18)])
}

fn icmp6_counterpart(kind: u16) -> Option<u16> {
    other_of_pair(kind, &[(128, 129), (130, 131), (133, 134), (135, 136), (139, 140), (144, 145)])
}

fn other_of_pair(kind: u16, pairs: &[(u16, u16)]) -> Option<u16> {
    pairs.iter().find_map(|(ask, answer)| match kind {
        _ if kind == *ask => Some(*answer),
        _ if kind == *answer => Some(*ask),
        _ => None,
    })
}
