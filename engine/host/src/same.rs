//! What every host must do alike: the same tests over each of them.

use crate::{Batch, Cancel, Dir, Fault, FileKind, Follow, Host, Limit, Live, Mem, Recording, Rooted};
use io::ErrorKind::{InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound};
use std::io;
use std::path::Path;
use std::sync::Arc;

const ELOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// One inode of the tree.
enum Make<'a> {
    File(&'a [u8], u32),
    Dir,
    Link(&'a str),
    Fifo,
    Socket,
}

fn tree() -> Vec<(&'static str, Make<'static>)> {
    use Make::{Dir, Fifo, File, Link, Socket};
    static LARGE: [u8; 200_000] = [b'x'; 200_000];
    vec![
        ("etc", Dir),
        ("etc/hosts", File(b"hosts\n", 0o640)),
        ("etc/empty", File(b"", 0o600)),
        ("etc/large", File(&LARGE, 0o644)),
        ("etc/sub", Dir),
        ("etc/sub/file", File(b"sub", 0o755)),
        ("etc/hidden\u{1}", File(b"odd", 0o644)),
        ("relative", Link("etc/hosts")),
        ("through", Link("etc/sub/../../relative")),
        ("dir", Link("etc")),
        ("dirs", Link("etc/")),
        ("etc/up", Link("../relative")),
        ("slash", Link("etc/hosts/")),
        ("dangling", Link("etc/nothing")),
        ("loop", Link("loop")),
        ("a", Link("b")),
        ("b", Link("a")),
        ("pipe", Fifo),
        ("to_pipe", Link("pipe")),
        ("socket", Socket),
    ]
}

/// Those that only a host whose root is the tree can follow.
fn absolute() -> Vec<(&'static str, Make<'static>)> {
    use Make::{Dir, File, Link};
    vec![
        ("absolute", Link("/etc/hosts")),
        ("out", Link("../../../../../../../../etc/hosts")),
        ("root", Link("/")),
        ("etc/rooted", Link("//etc/../etc/./sub/file")),
        ("proc/1/root", Link("/")),
        ("srv/box/etc", Dir),
        ("srv/box/etc/hosts", File(b"box", 0o644)),
        ("srv/box/up", Link("/../../etc/hosts")),
        ("proc/2/root", Link("/srv/box")),
        ("proc/3/root/etc/hosts", File(b"copy", 0o644)),
        ("proc/4/root", File(b"", 0o644)),
        ("proc/5/root", Link("../../srv/box")),
        ("proc/6/root", Link("/srv/nothing")),
    ]
}

#[allow(clippy::disallowed_methods, reason = "the tests write what they read")]
fn write(root: &Path, tree: &[(&str, Make<'_>)]) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for (path, make) in tree {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match make {
            Make::File(bytes, mode) => {
                std::fs::write(&path, bytes).unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
            }
            Make::Dir => std::fs::create_dir_all(&path).unwrap(),
            Make::Link(target) => symlink(target, &path).unwrap(),
            Make::Fifo => fifo(&path),
            Make::Socket => drop(std::os::unix::net::UnixListener::bind(&path).unwrap()),
        }
    }
}

#[cfg(target_os = "linux")]
fn fifo(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::disallowed_types, reason = "there is no portable call")]
fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn mem(tree: &[(&str, Make<'_>)]) -> Mem {
    tree.iter().fold(Mem::new(), |mem, (path, make)| match make {
        Make::File(bytes, mode) => mem.file(path, bytes).meta(path, |stat| stat.mode = *mode),
        Make::Dir => mem.dir(path),
        Make::Link(target) => mem.link(path, target),
        Make::Fifo => mem.node(path, FileKind::Fifo),
        Make::Socket => mem.node(path, FileKind::Socket),
    })
}

/// Runs a test over the top directory of the tree on every host, also if that is not the root.
fn everywhere(test: fn(&str, &dyn Dir)) {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &tree());
    let path = temp.path().as_os_str().as_encoded_bytes();
    test("Mem", mem(&tree()).root());
    test("Live", &*Live::new().unwrap().root().open_dir(path).unwrap());
    test("Rooted", Rooted::open(temp.path()).unwrap().root());
    test("Rooted, walking", Rooted::open_walking(temp.path()).unwrap().root());
    let recording = Recording::new(Arc::new(Rooted::open(temp.path()).unwrap()), 1 << 24);
    test("Recording", recording.root());
    assert_eq!(recording.left_out(), 0);
    test("Recorded", recording.into_mem().root());
    let above = temp.path().parent().unwrap();
    let name = temp.path().file_name().unwrap().as_encoded_bytes();
    test("Rooted above", &*Rooted::open(above).unwrap().root().open_dir(name).unwrap());
    test("Rooted above, walking", &*Rooted::open_walking(above).unwrap().root().open_dir(name).unwrap());
    test("Mem below", &*mem(&tree()).root().open_dir(b"/etc/../etc").unwrap().open_dir(b"..").unwrap());
}

/// Runs a test over every host whose root is the tree.
fn rooted(test: fn(&str, &dyn Host)) {
    let all: Vec<_> = tree().into_iter().chain(absolute()).collect();
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &all);
    test("Mem", &mem(&all));
    test("Rooted", &Rooted::open(temp.path()).unwrap());
    test("Rooted, walking", &Rooted::open_walking(temp.path()).unwrap());
    let recording = Recording::new(Arc::new(Rooted::open(temp.path()).unwrap()), 1 << 24);
    test("Recording", &recording);
    test("Recorded", &recording.into_mem());
}

fn read(dir: &dyn Dir, path: &str) -> io::Result<Vec<u8>> {
    let (mut buf, cancel) = (Vec::new(), Cancel::new());
    let more = dir.read(path.as_bytes(), &mut buf, Limit { bytes: 1 << 20, cancel: &cancel })?;
    assert!(!more);
    Ok(buf)
}

fn names(dir: &dyn Dir) -> Vec<(String, FileKind)> {
    let (mut list, mut batch, mut names) = (dir.list().unwrap(), Batch::new(), Vec::new());
    while list.next_batch(&mut batch).unwrap() {
        names.extend(batch.iter().map(|entry| (String::from_utf8(entry.name.to_vec()).unwrap(), entry.kind)));
    }
    names.sort_unstable();
    names
}

#[derive(Debug)]
enum Expect {
    Text(&'static str),
    Kind(io::ErrorKind),
    Loop,
}

fn check_reads(host: &str, dir: &dyn Dir, reads: &[(&str, Expect)]) {
    for (path, expect) in reads {
        // Both ways of reading must agree.
        let opened = dir.open(path.as_bytes()).and_then(|mut file| {
            let mut buf = [0; 16];
            let got = file.read(&mut buf)?;
            Ok(buf[..got].to_vec())
        });
        for got in [read(dir, path), opened] {
            match (got, expect) {
                (Ok(got), Expect::Text(text)) => assert_eq!(got, text.as_bytes(), "{host}: {path}"),
                (Err(got), Expect::Kind(kind)) => assert_eq!(got.kind(), *kind, "{host}: {path}: {got}"),
                (Err(got), Expect::Loop) => assert!(is_loop(&got), "{host}: {path}: {got}"),
                (got, expect) => panic!("{host}: {path}: {got:?}, expected {expect:?}"),
            }
        }
    }
}

fn is_loop(error: &io::Error) -> bool {
    // A tree in memory speaks Linux everywhere.
    [Some(ELOOP), Some(40)].contains(&error.raw_os_error())
}

#[test]
fn paths() {
    use Expect::{Kind, Loop, Text};
    everywhere(|host, dir| {
        let long = "x/".repeat(2048);
        let name = "n".repeat(256);
        check_reads(
            host,
            dir,
            &[
                ("etc/hosts", Text("hosts\n")),
                ("./etc//sub/../hosts", Text("hosts\n")),
                ("etc/empty", Text("")),
                ("etc/hidden\u{1}", Text("odd")),
                ("relative", Text("hosts\n")),
                ("through", Text("hosts\n")),
                ("dir/hosts", Text("hosts\n")),
                ("dirs/sub/file", Text("sub")),
                ("dir/up", Text("hosts\n")),
                ("dir/../relative", Text("hosts\n")),
                ("etc", Kind(IsADirectory)),
                ("dir", Kind(IsADirectory)),
                (".", Kind(IsADirectory)),
                ("", Kind(NotFound)),
                ("missing", Kind(NotFound)),
                ("missing/..", Kind(NotFound)),
                ("dangling", Kind(NotFound)),
                ("etc/hosts/", Kind(NotADirectory)),
                ("etc/hosts/..", Kind(NotADirectory)),
                ("relative/x", Kind(NotADirectory)),
                ("slash", Kind(NotADirectory)),
                ("pipe", Kind(InvalidInput)),
                ("to_pipe", Kind(InvalidInput)),
                ("socket", Kind(InvalidInput)),
                ("et\0c/hosts", Kind(InvalidInput)),
                (&long, Kind(InvalidFilename)),
                (&name, Kind(InvalidFilename)),
                ("loop", Loop),
                ("a", Loop),
                ("a/x", Loop),
            ],
        );
    });
}

#[test]
fn nothing_leads_out() {
    use Expect::{Kind, Text};
    rooted(|host, machine| {
        let root = machine.root();
        check_reads(
            host,
            root,
            &[
                ("/etc/hosts", Text("hosts\n")),
                ("/../../../etc/hosts", Text("hosts\n")),
                ("../etc/hosts", Text("hosts\n")),
                ("absolute", Text("hosts\n")),
                ("out", Text("hosts\n")),
                ("root/root/absolute", Text("hosts\n")),
                ("etc/rooted", Text("sub")),
                ("/", Kind(IsADirectory)),
                ("root", Kind(IsADirectory)),
            ],
        );
        let sub = root.open_dir(b"/dir/sub").unwrap();
        check_reads(
            host,
            &*sub,
            &[
                ("file", Text("sub")),
                ("../hosts", Text("hosts\n")),
                ("../../../../../relative", Text("hosts\n")),
                ("/absolute", Text("hosts\n")),
                ("../rooted", Text("sub")),
                ("hosts", Kind(NotFound)),
            ],
        );
        let at_root = root.open_dir(b"root").unwrap();
        assert_eq!(at_root.stat(b"", Follow::No).unwrap(), root.stat(b"/", Follow::No).unwrap(), "{host}");
        assert_eq!(names(&*at_root), names(root), "{host}");
    });
}

#[test]
fn inside_processes() {
    rooted(|host, machine| {
        for (pid, expect) in [
            (1, Some("hosts\n")),
            (2, Some("box")),
            (3, Some("copy")),
            (4, None),
            (6, None),
            (7, None),
            (0, None),
            (-1, None),
        ] {
            let inside = machine.inside_process(pid).map_err(|error| error.kind());
            let text = inside.map(|inside| read(inside.root(), "/etc/hosts").unwrap());
            assert_eq!(text, expect.map(|text| text.as_bytes().to_vec()).ok_or(NotFound), "{host}: {pid}");
        }
        let inside = machine.inside_process(2).unwrap();
        assert_eq!(read(inside.root(), "up").unwrap(), b"box", "{host}");
        assert_eq!(names(inside.root()).len(), 2, "{host}");
    });
}

#[test]
fn links() {
    everywhere(|host, dir| {
        for (path, expect) in [
            ("relative", Ok("etc/hosts")),
            ("loop", Ok("loop")),
            ("etc/../dangling", Ok("etc/nothing")),
            ("dir/up", Ok("../relative")),
            ("etc/hosts", Err(InvalidInput)),
            ("etc", Err(InvalidInput)),
            (".", Err(InvalidInput)),
            ("dir/", Err(InvalidInput)),
            ("dir/.", Err(InvalidInput)),
            ("missing", Err(NotFound)),
            ("", Err(NotFound)),
            ("etc/hosts/x", Err(NotADirectory)),
        ] {
            let got = dir.read_link(path.as_bytes()).map_err(|error| error.kind());
            assert_eq!(got, expect.map(|text| text.as_bytes().to_vec()), "{host}: {path}");
        }
    });
}

#[test]
fn stats() {
    everywhere(|host, dir| {
        for (path, mode, size) in [
            ("etc/hosts", 0o100_640, Some(6)),
            ("etc/large", 0o100_644, Some(200_000)),
            ("relative", 0o120_000, Some(9)),
            ("etc", 0o040_000, None),
            ("pipe", 0o010_000, None),
            ("socket", 0o140_000, None),
            ("etc/sub/file", 0o100_755, Some(3)),
        ] {
            let stat = dir.stat(path.as_bytes(), Follow::No).unwrap();
            let mask = if stat.kind() == FileKind::Regular { 0o177_777 } else { 0o170_000 };
            assert_eq!(stat.mode & mask, mode, "{host}: {path}");
            assert!(size.is_none_or(|size| size == stat.size), "{host}: {path}");
            assert!(stat.ino != 0 && stat.nlink > 0 && stat.blksize > 0 && stat.mtime > 0, "{host}: {path}");
        }
        let file = dir.stat(b"etc/hosts", Follow::No).unwrap();
        for path in ["relative", "through", "dir/up", "etc/hosts"] {
            assert_eq!(dir.stat(path.as_bytes(), Follow::Yes).unwrap(), file, "{host}: {path}");
        }
        let opened = dir.open(b"through").unwrap().stat().unwrap();
        assert_eq!(crate::Stat { atime: 0, ..opened }, crate::Stat { atime: 0, ..file }, "{host}");
        let etc = dir.stat(b"etc", Follow::No).unwrap();
        assert_eq!(dir.stat(b"dir/", Follow::No).unwrap(), etc, "{host}");
        assert_eq!(dir.open_dir(b"etc").unwrap().stat(b"", Follow::No).unwrap(), etc, "{host}");
        for (path, follow, kind) in [
            ("missing", Follow::No, NotFound),
            ("dangling", Follow::Yes, NotFound),
            ("etc/hosts/", Follow::No, NotADirectory),
        ] {
            assert_eq!(dir.stat(path.as_bytes(), follow).unwrap_err().kind(), kind, "{host}: {path}");
        }
        assert!(is_loop(&dir.stat(b"loop", Follow::Yes).unwrap_err()), "{host}");
        assert!(dir.stat(b"loop", Follow::No).is_ok(), "{host}");
    });
}

#[test]
fn listings() {
    everywhere(|host, dir| {
        use FileKind::{Directory, Regular, Symlink};
        let etc = dir.open_dir(b"dir").unwrap();
        let expect = [
            ("empty", Regular),
            ("hidden\u{1}", Regular),
            ("hosts", Regular),
            ("large", Regular),
            ("sub", Directory),
            ("up", Symlink),
        ];
        for _ in 0..2 {
            assert_eq!(names(&*etc), expect.map(|(name, kind)| (name.to_owned(), kind)), "{host}");
        }
        assert_eq!(names(dir).len(), tree().iter().filter(|(path, _)| !path.contains('/')).count(), "{host}");
        let (mut list, mut batch) = (etc.list().unwrap(), Batch::new());
        assert!(list.next_batch(&mut batch).unwrap());
        for entry in batch.iter() {
            assert_eq!(etc.stat(entry.name, Follow::No).unwrap().ino, entry.inode, "{host}");
        }
        for (path, kind) in
            [("etc/hosts", NotADirectory), ("pipe", NotADirectory), ("missing", NotFound), ("", NotFound)]
        {
            assert_eq!(dir.open_dir(path.as_bytes()).unwrap_err().kind(), kind, "{host}: {path}");
        }
        assert!(is_loop(&dir.open_dir(b"loop").unwrap_err()), "{host}");
    });
}

#[test]
fn limits() {
    everywhere(|host, dir| {
        let cancel = Cancel::new();
        for (path, bytes, expect) in [
            ("etc/hosts", 0, (0, true)),
            ("etc/hosts", 5, (5, true)),
            ("etc/hosts", 6, (6, false)),
            ("etc/hosts", usize::MAX, (6, false)),
            ("etc/empty", 0, (0, false)),
            ("etc/large", 100_000, (100_000, true)),
            ("etc/large", 199_999, (199_999, true)),
            ("etc/large", 200_000, (200_000, false)),
        ] {
            let mut buf = b"before".to_vec();
            let more = dir.read(path.as_bytes(), &mut buf, Limit { bytes, cancel: &cancel }).unwrap();
            assert!(buf.starts_with(b"before"), "{host}: {path}");
            assert_eq!((buf.len() - 6, more), expect, "{host}: {path} {bytes}");
        }
        let mut file = dir.open(b"etc/large").unwrap();
        let (mut buf, mut total) = ([0; 999], 0);
        loop {
            match file.read(&mut buf).unwrap() {
                0 => break,
                got => total += got,
            }
        }
        assert_eq!(total, 200_000, "{host}");
        cancel.cancel();
        let stopped = dir.read(b"etc/hosts", &mut Vec::new(), Limit { bytes: 9, cancel: &cancel });
        assert_eq!(stopped.unwrap_err().kind(), io::ErrorKind::Interrupted, "{host}");
    });
}

#[test]
fn faults_carry_the_number_of_the_system() {
    let mem = Mem::new().fail("/x", Fault::Errno(ELOOP));
    assert_eq!(mem.root().stat(b"x", Follow::No).unwrap_err().raw_os_error(), Some(ELOOP));
}
