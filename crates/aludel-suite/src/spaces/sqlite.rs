//! SQLite: a database in memory for each engine, or files in a folder that is removed at the end.

use std::path::PathBuf;

use aludel::{Result, blocking::Engine};
use tempfile::TempDir;

use super::{Spaces, execute};

/// SQLite's databases in memory.
#[derive(Debug, Default)]
pub struct Memory;

impl Spaces for Memory {
    fn url(&self) -> &str {
        "sqlite::memory:"
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_within_process(&self) -> bool {
        true
    }

    fn make(&self, _: usize) -> Result<String> {
        Ok(self.url().into())
    }
}

/// SQLite's files.
#[derive(Debug)]
pub struct Files {
    folder: TempDir,
    options: String,
}

impl Files {
    /// Files in a new folder, opened with the options of this URL.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn new(url: &str) -> std::io::Result<Self> {
        let options = url.find('?').map_or("", |it| &url[it..]).to_owned();
        Ok(Self { folder: TempDir::new()?, options })
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }
}

impl Spaces for Files {
    fn url(&self) -> &str {
        "sqlite:files"
    }

    fn is_within_process(&self) -> bool {
        true
    }

    fn make(&self, number: usize) -> Result<String> {
        Ok(format!("sqlite:{}{}", self.path(number).display(), self.options))
    }

    fn empty(&self, engine: &Engine, tables: &[String]) -> Result<bool> {
        // Tables may refer to each other in a circle; and whole tables are emptied without a look at their rows,
        // of which a list would be kept in memory otherwise. Row ids start at 1 again by themselves.
        let before = ["PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"].map(String::from);
        let deletes = tables.iter().map(|it| format!("DELETE FROM {it}"));
        execute(engine, before.into_iter().chain(deletes).chain(["COMMIT".into()]))?;
        Ok(true)
    }
}
