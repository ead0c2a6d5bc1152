//! The report's files.

use super::{Report, html, junit};
use std::io;
use std::path::{Path, PathBuf};

/// The name of the page.
pub const PAGE: &str = "index.html";

/// Writes the page and the JUnit file; answers with their paths.
///
/// # Errors
/// When the folder cannot be written, with the path.
pub fn write(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let files = [(PAGE, html::page(report)), ("junit.xml", junit::junit(report))];
    let mut paths = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        put(&path, content.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))?;
        paths.push(path);
    }
    Ok(paths)
}

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    std::fs::write(path, content)
}
