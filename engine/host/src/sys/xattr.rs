//! Extended attributes (xattr(7)).

use crate::api::Xattr;
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;

/// The kernel's own limit for one value, and for all names of a file.
const MAX: usize = 64 << 10;

/// The extended attributes of a path; links are followed.
pub(crate) fn xattrs(path: &[u8]) -> io::Result<Vec<Xattr>> {
    let mut names = [MaybeUninit::uninit(); MAX];
    let (names, _) = rustix::fs::listxattr(path, &mut names)?;
    let mut value = [MaybeUninit::uninit(); MAX];
    let mut xattrs = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        match rustix::fs::getxattr(path, name, &mut value) {
            Ok((value, _)) => xattrs.push(Xattr { name: name.to_vec(), value: value.to_vec() }),
            // Gone meanwhile, or only the kernel's own business.
            Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(xattrs)
}
