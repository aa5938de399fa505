//! The repository's text files, read once for all checks.

use std::{fs, path::Path};

use crate::shell::Result;

/// Folders that hold no sources of ours: build output and version control.
const SKIPPED: [&str; 2] = ["target", ".git"];

/// Endings of files that people write.
const TEXT: [&str; 9] = ["rs", "md", "toml", "sh", "yml", "yaml", "csv", "sql", "stderr"];

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path from the root, with `/` between folders.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl File {
    /// Whether it is a Rust source file.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// All text files below a folder, sorted by path.
///
/// # Errors
/// A folder or file can't be read, or isn't UTF-8.
pub(crate) fn all(root: &Path) -> Result<Vec<File>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let complain = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(complain)? {
            let entry = entry.map_err(complain)?;
            let path = entry.path();
            let name = entry.file_name();
            if entry.file_type().map_err(complain)?.is_dir() {
                if !SKIPPED.iter().any(|skipped| name == *skipped) {
                    folders.push(path);
                }
                continue;
            }
            let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
            let script = folder.ends_with(".ci");
            if script || TEXT.contains(&ending) {
                let text = fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                let below = path.strip_prefix(root).expect("found below the root");
                found.push(File { path: below.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
