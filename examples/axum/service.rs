//! The requests that the service answers, one function each.

use aludel::{ForUpdate, prelude::*};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{ETAG, IF_MATCH, LOCATION},
    },
    response::IntoResponse,
    routing::{get, patch},
};

use super::{
    json::{AlbumPatch, AlbumView, ArtistView, Artists, NewArtist, Page},
    models::{Album, Artist},
    problem::{Input, Problem, Result},
};

/// The service on a database.
pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/artists", get(list).post(create))
        .route("/artists/{id}", get(show).delete(remove))
        .route("/albums/{id}", patch(rename))
        .with_state(engine)
}

/// Three statements, however many artists there are.
async fn list(
    State(engine): State<Engine>,
    Input(Query(page)): Input<Query<Page>>,
) -> Result<Json<Artists>> {
    page.check()?;
    let mut session = Session::new(&engine);
    let stmt = select(Artist)
        .filter(Artist.id.gt(page.after))
        .order_by(Artist.id)
        .limit(page.limit)
        .options(selectinload(Artist.albums).selectinload(Album.tracks));
    let artists = session.scalars(stmt).all().await?;
    Ok(Json(Artists::of(&page, &artists)?))
}

/// One statement: all of it is of one moment.
async fn show(
    State(engine): State<Engine>,
    Input(Path(id)): Input<Path<i64>>,
) -> Result<Json<ArtistView>> {
    let mut session = Session::new(&engine);
    let stmt = select(Artist)
        .filter(Artist.id.eq(id))
        .options(joinedload(Artist.albums).joinedload(Album.tracks));
    let artist = session.scalars(stmt).one().await?;
    Ok(Json(ArtistView::of(&artist)?))
}

/// One request, one commit: an artist, albums, tracks.
async fn create(
    State(engine): State<Engine>,
    Input(Json(new)): Input<Json<NewArtist>>,
) -> Result<impl IntoResponse> {
    new.check()?;
    let artist = transaction!(engine, |session| {
        let artist = new.add_to(session);
        session.flush().await?; // now there are keys
        ArtistView::of(&artist)
    })?;
    let location = format!("/artists/{}", artist.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(artist)))
}

/// Changes an album, unless somebody else did after the client has read it.
async fn rename(
    State(engine): State<Engine>,
    Input(Path(id)): Input<Path<i64>>,
    headers: HeaderMap,
    Input(Json(change)): Input<Json<AlbumPatch>>,
) -> Result<impl IntoResponse> {
    change.check()?;
    let seen = version(&headers)?;
    let album = transaction!(engine, |session| {
        // The lock holds others off between our look at the version and the commit.
        let stmt = select(Album)
            .filter(Album.id.eq(id))
            .options(selectinload(Album.tracks))
            .with_for_update(ForUpdate::new());
        let album = session.scalars(stmt).one().await?;
        if album.borrow().version != seen {
            return Err(Problem::Stale(AlbumView::of(&album)?));
        }
        album.borrow_mut().title.clone_from(&change.title);
        session.flush().await?; // now the version is the next
        Ok(AlbumView::of(&album)?)
    })?;
    Ok(([(ETAG, format!("\"{}\"", album.version))], Json(album)))
}

/// Deletes an artist; albums and tracks go along.
async fn remove(
    State(engine): State<Engine>,
    Input(Path(id)): Input<Path<i64>>,
) -> Result<StatusCode> {
    transaction!(engine, |session| {
        let artist = session.get_one(Artist, id).await?;
        session.delete(&artist).await
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version that the client has read: `If-Match: "3"`.
fn version(headers: &HeaderMap) -> Result<i64> {
    let header = headers.get(IF_MATCH).and_then(|it| it.to_str().ok());
    let header = header.and_then(|it| it.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    header.ok_or_else(|| {
        Problem::BadInput("`If-Match` has to name the version that you have read: \"1\"".into())
    })
}
