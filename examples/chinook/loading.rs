//! Artists with their albums, tracks, genres and playlists, by every mixture of loading strategies.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aludel::{
    LoadOption, Relationship,
    blocking::{Engine, Session},
    prelude::*,
};
use tracing::{Event, Metadata, Subscriber, field, span, subscriber};

use super::{
    Result,
    models::{Album, Artist, Track},
};

/// How a relationship is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By `.load()`.
    Lazy,
    Selectin,
    Joined,
    Subquery,
}

impl Strategy {
    fn load<E: Mapped, R: Mapped>(self, it: Relationship<E, R>) -> LoadOption<E, R> {
        match self {
            Self::Lazy => lazyload(it),
            Self::Selectin => selectinload(it),
            Self::Joined => joinedload(it),
            Self::Subquery => subqueryload(it),
        }
    }

    fn then<E: Mapped, R: Mapped, N: Mapped>(
        self,
        before: LoadOption<E, R>,
        it: Relationship<R, N>,
    ) -> LoadOption<E, N> {
        match self {
            Self::Lazy => before.lazyload(it),
            Self::Selectin => before.selectinload(it),
            Self::Joined => before.joinedload(it),
            Self::Subquery => before.subqueryload(it),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lazy => "lazy",
            Self::Selectin => "selectin",
            Self::Joined => "joined",
            Self::Subquery => "subquery",
        })
    }
}

/// The strategies of albums, tracks, the genre and playlists.
pub type Mixture = [Strategy; 4];

/// Those that are worth a look.
pub const SHOWN: [Mixture; 8] = {
    use Strategy::{Joined, Lazy, Selectin, Subquery};
    [
        [Lazy, Lazy, Lazy, Lazy],
        [Selectin, Selectin, Selectin, Selectin],
        [Selectin, Selectin, Joined, Selectin],
        [Joined, Selectin, Joined, Selectin],
        [Joined, Joined, Joined, Selectin],
        [Joined, Joined, Joined, Joined],
        [Subquery, Subquery, Subquery, Subquery],
        [Subquery, Subquery, Joined, Subquery],
    ]
};

/// What loading by a mixture took, and what it gave.
pub struct Loaded {
    /// SELECTs that were sent.
    pub statements: usize,
    /// Rows that the database gave.
    pub rows: u64,
    /// Each artist's name, with albums, tracks, genres and playlists.
    pub graph: Vec<String>,
}

/// Loads the artists up to a key by a mixture, and walks through all of it.
///
/// # Errors
/// The database refuses.
pub fn load(engine: &Engine, last: i64, mixture: Mixture) -> Result<Loaded> {
    let rows = Arc::default();
    let counting = CountRows(Arc::clone(&rows));
    let found = subscriber::with_default(counting, || walk(engine, last, mixture));
    let (statements, graph) = found?;
    Ok(Loaded { statements, rows: rows.load(Ordering::Relaxed), graph })
}

/// The SELECTs that were sent, and what they gave.
fn walk(engine: &Engine, last: i64, mixture: Mixture) -> Result<(usize, Vec<String>)> {
    let mut session = Session::new(engine);
    engine.log().start();
    let query = options(select(Artist).filter(Artist.id.le(last)).order_by(Artist.id), mixture);
    let artists = session.scalars(query).all()?;
    let mut graph = Vec::new();
    for artist in &artists {
        graph.push(format!("{:?}", artist.borrow().name));
        for album in artist.albums().load(&mut session)? {
            graph.push(format!("  {}", album.borrow().title));
            for track in album.tracks().load(&mut session)? {
                let genre = track.genre().load(&mut session)?;
                let genre = genre.and_then(|it| it.borrow().name.clone());
                let lists = track.playlists().load(&mut session)?;
                let lists: Vec<_> = lists.iter().map(|it| it.borrow().id.get().copied()).collect();
                graph.push(format!("    {} {genre:?} {lists:?}", track.borrow().name));
            }
        }
    }
    let sent = engine.log().take();
    let statements = sent.iter().filter(|it| it.starts_with("SELECT")).count();
    engine.log().stop();
    Ok((statements, graph))
}

/// The options of a mixture. Nothing is said of what lies behind a lazy relationship: it is lazy, too.
fn options(query: aludel::Select<Obj<Artist>>, mixture: Mixture) -> aludel::Select<Obj<Artist>> {
    let [albums, tracks, genre, playlists] = mixture;
    let to_albums = albums.load(Artist.albums);
    if albums == Strategy::Lazy {
        return query;
    }
    let to_tracks = tracks.then(to_albums, Album.tracks);
    if tracks == Strategy::Lazy {
        return query.options(to_tracks);
    }
    query.options((
        genre.then(to_tracks.clone(), Track.genre),
        playlists.then(to_tracks, Track.playlists),
    ))
}

/// Counts the rows that statements give, as `tracing` tells of them.
struct CountRows(Arc<AtomicU64>);

impl Subscriber for CountRows {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "aludel::sql"
    }

    fn event(&self, event: &Event<'_>) {
        struct Rows<'a>(&'a AtomicU64);

        impl field::Visit for Rows<'_> {
            fn record_u64(&mut self, field: &field::Field, value: u64) {
                if field.name() == "rows" {
                    self.0.fetch_add(value, Ordering::Relaxed);
                }
            }

            fn record_debug(&mut self, _: &field::Field, _: &dyn fmt::Debug) {}
        }

        event.record(&mut Rows(&self.0));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
