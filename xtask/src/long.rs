//! `cargo xtask long`: everything that CI runs in short form, at full length.

use crate::{
    hello,
    shell::{Result, cargo, run},
};

/// Runs all tests with `ALUDEL_LONG=1`, the whole bench and the hello-world.
///
/// # Errors
/// The first of them that fails.
pub(crate) fn run_all() -> Result<()> {
    run(cargo().env("ALUDEL_LONG", "1").args(["test", "--workspace", "--all-features"]))?;
    run(cargo().args(["run", "--profile", "bench", "--package", "aludel-bench", "--", "--long"]))?;
    hello::run_all()
}
