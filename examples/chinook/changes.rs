//! Changing objects: what will be sent, what was sent, and what a fresh session finds.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use super::{
    Result,
    models::{Album, Artist, Customer, Invoice, InvoiceLine, Playlist},
    show::heading,
};

/// The customer who leaves.
const LEAVING: i64 = 59;
/// The playlist that is shortened: "TV Shows".
const PLAYLIST: i64 = 3;
/// How many tracks it loses.
const REMOVED: usize = 3;

/// Changes four things in one commit.
pub fn make(engine: &Engine) -> Result<()> {
    heading("Changes");
    let mut session = Session::new(engine);
    // It will write: so it does from the start what a session that only reads does at its first flush.
    session.begin()?;
    let before = counts(&mut session)?;

    // What is read is read first: a query would flush the changes made so far.
    let artist = session.scalars(select(Artist).filter(Artist.name.eq("AC/DC"))).one()?;
    let album = session.scalars(select(Album).filter(Album.title.eq("Facelift"))).one()?;
    let playlist = session.get_one(Playlist, PLAYLIST)?;
    let tracks = playlist.tracks().load(&mut session)?;
    let customer = session.get_one(Customer, LEAVING)?;

    println!("· delete a customer, and with it the invoices and their lines");
    session.delete(&customer)?;
    println!("· rename AC/DC");
    artist.borrow_mut().name = Some("AC⚡DC".into());
    println!("· move the album Facelift to that artist");
    album.artist().set(&artist);
    println!("· take {REMOVED} tracks from a playlist");
    for track in &tracks[..REMOVED] {
        playlist.tracks().remove(track)?;
    }

    heading("The flush, before it runs");
    print!("{}", session.flush_plan()?);

    heading("What was sent");
    engine.log().start();
    session.commit()?;
    for statement in engine.log().take() {
        println!("{statement}");
    }
    engine.log().stop();

    heading("What a fresh session finds");
    read_back(engine, before)
}

/// Rows of the tables that a customer's leaving touches: customers, invoices, lines.
fn counts(session: &mut Session) -> Result<[i64; 3]> {
    Ok([
        session.scalars(select(func::count(Customer.id))).one()?,
        session.scalars(select(func::count(Invoice.id))).one()?,
        session.scalars(select(func::count(InvoiceLine.id))).one()?,
    ])
}

fn read_back(engine: &Engine, before: [i64; 3]) -> Result<()> {
    let mut session = Session::new(engine);
    let artist = session.scalars(select(Artist).filter(Artist.name.eq("AC⚡DC"))).one()?;
    let albums = artist.albums().load(&mut session)?;
    let titles: Vec<String> = albums.iter().map(|album| album.borrow().title.clone()).collect();
    println!("AC⚡DC's albums: {}", titles.join(", "));

    let playlist = session.get_one(Playlist, PLAYLIST)?;
    println!("tracks on the playlist: {}", playlist.tracks().load(&mut session)?.len());

    let after = counts(&mut session)?;
    let names = ["customers", "invoices", "invoice lines"];
    for ((name, before), after) in names.iter().zip(before).zip(after) {
        println!("{name}: {before} before, {after} after");
    }
    match session.get(Customer, LEAVING)? {
        None => Ok(()),
        Some(_) => Err("the deleted customer is still there".into()),
    }
}
