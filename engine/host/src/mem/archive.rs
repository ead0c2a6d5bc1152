//! Trees from tar archives: ustar, pax and GNU.

use super::Mem;
use super::tree::{Content, Tree};
use crate::api::{FileKind, Stat, Xattr};
use std::io::{self, Read};
use std::sync::Arc;
use tar::{EntryType, Header};

/// The most bytes of an archive, after decompression.
const BYTES_MAX: u64 = 1 << 30;
/// The most inodes.
const INODES_MAX: usize = 2_000_000;

impl Mem {
    /// A machine from a tar archive: types, owners, modes, times, links, devices and extended attributes as archived;
    /// names may be any bytes.
    ///
    /// # Errors
    /// Those of reading; `InvalidData` for what is not an archive, for more than 1 GiB or 2,000,000 inodes, and for
    /// a hard link to nothing; `Unsupported` for sparse files.
    pub fn from_tar(archive: impl Read) -> io::Result<Self> {
        Self::from_bounded_tar(archive, BYTES_MAX)
    }

    fn from_bounded_tar(archive: impl Read, max: u64) -> io::Result<Self> {
        let mut mem = Self::new();
        let mut archive = tar::Archive::new(Bounded { inner: archive, left: max });
        let mut extra = Extra::default();
        // Raw, because the library splits pax records at newlines, which values may contain.
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry?;
            let header = entry.header().clone();
            match header.entry_type() {
                EntryType::XHeader => read_records(&bytes(&mut entry)?, &mut extra)?,
                EntryType::XGlobalHeader => mem = read_dumps(mem, &bytes(&mut entry)?)?,
                EntryType::GNULongName => extra.path = Some(name(bytes(&mut entry)?)),
                EntryType::GNULongLink => extra.link = Some(name(bytes(&mut entry)?)),
                _ => add(&mut mem, &header, std::mem::take(&mut extra), &mut entry)?,
            }
        }
        Ok(mem)
    }

    /// A machine from a tar archive compressed with gzip: as [`Mem::from_tar`].
    ///
    /// # Errors
    /// As [`Mem::from_tar`].
    pub fn from_tar_gz(archive: impl Read) -> io::Result<Self> {
        Self::from_tar(flate2::read::MultiGzDecoder::new(archive))
    }
}

/// What stands before an entry and belongs to it.
#[derive(Debug, Default)]
struct Extra {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    uid: Option<u32>,
    gid: Option<u32>,
    atime: Option<i64>,
    mtime: Option<i64>,
    ctime: Option<i64>,
    sparse: bool,
    xattrs: Vec<Xattr>,
}

fn add(mem: &mut Mem, header: &Header, extra: Extra, data: &mut dyn Read) -> io::Result<()> {
    let path = extra.path.as_deref().map_or_else(|| header.path_bytes(), Into::into);
    if extra.sparse || header.entry_type() == EntryType::GNUSparse {
        let why = format!("{} is archived as a sparse file: archive it without --sparse", path.escape_ascii());
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    let link = || match &extra.link {
        Some(link) => link.clone(),
        None => header.link_name_bytes().unwrap_or_default().into_owned(),
    };
    let content = match header.entry_type() {
        // Archives older than POSIX have no type for directories.
        EntryType::Regular if path.ends_with(b"/") => Content::Dir(Default::default()),
        EntryType::Regular | EntryType::Continuous => Content::File(Arc::from(bytes(data)?)),
        EntryType::Directory => Content::Dir(Default::default()),
        EntryType::Symlink => Content::Link(link().into()),
        EntryType::Fifo => Content::Special(FileKind::Fifo),
        EntryType::Char => Content::Special(FileKind::Character),
        EntryType::Block => Content::Special(FileKind::Block),
        EntryType::Link => return hard_link(mem.tree(), &path, &link()),
        _ => return Ok(()),
    };
    let node = mem.put(&path, content);
    if mem.tree().len() > INODES_MAX {
        return Err(invalid(format!("the archive has more than {INODES_MAX} inodes")));
    }
    if let Some(node) = node.and_then(|node| mem.tree().get_mut(node)) {
        node.change_stat(|stat| set_stat(stat, header, &extra));
        extra.xattrs.into_iter().for_each(|xattr| node.set_xattr(xattr));
    }
    Ok(())
}

fn hard_link(tree: &mut Tree, path: &[u8], target: &[u8]) -> io::Result<()> {
    let Some(node) = tree.place(super::tree::ROOT, target) else {
        return Err(invalid(format!("hard link {} to nothing", path.escape_ascii())));
    };
    tree.hard_link(super::tree::ROOT, path, node);
    Ok(())
}

fn set_stat(stat: &mut Stat, header: &Header, extra: &Extra) {
    let id = |id: io::Result<u64>| id.ok().and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX);
    stat.mode = header.mode().unwrap_or(0);
    stat.uid = extra.uid.unwrap_or_else(|| id(header.uid()));
    stat.gid = extra.gid.unwrap_or_else(|| id(header.gid()));
    stat.mtime = extra.mtime.unwrap_or_else(|| header.mtime().unwrap_or(0).cast_signed());
    stat.atime = extra.atime.unwrap_or(stat.mtime);
    stat.ctime = extra.ctime.unwrap_or(stat.mtime);
    if matches!(header.entry_type(), EntryType::Char | EntryType::Block) {
        let number = |number: io::Result<Option<u32>>| number.ok().flatten().map_or(0, u64::from);
        stat.rdev = makedev(number(header.device_major()), number(header.device_minor()));
    }
}

/// As on Linux, where twelve bits of the major and twenty of the minor number are interleaved.
fn makedev(major: u64, minor: u64) -> u64 {
    (major & !0xfff) << 32 | (minor & !0xff) << 12 | (major & 0xfff) << 8 | minor & 0xff
}

/// Reads pax records: `LENGTH KEY=VALUE\n`, where the length counts the whole record and the value may be any bytes.
fn read_records(mut data: &[u8], extra: &mut Extra) -> io::Result<()> {
    while !data.is_empty() {
        let (key, value, rest) = next_record(data).ok_or_else(|| invalid("a broken pax record"))?;
        take_record(key, value, extra);
        data = rest;
    }
    Ok(())
}

/// Reads what the archive says of the machine and not of one file: what netlink answers.
fn read_dumps(mut mem: Mem, mut data: &[u8]) -> io::Result<Mem> {
    while !data.is_empty() {
        let (key, value, rest) = next_record(data).ok_or_else(|| invalid("a broken pax record"))?;
        if key.starts_with(super::dumps::KEY) {
            mem = mem.dumped(super::dumps::read(value).ok_or_else(|| invalid("a broken record of netlink"))?);
        }
        data = rest;
    }
    Ok(mem)
}

fn next_record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let length: usize = number(data.get(..space)?)?;
    let record = data.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((record.get(..equals)?, record.get(equals + 1..)?, data.get(length..)?))
}

fn take_record(key: &[u8], value: &[u8], extra: &mut Extra) {
    match key {
        b"path" => extra.path = Some(value.to_vec()),
        b"linkpath" => extra.link = Some(value.to_vec()),
        b"uid" => extra.uid = number(value),
        b"gid" => extra.gid = number(value),
        b"atime" => extra.atime = seconds(value),
        b"mtime" => extra.mtime = seconds(value),
        b"ctime" => extra.ctime = seconds(value),
        key if key.starts_with(b"GNU.sparse.") => extra.sparse = true,
        key => {
            if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                extra.xattrs.push(Xattr { name: name.to_vec(), value: value.to_vec() });
            }
        }
    }
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The whole seconds of a decimal number, rounded down as the kernel's are.
fn seconds(value: &[u8]) -> Option<i64> {
    let mut parts = value.splitn(2, |byte| *byte == b'.');
    let whole: i64 = number(parts.next()?)?;
    let fraction = parts.next().unwrap_or_default();
    let below = value.starts_with(b"-") && fraction.iter().any(|digit| *digit != b'0');
    whole.checked_sub(i64::from(below))
}

/// A GNU long name, which ends with a NUL.
fn name(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}

fn bytes(data: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Fails beyond a number of bytes, where `Read::take` would look like the end.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf)?;
        self.left = self.left.checked_sub(got as u64).ok_or_else(|| invalid("the archive is larger than 1 GiB"))?;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dir, Follow, Host};

    fn header(path: &[u8], kind: EntryType, size: usize) -> Header {
        let mut header = Header::new_ustar();
        if let Some(field) = header.as_mut_bytes().get_mut(..path.len()) {
            field.copy_from_slice(path);
        }
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o640);
        header.set_uid(7);
        header.set_gid(8);
        header.set_mtime(99);
        header
    }

    fn archive(entries: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, data) in entries {
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            let mut header = header(path, *kind, if is_link { 0 } else { data.len() });
            if is_link {
                header.set_link_name_literal(data).unwrap();
            }
            if *kind == EntryType::Block {
                header.set_device_major(259).unwrap();
                header.set_device_minor(300).unwrap();
            }
            header.set_cksum();
            builder.append(&header, if is_link { &[][..] } else { data }).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn record(key: &str, value: &[u8]) -> Vec<u8> {
        let body = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
        let length = (1..).find(|length| *length == length.to_string().len() + body.len()).unwrap();
        [length.to_string().as_bytes(), &body].concat()
    }

    fn text(dir: &dyn Dir, path: &[u8]) -> Vec<u8> {
        let mut buf = Vec::new();
        let cancel = crate::Cancel::new();
        dir.read(path, &mut buf, crate::Limit { bytes: 1 << 20, cancel: &cancel }).unwrap();
        buf
    }

    #[test]
    fn kinds_and_metadata() {
        let tar = archive(&[
            (b"./", EntryType::Directory, b""),
            (b"./etc/", EntryType::Directory, b""),
            (b"./etc/na\xffme\n", EntryType::Regular, b"text"),
            (b"etc/again", EntryType::Link, b"./etc/na\xffme\n"),
            (b"run", EntryType::Symlink, b"/etc"),
            (b"pipe", EntryType::Fifo, b""),
            (b"disk", EntryType::Block, b""),
            (b"old/", EntryType::Regular, b""),
        ]);
        let mem = Mem::from_tar(&tar[..]).unwrap();
        let root = mem.root();
        assert_eq!(text(root, b"/run/again"), b"text");
        let stat = root.stat(b"/etc/na\xffme\n", Follow::No).unwrap();
        assert_eq!((stat.mode, stat.uid, stat.gid, stat.mtime, stat.nlink), (0o100_640, 7, 8, 99, 2));
        assert_eq!((stat.size, stat.ctime, stat.btime), (4, 99, None));
        assert_eq!(root.stat(b"/pipe", Follow::No).unwrap().kind(), FileKind::Fifo);
        assert_eq!(root.stat(b"/disk", Follow::No).unwrap().rdev, 0x11_032c);
        assert_eq!(root.stat(b"/old", Follow::No).unwrap().kind(), FileKind::Directory);
        assert_eq!(root.stat(b"/", Follow::No).unwrap().mode, 0o040_640);
    }

    #[test]
    fn pax_and_gnu_extensions() {
        let long = [b"d/".repeat(80), b"n\xfe".repeat(60)].concat();
        let records = [
            record("path", &long),
            record("uid", b"4000000000"),
            record("mtime", b"-1.25"),
            record("atime", b"5.9"),
            record("SCHILY.xattr.user.a", b"x=\n\xff\n"),
            record("comment", b""),
        ]
        .concat();
        let tar = archive(&[
            (b"pax", EntryType::XHeader, &records),
            (b"short", EntryType::Regular, b"1"),
            (b"long", EntryType::GNULongName, b"from/gnu\0"),
            (b"long", EntryType::GNULongLink, b"/target\0"),
            (b"short", EntryType::Symlink, b"x"),
            (b"plain", EntryType::Regular, b"2"),
        ]);
        let mem = Mem::from_tar(&tar[..]).unwrap();
        let stat = mem.root().stat(&long, Follow::No).unwrap();
        assert_eq!((stat.uid, stat.gid, stat.mtime, stat.atime, stat.ctime), (4_000_000_000, 8, -2, 5, -2));
        let xattrs = mem.root().xattrs(&long).unwrap();
        assert_eq!(xattrs, [Xattr { name: b"user.a".to_vec(), value: b"x=\n\xff\n".to_vec() }]);
        assert_eq!(mem.root().read_link(b"/from/gnu").unwrap(), b"/target");
        assert_eq!(text(mem.root(), b"/plain"), b"2");
    }

    #[test]
    fn refuses() {
        use io::ErrorKind::{InvalidData, Unsupported};
        let sparse = record("GNU.sparse.major", b"1");
        for (entries, kind) in [
            (&[(&b"a"[..], EntryType::Link, &b"missing"[..])][..], InvalidData),
            (&[(b"a", EntryType::XHeader, b"99 path=x\n")], InvalidData),
            (&[(b"a", EntryType::XHeader, b"18446744073709551615 path=x\n")], InvalidData),
            (&[(b"a", EntryType::XHeader, b"3 path=x\n")], InvalidData),
            (&[(b"a", EntryType::XHeader, &sparse), (b"b", EntryType::Regular, b"")], Unsupported),
        ] {
            assert_eq!(Mem::from_tar(&archive(entries)[..]).unwrap_err().kind(), kind, "{entries:?}");
        }
        let tar = archive(&[(b"a", EntryType::Regular, b"1234")]);
        assert!(Mem::from_tar(&tar[..513]).is_err(), "cut off");
        assert!(Mem::from_tar(&[b'x'; 512][..]).is_err(), "no archive");
        let mut endless = header(b"a", EntryType::Regular, 1 << 33);
        endless.set_cksum();
        let endless = Read::chain(&endless.as_bytes()[..], io::repeat(0));
        assert_eq!(Mem::from_bounded_tar(endless, 1 << 20).unwrap_err().kind(), InvalidData, "too large");
    }

    #[test]
    fn compressed() {
        let tar = archive(&[(b"a", EntryType::Regular, b"1234")]);
        let mut gz = Vec::new();
        flate2::read::GzEncoder::new(&tar[..], flate2::Compression::fast()).read_to_end(&mut gz).unwrap();
        assert_eq!(text(Mem::from_tar_gz(&gz[..]).unwrap().root(), b"a"), b"1234");
        assert!(Mem::from_tar_gz(&tar[..]).is_err());
    }

    #[test]
    fn whole_seconds() {
        for (value, expect) in [
            ("1.9", Some(1)),
            ("-1", Some(-1)),
            ("-1.0", Some(-1)),
            ("-0.5", Some(-1)),
            ("7", Some(7)),
            ("x", None),
            ("", None),
            ("9223372036854775808", None),
        ] {
            assert_eq!(seconds(value.as_bytes()), expect, "{value}");
        }
    }
}
