//! No source file is longer than a person can hold in mind.

use super::files::File;

/// The most lines that a Rust file may have, comments and blank lines included.
const MOST_LINES: usize = 600;

/// Complains about each Rust file that is too long.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let long = files.iter().filter(|file| file.is_rust()).filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > MOST_LINES).then_some((file, lines))
    });
    long.map(|(file, lines)| {
        format!("{}: {lines} lines, at most {MOST_LINES}; split it by concept", file.path)
    })
    .collect()
}
