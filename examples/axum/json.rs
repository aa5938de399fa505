//! What clients send and get: plain structs, made from objects and made into them.

use aludel::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    models::{Album, Artist, Track},
    problem::{Problem, Result},
};

/// Which artists a list begins after, and how many it has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    #[serde(default)]
    pub after: i64,
    #[serde(default = "Page::usual")]
    pub limit: u64,
}

/// One page of artists, and where the next one begins.
#[derive(Serialize)]
pub struct Artists {
    pub artists: Vec<ArtistView>,
    pub next: Option<i64>,
}

#[derive(Serialize)]
pub struct ArtistView {
    pub id: i64,
    pub name: String,
    pub albums: Vec<AlbumView>,
}

#[derive(Serialize)]
pub struct AlbumView {
    pub id: i64,
    pub title: String,
    pub version: i64,
    pub tracks: Vec<TrackView>,
}

/// A track. Money is a text, so that no reader makes a binary fraction of it.
#[derive(Serialize)]
pub struct TrackView {
    pub id: i64,
    pub name: String,
    pub milliseconds: i64,
    pub unit_price: Decimal,
    pub genre_id: Option<i64>,
}

/// An artist to be saved, with all that belongs to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewArtist {
    name: String,
    #[serde(default)]
    albums: Vec<NewAlbum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAlbum {
    title: String,
    #[serde(default)]
    tracks: Vec<NewTrack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTrack {
    name: String,
    milliseconds: i64,
    unit_price: Decimal,
    genre_id: Option<i64>,
}

/// What of an album is to be changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlbumPatch {
    pub title: String,
}

impl Page {
    const LONGEST: u64 = 100;

    fn usual() -> u64 {
        20
    }

    pub fn check(&self) -> Result<()> {
        match self.limit {
            1..=Self::LONGEST => Ok(()),
            _ => Err(Problem::BadInput(format!("`limit` is between 1 and {}", Self::LONGEST))),
        }
    }
}

impl Artists {
    pub fn of(page: &Page, artists: &[Obj<Artist>]) -> aludel::Result<Self> {
        let artists: Vec<_> = artists.iter().map(ArtistView::of).collect::<aludel::Result<_>>()?;
        let full = artists.len() as u64 == page.limit;
        let next = artists.last().filter(|_| full).map(|it| it.id);
        Ok(Self { artists, next })
    }
}

impl ArtistView {
    pub fn of(artist: &Obj<Artist>) -> aludel::Result<Self> {
        let albums = artist.albums().iter()?.map(|it| AlbumView::of(&it)).collect::<Result<_, _>>();
        let it = artist.borrow();
        Ok(Self { id: it.id.value()?, name: it.name.clone(), albums: albums? })
    }
}

impl AlbumView {
    pub fn of(album: &Obj<Album>) -> aludel::Result<Self> {
        let tracks = album.tracks().iter()?.map(|it| TrackView::of(&it)).collect::<Result<_, _>>();
        let it = album.borrow();
        let (id, version) = (it.id.value()?, it.version);
        Ok(Self { id, title: it.title.clone(), version, tracks: tracks? })
    }
}

impl TrackView {
    fn of(track: &Obj<Track>) -> aludel::Result<Self> {
        let it = track.borrow();
        Ok(Self {
            id: it.id.value()?,
            name: it.name.clone(),
            milliseconds: it.milliseconds,
            unit_price: it.unit_price,
            genre_id: it.genre_id,
        })
    }
}

impl NewArtist {
    pub fn check(&self) -> Result<()> {
        text("name", &self.name, 120)?;
        for album in &self.albums {
            text("title", &album.title, 160)?;
            for track in &album.tracks {
                text("name", &track.name, 200)?;
                if track.milliseconds < 0 || track.unit_price.is_sign_negative() {
                    let what = format!("track `{}` is shorter or cheaper than nothing", track.name);
                    return Err(Problem::BadInput(what));
                }
            }
        }
        Ok(())
    }

    /// The whole graph, in a session that saves it with one commit.
    pub fn add_to(&self, session: &mut Session) -> Obj<Artist> {
        let albums = self.albums.iter().map(|album| {
            let tracks = album.tracks.iter().map(|track| {
                Track::builder()
                    .name(&*track.name)
                    .milliseconds(track.milliseconds)
                    .unit_price(track.unit_price)
                    .genre_id(track.genre_id)
            });
            Album::builder().title(&*album.title).tracks(tracks)
        });
        session.add(Artist::builder().name(&*self.name).albums(albums))
    }
}

impl AlbumPatch {
    pub fn check(&self) -> Result<()> {
        text("title", &self.title, 160)
    }
}

fn text(field: &str, value: &str, longest: usize) -> Result<()> {
    match value.chars().count() {
        0 => Err(Problem::BadInput(format!("`{field}` is empty"))),
        length if length > longest => {
            Err(Problem::BadInput(format!("`{field}` has more than {longest} characters")))
        }
        _ => Ok(()),
    }
}
