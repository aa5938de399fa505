//! Rows that need a process of their own: memory can't be measured beside other rows, and a process
//! is what `taskset` pins.

use std::{env, fs, process::Command};

use crate::harness::Result;

/// Where a child process may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Wherever the system puts it.
    Free,
    /// On one processor, where waking a thread is cheapest.
    Pinned,
}

/// Starts this program as a row's probe and reads the numbers that it prints. `None` where the
/// machine has no `taskset`.
pub(crate) fn probe(
    row: &str,
    arguments: &[&str],
    placement: Placement,
) -> Result<Option<Vec<f64>>> {
    let program = env::current_exe()?;
    let mut command = match placement {
        Placement::Free => Command::new(program),
        Placement::Pinned => {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(program);
            command
        }
    };
    let output = match command.arg("--probe").arg(row).args(arguments).output() {
        Ok(output) => output,
        Err(error)
            if placement == Placement::Pinned && error.kind() == std::io::ErrorKind::NotFound =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers: std::result::Result<Vec<f64>, _> =
        text.split_whitespace().map(str::parse).collect();
    Ok(Some(numbers?))
}

/// Bytes of memory that this process occupies, and the most that it ever did.
///
/// Read from `/proc`, so only where there is one.
pub(crate) fn resident() -> Result<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    match (kilobytes("VmRSS:"), kilobytes("VmHWM:")) {
        (Some(now), Some(most)) => Ok((now * 1024.0, most * 1024.0)),
        _ => Err("/proc/self/status has no VmRSS".into()),
    }
}
