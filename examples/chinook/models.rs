//! The store's eleven tables as mapped structs.
//!
//! Money is a decimal number, never a binary fraction. A column that a relationship fills is an
//! `Auto` where it must not be NULL, and an `Option` where it may.

use aludel::prelude::*;
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

/// A band or a person.
#[derive(Mapped)]
#[table("artist")]
pub struct Artist {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120)]
    pub name: Option<String>,
    #[relationship(back_populates = artist, order_by = Album.id)]
    pub albums: Many<Album>,
}

/// A record of one artist.
#[derive(Mapped)]
#[table("album")]
pub struct Album {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 160)]
    pub title: String,
    #[column(foreign_key = Artist.id, index)]
    pub artist_id: Auto<i64>,
    #[relationship(back_populates = albums)]
    pub artist: One<Artist>,
    #[relationship(back_populates = album, order_by = Track.id)]
    pub tracks: Many<Track>,
}

/// A kind of music (or of television).
#[derive(Mapped)]
#[table("genre")]
pub struct Genre {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120)]
    pub name: Option<String>,
    #[relationship(back_populates = genre)]
    pub tracks: Many<Track>,
}

/// A file format.
#[derive(Mapped)]
#[table("media_type")]
pub struct MediaType {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120)]
    pub name: Option<String>,
    #[relationship(back_populates = media_type)]
    pub tracks: Many<Track>,
}

/// A song or an episode.
#[derive(Mapped)]
#[table("track")]
pub struct Track {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 200)]
    pub name: String,
    #[column(foreign_key = Album.id, index)]
    pub album_id: Option<i64>,
    #[column(foreign_key = MediaType.id, index)]
    pub media_type_id: Auto<i64>,
    #[column(foreign_key = Genre.id, index)]
    pub genre_id: Option<i64>,
    #[column(length = 220)]
    pub composer: Option<String>,
    pub milliseconds: i64,
    pub bytes: Option<i64>,
    #[column(numeric(10, 2))]
    pub unit_price: Decimal,
    #[relationship(back_populates = tracks)]
    pub album: One<Album>,
    #[relationship(back_populates = tracks)]
    pub media_type: One<MediaType>,
    #[relationship(back_populates = tracks)]
    pub genre: One<Genre>,
    #[relationship(secondary = PlaylistTrack, back_populates = tracks, order_by = Playlist.id)]
    pub playlists: Many<Playlist>,
    #[relationship(back_populates = track)]
    pub sales: Many<InvoiceLine>,
}

/// A named list of tracks; names may repeat.
#[derive(Mapped)]
#[table("playlist")]
pub struct Playlist {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120)]
    pub name: Option<String>,
    #[relationship(secondary = PlaylistTrack, back_populates = playlists, order_by = Track.id)]
    pub tracks: Many<Track>,
}

/// One track's place on one list. The unit of work writes these rows; nobody has to make one.
#[derive(Mapped)]
#[table("playlist_track")]
pub struct PlaylistTrack {
    #[column(primary_key, foreign_key = Playlist.id)]
    pub playlist_id: Auto<i64>,
    #[column(primary_key, foreign_key = Track.id, index)]
    pub track_id: Auto<i64>,
}

/// Somebody who works for the store; everybody but one reports to somebody.
#[derive(Mapped)]
#[table("employee")]
pub struct Employee {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub last_name: String,
    #[column(length = 20)]
    pub first_name: String,
    #[column(length = 30)]
    pub title: Option<String>,
    #[column(foreign_key = Employee.id, index)]
    pub reports_to_id: Option<i64>,
    pub birth_date: Option<NaiveDateTime>,
    pub hire_date: Option<NaiveDateTime>,
    #[column(length = 70)]
    pub address: Option<String>,
    #[column(length = 40)]
    pub city: Option<String>,
    #[column(length = 40)]
    pub state: Option<String>,
    #[column(length = 40)]
    pub country: Option<String>,
    #[column(length = 10)]
    pub postal_code: Option<String>,
    #[column(length = 24)]
    pub phone: Option<String>,
    #[column(length = 24)]
    pub fax: Option<String>,
    #[column(length = 60)]
    pub email: Option<String>,
    #[relationship(back_populates = reports)]
    pub reports_to: One<Employee>,
    #[relationship(back_populates = reports_to, order_by = Employee.id)]
    pub reports: Many<Employee>,
    #[relationship(back_populates = support_rep)]
    pub customers: Many<Customer>,
}

/// Somebody who buys. A customer's invoices go where the customer goes.
#[derive(Mapped)]
#[table("customer")]
pub struct Customer {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40)]
    pub first_name: String,
    #[column(length = 20)]
    pub last_name: String,
    #[column(length = 80)]
    pub company: Option<String>,
    #[column(length = 70)]
    pub address: Option<String>,
    #[column(length = 40)]
    pub city: Option<String>,
    #[column(length = 40)]
    pub state: Option<String>,
    #[column(length = 40)]
    pub country: Option<String>,
    #[column(length = 10)]
    pub postal_code: Option<String>,
    #[column(length = 24)]
    pub phone: Option<String>,
    #[column(length = 24)]
    pub fax: Option<String>,
    #[column(length = 60)]
    pub email: String,
    #[column(foreign_key = Employee.id, index)]
    pub support_rep_id: Option<i64>,
    #[relationship(back_populates = customers)]
    pub support_rep: One<Employee>,
    #[relationship(back_populates = customer, cascade(all, delete_orphan), order_by = Invoice.id)]
    pub invoices: Many<Invoice>,
}

/// A bill.
#[derive(Mapped)]
#[table("invoice")]
pub struct Invoice {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Customer.id, index)]
    pub customer_id: Auto<i64>,
    pub invoice_date: NaiveDateTime,
    #[column(length = 70)]
    pub billing_address: Option<String>,
    #[column(length = 40)]
    pub billing_city: Option<String>,
    #[column(length = 40)]
    pub billing_state: Option<String>,
    #[column(length = 40)]
    pub billing_country: Option<String>,
    #[column(length = 10)]
    pub billing_postal_code: Option<String>,
    #[column(numeric(10, 2))]
    pub total: Decimal,
    #[relationship(back_populates = invoices)]
    pub customer: One<Customer>,
    #[relationship(back_populates = invoice, cascade(all, delete_orphan), order_by = InvoiceLine.id)]
    pub lines: Many<InvoiceLine>,
}

/// One track on a bill.
#[derive(Mapped)]
#[table("invoice_line")]
pub struct InvoiceLine {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Invoice.id, index)]
    pub invoice_id: Auto<i64>,
    #[column(foreign_key = Track.id, index)]
    pub track_id: Auto<i64>,
    #[column(numeric(10, 2))]
    pub unit_price: Decimal,
    pub quantity: i64,
    #[relationship(back_populates = lines)]
    pub invoice: One<Invoice>,
    #[relationship(back_populates = sales)]
    pub track: One<Track>,
}
