//! What one relies on, shown to be so: the identity map, a rollback, an integrity error, the totals.

use aludel::{
    Error,
    blocking::{Engine, Session},
    prelude::*,
};
use rust_decimal::Decimal;

use super::{
    Result,
    models::{Artist, Genre, Invoice, InvoiceLine, Track},
    show::heading,
};

/// Checks everything; the first thing that isn't so is an error.
pub fn check(engine: &Engine) -> Result<()> {
    heading("Proofs");
    let mut session = Session::new(engine);
    identity_map(&mut session)?;
    rollback(&mut session)?;
    integrity(&mut session)?;
    totals(&mut session)
}

fn identity_map(session: &mut Session) -> Result<()> {
    let by_key = session.get_one(Artist, 1)?;
    let by_query = session.scalars(select(Artist).filter(Artist.id.eq(1))).one()?;
    ensure(by_key.is(&by_query), "one row loaded twice is one object")
}

fn rollback(session: &mut Session) -> Result<()> {
    let artist = session.get_one(Artist, 1)?;
    let before = artist.borrow().name.clone();
    artist.borrow_mut().name = Some("nobody".into());
    session.flush()?;
    session.rollback()?;
    ensure(artist.borrow().name == before, "a rollback gives objects their values back")
}

fn integrity(session: &mut Session) -> Result<()> {
    session.add(Genre { id: Auto::from(1), name: Some("Rock, again".into()), tracks: Many::new() });
    match session.commit() {
        Err(Error::Integrity(it)) => {
            println!("· a {} constraint refuses another {}", it.kind, it.entity.unwrap_or("row"));
        }
        Err(error) => return Err(error.into()),
        Ok(()) => return Err("a duplicate key was accepted".into()),
    }
    session.rollback()?;
    let genre = session.get_one(Genre, 1)?;
    ensure(genre.borrow().name.as_deref() == Some("Rock"), "after it the session works on")
}

/// The same questions, asked with `select` and with SQL written by hand.
fn totals(session: &mut Session) -> Result<()> {
    let ours: (i64, i64, i64) = (
        session.scalars(select(func::count(Track.id))).one()?,
        session.scalars(select(func::count(Invoice.id))).one()?,
        session.scalars(select(func::count(InvoiceLine.id))).one()?,
    );
    let theirs: (i64, i64, i64) = session
        .execute(text(
            "SELECT (SELECT count(*) FROM track), (SELECT count(*) FROM invoice), (SELECT count(*) FROM invoice_line)",
        ).rows())
        .one()?;
    ensure(ours == theirs, "rows counted by select() and by hand are as many")?;

    let revenue: Option<Decimal> = session.scalars(select(func::sum(Invoice.total))).one()?;
    let cents = i64::try_from(revenue.unwrap_or_default() * Decimal::ONE_HUNDRED)?;
    let by_hand = text(
        "SELECT count(*) FROM (SELECT sum(total) AS total FROM invoice) AS revenue WHERE round(total * :scale) = :cents",
    );
    let (same,): (i64,) =
        session.execute(by_hand.bind("scale", 100).bind("cents", cents).rows()).one()?;
    ensure(same == 1, "revenue is the same to the cent")
}

fn ensure(holds: bool, claim: &str) -> Result<()> {
    match holds {
        true => {
            println!("· {claim}");
            Ok(())
        }
        false => Err(format!("it isn't so that {claim}").into()),
    }
}
