//! Paths as bytes: the few operations that tables need, without normalising what the kernel would see differently.

/// `dir` + `/` + `name`, with exactly one slash between them.
#[must_use]
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(dir.len() + 1 + name.len());
    path.extend_from_slice(dir);
    if !dir.ends_with(b"/") && !dir.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// What stands after the last slash; the whole path if there is none.
#[must_use]
pub fn file_name(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|b| *b == b'/') {
        Some(slash) => path.get(slash + 1..).unwrap_or_default(),
        None => path,
    }
}

/// What stands before the last slash: `/` for `/etc`, empty for a name without a slash.
#[must_use]
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|b| *b == b'/') {
        Some(0) => b"/",
        Some(slash) => path.get(..slash).unwrap_or_default(),
        None => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        for (path, dir, name) in
            [("/etc/hosts", "/etc", "hosts"), ("/etc", "/", "etc"), ("x", "", "x"), ("/a/b/", "/a/b", "")]
        {
            assert_eq!((parent(path.as_bytes()), file_name(path.as_bytes())), (dir.as_bytes(), name.as_bytes()));
        }
        assert_eq!(join(b"/", b"etc"), b"/etc");
        assert_eq!(join(b"/etc/", b"hosts"), b"/etc/hosts");
        assert_eq!(join(b"/etc", b"hosts"), b"/etc/hosts");
        assert_eq!(join(b"", b"hosts"), b"hosts");
    }
}
