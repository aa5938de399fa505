//! Fills an empty catalogue from the files of the Chinook data set.

use std::collections::HashMap;

use aludel::prelude::*;
use rust_decimal::Decimal;

use super::{
    csv_file::File,
    models::{Album, Artist, Genre, Track},
};

macro_rules! file {
    ($name:literal) => {
        File::read($name, include_str!(concat!("../chinook/data/", $name)))?
    };
}

/// Makes the tables, and saves 275 artists with all their albums and tracks unless there are some already.
pub async fn catalogue(engine: &Engine) -> super::Result<()> {
    Base::metadata().create_all(engine).await?;
    let mut session = Session::new(engine);
    if session.scalars(select(func::count(Artist.id))).one().await? > 0 {
        return Ok(());
    }
    add_to(&mut session)?;
    session.commit().await?;
    Ok(())
}

/// The files' ids only say what belongs together; the database assigns its own.
fn add_to(session: &mut Session) -> super::Result<()> {
    let mut genres = HashMap::new();
    for line in file!("genre.csv").lines() {
        let genre = Genre::builder().name(line.need::<String>("name")?);
        genres.insert(line.id()?, session.add(genre));
    }
    let mut artists = HashMap::new();
    for line in file!("artist.csv").lines() {
        let artist = Artist::builder().name(line.need::<String>("name")?);
        artists.insert(line.id()?, session.add(artist));
    }
    let mut albums = HashMap::new();
    for line in file!("album.csv").lines() {
        let artist = &artists[&line.need("artist_id")?];
        let album = Album::builder().title(line.need::<String>("title")?);
        albums.insert(line.id()?, artist.albums().push(album));
    }
    for line in file!("track.csv").lines() {
        let track = Track::builder()
            .name(line.need::<String>("name")?)
            .milliseconds(line.need::<i64>("milliseconds")?)
            .unit_price(line.need::<Decimal>("unit_price")?)
            .genre(&genres[&line.need("genre_id")?]);
        albums[&line.need("album_id")?].tracks().push(track);
    }
    Ok(())
}
