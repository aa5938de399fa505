//! What the program is asked to do.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use lexopt::prelude::*;

use super::Result;

const USAGE: &str = "\
cargo run --release --example chinook -- [options]

  --db PATH   the database file; it must not exist yet
              (default: a new one in the system's temporary folder)
  --url URL   the database's URL, instead of a file
  --keep      leaves the default file where it is when all is done
";

/// The command line.
#[derive(Default)]
pub struct Arguments {
    db: Option<PathBuf>,
    url: Option<String>,
    keep: bool,
}

/// Where the store is kept.
pub struct Place {
    /// For the engine.
    pub url: String,
    /// The file to remove at the end.
    temporary: Option<PathBuf>,
    file: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line; `None` where it only asked for help.
    pub fn read() -> Result<Option<Self>> {
        let mut it = Self::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("db") => it.db = Some(parser.value()?.into()),
                Long("url") => it.url = Some(parser.value()?.string()?),
                Long("keep") => it.keep = true,
                Short('h') | Long("help") => {
                    print!("{USAGE}");
                    return Ok(None);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(it))
    }

    /// Finds the place.
    pub fn place(self) -> Result<Place> {
        if let Some(url) = self.url {
            return Ok(Place { url, temporary: None, file: None });
        }
        let (file, temporary) = match self.db {
            Some(file) if file.exists() => {
                return Err(
                    format!("{} exists already; it won't be overwritten", file.display()).into()
                );
            }
            Some(file) => (file, false),
            None => {
                let file =
                    std::env::temp_dir().join(format!("aludel-chinook-{}.db", process::id()));
                (file, !self.keep)
            }
        };
        // In a URL these two begin an escape and the options.
        let path = file.display().to_string().replace('%', "%25").replace('?', "%3F");
        let url = format!("sqlite:{path}");
        Ok(Place { url, temporary: temporary.then(|| file.clone()), file: Some(file) })
    }
}

impl Place {
    /// Removes what nobody asked to keep, and says where the rest is.
    pub fn finish(self) {
        match (self.temporary, self.file) {
            (Some(file), _) => {
                remove(&file);
                println!("{} is removed; --keep leaves it", file.display());
            }
            (None, Some(file)) => println!("the store is in {}", file.display()),
            (None, None) => println!("the store is in {}", self.url),
        }
    }
}

/// Removes a database with the files that stand beside it while it is open.
fn remove(file: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        // A file that isn't there needs no removing; one that can't be removed shows when it is opened.
        let _ = fs::remove_file(path);
    }
}
