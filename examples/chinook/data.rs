//! The Chinook data set as one graph of objects.
//!
//! The files hold ids, because a file can't hold a reference. Here an id only finds the object that
//! it stands for; what is stored are relationships, and the database assigns the keys.
//!
//! The data set is Luis Rocha's Chinook database, version 1.4.5; its licence lies beside the files.

use std::collections::HashMap;

use aludel::{blocking::Session, prelude::*};
use chrono::NaiveDateTime;

use super::{
    Result,
    csv_file::{File, Line},
    models::{
        Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, Track,
    },
};

/// The files, one a table.
pub struct DataSet {
    pub artists: File,
    pub albums: File,
    pub genres: File,
    pub media_types: File,
    pub tracks: File,
    pub playlists: File,
    pub playlist_tracks: File,
    pub employees: File,
    pub customers: File,
    pub invoices: File,
    pub invoice_lines: File,
}

/// Objects by the id that the files give them.
type ById<T> = HashMap<i64, Obj<T>>;

macro_rules! file {
    ($name:literal) => {
        File::read($name, include_str!(concat!("data/", $name)))?
    };
}

impl DataSet {
    /// Reads the files, which are part of this program.
    pub fn read() -> Result<Self> {
        Ok(Self {
            artists: file!("artist.csv"),
            albums: file!("album.csv"),
            genres: file!("genre.csv"),
            media_types: file!("media_type.csv"),
            tracks: file!("track.csv"),
            playlists: file!("playlist.csv"),
            playlist_tracks: file!("playlist_track.csv"),
            employees: file!("employee.csv"),
            customers: file!("customer.csv"),
            invoices: file!("invoice.csv"),
            invoice_lines: file!("invoice_line.csv"),
        })
    }

    /// How many rows all files have together.
    pub fn len(&self) -> usize {
        let catalogue =
            [&self.artists, &self.albums, &self.genres, &self.media_types, &self.tracks];
        let lists = [&self.playlists, &self.playlist_tracks];
        let people = [&self.employees, &self.customers];
        let sales = [&self.invoices, &self.invoice_lines];
        let all = catalogue.iter().chain(&lists).chain(&people).chain(&sales);
        all.map(|file| file.lines().len()).sum()
    }

    /// Adds the whole store to a session; `done` is called after each row. Nothing is sent.
    pub fn add_to(&self, session: &mut Session, done: &mut dyn FnMut()) -> Result<()> {
        let tracks = self.catalogue(session, done)?;
        self.lists(session, &tracks, done)?;
        let employees = self.staff(session, done)?;
        self.sales(session, &tracks, &employees, done)
    }

    fn catalogue(&self, session: &mut Session, done: &mut dyn FnMut()) -> Result<ById<Track>> {
        let artists = each(&self.artists, done, |line| {
            Ok(session.add(Artist::builder().name(line.get::<String>("name")?)))
        })?;
        let genres = each(&self.genres, done, |line| {
            Ok(session.add(Genre::builder().name(line.get::<String>("name")?)))
        })?;
        let media_types = each(&self.media_types, done, |line| {
            Ok(session.add(MediaType::builder().name(line.get::<String>("name")?)))
        })?;
        let albums = each(&self.albums, done, |line| {
            let artist = other(line, "artist_id", &artists)?;
            Ok(session.add(Album::builder().title(line.need::<String>("title")?).artist(artist)))
        })?;
        each(&self.tracks, done, |line| {
            let track = session.add(
                Track::builder()
                    .name(line.need::<String>("name")?)
                    .composer(line.get::<String>("composer")?)
                    .milliseconds(line.need::<i64>("milliseconds")?)
                    .bytes(line.get::<i64>("bytes")?)
                    .unit_price(line.need::<rust_decimal::Decimal>("unit_price")?)
                    .media_type(other(line, "media_type_id", &media_types)?),
            );
            if let Some(album) = maybe(line, "album_id", &albums)? {
                track.album().set(album);
            }
            if let Some(genre) = maybe(line, "genre_id", &genres)? {
                track.genre().set(genre);
            }
            Ok(track)
        })
    }

    fn lists(
        &self,
        session: &mut Session,
        tracks: &ById<Track>,
        done: &mut dyn FnMut(),
    ) -> Result<()> {
        let playlists = each(&self.playlists, done, |line| {
            Ok(session.add(Playlist::builder().name(line.get::<String>("name")?)))
        })?;
        for line in self.playlist_tracks.lines() {
            let playlist = other(&line, "playlist_id", &playlists)?;
            playlist.tracks().push(other(&line, "track_id", tracks)?);
            done();
        }
        Ok(())
    }

    fn staff(&self, session: &mut Session, done: &mut dyn FnMut()) -> Result<ById<Employee>> {
        let employees = each(&self.employees, done, |line| {
            let employee = Employee::builder()
                .last_name(line.need::<String>("last_name")?)
                .first_name(line.need::<String>("first_name")?)
                .title(line.get::<String>("title")?)
                .birth_date(date(line, "birth_date")?)
                .hire_date(date(line, "hire_date")?)
                .address(line.get::<String>("address")?)
                .city(line.get::<String>("city")?)
                .state(line.get::<String>("state")?)
                .country(line.get::<String>("country")?)
                .postal_code(line.get::<String>("postal_code")?)
                .phone(line.get::<String>("phone")?)
                .fax(line.get::<String>("fax")?)
                .email(line.get::<String>("email")?);
            Ok(session.add(employee))
        })?;
        // A second pass, since somebody may report to a colleague further down the file.
        for line in self.employees.lines() {
            if let Some(boss) = maybe(&line, "reports_to", &employees)? {
                other(&line, "employee_id", &employees)?.reports_to().set(boss);
            }
        }
        Ok(employees)
    }

    fn sales(
        &self,
        session: &mut Session,
        tracks: &ById<Track>,
        employees: &ById<Employee>,
        done: &mut dyn FnMut(),
    ) -> Result<()> {
        let customers = each(&self.customers, done, |line| {
            let customer = session.add(
                Customer::builder()
                    .first_name(line.need::<String>("first_name")?)
                    .last_name(line.need::<String>("last_name")?)
                    .company(line.get::<String>("company")?)
                    .address(line.get::<String>("address")?)
                    .city(line.get::<String>("city")?)
                    .state(line.get::<String>("state")?)
                    .country(line.get::<String>("country")?)
                    .postal_code(line.get::<String>("postal_code")?)
                    .phone(line.get::<String>("phone")?)
                    .fax(line.get::<String>("fax")?)
                    .email(line.need::<String>("email")?),
            );
            if let Some(employee) = maybe(line, "support_rep_id", employees)? {
                customer.support_rep().set(employee);
            }
            Ok(customer)
        })?;
        // What hangs on a customer or an invoice is saved with it: nobody has to add it.
        let invoices = each(&self.invoices, done, |line| {
            let invoice = Invoice::builder()
                .invoice_date(
                    date(line, "invoice_date")?
                        .ok_or_else(|| line.complaint("invoice_date", "is missing"))?,
                )
                .billing_address(line.get::<String>("billing_address")?)
                .billing_city(line.get::<String>("billing_city")?)
                .billing_state(line.get::<String>("billing_state")?)
                .billing_country(line.get::<String>("billing_country")?)
                .billing_postal_code(line.get::<String>("billing_postal_code")?)
                .total(line.need::<rust_decimal::Decimal>("total")?);
            Ok(other(line, "customer_id", &customers)?.invoices().push(invoice))
        })?;
        for line in self.invoice_lines.lines() {
            let sale = InvoiceLine::builder()
                .unit_price(line.need::<rust_decimal::Decimal>("unit_price")?)
                .quantity(line.need::<i64>("quantity")?)
                .track(other(&line, "track_id", tracks)?);
            other(&line, "invoice_id", &invoices)?.lines().push(sale);
            done();
        }
        Ok(())
    }
}

/// Makes an object of each line, and keeps them by the id in the file's first column.
fn each<T: Mapped>(
    file: &File,
    done: &mut dyn FnMut(),
    mut make: impl FnMut(&Line<'_>) -> Result<Obj<T>>,
) -> Result<ById<T>> {
    let mut objects = ById::with_capacity(file.lines().len());
    for line in file.lines() {
        objects.insert(line.id()?, make(&line)?);
        done();
    }
    Ok(objects)
}

/// The object that a column refers to.
fn other<'a, T: Mapped>(line: &Line<'_>, column: &str, objects: &'a ById<T>) -> Result<&'a Obj<T>> {
    maybe(line, column, objects)?.ok_or_else(|| line.complaint(column, "is missing"))
}

/// The object that a column refers to, if it isn't NULL.
fn maybe<'a, T: Mapped>(
    line: &Line<'_>,
    column: &str,
    objects: &'a ById<T>,
) -> Result<Option<&'a Obj<T>>> {
    let Some(id) = line.get::<i64>(column)? else {
        return Ok(None);
    };
    let object = objects.get(&id).ok_or_else(|| line.complaint(column, "refers to nothing"))?;
    Ok(Some(object))
}

fn date(line: &Line<'_>, column: &str) -> Result<Option<NaiveDateTime>> {
    line.value(column, |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok())
}
