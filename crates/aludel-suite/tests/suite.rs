//! The suite on all databases that it is told about: see the crate's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    aludel_suite::main()
}
