use super::*;
use crate::generators::bytes;
use crate::generators::host::{small, subjects};
use arbitrary::Unstructured;

#[test]
fn the_text_is_read() {
    let text = r"
=== clock 5.25
=== file /a
x
\=== y
\\=== z
\w
=== dir /d 1777
=== link /l ../t u
=== nul /n
p
q
=== hex /h
00fF
7f
=== file /e 4755
=== file /u unended
last
=== escaped /c 600
a\r
b\x00\\
=== fifo /run/a\x20b
=== stat /d uid=7 mtime=-1
=== xattr /u user.a b\x20c
=== fail /d list EACCES
=== stat /elsewhere size=18446744073709551615
=== netlink 0 18 00ff
0102
03

ffFE
=== netlink 4 20 - net:[\x20]
";
    let file = |bytes: &[u8]| Thing::File(Arc::from(bytes));
    let mode = |mode: i128| vec![(Field::MODE, mode)];
    let field = |name, value| (Field::named(name).expect(name), value);
    let expect = [
        Item::new("/a", file(b"x\n=== y\n\\=== z\n\\w\n")),
        Item {
            stat: vec![field("mode", 0o1777), field("uid", 7), field("mtime", -1)],
            faults: vec![(Access::List, 13)],
            ..Item::new("/d", Thing::Dir)
        },
        Item::new("/l", Thing::Link(b"../t u".to_vec())),
        Item::new("/n", file(b"p\0q\0")),
        Item::new("/h", file(b"\x00\xff\x7f")),
        Item { stat: mode(0o4755), ..Item::new("/e", file(b"")) },
        Item { xattrs: vec![(b"user.a".to_vec(), b"b c".to_vec())], ..Item::new("/u", file(b"last")) },
        Item { stat: mode(0o600), ..Item::new("/c", file(b"a\r\nb\0\\\n")) },
        Item::new("/run/a b", Thing::Node(FileKind::Fifo)),
        Item { path: b"/elsewhere".to_vec(), stat: vec![field("size", u64::MAX.into())], ..Item::default() },
    ];
    let host = HostText::parse(text).expect("a host");
    assert_eq!(host.items, expect);
    let dump = |protocol, kind, body: &[u8], namespace: &[u8], datagrams: &[&[u8]]| {
        let datagrams = datagrams.iter().map(|datagram| datagram.to_vec()).collect();
        Dump { protocol, kind, body: body.to_vec(), namespace: namespace.to_vec(), datagrams }
    };
    let dumps = [dump(0, 18, b"\x00\xff", b"", &[&[1, 2, 3], &[255, 254]]), dump(4, 20, b"", b"net:[ ]", &[])];
    assert_eq!(host.dumps, dumps);
    assert_eq!(host.clock, Some(Moment { secs: 5, nanos: 250_000_000 }));
    assert_eq!(HostText::parse(&host.to_text()), Ok(host));
}

#[test]
fn errors_name_the_line() {
    for (text, expect) in [
        ("what\n", "line 1: a header should stand here: === KIND …"),
        ("=== file /a\nx\n=== files /b\n", "line 3: \"files\" is no kind of block that a host has"),
        ("=== file a\n", "line 1: a path should stand behind file, and begin with a slash"),
        ("=== file /a 8\n", "line 1: \"8\" is neither an octal mode nor the word unended"),
        ("=== file /a\\y\n", "line 1: \\y is no escape: \\\\, \\n, \\r, \\t, \\0 and \\xff are"),
        ("=== hex /a\n0\n", "line 1: a hexadecimal digit is missing: they come in pairs"),
        ("=== dir /a\ntext\n", "line 1: nothing should stand below this header"),
        ("=== stat /a uid=-1\n", "line 1: \"-1\" is no uid"),
        ("=== stat /a size\n", "line 1: \"size\" should be NAME=VALUE"),
        ("=== fail /a all EWHAT\n", "line 1: \"EWHAT\" is no error: a number, or a name like EACCES"),
        ("=== fail /a touch 5\n", "line 1: \"touch\" is no access: all, open, read, list, stat, walk, xattrs"),
        ("=== netlink 0 a 00\n", "line 1: \"0\" and \"a\" should be the numbers of a protocol and of a request"),
        ("=== netlink 0 18\n", "line 1: the body of the request should stand here, or a dash for none"),
        ("=== netlink 0 18 -\n0\n", "line 1: a hexadecimal digit is missing: they come in pairs"),
        ("=== clock x\n", "line 1: \"x\" should be seconds since 1970, with a point before parts of them"),
    ] {
        assert_eq!(HostText::parse(text).expect_err(text).to_string(), expect);
    }
}

/// Whatever a tree holds, its text gives it back.
#[test]
fn random_trees_come_back() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..400 {
        let input = bytes(seed, 600);
        let host = tree(&mut Unstructured::new(&input)).expect("enough bytes");
        let text = host.to_text();
        assert_eq!(HostText::parse(&text), Ok(host.clone()), "seed {seed}\n{text}");
        seen.extend(text.lines().filter_map(|line| line.strip_prefix("=== ")?.split(' ').next()).map(str::to_owned));
        // What is written of the host in memory makes the same host in memory.
        let mem = host.mem();
        let told = of_mem(&mem, Detail::All);
        let again = HostText::parse(&told.to_text()).expect("a host");
        assert_eq!(of_mem(&again.mem(), Detail::All), told, "seed {seed}\n{text}");
    }
    assert_eq!(seen.len(), 16, "{seen:?}");
}

pub(crate) fn tree(u: &mut Unstructured<'_>) -> arbitrary::Result<HostText> {
    const NAMES: [&[u8]; 8] = [b"a", b"etc", b"b c", b"\xff", b"\\x", b"n\nl", "\u{202e}ü".as_bytes(), b"==="];
    const LINES: [&[u8]; 12] = [
        b"x",
        b"\n",
        b"=== file /y",
        b"\\=== ",
        b"\\",
        b"\0",
        b"\r\n",
        b"\xfe",
        b"\t",
        "\u{feff}".as_bytes(),
        b"--- a",
        b"\x80\x81\x82\x83\x84\x85",
    ];
    let word = |u: &mut Unstructured<'_>| -> arbitrary::Result<Vec<u8>> {
        Ok((0..u.int_in_range(0..=6)?)
            .map(|_| u.choose(&LINES).copied())
            .collect::<arbitrary::Result<Vec<_>>>()?
            .concat())
    };
    let mut host = HostText::default();
    if u.arbitrary()? {
        host.clock = Some(Moment { secs: u.arbitrary()?, nanos: u.int_in_range(0..=999_999_999)? });
    }
    for place in 0..u.int_in_range(1..=6)? {
        let mut path = format!("/{place}").into_bytes();
        for _ in 0..u.int_in_range(0..=2)? {
            path = join_name(&path, u.choose(&NAMES)?);
        }
        let thing = match u.int_in_range(0..=9)? {
            0..=5 => Thing::File(Arc::from(word(u)?)),
            6 => Thing::Dir,
            7 => Thing::Link(word(u)?),
            _ => {
                let (_, kind) = *u.choose(&write::KINDS)?;
                Thing::Node(kind)
            }
        };
        let mut item = Item::new(path, thing);
        if u.ratio(1, 2)? {
            item.stat.push((Field::MODE, u.int_in_range(0..=0o7777)?));
        }
        for name in ["uid", "btime", "ino", "size"] {
            if u.ratio(1, 4)? {
                item.stat.push((Field::named(name).expect(name), u.int_in_range(0..=i128::from(u32::MAX))?));
            }
        }
        if u.ratio(1, 4)? {
            item.xattrs.push((b"user.x y".to_vec(), word(u)?));
        }
        match u.int_in_range(0..=8)? {
            0 => item.faults = Access::ALL.map(|access| (access, 13)).to_vec(),
            1 => item.faults.push((*u.choose(&Access::ALL)?, u.int_in_range(1..=133)?)),
            _ => {}
        }
        host.items.push(item);
    }
    for protocol in 0..u.int_in_range(0..=2)? {
        let datagrams = (0..u.int_in_range(0..=2)?).map(|_| Ok([&b"x"[..], &word(u)?].concat()));
        let datagrams = datagrams.collect::<arbitrary::Result<_>>()?;
        let (body, namespace) = (word(u)?, u.choose(&NAMES)?.to_vec());
        host.dumps.push(Dump { protocol, kind: u.arbitrary()?, body, namespace, datagrams });
    }
    Ok(host)
}

fn join_name(path: &[u8], name: &[u8]) -> Vec<u8> {
    [path, b"/", name].concat()
}

/// The small host survives being written as text of a host in memory: every table tells the same.
#[test]
fn the_small_host_comes_back() {
    let before = small::small().files;
    let told = of_mem(&before, Detail::Owners);
    let after = HostText::parse(&told.to_text()).expect("a host").mem();
    assert!(told.items.len() > 200, "{}", told.items.len());
    assert_eq!(of_mem(&after, Detail::Owners), told);
    assert!(subjects().len() > 20);
}
