//! `cargo xtask tidy`: the rules of ARCHITECTURE.md and CONTRIBUTING.md that no compiler checks.
//!
//! Every check is a function from the tree to a list of complaints, so that the tests of this crate
//! run them too: a forbidden edge fails `cargo test`.

mod files;
mod headers;
mod layers;
mod paths;
mod sizes;
#[cfg(test)]
mod tests;

use crate::shell::{Result, root};

/// Runs all checks.
///
/// # Errors
/// The complaints, a line each.
pub(crate) fn run() -> Result<()> {
    let files = files::all(root())?;
    let mut complaints = headers::check(&files);
    complaints.extend(sizes::check(&files));
    complaints.extend(paths::machine(&files));
    complaints.extend(paths::documents(&files));
    complaints.extend(layers::check(&layers::packages()?));
    if complaints.is_empty() {
        println!("tidy: {} files, nothing to complain about", files.len());
        return Ok(());
    }
    Err(complaints.join("\n"))
}
