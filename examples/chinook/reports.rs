//! What the store's owner wants to know.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use rust_decimal::Decimal;

use super::{
    Result,
    models::{Album, Artist, Employee, Invoice, InvoiceLine, Playlist, Track},
    show::{
        Column::{Number, Text},
        heading, or_dash, table,
    },
};

/// Prints all reports. Equal sums stand by number, since databases differ in how they sort names.
pub fn print(engine: &Engine) -> Result<()> {
    let mut session = Session::new(engine);
    heading("Revenue per country");
    revenue(&mut session)?;
    heading("Best-selling artists");
    best_sellers(&mut session)?;
    heading("Who reports to whom");
    staff(&mut session)?;
    heading("Longest playlists");
    playlists(&mut session)?;
    heading("Artists without an album");
    idle_artists(&mut session)
}

fn revenue(session: &mut Session) -> Result<()> {
    let revenue = func::sum(Invoice.total);
    let statement = select((Invoice.billing_country, func::count(Invoice.id), revenue.clone()))
        .group_by(Invoice.billing_country)
        .order_by((revenue.desc(), func::min(Invoice.id)))
        .limit(10);
    let rows: Vec<(Option<String>, i64, Option<Decimal>)> = session.execute(statement).all()?;
    table(
        &[Text("country"), Number("invoices"), Number("revenue")],
        rows.into_iter().map(|(country, invoices, revenue)| {
            vec![or_dash(country), invoices.to_string(), money(revenue)]
        }),
    );
    Ok(())
}

/// Four tables, three joins along relationships.
fn best_sellers(session: &mut Session) -> Result<()> {
    let revenue = func::sum(InvoiceLine.unit_price * InvoiceLine.quantity.cast::<Decimal>());
    let statement = select((Artist.name, func::sum(InvoiceLine.quantity), revenue.clone()))
        .join(Artist.albums)
        .join(Album.tracks)
        .join(Track.sales)
        .group_by((Artist.id, Artist.name))
        .order_by((revenue.desc(), Artist.id))
        .limit(10);
    let rows: Vec<(Option<String>, Option<i64>, Option<Decimal>)> =
        session.execute(statement).all()?;
    table(
        &[Text("artist"), Number("tracks sold"), Number("revenue")],
        rows.into_iter().map(|(artist, sold, revenue)| {
            vec![or_dash(artist), sold.unwrap_or(0).to_string(), money(revenue)]
        }),
    );
    Ok(())
}

/// A tree, read level by level: everybody's reports come with those of their colleagues.
fn staff(session: &mut Session) -> Result<()> {
    let top = select(Employee).filter(Employee.reports_to_id.is_null()).order_by(Employee.id);
    for boss in session.scalars(top).all()? {
        branch(session, &boss, "", "")?;
    }
    Ok(())
}

fn branch(session: &mut Session, employee: &Obj<Employee>, first: &str, rest: &str) -> Result<()> {
    {
        let it = employee.borrow();
        println!(
            "{first}{} {}, {}",
            it.first_name,
            it.last_name,
            it.title.as_deref().unwrap_or("–")
        );
    }
    let reports = employee.reports().load(session)?;
    for (position, report) in reports.iter().enumerate() {
        let last = position + 1 == reports.len();
        let (own, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        branch(session, report, &format!("{rest}{own}"), &format!("{rest}{below}"))?;
    }
    Ok(())
}

fn playlists(session: &mut Session) -> Result<()> {
    let length = func::sum(Track.milliseconds);
    let statement = select((Playlist.id, Playlist.name, func::count(Track.id), length.clone()))
        .join(Playlist.tracks)
        .group_by((Playlist.id, Playlist.name))
        .order_by((length.desc(), Playlist.id))
        .limit(5);
    let rows: Vec<(i64, Option<String>, i64, Option<i64>)> = session.execute(statement).all()?;
    table(
        &[Number("id"), Text("playlist"), Number("tracks"), Number("hours")],
        rows.into_iter().map(|(id, name, tracks, length)| {
            let minutes = length.unwrap_or(0) / 60_000;
            let hours = format!("{}:{:02}", minutes / 60, minutes % 60);
            vec![id.to_string(), or_dash(name), tracks.to_string(), hours]
        }),
    );
    Ok(())
}

fn idle_artists(session: &mut Session) -> Result<()> {
    let statement =
        select(Artist).filter(!Artist.albums.any(Album.id.is_not_null())).order_by(Artist.id);
    let artists = session.scalars(statement).all()?;
    let some: Vec<String> =
        artists.iter().take(5).map(|artist| or_dash(artist.borrow().name.clone())).collect();
    println!("{}: {}, …", artists.len(), some.join(", "));
    Ok(())
}

fn money(amount: Option<Decimal>) -> String {
    format!("{:.2}", amount.unwrap_or_default())
}
