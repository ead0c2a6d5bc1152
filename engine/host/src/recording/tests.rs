use super::*;
use crate::{Access, Batch, Cancel, FileKind, Follow, Limit};

fn read(dir: &dyn Dir, path: &str) -> Result<Vec<u8>, String> {
    let (mut buf, cancel) = (Vec::new(), Cancel::new());
    let answer = dir.read(path.as_bytes(), &mut buf, Limit { bytes: 1 << 20, cancel: &cancel });
    answer.map(|_| buf).map_err(|error| error.to_string())
}

fn names(dir: &dyn Dir) -> Vec<(Vec<u8>, FileKind)> {
    let (mut list, mut batch, mut names) = (dir.list().unwrap(), Batch::new(), Vec::new());
    while list.next_batch(&mut batch).unwrap() {
        names.extend(batch.iter().map(|entry| (entry.name.to_vec(), entry.kind)));
    }
    names.sort_unstable();
    names
}

fn host() -> Mem {
    Mem::new()
        .file("/usr/lib/os-release", "ID=debian\n")
        .link("/etc/os-release", "../usr/lib/os-release")
        .link("/usr/etc", "/etc")
        .file("/etc/secret", "nobody asked")
        .fail("/etc/broken", 13)
        .file("/etc/cut", "0123456789")
        .fail_on("/etc/half", Access::Read, io::ErrorKind::TimedOut)
        .link("/etc/loop", "loop")
        .node("/run/pipe", FileKind::Fifo)
        .link("/proc/self", "12")
        .file("/proc/12/stat", "12 (x)")
        .fail("/proc/13/stat", 3)
        .dir("/proc/13/fd")
        .link("/proc/13/fd/0", "socket:[5]")
        .link("/proc/13/root", "/")
        .xattr("/etc/cut", "user.a", "1")
        .meta("/usr/lib/os-release", |stat| (stat.uid, stat.mtime, stat.size) = (7, 8, 0))
        .inside(13, Mem::new().file("/id", "inner"))
        .clock(Moment { secs: 9, nanos: 9 })
}

/// Every way of asking, as text.
fn ask(host: &dyn Host) -> Vec<String> {
    let root = host.root();
    let etc = root.open_dir(b"/usr/etc").unwrap();
    let mut answers = Vec::new();
    for path in ["os-release", "broken", "cut", "half", "loop", "missing", "../run/pipe", "/etc", "/proc/self/stat"] {
        answers.push(format!("{path}: {:?}", read(&*etc, path)));
        for follow in [Follow::Yes, Follow::No] {
            let stat = etc.stat(path.as_bytes(), follow).map_err(|error| error.to_string());
            // Directories are as large as what is known of them.
            let stat = stat.map(|stat| crate::Stat { nlink: 0, ..stat });
            answers.push(format!("{path}: {follow:?} {stat:?}"));
        }
        answers.push(format!("{path}: {:?}", etc.read_link(path.as_bytes()).map_err(|error| error.to_string())));
    }
    answers.push(format!("{:?}", names(&*root.open_dir(b"proc/13/fd").unwrap())));
    answers.push(format!("{:?}", read(root, "/proc/13/stat")));
    answers.push(format!("{:?}", read(root, "/proc/13/fd/0")));
    answers.push(format!("{:?}", root.read_link(b"/proc/13/fd/0").unwrap()));
    answers.push(format!("{:?}", root.xattrs(b"/etc/cut").unwrap()));
    answers.push(format!("{:?}", read(host.inside_process(13).unwrap().root(), "id")));
    answers.push(format!("{:?}", host.inside_process(14).is_err()));
    answers.push(format!("{:?}", host.now()));
    answers
}

#[test]
fn a_fixture_answers_as_the_host_did() {
    let recording = Recording::new(Arc::new(host()), 1 << 20);
    let first = ask(&recording);
    assert_eq!(first, ask(&host()), "recording changes nothing");
    assert_eq!(recording.left_out(), 0);
    let fixture = recording.into_mem();
    assert_eq!(ask(&fixture), first);
    let etc = fixture.root().open_dir(b"etc").unwrap();
    assert!(names(&*etc).iter().all(|(name, _)| name != b"secret"), "nobody asked");
}

#[test]
fn files_read_in_pieces() {
    let recording = Recording::new(Arc::new(host()), 1 << 20);
    let mut file = recording.root().open(b"/etc/cut").unwrap();
    let mut buf = [0; 4];
    assert_eq!(file.read(&mut buf).unwrap(), 4);
    assert_eq!(file.read(&mut buf).unwrap(), 4);
    drop(file);
    recording.root().read(b"/etc/cut", &mut Vec::new(), Limit { bytes: 2, cancel: &Cancel::new() }).unwrap();
    assert_eq!(read(recording.into_mem().root(), "/etc/cut").unwrap(), b"01234567", "the longest beginning");
}

#[test]
fn what_can_be_read_again_is_no_error() {
    let recording = Recording::new(Arc::new(host()), 1 << 20);
    recording.shared.keep_error(b"/etc/cut", Access::Open, &io::ErrorKind::PermissionDenied.into());
    assert!(read(recording.root(), "/etc/cut").is_ok());
    assert!(read(recording.into_mem().root(), "/etc/cut").is_ok());
}

#[test]
fn stops_when_it_is_full() {
    let large = Mem::new().file("/a", vec![1; 5000]).file("/b", vec![2; 50]).file("/c", vec![3; 5000]);
    let recording = Recording::new(Arc::new(large), 6000);
    assert_eq!(read(recording.root(), "/a").unwrap().len(), 5000);
    assert_eq!(read(recording.root(), "/b").unwrap().len(), 50);
    assert_eq!(recording.left_out(), 0);
    assert_eq!(read(recording.root(), "/c").unwrap().len(), 5000);
    let mut file = recording.root().open(b"/c").unwrap();
    assert_eq!(file.read(&mut [0; 4000]).unwrap(), 4000);
    drop(file);
    assert_eq!(recording.left_out(), 2);
    let fixture = recording.into_mem();
    assert_eq!(names(fixture.root()).len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_live_host_becomes_a_fixture() {
    let recording = Recording::new(Arc::new(crate::Live::new().unwrap()), 16 << 20);
    assert!(recording.is_live() && recording.own_pid().is_some() && recording.kernel().is_some());
    let own = format!("/proc/{}", std::process::id());
    let dir = recording.root().open_dir(b"/proc/self").unwrap();
    let stat = read(&*dir, "stat").unwrap();
    let exe = dir.read_link(b"exe").unwrap();
    assert!(dir.stat(b"exe", Follow::Yes).is_ok());
    let fds = names(&*dir.open_dir(b"fd").unwrap());
    let reader = std::io::pipe().unwrap().0;
    let pipe = format!("fd/{}", rustix::fd::AsRawFd::as_raw_fd(&reader));
    assert!(read(&*dir, &pipe).is_err());
    let text = dir.read_link(pipe.as_bytes()).unwrap();
    let fixture = recording.into_mem();
    assert!(!fixture.is_live());
    assert_eq!(read(fixture.root(), &format!("{own}/stat")).unwrap(), stat);
    assert_eq!(read(fixture.root(), "/proc/self/stat").unwrap(), stat);
    assert_eq!(fixture.root().stat(&exe, Follow::No).unwrap().kind(), FileKind::Regular);
    let dir = fixture.root().open_dir(own.as_bytes()).unwrap();
    assert_eq!(dir.read_link(pipe.as_bytes()).unwrap(), text);
    let fixture_fds = names(&*dir.open_dir(b"fd").unwrap());
    assert!(fds.iter().all(|fd| fixture_fds.contains(fd)), "{fds:?} {fixture_fds:?}");
    assert!(fixture_fds.iter().all(|(_, kind)| *kind == FileKind::Symlink));
}

#[test]
fn netlink_is_remembered() {
    let dump = |namespace: &str, body: &str| {
        let messages = [(20, body.as_bytes().to_vec())];
        let datagrams = crate::netlink::framed(&messages, &Ok(())).unwrap();
        crate::Dump { protocol: 4, kind: 20, body: b"all".to_vec(), namespace: namespace.into(), datagrams }
    };
    let refused = crate::netlink::framed(&[], &Err(io::Error::from_raw_os_error(1))).unwrap();
    let host = Mem::new()
        .link("/proc/7/ns/net", "net:[7]")
        .dumped(dump("", "own"))
        .dumped(dump("net:[7]", "seven"))
        .dumped(crate::Dump { protocol: 0, datagrams: refused, ..dump("", "") });
    let asked = |host: &dyn Host| {
        let netlink = host.netlink().unwrap();
        [(4, None), (4, Some(7)), (4, Some(8)), (0, None), (9, None)].map(|(protocol, pid)| {
            let mut all = Vec::new();
            let end = netlink.dump(protocol, 20, b"all", pid, &mut |kind, body| all.push((kind, body.to_vec())));
            (all, end.map_err(|error| error.kind()))
        })
    };
    let recording = Recording::new(Arc::new(host.clone()), 1 << 20);
    let first = asked(&recording);
    assert_eq!(first, asked(&host), "recording changes nothing");
    assert_eq!(first[0].0, [(20, b"own".to_vec())]);
    assert_eq!(recording.left_out(), 0);
    let mut again = asked(&recording.into_mem());
    // What was not told is not known.
    assert_eq!(again[4].1, Err(io::ErrorKind::TimedOut));
    again[4].1 = first[4].1;
    assert_eq!(again, first);
    let narrow = Recording::new(Arc::new(host), 100);
    drop(asked(&narrow));
    assert!(narrow.left_out() > 0);
}

/// A fixture answers about the agent's own namespace without an agent.
#[cfg(target_os = "linux")]
#[test]
fn the_live_kernel_is_remembered() {
    const RTM_GETLINK: u16 = 18;
    let live = Arc::new(crate::Live::new().unwrap());
    let pid = live.own_pid().unwrap();
    let recording = Recording::new(live, 1 << 24);
    let links = |host: &dyn Host, pid: Option<u32>| {
        let mut links = Vec::new();
        let end = host.netlink().unwrap().dump(0, RTM_GETLINK, &[0; 16], pid, &mut |kind, body| {
            // Without the counters behind the fixed structure.
            links.push((kind, body.get(..16).map(<[u8]>::to_vec)));
        });
        end.map(|()| links).unwrap()
    };
    let live = links(&recording, None);
    assert!(!live.is_empty());
    let fixture = recording.into_mem();
    assert_eq!(links(&fixture, None), live);
    assert_eq!(links(&fixture, Some(pid)), live);
}
