//! Every source file starts by saying why it exists, and no file is called `mod.rs`.

use super::files::File;

/// Complains about each Rust file that doesn't start with a `//!` line.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.filter_map(|file| {
        if file.path.ends_with("/mod.rs") {
            return Some(format!("{}: call it after its folder, beside the folder", file.path));
        }
        let silent = !file.text.starts_with("//!");
        silent.then(|| {
            format!("{}: the first line must be `//!` and say why the file exists", file.path)
        })
    })
    .collect()
}
