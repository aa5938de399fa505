//! Recorded scenarios, which ship with the repository: one compressed file a database.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use crate::scenario::{self, Result, Scenario};

/// Where the records are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The scenarios that were recorded on a database.
///
/// # Errors
/// There is no such record, or it isn't whole.
pub fn load(database: &str) -> Result<Vec<Scenario>> {
    let file = std::fs::File::open(folder().join(format!("{database}.jsonl.gz")))?;
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text)?;
    scenario::lines(&text)?.into_iter().map(scenario::recorded).collect()
}

/// Writes a database's record.
///
/// # Errors
/// The file can't be written.
pub fn save(database: &str, scenarios: &[Scenario]) -> Result<()> {
    std::fs::create_dir_all(folder())?;
    let file = std::fs::File::create(folder().join(format!("{database}.jsonl.gz")))?;
    let mut encoder = GzEncoder::new(file, Compression::best());
    for scenario in scenarios {
        writeln!(encoder, "{}", scenario.to_line())?;
    }
    encoder.finish()?;
    Ok(())
}
