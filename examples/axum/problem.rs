//! Everything that can go wrong with a request, and the status that tells it: here, and nowhere else.

use aludel::{Integrity, Kind};
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::json::AlbumView;

/// What a handler gives.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Why a request isn't answered as the client wanted.
pub enum Problem {
    /// What was sent makes no sense.
    BadInput(String),
    /// The album isn't what the client has read; this is what it is now.
    Stale(AlbumView),
    /// The database, or the way to it.
    Database(aludel::Error),
}

/// Takes a part of the request, and says in our own form why it can't.
pub struct Input<E>(pub E);

#[derive(Serialize)]
struct Body {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<AlbumView>,
}

impl From<aludel::Error> for Problem {
    fn from(error: aludel::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, error, current) = match self {
            Self::BadInput(what) => (StatusCode::UNPROCESSABLE_ENTITY, what, None),
            Self::Stale(album) => {
                (StatusCode::CONFLICT, "the album was changed meanwhile".into(), Some(album))
            }
            Self::Database(error) => {
                let status = status(&error);
                (status, text(status, &error), None)
            }
        };
        (status, Json(Body { error, current })).into_response()
    }
}

fn status(error: &aludel::Error) -> StatusCode {
    match error {
        aludel::Error::NoResultFound(_) => return StatusCode::NOT_FOUND,
        // Somebody else deleted the row between our reading and our writing it.
        aludel::Error::StaleData(_) => return StatusCode::CONFLICT,
        _ => {}
    }
    match error.kind() {
        Some(Kind::Integrity(Integrity::Unique | Integrity::ForeignKey)) => StatusCode::CONFLICT,
        Some(Kind::Integrity(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        // `transaction!` has tried again already.
        Some(Kind::Serialization | Kind::Deadlock | Kind::Busy | Kind::LockTimeout)
        | Some(Kind::PoolTimeout | Kind::TooManyConnections)
        | Some(Kind::ConnectionRefused | Kind::ConnectionLost) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What the client is told. SQL, and what the database says of a fault of ours, is for the log.
fn text(status: StatusCode, error: &aludel::Error) -> String {
    match error {
        aludel::Error::Integrity(it) => {
            format!("a {} constraint refused the {}", it.kind, it.entity.unwrap_or("change"))
        }
        _ if status.is_server_error() => {
            eprintln!("{status}: {error}");
            status.canonical_reason().unwrap_or_default().to_lowercase()
        }
        _ => error.to_string(),
    }
}

impl<S, E> FromRequest<S> for Input<E>
where
    S: Send + Sync,
    E: FromRequest<S, Rejection: std::fmt::Display>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let taken = E::from_request(request, state).await;
        taken.map(Self).map_err(|it| Problem::BadInput(it.to_string()))
    }
}

impl<S, E> FromRequestParts<S> for Input<E>
where
    S: Send + Sync,
    E: FromRequestParts<S, Rejection: std::fmt::Display>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let taken = E::from_request_parts(parts, state).await;
        taken.map(Self).map_err(|it| Problem::BadInput(it.to_string()))
    }
}
