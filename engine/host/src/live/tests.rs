use super::*;

fn live() -> Live {
    Live::new().unwrap()
}

#[test]
fn knows_itself() {
    let host = live();
    assert_eq!(host.own_pid(), Some(std::process::id()));
    assert!(host.is_live());
    assert!(host.now() > Moment { secs: 1_700_000_000, nanos: 0 });
    assert_eq!(host.env("PATH").is_some(), std::env::vars_os().any(|(name, _)| name == "PATH"));
    assert_eq!([host.env(""), host.env("no=name"), host.env("no\0name")], [None, None, None]);
}

#[test]
fn devices_are_not_opened() {
    let host = live();
    for path in ["/dev/null", "/dev/tty", "/dev/zero"] {
        assert_eq!(host.root().open(path.as_bytes()).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{path}");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::{Batch, Cancel, FileKind, Follow, Limit};
    use std::io::{Read, Write};

    fn read(dir: &dyn Dir, path: &str) -> io::Result<Vec<u8>> {
        let (mut buf, cancel) = (Vec::new(), Cancel::new());
        dir.read(path.as_bytes(), &mut buf, Limit { bytes: 1 << 20, cancel: &cancel })?;
        Ok(buf)
    }

    #[test]
    fn reads_procfs() {
        let host = live();
        let own = format!("/proc/{}", std::process::id());
        let dir = host.root().open_dir(own.as_bytes()).unwrap();
        let start = format!("{} (", std::process::id());
        for stat in [
            read(&*dir, "stat"),
            read(host.root(), &format!("{own}/stat")),
            read(host.root(), "proc/self/stat"),
            read(&*host.root().open_dir(b"/proc").unwrap(), "self/stat"),
            read(&*dir, "task/../stat"),
            read(&*dir, "../self/stat"),
        ] {
            assert!(stat.unwrap().starts_with(start.as_bytes()));
        }
        assert_eq!(read(&*dir, "fd").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(host.root(), "/proc").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(dir.open(b"task").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(&*dir, "missing").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(dir.open_dir(b"stat").unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert!(read(&*dir, "exe").unwrap().starts_with(b"\x7fELF"), "a link that leads out");
        assert!(dir.open_dir(b"cwd").is_ok());
        assert_eq!(read(&*dir, "root/proc/self/stat").is_ok(), read(&*dir, "stat").is_ok());
    }

    #[test]
    fn pipes_of_processes_are_left_alone() {
        use rustix::fd::AsRawFd;
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"theirs").unwrap();
        drop(writer);
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        assert_eq!(read(live().root(), &path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"theirs");
    }

    #[test]
    fn lists_twice() {
        let host = live();
        let dir = host.root().open_dir(b"/proc/self/task").unwrap();
        for _ in 0..3 {
            let (mut list, mut batch, mut found) = (dir.list().unwrap(), Batch::new(), false);
            while list.next_batch(&mut batch).unwrap() {
                found |= batch.iter().any(|entry| entry.name == std::process::id().to_string().as_bytes());
                assert!(batch.iter().all(|entry| entry.kind == FileKind::Directory && entry.inode != 0));
            }
            assert!(found);
            assert!(!list.next_batch(&mut batch).unwrap() && batch.is_empty());
        }
    }

    #[test]
    fn inside_processes() {
        let host = live();
        let inside = host.inside_process(std::process::id().into()).unwrap();
        assert!(!inside.is_live() && inside.kernel().is_none());
        assert_eq!(inside.root().stat(b"", Follow::Yes).unwrap(), host.root().stat(b"/", Follow::Yes).unwrap());
        for pid in [0, -1, i64::MAX] {
            assert_eq!(host.inside_process(pid).unwrap_err().kind(), io::ErrorKind::NotFound, "{pid}");
        }
    }

    #[test]
    fn interfaces() {
        let host = live();
        let kernel = host.kernel().unwrap();
        assert_eq!(kernel.interface_hw(b"no such thing").unwrap_err().kind(), io::ErrorKind::NotFound);
        if host.root().stat(b"/sys/class/net/lo", Follow::Yes).is_ok() {
            assert_eq!(kernel.interface_hw(b"lo").unwrap().full_duplex, None);
        }
    }
}
