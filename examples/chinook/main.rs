//! The Chinook store on an embedded database, from an empty file to reports and changes.
//!
//! `cargo run --release --example chinook` needs nothing but Rust and a C compiler. It makes the
//! schema from mapped structs, saves 15,607 rows as one graph of objects in one commit, reports,
//! changes what it has saved, and checks itself against SQL written by hand.
#![allow(missing_docs, unreachable_pub, reason = "a program has no readers of its documentation")]

mod arguments;
mod changes;
mod csv_file;
mod data;
mod loading;
mod models;
mod proofs;
mod reports;
mod show;

use std::{process::ExitCode, time::Instant};

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use arguments::Arguments;
use data::DataSet;
use show::heading;

/// Anything that goes wrong; it ends the program.
pub type Error = Box<dyn std::error::Error>;
/// See [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(arguments) = Arguments::read()? else {
        return Ok(());
    };
    let place = arguments.place()?;
    let engine = Engine::new(&place.url)?;

    heading("Schema");
    Base::metadata().create_all(&engine)?;
    println!("{} tables in {}", Base::metadata().tables().len(), place.url);

    heading("Data");
    load(&engine)?;
    reports::print(&engine)?;
    ways_to_load(&engine)?;
    changes::make(&engine)?;
    proofs::check(&engine)?;

    heading("Done");
    place.finish();
    Ok(())
}

/// The same objects, by different statements.
fn ways_to_load(engine: &Engine) -> Result<()> {
    heading("Ways to load artists, albums, tracks, genres and playlists");
    let (mut lines, mut first) = (Vec::new(), None);
    for mixture in loading::SHOWN {
        let loaded = loading::load(engine, i64::MAX, mixture)?;
        if *first.get_or_insert_with(|| loaded.graph.clone()) != loaded.graph {
            return Err("other objects than before".into());
        }
        let mut line: Vec<String> = mixture.iter().map(ToString::to_string).collect();
        line.extend([loaded.statements.to_string(), loaded.rows.to_string()]);
        lines.push(line);
    }
    let names = ["albums", "tracks", "genre", "playlists"].map(show::Column::Text);
    let counts = ["statements", "rows"].map(show::Column::Number);
    show::table(&[&names[..], &counts].concat(), lines);
    Ok(())
}

/// Saves the whole store with one commit.
fn load(engine: &Engine) -> Result<()> {
    let data = DataSet::read()?;
    let mut session = Session::new(engine);
    let bar = show::progress(data.len(), "making objects");
    data.add_to(&mut session, &mut || bar.inc(1))?;
    bar.set_message("writing");
    let start = Instant::now();
    session.commit()?;
    let time = start.elapsed();
    bar.finish_and_clear();
    println!("{} rows of one object graph, one commit, {} ms", data.len(), time.as_millis());
    Ok(())
}
