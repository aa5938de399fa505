//! The store written by hand: a struct and an `INSERT` for each table, parents first, each row's key
//! read back into its struct and handed on to the rows that refer to it.

use chrono::NaiveDateTime;
use rusqlite::{Connection, params};
use rust_decimal::Decimal;

use crate::{
    harness::Result,
    store::{csv_file::Line, data::DataSet},
};

/// A table with only a name: artists, genres, media types, playlists.
struct Named {
    id: i64,
    name: Option<String>,
}

struct Album {
    id: i64,
    title: String,
    artist: usize,
}

struct Track {
    id: i64,
    name: String,
    album: usize,
    media_type: usize,
    genre: usize,
    composer: Option<String>,
    milliseconds: i64,
    bytes: Option<i64>,
    unit_price: Decimal,
}

struct Employee {
    id: i64,
    last_name: String,
    first_name: String,
    title: Option<String>,
    /// Everybody stands after whom they report to.
    reports_to: Option<usize>,
    birth_date: Option<NaiveDateTime>,
    hire_date: Option<NaiveDateTime>,
    contact: Contact,
    email: Option<String>,
}

struct Customer {
    id: i64,
    first_name: String,
    last_name: String,
    company: Option<String>,
    contact: Contact,
    email: String,
    support_rep: Option<usize>,
}

struct Contact {
    address: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    postal_code: Option<String>,
    phone: Option<String>,
    fax: Option<String>,
}

struct Invoice {
    id: i64,
    customer: usize,
    date: NaiveDateTime,
    address: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
    postal_code: Option<String>,
    total: Decimal,
}

struct InvoiceLine {
    id: i64,
    invoice: usize,
    track: usize,
    unit_price: Decimal,
    quantity: i64,
}

/// The whole store, references as positions.
pub(super) struct Store {
    artists: Vec<Named>,
    genres: Vec<Named>,
    media_types: Vec<Named>,
    playlists: Vec<Named>,
    albums: Vec<Album>,
    tracks: Vec<Track>,
    entries: Vec<(usize, usize)>,
    employees: Vec<Employee>,
    customers: Vec<Customer>,
    invoices: Vec<Invoice>,
    lines: Vec<InvoiceLine>,
}

/// The position of the row that a column refers to: ids in the files count from 1.
fn at(line: &Line<'_>, column: &str) -> Result<usize> {
    Ok(usize::try_from(line.need::<i64>(column)? - 1)?)
}

fn maybe_at(line: &Line<'_>, column: &str) -> Result<Option<usize>> {
    Ok(line.get::<i64>(column)?.map(|id| usize::try_from(id - 1)).transpose()?)
}

fn date(line: &Line<'_>, column: &str) -> Result<Option<NaiveDateTime>> {
    line.value(column, |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok())
}

fn named(line: &Line<'_>) -> Result<Named> {
    Ok(Named { id: 0, name: line.get("name")? })
}

fn contact(line: &Line<'_>) -> Result<Contact> {
    Ok(Contact {
        address: line.get("address")?,
        city: line.get("city")?,
        state: line.get("state")?,
        country: line.get("country")?,
        postal_code: line.get("postal_code")?,
        phone: line.get("phone")?,
        fax: line.get("fax")?,
    })
}

impl Store {
    /// Reads the files.
    pub(super) fn read(data: &DataSet) -> Result<Self> {
        let album = |it: Line<'_>| {
            Ok(Album { id: 0, title: it.need("title")?, artist: at(&it, "artist_id")? })
        };
        let track = |it: Line<'_>| {
            Ok(Track {
                id: 0,
                name: it.need("name")?,
                album: at(&it, "album_id")?,
                media_type: at(&it, "media_type_id")?,
                genre: at(&it, "genre_id")?,
                composer: it.get("composer")?,
                milliseconds: it.need("milliseconds")?,
                bytes: it.get("bytes")?,
                unit_price: it.need("unit_price")?,
            })
        };
        let employee = |it: Line<'_>| {
            Ok(Employee {
                id: 0,
                last_name: it.need("last_name")?,
                first_name: it.need("first_name")?,
                title: it.get("title")?,
                reports_to: maybe_at(&it, "reports_to")?,
                birth_date: date(&it, "birth_date")?,
                hire_date: date(&it, "hire_date")?,
                contact: contact(&it)?,
                email: it.get("email")?,
            })
        };
        let customer = |it: Line<'_>| {
            Ok(Customer {
                id: 0,
                first_name: it.need("first_name")?,
                last_name: it.need("last_name")?,
                company: it.get("company")?,
                contact: contact(&it)?,
                email: it.need("email")?,
                support_rep: maybe_at(&it, "support_rep_id")?,
            })
        };
        let invoice = |it: Line<'_>| {
            Ok(Invoice {
                id: 0,
                customer: at(&it, "customer_id")?,
                date: date(&it, "invoice_date")?.ok_or("an invoice without a date")?,
                address: it.get("billing_address")?,
                city: it.get("billing_city")?,
                state: it.get("billing_state")?,
                country: it.get("billing_country")?,
                postal_code: it.get("billing_postal_code")?,
                total: it.need("total")?,
            })
        };
        let line = |it: Line<'_>| {
            Ok(InvoiceLine {
                id: 0,
                invoice: at(&it, "invoice_id")?,
                track: at(&it, "track_id")?,
                unit_price: it.need("unit_price")?,
                quantity: it.need("quantity")?,
            })
        };
        let entry = |it: Line<'_>| Ok((at(&it, "playlist_id")?, at(&it, "track_id")?));
        Ok(Self {
            artists: data.artists.lines().map(|it| named(&it)).collect::<Result<_>>()?,
            genres: data.genres.lines().map(|it| named(&it)).collect::<Result<_>>()?,
            media_types: data.media_types.lines().map(|it| named(&it)).collect::<Result<_>>()?,
            playlists: data.playlists.lines().map(|it| named(&it)).collect::<Result<_>>()?,
            albums: data.albums.lines().map(album).collect::<Result<_>>()?,
            tracks: data.tracks.lines().map(track).collect::<Result<_>>()?,
            entries: data.playlist_tracks.lines().map(entry).collect::<Result<_>>()?,
            employees: data.employees.lines().map(employee).collect::<Result<_>>()?,
            customers: data.customers.lines().map(customer).collect::<Result<_>>()?,
            invoices: data.invoices.lines().map(invoice).collect::<Result<_>>()?,
            lines: data.invoice_lines.lines().map(line).collect::<Result<_>>()?,
        })
    }

    /// Writes everything in one transaction.
    pub(super) fn insert(&mut self, raw: &Connection) -> Result<()> {
        let transaction = raw.unchecked_transaction()?;
        insert_named(raw, "INSERT INTO artist (name) VALUES (?1)", &mut self.artists)?;
        insert_named(raw, "INSERT INTO genre (name) VALUES (?1)", &mut self.genres)?;
        insert_named(raw, "INSERT INTO media_type (name) VALUES (?1)", &mut self.media_types)?;
        insert_named(raw, "INSERT INTO playlist (name) VALUES (?1)", &mut self.playlists)?;
        self.insert_catalogue(raw)?;
        self.insert_people(raw)?;
        self.insert_sales(raw)?;
        Ok(transaction.commit()?)
    }

    fn insert_catalogue(&mut self, raw: &Connection) -> Result<()> {
        let mut statement =
            raw.prepare_cached("INSERT INTO album (title, artist_id) VALUES (?1, ?2)")?;
        for it in &mut self.albums {
            statement.execute(params![it.title, self.artists[it.artist].id])?;
            it.id = raw.last_insert_rowid();
        }
        let mut statement = raw.prepare_cached(
            "INSERT INTO track (name, album_id, media_type_id, genre_id, composer, milliseconds, bytes, unit_price)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for it in &mut self.tracks {
            statement.execute(params![
                it.name,
                self.albums[it.album].id,
                self.media_types[it.media_type].id,
                self.genres[it.genre].id,
                it.composer,
                it.milliseconds,
                it.bytes,
                it.unit_price.to_string(),
            ])?;
            it.id = raw.last_insert_rowid();
        }
        let mut statement = raw
            .prepare_cached("INSERT INTO playlist_track (playlist_id, track_id) VALUES (?1, ?2)")?;
        for &(playlist, track) in &self.entries {
            statement.execute(params![self.playlists[playlist].id, self.tracks[track].id])?;
        }
        Ok(())
    }

    fn insert_people(&mut self, raw: &Connection) -> Result<()> {
        let mut statement = raw.prepare_cached(
            "INSERT INTO employee (last_name, first_name, title, reports_to_id, birth_date, hire_date, address,
                                   city, state, country, postal_code, phone, fax, email)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        for at in 0..self.employees.len() {
            let it = &self.employees[at];
            statement.execute(params![
                it.last_name,
                it.first_name,
                it.title,
                it.reports_to.map(|boss| self.employees[boss].id),
                it.birth_date.map(|it| it.to_string()),
                it.hire_date.map(|it| it.to_string()),
                it.contact.address,
                it.contact.city,
                it.contact.state,
                it.contact.country,
                it.contact.postal_code,
                it.contact.phone,
                it.contact.fax,
                it.email,
            ])?;
            self.employees[at].id = raw.last_insert_rowid();
        }
        let mut statement = raw.prepare_cached(
            "INSERT INTO customer (first_name, last_name, company, address, city, state, country, postal_code,
                                   phone, fax, email, support_rep_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        for it in &mut self.customers {
            statement.execute(params![
                it.first_name,
                it.last_name,
                it.company,
                it.contact.address,
                it.contact.city,
                it.contact.state,
                it.contact.country,
                it.contact.postal_code,
                it.contact.phone,
                it.contact.fax,
                it.email,
                it.support_rep.map(|employee| self.employees[employee].id),
            ])?;
            it.id = raw.last_insert_rowid();
        }
        Ok(())
    }

    fn insert_sales(&mut self, raw: &Connection) -> Result<()> {
        let mut statement = raw.prepare_cached(
            "INSERT INTO invoice (customer_id, invoice_date, billing_address, billing_city, billing_state,
                                  billing_country, billing_postal_code, total)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for it in &mut self.invoices {
            statement.execute(params![
                self.customers[it.customer].id,
                it.date.to_string(),
                it.address,
                it.city,
                it.state,
                it.country,
                it.postal_code,
                it.total.to_string(),
            ])?;
            it.id = raw.last_insert_rowid();
        }
        let mut statement = raw.prepare_cached(
            "INSERT INTO invoice_line (invoice_id, track_id, unit_price, quantity) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for it in &mut self.lines {
            let (invoice, track) = (self.invoices[it.invoice].id, self.tracks[it.track].id);
            statement.execute(params![invoice, track, it.unit_price.to_string(), it.quantity])?;
            it.id = raw.last_insert_rowid();
        }
        Ok(())
    }

    /// The key of the last invoice line: proof that keys came back.
    pub(super) fn last_key(&self) -> i64 {
        self.lines.last().map_or(0, |line| line.id)
    }
}

fn insert_named(raw: &Connection, sql: &str, rows: &mut [Named]) -> Result<()> {
    let mut statement = raw.prepare_cached(sql)?;
    for row in rows {
        statement.execute([&row.name])?;
        row.id = raw.last_insert_rowid();
    }
    Ok(())
}
