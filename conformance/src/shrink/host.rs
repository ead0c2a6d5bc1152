//! Hosts: fewer files, fewer lines, less that is said of them.

use super::{Budget, Checks, list};
use crate::generators::netlink::apart;
use crate::hosttext::{HostText, Item, Thing};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Shrinks a host.
pub fn host(host: &HostText, budget: Budget, fails: &mut dyn FnMut(&HostText) -> bool) -> HostText {
    let mut checks = Checks::new(budget, fails);
    let mut best = host.clone();
    loop {
        let before = best.clone();
        best = trees(best, &mut checks);
        let rest = HostText { items: Vec::new(), ..best.clone() };
        best.items = list::fewer(std::mem::take(&mut best.items), &mut |items| {
            checks.fails(&HostText { items: items.to_vec(), ..rest.clone() })
        });
        let rest = HostText { dumps: Vec::new(), ..best.clone() };
        best.dumps = list::fewer(std::mem::take(&mut best.dumps), &mut |dumps| {
            checks.fails(&HostText { dumps: dumps.to_vec(), ..rest.clone() })
        });
        for place in 0..best.dumps.len() {
            best = messages(best, place, &mut checks);
        }
        for place in 0..best.items.len() {
            best = lines(best, place, &mut checks);
            best = fields(best, place, &mut checks);
        }
        let timeless = HostText { clock: None, ..best.clone() };
        if timeless != best && checks.fails(&timeless) {
            best = timeless;
        }
        if best == before || checks.over() {
            return best;
        }
    }
}

/// Leaves out everything below a directory, large ones first.
fn trees(mut best: HostText, checks: &mut Checks<'_, HostText>) -> HostText {
    let mut dirs: BTreeSet<(usize, Vec<u8>)> = BTreeSet::new();
    for item in &best.items {
        let slashes = item.path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place + 1);
        dirs.extend(slashes.enumerate().map(|(depth, end)| (depth, item.path.iter().take(end).copied().collect())));
    }
    for (_, dir) in dirs {
        let items: Vec<Item> = best.items.iter().filter(|item| !item.path.starts_with(&dir)).cloned().collect();
        let candidate = HostText { items, ..best.clone() };
        if candidate.items.len() < best.items.len() && checks.fails(&candidate) {
            best = candidate;
        }
    }
    best
}

/// Leaves out messages of netlink, and what stands behind others in their datagrams.
fn messages(best: HostText, place: usize, checks: &mut Checks<'_, HostText>) -> HostText {
    let with = |datagrams: &[Vec<u8>]| {
        let mut candidate = best.clone();
        candidate.dumps.iter_mut().skip(place).take(1).for_each(|dump| dump.datagrams = datagrams.to_vec());
        candidate
    };
    let datagrams = best.dumps.get(place).map(|dump| dump.datagrams.clone()).unwrap_or_default();
    let alone: Vec<Vec<u8>> = datagrams.iter().flat_map(|datagram| apart(datagram)).collect();
    let datagrams = if checks.fails(&with(&alone)) { alone } else { datagrams };
    with(&list::fewer(datagrams, &mut |datagrams| checks.fails(&with(datagrams))))
}

fn with(best: &HostText, place: usize, item: Item) -> HostText {
    let mut candidate = best.clone();
    candidate.items.iter_mut().skip(place).take(1).for_each(|old| *old = item.clone());
    candidate
}

/// Leaves out lines of a file, then fields between blanks and colons, then characters; a NUL ends a line too.
fn lines(mut best: HostText, place: usize, checks: &mut Checks<'_, HostText>) -> HostText {
    let ends: [&dyn Fn(u8) -> bool; 3] =
        [&|byte| byte == b'\n' || byte == 0, &|byte| byte.is_ascii_whitespace() || b":,;=/\0".contains(&byte), &|_| {
            true
        }];
    for is_end in ends {
        let Some(Item { thing: Some(Thing::File(content)), .. }) = best.items.get(place) else { return best };
        let pieces: Vec<Vec<u8>> = content.split_inclusive(|byte| is_end(*byte)).map(<[u8]>::to_vec).collect();
        let file = |pieces: &[Vec<u8>]| {
            let item = best.items.get(place).cloned().unwrap_or_default();
            with(&best, place, Item { thing: Some(Thing::File(Arc::from(pieces.concat()))), ..item })
        };
        let fewer = list::fewer(pieces, &mut |pieces| checks.fails(&file(pieces)));
        best = file(&fewer);
    }
    best
}

/// Leaves out what is said of a path besides its content.
fn fields(mut best: HostText, place: usize, checks: &mut Checks<'_, HostText>) -> HostText {
    let Some(item) = best.items.get(place).cloned() else { return best };
    let bare = Item { stat: Vec::new(), xattrs: Vec::new(), faults: Vec::new(), ..item.clone() };
    if bare == item {
        return best;
    }
    let candidate = with(&best, place, bare);
    if checks.fails(&candidate) {
        return candidate;
    }
    let stat = list::fewer(item.stat.clone(), &mut |stat| {
        checks.fails(&with(&best, place, Item { stat: stat.to_vec(), ..item.clone() }))
    });
    let item = Item { stat, ..item };
    let xattrs = list::fewer(item.xattrs.clone(), &mut |xattrs| {
        checks.fails(&with(&best, place, Item { xattrs: xattrs.to_vec(), ..item.clone() }))
    });
    let item = Item { xattrs, ..item };
    let faults = list::fewer(item.faults.clone(), &mut |faults| {
        checks.fails(&with(&best, place, Item { faults: faults.to_vec(), ..item.clone() }))
    });
    best = with(&best, place, Item { faults, ..item });
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Engine;
    use crate::engines::embedded::Embedded;
    use crate::generators::host::small::small;
    use crate::hosttext::{Detail, of_mem};

    fn whole() -> HostText {
        let mut host = of_mem(&small().files, Detail::Owners);
        host.items.retain(|item| [&b"/etc/"[..], b"/usr/"].iter().any(|top| item.path.starts_with(top)));
        host
    }

    #[test]
    fn only_the_needed_lines_of_needed_files_are_left() {
        let mut fails = |host: &HostText| {
            let mut engine = Embedded::new(Arc::new(host.mem())).expect("an engine");
            let sql = "SELECT u.username, g.groupname FROM users AS u JOIN groups AS g USING (gid)";
            engine
                .ask(sql)
                .is_ok_and(|rows| rows.iter().any(|row| row.values().all(|cell| cell.as_deref() == Some(b"alice"))))
        };
        let host = whole();
        assert!(fails(&host));
        let small = super::host(&host, Budget::default(), &mut fails);
        assert!(fails(&small));
        let text = small.to_text();
        assert_eq!(text, "=== file /etc/group unended\nalice::1000\n=== file /etc/passwd unended\nalice::1:1000\n");
    }

    #[test]
    fn what_is_said_of_a_file_is_left_when_it_matters() {
        let mut fails = |host: &HostText| {
            let mut engine = Embedded::new(Arc::new(host.mem())).expect("an engine");
            engine.ask("SELECT 1 FROM suid_bin WHERE path LIKE '/usr/bin/%'").is_ok_and(|rows| rows.len() == 2)
        };
        let small = super::host(&whole(), Budget::default(), &mut fails);
        assert_eq!(small.to_text(), "=== file /usr/bin/passwd 4755\n=== file /usr/bin/wall 2755\n");
    }

    #[test]
    fn of_netlink_the_needed_messages_are_left() {
        let host = of_mem(&small().files, Detail::Owners);
        assert!(host.dumps.len() > 3);
        let mut fails = |host: &HostText| {
            let mut engine = Embedded::new(Arc::new(host.mem())).expect("an engine");
            engine.ask("SELECT 1 FROM routes WHERE mtu = 1400").is_ok_and(|rows| rows.len() == 2)
        };
        let small = super::host(&host, Budget::default(), &mut fails);
        assert!(fails(&small) && small.items.is_empty(), "{}", small.to_text());
        let [dump] = &small.dumps[..] else { panic!("{}", small.to_text()) };
        assert_eq!((dump.kind, dump.datagrams.len()), (26, 2), "a route of two hops, and the end of the dump");
    }

    #[test]
    fn the_budget_is_kept() {
        let host = whole();
        for checks in [0, 1, 10, 100] {
            let mut asked = 0;
            let small = super::host(&host, Budget::checks(checks), &mut |host| {
                asked += 1;
                host.items.len().is_multiple_of(3)
            });
            assert!(asked <= checks);
            assert!(small == host || small.items.len().is_multiple_of(3));
            assert!(small.to_text().len() <= host.to_text().len());
        }
    }
}
