use super::*;
use crate::generators::bytes;
use arbitrary::Unstructured;

#[test]
fn tables_have_files_and_rows_on_the_small_host() {
    let host: Arc<dyn Host> = Arc::new(small::small());
    let (mut silent, mut blind) = (Vec::new(), Vec::new());
    for (name, subject) in subjects() {
        if !subject.reads() {
            blind.push(*name);
        }
        let reading = Reading { host: &host, table: subject.table, chosen: &[] };
        if !subject.table.is_constrained() && reading.whole().is_empty() {
            silent.push(*name);
        }
    }
    let most = subjects().len() / 5;
    assert!(blind.len() <= most, "tables that read nothing of hosts/small.txt, give them files: {blind:?}");
    assert!(silent.len() <= most, "tables without rows on hosts/small.txt, give them files: {silent:?}");
}

#[test]
fn hosts_are_odd_and_reproducible() {
    let subject = &subjects()["processes"];
    let mut odd = 0;
    for seed in 0..50 {
        let make = || hostile(&mut Unstructured::new(&bytes(seed, 200)), subject).unwrap().tell();
        assert_eq!(make(), make(), "seed {seed}");
        odd += usize::from(make().contains("/proc/"));
    }
    assert!(odd > 40, "{odd} of 50 say what is odd about them");
}

#[test]
fn links_lead_where_their_text_says() {
    for (link, target, expect) in [
        ("/proc/net", "self/net", "/proc/self/net"),
        ("/etc/os-release", "../usr/lib/os-release", "/usr/lib/os-release"),
        ("/var/run", "/run", "/run"),
        ("/a", "../../b/./c", "/b/c"),
    ] {
        assert_eq!(resolved(link.as_bytes(), target.as_bytes()), expect.as_bytes(), "{link}");
    }
}

#[test]
fn links_on_the_way_are_part_of_what_a_table_reads() {
    let paths: Vec<&[u8]> = subjects()["arp_cache"].items.iter().map(|(path, _)| &path[..]).collect();
    for path in ["/proc/net", "/proc/self", "/proc/42/net/arp"] {
        assert!(paths.contains(&path.as_bytes()), "{path}");
    }
}

#[test]
fn constraints_as_sql() {
    let path = |op, value: &[u8]| Constraint { column: "path", op, values: vec![Value::Text(value.to_vec().into())] };
    assert_eq!(condition(&[]), "");
    assert_eq!(
        condition(&[path(Op::Like, b"/%"), path(Op::Eq, b"\xff\0")]),
        " WHERE \"path\" LIKE CAST(x'2f25' AS TEXT) AND \"path\" IN (CAST(x'ff00' AS TEXT))"
    );
}
