//! What the harness sets up in its own process, so that there is something to see on any host: files of every kind,
//! sockets that listen and sockets that talk, and a child that keeps still.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the scene is made, not read")]

use super::program;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, PipeReader, PipeWriter, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Stdio};

/// Things to see. They are gone when it is dropped.
#[derive(Debug)]
pub struct Scene {
    tree: tempfile::TempDir,
    root: tempfile::TempDir,
    child: Child,
    _sockets: Sockets,
    _files: (File, PipeReader, PipeWriter),
}

/// Sockets that are kept open.
#[derive(Debug)]
struct Sockets {
    _tcp: (TcpListener, TcpStream, TcpStream),
    _tcp6: Option<TcpListener>,
    _udp: (UdpSocket, Option<UdpSocket>),
    _unix: (UnixListener, UnixListener, UnixDatagram),
    _pair: (UnixStream, UnixStream),
}

impl Scene {
    /// Makes everything.
    ///
    /// # Errors
    /// When a temporary directory, a socket on the loopback interface or a child cannot be made.
    pub fn new() -> io::Result<Self> {
        let tree = tempfile::Builder::new().prefix("plumb-truth-").tempdir()?;
        fill_tree(tree.path())?;
        let root = tempfile::Builder::new().prefix("plumb-root-").tempdir()?;
        super::tree::fill(root.path())?;
        let child = program::command("cat")
            .env("PLUMB_TRUTH", "a value = with signs")
            .env("PLUMB_EMPTY", "")
            .current_dir(tree.path().join("folder"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let sockets = Sockets::new(tree.path())?;
        let (reader, writer) = io::pipe()?;
        let file = File::open(tree.path().join("plain"))?;
        Ok(Self { tree, root, child, _sockets: sockets, _files: (file, reader, writer) })
    }

    /// The directory that is a host of its own: see [`truth::in_a_tree`].
    ///
    /// [`truth::in_a_tree`]: super::in_a_tree
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Replaces `{pid}`, `{tree}`, `{root}` and `{child}`.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let tree = self.tree.path().to_string_lossy();
        text.replace("{pid}", &std::process::id().to_string())
            .replace("{child}", &self.child.id().to_string())
            .replace("{tree}", &tree)
            .replace("{root}", &self.root.path().to_string_lossy())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        program::end(&mut self.child);
    }
}

impl Sockets {
    fn new(tree: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let (far, _) = listener.accept()?;
        // A host may have no IPv6.
        let tcp6 = TcpListener::bind("[::]:0").ok();
        let udp = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("[::1]:0").ok());
        // Named like the tree: no other has that name.
        let name = tree.file_name().unwrap_or_default().as_bytes();
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name([b"a name of ", name].concat())?)?;
        let unix = (UnixListener::bind(tree.join("listener"))?, hidden, UnixDatagram::unbound()?);
        Ok(Self { _tcp: (listener, near, far), _tcp6: tcp6, _udp: udp, _unix: unix, _pair: UnixStream::pair()? })
    }
}

/// Files of every kind, with odd names, modes and contents.
fn fill_tree(tree: &Path) -> io::Result<()> {
    let names: [&[u8]; 10] = [
        b"plain",
        b"a space",
        b"quote'\"",
        b"percent%",
        b"under_score",
        b"line\nbreak",
        b"back\\slash",
        b"\xc3\xa4.txt",
        b"raw\xff",
        b".hidden",
    ];
    for (count, name) in names.iter().enumerate() {
        let mut file = File::create(tree.join(OsStr::from_bytes(name)))?;
        for line in 0..count * 1000 {
            writeln!(file, "{line}")?;
        }
    }
    fs::create_dir_all(tree.join("folder/deep/deeper"))?;
    File::create(tree.join("folder/deep/deeper/leaf"))?;
    for (name, target) in [
        ("link", "plain"),
        ("link to folder", "folder"),
        ("link to nothing", "nowhere"),
        ("link to itself", "link to itself"),
        ("link to a device", "/dev/null"),
    ] {
        symlink(target, tree.join(name))?;
    }
    fs::hard_link(tree.join("a space"), tree.join("hard link"))?;
    for (name, mode) in [("under_score", 0o4755), ("percent%", 0o2010), (".hidden", 0o000), ("folder", 0o1777)] {
        fs::set_permissions(tree.join(name), fs::Permissions::from_mode(mode))?;
    }
    // The standard library makes no FIFOs.
    program::command("mkfifo").arg(tree.join("fifo")).status()?;
    Ok(())
}
