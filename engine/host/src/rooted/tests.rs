#![allow(clippy::disallowed_methods, reason = "the tests write what they read")]

use super::*;
use crate::{Batch, Cancel};
use std::fs;
use std::os::unix::fs::symlink;

type Open = fn(&Path) -> io::Result<Rooted>;

const WAYS: [Open; 2] = [|dir| Rooted::open(dir), |dir| Rooted::open_walking(dir)];

fn read(dir: &dyn Dir, path: impl AsRef<[u8]>) -> io::Result<Vec<u8>> {
    let (mut buf, cancel) = (Vec::new(), Cancel::new());
    dir.read(path.as_ref(), &mut buf, Limit { bytes: 1 << 20, cancel: &cancel })?;
    Ok(buf)
}

#[test]
fn secrets_outside_stay_there() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("root");
    fs::create_dir_all(root.join("dir")).unwrap();
    fs::write(temp.path().join("secret"), "s").unwrap();
    for (link, target) in [
        ("up", "../secret".into()),
        ("dir/up", "../../secret".into()),
        ("dir/parent", "../..".into()),
        ("absolute", temp.path().join("secret")),
        ("tricky", "dir/parent/../../secret".into()),
    ] {
        symlink::<std::path::PathBuf, _>(target, root.join(link)).unwrap();
    }
    for open in WAYS {
        let host = open(&root).unwrap();
        let dir = host.root().open_dir(b"dir").unwrap();
        for path in ["up", "dir/up", "absolute", "tricky", "../secret", "dir/../../secret", "/../secret"] {
            assert_eq!(read(host.root(), path).unwrap_err().kind(), io::ErrorKind::NotFound, "{path}");
        }
        for path in ["up", "../../secret", "parent/../secret", "/secret"] {
            assert_eq!(read(&*dir, path).unwrap_err().kind(), io::ErrorKind::NotFound, "dir: {path}");
        }
        let parent = dir.open_dir(b"parent").unwrap();
        let inode = |dir: &dyn Dir| dir.stat(b"", Follow::No).unwrap().ino;
        assert_eq!(inode(&*parent), inode(host.root()));
    }
}

#[test]
fn vanished_and_moved_directories() {
    for open in WAYS {
        let temp = tempfile::tempdir().unwrap();
        let (root, outside) = (temp.path().join("root"), temp.path().join("outside"));
        fs::create_dir_all(root.join("gone")).unwrap();
        fs::create_dir_all(root.join("moved/below")).unwrap();
        fs::write(temp.path().join("secret"), "s").unwrap();
        let host = open(&root).unwrap();
        let gone = host.root().open_dir(b"gone").unwrap();
        let moved = host.root().open_dir(b"moved/below").unwrap();
        fs::remove_dir(root.join("gone")).unwrap();
        fs::rename(root.join("moved"), &outside).unwrap();
        for path in ["x", "../x", "."] {
            assert!(read(&*gone, path).is_err(), "{path}");
        }
        assert!(!gone.list().unwrap().next_batch(&mut Batch::new()).is_ok_and(|more| more));
        for path in ["../../secret", "../secret", "../../../secret"] {
            assert_eq!(read(&*moved, path).unwrap_err().kind(), io::ErrorKind::NotFound, "{path}");
        }
    }
}

#[test]
fn trees_deeper_than_a_path_is_long() {
    for open in WAYS {
        let temp = tempfile::tempdir().unwrap();
        let name = "d".repeat(200);
        let host = open(temp.path()).unwrap();
        let mut fd = rustix::fs::open(temp.path(), sys::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
        let mut dir = host.root().open_dir(b".").unwrap();
        for _ in 0..30 {
            rustix::fs::mkdirat(&fd, name.as_str(), 0o755.into()).unwrap();
            fd = rustix::fs::openat(&fd, name.as_str(), sys::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
            dir = dir.open_dir(name.as_bytes()).unwrap();
        }
        rustix::fs::symlinkat("../link", &fd, "up").unwrap();
        assert_eq!(dir.read_link(b"up").unwrap(), b"../link");
        assert_eq!(dir.stat(b"up", Follow::Yes).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(dir.stat(b"..", Follow::Yes).unwrap().nlink > 0);
    }
}

#[test]
fn hostile_links_end() {
    let temp = tempfile::tempdir().unwrap();
    let mut deep = temp.path().join("x");
    (0..100).for_each(|_| deep.push("y"));
    fs::create_dir_all(&deep).unwrap();
    let start = format!("x/{}", "y/".repeat(100));
    symlink(format!("{start}{}z", "../y/".repeat(600)), temp.path().join("z")).unwrap();
    symlink("../".repeat(100) + "../z", deep.join("z")).unwrap();
    for open in WAYS {
        let host = open(temp.path()).unwrap();
        let error = read(host.root(), "z").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;

    /// A root in which the real `/proc` is mounted: the machine's own.
    #[test]
    fn process_links_are_texts() {
        let own = format!("/proc/{}", std::process::id());
        for open in WAYS {
            let host = open(Path::new("/")).unwrap();
            let dir = host.root().open_dir(own.as_bytes()).unwrap();
            let exe = dir.read_link(b"exe").unwrap();
            assert_eq!(exe, std::env::current_exe().unwrap().into_os_string().into_encoded_bytes());
            assert!(read(&*dir, "exe").unwrap().starts_with(b"\x7fELF"), "found by its text");
            assert_eq!(read(&*dir, "ns/net").unwrap_err().kind(), io::ErrorKind::NotFound, "no text that is a path");
            let stat = read(host.root(), "/proc/self/stat").unwrap();
            assert!(stat.starts_with(std::process::id().to_string().as_bytes()), "an ordinary link");
            let inside = host.inside_process(std::process::id().into()).unwrap();
            assert_eq!(inside.root().stat(b"", Follow::No).unwrap(), host.root().stat(b"", Follow::No).unwrap());
        }
        // Below another root, their texts lead elsewhere.
        let host = Rooted::open("/proc").unwrap();
        let path = format!("{}/exe", std::process::id());
        assert!(read(host.root(), path).is_err());
    }

    #[test]
    fn extended_attributes() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("file"), "").unwrap();
        symlink("/file", temp.path().join("link")).unwrap();
        let set =
            rustix::fs::setxattr(temp.path().join("file"), "user.plumb", b"a\0b", rustix::fs::XattrFlags::empty());
        for open in WAYS {
            let host = open(temp.path()).unwrap();
            let found = host.root().xattrs(b"link").map(|xattrs| {
                xattrs.into_iter().filter(|xattr| xattr.name == b"user.plumb").map(|xattr| xattr.value).collect()
            });
            match set {
                Ok(()) => assert_eq!(found.unwrap(), [b"a\0b".to_vec()]),
                // The file system of temporary files has none.
                Err(_) => assert!(found.is_err() || found.is_ok_and(|values: Vec<_>| values.is_empty())),
            }
            assert_eq!(host.root().xattrs(b"missing").unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
