use super::*;
use crate::{Batch, Cancel, Dump, Entry, Follow, Limit};
use io::ErrorKind::{InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied, TimedOut};

fn read(dir: &dyn Dir, path: impl AsRef<[u8]>) -> io::Result<Vec<u8>> {
    let mut buf = Vec::new();
    let cancel = Cancel::new();
    dir.read(path.as_ref(), &mut buf, Limit { bytes: 1 << 20, cancel: &cancel })?;
    Ok(buf)
}

fn names(dir: &dyn Dir) -> Vec<Vec<u8>> {
    let (mut list, mut batch, mut names) = (dir.list().unwrap(), Batch::new(), Vec::new());
    while list.next_batch(&mut batch).unwrap() {
        names.extend(batch.iter().map(|entry| entry.name.to_vec()));
    }
    names
}

#[test]
fn builds_over_what_is_there() {
    let mem = Mem::new()
        .link("/lib", "usr/lib")
        .file("/usr/lib/old", "1")
        .file("lib/new", "2")
        .file("/file", "x")
        .file("/file/below", "3")
        .link("/dangling", "nowhere")
        .file("/dangling/inside", "4")
        .dir("/a/b")
        .file("/a/b/../../../c", "5")
        .file("/bad\0name", "6")
        .file("/".to_owned() + &"n".repeat(256), "7")
        .file("/..", "8")
        .dir("/a");
    let root = mem.root();
    for (path, text) in
        [("/usr/lib/new", "2"), ("/lib/old", "1"), ("/file/below", "3"), ("/dangling/inside", "4"), ("/c", "5")]
    {
        assert_eq!(read(root, path).unwrap(), text.as_bytes(), "{path}");
    }
    let expect: Vec<&[u8]> = vec![b"a", b"c", b"dangling", b"file", b"lib", b"usr"];
    assert_eq!(names(root), expect);
    assert_eq!(names(&*root.open_dir(b"a").unwrap()), [b"b"]);
}

#[test]
fn stat_is_consistent() {
    let mem = Mem::new()
        .file("/d/f", vec![b'x'; 5000])
        .dir("/d/e")
        .link("/l", "d/f")
        .node("/p", FileKind::Fifo)
        .hard_link("/d/g", "/d/f")
        .hard_link("/h", "/d")
        .meta("/d/f", |stat| (stat.uid, stat.mode, stat.btime) = (5, 0o4711, Some(3)))
        .meta("/made", |stat| stat.size = 77);
    let stat = |path: &str| mem.root().stat(path.as_bytes(), Follow::No).unwrap();
    let file = stat("/d/g");
    assert_eq!((file.size, file.blocks, file.nlink, file.uid, file.mode), (5000, 16, 2, 5, 0o104_711));
    assert_eq!((file.btime, file.mtime), (Some(3), Mem::CLOCK.secs));
    assert_eq!(file, stat("/d/f"));
    assert_eq!((stat("/d").nlink, stat("/").nlink), (3, 3));
    assert_eq!((stat("/l").size, stat("/l").kind()), (3, FileKind::Symlink));
    assert_eq!((stat("/p").kind(), stat("/made").size), (FileKind::Fifo, 77));
    assert_eq!(mem.root().stat(b"", Follow::No).unwrap(), stat("/"));
    assert_eq!(mem.root().stat(b"l", Follow::Yes).unwrap(), file);
    assert_eq!(mem.root().stat(b"/h", Follow::No).unwrap_err().kind(), NotFound);
    let inodes = ["/", "/d", "/d/f", "/d/e", "/l", "/p", "/made"].map(|path| stat(path).ino);
    assert_eq!(inodes.iter().collect::<std::collections::HashSet<_>>().len(), inodes.len());
}

#[test]
fn replaced_names_are_counted() {
    let mem = Mem::new().file("/f", "1").hard_link("/g", "/f").link("/g", "f").dir("/d/e").file("/d", "");
    let nlink = |path: &str| mem.root().stat(path.as_bytes(), Follow::No).unwrap().nlink;
    assert_eq!((nlink("/f"), nlink("/")), (1, 2));
    let full = |path: &str| Mem::new().dir("/d").file("/d/f", "").meta(path, |stat| stat.nlink = u64::MAX);
    let mem = full("/d").dir("/d/e");
    assert_eq!(mem.root().stat(b"/d", Follow::No).unwrap().nlink, u64::MAX);
    let mem = full("/d/f").hard_link("/g", "/d/f");
    assert_eq!(mem.root().stat(b"/g", Follow::No).unwrap().nlink, u64::MAX);
}

#[test]
fn paths_resolve_as_in_the_kernel() {
    let mem = Mem::new()
        .file("/etc/hosts", "h")
        .link("/abs", "/etc/hosts")
        .link("/out", "../../../../etc/hosts")
        .link("/dir", "etc/")
        .link("/etc/up", "../abs")
        .link("/slash", "etc/hosts/")
        .link("/loop", "loop")
        .link("/a", "b")
        .link("/b", "a")
        .link("/empty", "")
        .link("/nul", "x\0y")
        .node("/pipe", FileKind::Fifo)
        .node("/sock", FileKind::Socket)
        .node("/dev/null", FileKind::Character);
    let long = "x/".repeat(2048);
    let name = "n".repeat(256);
    for (path, expect) in [
        ("/abs", Ok("h")),
        ("out", Ok("h")),
        ("dir/hosts", Ok("h")),
        ("/dir/up", Ok("h")),
        ("//etc/.//hosts", Ok("h")),
        ("/../../etc/../etc/hosts", Ok("h")),
        ("/etc/hosts/", Err(NotADirectory)),
        ("/etc/hosts/.", Err(NotADirectory)),
        ("/slash", Err(NotADirectory)),
        ("/etc/hosts/..", Err(NotADirectory)),
        ("/etc", Err(IsADirectory)),
        ("/", Err(IsADirectory)),
        (".", Err(IsADirectory)),
        ("", Err(NotFound)),
        ("/empty", Err(NotFound)),
        ("/nul", Err(InvalidInput)),
        ("/et\0c", Err(InvalidInput)),
        ("/missing/..", Err(NotFound)),
        ("/pipe", Err(InvalidInput)),
        ("/sock", Err(InvalidInput)),
        ("/dev/null", Err(InvalidInput)),
        (&long, Err(InvalidFilename)),
        (&name, Err(InvalidFilename)),
    ] {
        let got = read(mem.root(), path).map_err(|error| error.kind());
        assert_eq!(got, expect.map(|text| text.as_bytes().to_vec()), "{path}");
    }
    for path in ["/loop", "/a", "/a/x", "/loop/"] {
        assert_eq!(read(mem.root(), path).unwrap_err().raw_os_error(), Some(40), "{path}");
    }
    assert_eq!(mem.root().read_link(b"/loop").unwrap(), b"loop");
    assert_eq!(mem.root().read_link(b"/etc").unwrap_err().kind(), InvalidInput);
    assert_eq!(mem.root().open_dir(b"abs").unwrap_err().kind(), NotADirectory);
}

#[test]
fn forty_links_are_enough() {
    let chain = |length: usize| {
        let mem = Mem::new().file("/0", "end");
        (0..length).fold(mem, |mem, at| mem.link(format!("/{}", at + 1), at.to_string()))
    };
    assert_eq!(read(chain(40).root(), "40").unwrap(), b"end");
    assert_eq!(read(chain(41).root(), "41").unwrap_err().raw_os_error(), Some(40));
}

#[test]
fn lists_in_batches() {
    let mem = (0..1000).fold(Mem::new(), |mem, at| mem.file(format!("/d/{at:03}"), ""));
    let dir = mem.root().open_dir(b"/d").unwrap();
    let listed = names(&*dir);
    assert_eq!(listed.len(), 1000);
    assert!(listed.is_sorted());
    let mem = Mem::new().node("/s", FileKind::Socket);
    let (mut list, mut batch) = (mem.root().list().unwrap(), Batch::new());
    assert!(list.next_batch(&mut batch).unwrap());
    let inode = mem.root().stat(b"/s", Follow::No).unwrap().ino;
    assert_eq!(batch.get(0), Some(Entry { name: b"s", kind: FileKind::Socket, inode }));
    for _ in 0..2 {
        assert!(!list.next_batch(&mut batch).unwrap());
        assert!(batch.is_empty());
    }
}

#[test]
fn injected_errors() {
    const ESRCH: i32 = 3;
    let mem = Mem::new()
        .fail("/proc/12", ESRCH)
        .file("/proc/12/stat", "12")
        .file("/half", "1")
        .fail_on("/half", Access::Read, TimedOut)
        .dir("/sealed")
        .fail_on("/sealed", Access::List, PermissionDenied)
        .fail("/made", PermissionDenied);
    let root = mem.root();
    assert_eq!(read(root, "/proc/12/stat").unwrap_err().raw_os_error(), Some(ESRCH));
    assert_eq!(root.stat(b"/proc/12", Follow::No).unwrap_err().raw_os_error(), Some(ESRCH));
    assert_eq!(names(&*root.open_dir(b"proc").unwrap()), [b"12"]);
    assert_eq!(read(root, "/half").unwrap_err().kind(), TimedOut);
    assert_eq!(root.open(b"half").unwrap().read(&mut [0]).unwrap_err().kind(), TimedOut);
    assert_eq!(root.stat(b"half", Follow::No).unwrap().size, 1);
    assert_eq!(root.open_dir(b"sealed").unwrap().list().unwrap_err().kind(), PermissionDenied);
    assert_eq!(read(root, "/made").unwrap_err().kind(), PermissionDenied);
    assert_eq!(root.xattrs(b"/made").unwrap_err().kind(), PermissionDenied);
}

#[test]
fn reads_under_limits() {
    let mem = Mem::new().file("/f", "0123456789");
    let cancel = Cancel::new();
    for (bytes, expect, more) in [(4, "0123", true), (10, "0123456789", false), (99, "0123456789", false)] {
        let mut buf = b"+".to_vec();
        assert_eq!(mem.root().read(b"f", &mut buf, Limit { bytes, cancel: &cancel }).unwrap(), more);
        assert_eq!(buf, [b"+", expect.as_bytes()].concat());
    }
    let (mut file, mut buf) = (mem.root().open(b"f").unwrap(), [0; 7]);
    assert_eq!([file.read(&mut buf).unwrap(), file.read(&mut buf).unwrap(), file.read(&mut buf).unwrap()], [7, 3, 0]);
    cancel.cancel();
    let limit = Limit { bytes: 1, cancel: &cancel };
    assert_eq!(mem.root().read(b"f", &mut Vec::new(), limit).unwrap_err().kind(), io::ErrorKind::Interrupted);
}

#[test]
fn inside_a_process() {
    let mem = Mem::new()
        .link("/proc/1/root", "/")
        .link("/proc/2/root", "/srv/box")
        .file("/srv/box/etc/id", "box")
        .link("/srv/box/up", "/../../etc/id")
        .file("/etc/id", "host")
        .link("/proc/3/root", "/etc/id")
        .file("/proc/4/root/etc/id", "copy")
        .clock(Moment { secs: 5, nanos: 6 });
    for (pid, expect) in [(1, Some("host")), (2, Some("box")), (3, None), (4, Some("copy")), (5, None), (-1, None)] {
        let inside = mem.inside_process(pid).map_err(|error| error.kind());
        let text = inside.as_ref().map(|host| read(host.root(), "/etc/id").unwrap());
        assert_eq!(text, expect.map(|text| text.as_bytes().to_vec()).ok_or(&NotFound), "{pid}");
        if let Ok(host) = inside {
            assert_eq!(host.now(), Moment { secs: 5, nanos: 6 });
        }
    }
    let inside = mem.inside_process(2).unwrap();
    assert_eq!(read(inside.root(), "up").unwrap(), b"box");
    assert_eq!(read(inside.root(), "/../../../etc/id").unwrap(), b"box");
    let mem = mem.inside(1, Mem::new().file("/etc/id", "other"));
    assert_eq!(read(mem.inside_process(1).unwrap().root(), "/etc/id").unwrap(), b"other");
    assert_eq!(read(mem.root(), "/proc/1/root/etc/id").unwrap(), b"host");
}

#[test]
fn handles_keep_the_old_tree() {
    let mem = Mem::new().file("/d/f", "old").xattr("/d/f", "user.a", "1").xattr("/d/f", "user.a", "2");
    let dir = mem.root().open_dir(b"d").unwrap();
    let mem = mem.file("/d/f", "new");
    assert_eq!((read(&*dir, "f").unwrap(), read(mem.root(), "/d/f").unwrap()), (b"old".to_vec(), b"new".to_vec()));
    let xattr = Xattr { name: b"user.a".to_vec(), value: b"2".to_vec() };
    assert_eq!(dir.xattrs(b"f").unwrap(), [xattr]);
    assert!(mem.kernel().is_none() && Host::netlink(&mem).is_none() && mem.own_pid().is_none() && !mem.is_live());
}

/// An answer of one message.
fn dump(namespace: &str, flags: u16, body: &[u8]) -> Dump {
    let message = |kind: u16, body: &[u8]| {
        let mut message = crate::netlink::message(kind, flags, Dump::SEQUENCE, body).unwrap();
        message.resize(message.len().next_multiple_of(4), 0);
        message
    };
    Dump {
        protocol: 4,
        kind: 20,
        body: b"all".to_vec(),
        namespace: namespace.into(),
        datagrams: vec![message(20, body), message(3, &[0; 4])],
    }
}

fn asked(mem: &Mem, body: &[u8], pid: Option<u32>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let netlink = Host::netlink(mem).ok_or(NotFound)?;
    netlink.dump(4, 20, body, pid, &mut |_, message| all.extend_from_slice(message))?;
    Ok(all)
}

#[test]
fn netlink_answers_what_it_was_told() {
    let mem = Mem::new()
        .link("/proc/7/ns/net", "net:[7]")
        .link("/proc/8/ns/net", "net:[8]")
        .dumped(dump("", 0, b"own"))
        .dumped(dump("net:[7]", 0x10, b"changed meanwhile"))
        .dumped(dump("net:[7]", 0, b"seven"));
    for (body, pid, expect) in [
        ("all", None, Ok("own")),
        ("all", Some(7), Ok("seven")),
        ("all", Some(8), Err(io::ErrorKind::Unsupported)),
        ("all", Some(9), Err(NotFound)),
        ("some", None, Err(io::ErrorKind::Unsupported)),
    ] {
        let found = asked(&mem, body.as_bytes(), pid).map_err(|error| error.kind());
        assert_eq!(found, expect.map(|text| text.as_bytes().to_vec()), "{body} {pid:?}");
    }
    assert!(Host::netlink(&Mem::new()).is_none());
    let mut endless = dump("", 0, b"own");
    endless.datagrams.pop();
    assert_eq!(asked(&Mem::new().dumped(endless), b"all", None).unwrap_err().kind(), TimedOut);
}

#[test]
fn archives_give_netlink_back() {
    let dumps = [dump("", 0, b"own"), dump("net:[7]", 0x10, b"\n 1 a=b"), dump("net:[7]", 0, b"")];
    let mem = dumps.iter().cloned().fold(Mem::new().file("/a", "1"), Mem::dumped);
    let mut archive = Vec::new();
    mem.to_tar(&mut archive).unwrap();
    let again = Mem::from_tar(&*archive).unwrap();
    assert_eq!(again.dumps(), dumps);
    assert_eq!(read(again.root(), "/a").unwrap(), b"1");
    // A record that is cut off.
    let place = archive.windows(6).position(|window| window == b"PLUMB.").unwrap();
    archive[place + 20] = 0xff;
    assert_eq!(Mem::from_tar(&*archive).unwrap_err().kind(), io::ErrorKind::InvalidData);
}
