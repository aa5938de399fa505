//! The catalogue of the Chinook store as mapped structs, with a version on each album.
//!
//! An artist's albums and their tracks go where the artist goes.

use aludel::prelude::*;
use rust_decimal::Decimal;

/// A band or a person.
#[derive(Mapped)]
#[table("artist")]
pub struct Artist {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120, unique)]
    pub name: String,
    #[relationship(back_populates = artist, cascade(all, delete_orphan), order_by = Album.id)]
    pub albums: Many<Album>,
}

/// A record of one artist. Whoever changes it says which version has been read.
#[derive(Mapped)]
#[table("album")]
pub struct Album {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 160)]
    pub title: String,
    #[column(version)]
    pub version: i64,
    #[column(foreign_key = Artist.id, index)]
    pub artist_id: Auto<i64>,
    #[relationship(back_populates = albums)]
    pub artist: One<Artist>,
    #[relationship(back_populates = album, cascade(all, delete_orphan), order_by = Track.id)]
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
    pub milliseconds: i64,
    #[column(numeric(10, 2))]
    pub unit_price: Decimal,
    #[column(foreign_key = Album.id, index)]
    pub album_id: Auto<i64>,
    #[column(foreign_key = Genre.id, index)]
    pub genre_id: Option<i64>,
    #[relationship(back_populates = tracks)]
    pub album: One<Album>,
    #[relationship(back_populates = tracks)]
    pub genre: One<Genre>,
}

/// A kind of music (or of television).
#[derive(Mapped)]
#[table("genre")]
pub struct Genre {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 120, unique)]
    pub name: String,
    #[relationship(back_populates = genre)]
    pub tracks: Many<Track>,
}
