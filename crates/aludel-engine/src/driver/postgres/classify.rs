//! What PostgreSQL's errors mean: from its SQLSTATE codes to [`DatabaseError`].

use std::{error::Error as _, io, sync::Arc};

use tokio_postgres::{Error as Raw, error::DbError};

use crate::{DatabaseError, Error, Integrity, Kind};

/// Turns an error of the client's into ours.
#[cold]
pub(super) fn classify(error: Raw, sql: Option<&Arc<str>>) -> Error {
    let mut result = match error.as_db_error() {
        Some(answer) => answered(answer),
        None => DatabaseError::new(kind_of_failure(&error), message_of(&error)),
    };
    result.sql = sql.cloned();
    result.source = Some(Box::new(error));
    result.into()
}

/// The same for an error of opening a connection.
#[cold]
pub(super) fn classify_opening(error: Raw) -> Error {
    let timed_out = error.to_string().contains("timeout");
    let Error::Database(mut database) = classify(error, None) else {
        return super::network::lost("an error without a description");
    };
    if timed_out || (database.kind == Kind::ConnectionLost && !is_answer(&database)) {
        database.kind = Kind::ConnectionRefused;
    }
    Error::Database(database)
}

fn is_answer(error: &DatabaseError) -> bool {
    let raw = error.source.as_ref().and_then(|it| it.downcast_ref::<Raw>());
    raw.is_some_and(|it| it.as_db_error().is_some())
}

fn answered(answer: &DbError) -> DatabaseError {
    let mut message = answer.message().to_owned();
    for more in [answer.detail(), answer.hint()].into_iter().flatten() {
        message.push_str("; ");
        message.push_str(more);
    }
    let kind = kind_of(answer.code().code(), answer.message());
    let mut result = DatabaseError::new(kind, message);
    result.table = answer.table().map(str::to_owned);
    result.constraint = answer.constraint().map(str::to_owned);
    result.columns = match answer.column() {
        Some(column) => vec![column.to_owned()],
        None => answer.detail().map(named_columns).unwrap_or_default(),
    };
    result
}

fn kind_of(code: &str, message: &str) -> Kind {
    match code {
        "23505" | "23P01" => Kind::Integrity(Integrity::Unique),
        "23503" | "23001" => Kind::Integrity(Integrity::ForeignKey),
        "23502" => Kind::Integrity(Integrity::NotNull),
        "23514" => Kind::Integrity(Integrity::Check),
        "40001" => Kind::Serialization,
        "40P01" => Kind::Deadlock,
        "55P03" => Kind::LockTimeout,
        "57014" if message.contains("statement timeout") => Kind::StatementTimeout,
        "57014" if message.contains("lock timeout") => Kind::LockTimeout,
        "57014" => Kind::Interrupted,
        "25006" => Kind::ReadOnly,
        "28000" | "28P01" => Kind::AccessDenied,
        "3D000" => Kind::UnknownDatabase,
        "53300" => Kind::TooManyConnections,
        "53100" => Kind::DiskFull,
        // The server is starting, or stopping and takes nobody any more.
        "57P03" => Kind::ConnectionRefused,
        "57P01" | "57P02" | "57P05" | "25P03" => Kind::ConnectionLost,
        "XX001" | "XX002" => Kind::Corrupt,
        _ => match code.get(..2) {
            Some("42") => Kind::Syntax,
            Some("08") => Kind::ConnectionLost,
            Some("40") => Kind::Serialization,
            _ => Kind::Other,
        },
    }
}

/// `Key (a, b)=(1, 2) already exists.`
fn named_columns(detail: &str) -> Vec<String> {
    let inside = detail.strip_prefix("Key (").and_then(|it| it.split_once(")=("));
    inside.map_or_else(Vec::new, |(names, _)| {
        names.split(", ").map(|it| it.trim_matches('"').to_owned()).collect()
    })
}

/// An error that the server didn't answer with.
fn kind_of_failure(error: &Raw) -> Kind {
    let text = error.to_string();
    if text.contains("TLS") {
        return Kind::TlsRefused;
    }
    if text.contains("authentication") || text.contains("password") {
        return Kind::AccessDenied;
    }
    let io = error.source().and_then(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io {
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => Kind::ConnectionRefused,
        Some(_) => Kind::ConnectionLost,
        None if error.is_closed() || text.contains("connecting") => Kind::ConnectionLost,
        None => Kind::Other,
    }
}

/// What failed, with its causes: the client's own text stops at the first.
fn message_of(error: &Raw) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(": ");
        text.push_str(&it.to_string());
        cause = it.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind_of};

    #[test]
    fn what_no_test_can_provoke() {
        for (code, message, kind) in [
            ("53100", "could not extend file: No space left on device", Kind::DiskFull),
            ("53300", "sorry, too many clients already", Kind::TooManyConnections),
            ("57P03", "the database system is starting up", Kind::ConnectionRefused),
            ("57P02", "terminating connection because of crash", Kind::ConnectionLost),
            ("57014", "canceling statement due to lock timeout", Kind::LockTimeout),
            ("57014", "canceling statement due to user request", Kind::Interrupted),
            ("25006", "cannot execute INSERT in a read-only transaction", Kind::ReadOnly),
            ("XX001", "invalid page in block 7", Kind::Corrupt),
            ("08006", "", Kind::ConnectionLost),
            ("40003", "", Kind::Serialization),
            ("F0000", "", Kind::Other),
            ("", "", Kind::Other),
        ] {
            assert_eq!(kind_of(code, message), kind, "{code} {message}");
        }
    }
}
