//! `cargo xtask long`: everything that CI runs in short form, at full length.

use crate::{
    hello,
    shell::{Result, cargo, run},
};

/// Runs all tests with `ALUDEL_LONG=1`, the whole bench and the hello-world; each of them, even if
/// another fails.
///
/// # Errors
/// What failed.
pub(crate) fn run_all() -> Result<()> {
    let failed: Vec<String> =
        [tests, bench, hello::run_all].iter().filter_map(|part| part().err()).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn tests() -> Result<()> {
    run(cargo().env("ALUDEL_LONG", "1").args(["test", "--workspace", "--all-features"]))
}

fn bench() -> Result<()> {
    let rows = |more: &[&str]| {
        let bench = ["run", "--profile", "bench", "--package", "aludel-bench", "--", "--long"];
        run(cargo().args(bench).args(more))
    };
    // Those of MariaDB are measured only where they are named.
    rows(&[]).and(rows(&["--only", "maria-load", "--only", "maria-insert"]))
}
