//! What SQLite's errors mean: from its codes and messages to [`DatabaseError`].

use std::sync::Arc;

use rusqlite::{Connection, Error as Raw, ffi};

use crate::{
    DatabaseError, Error, Integrity, Kind,
    driver::written::{Verb, written_table},
};

/// Turns an error of the driver's into ours.
#[cold]
pub(super) fn classify(error: Raw, sql: Option<&str>, table: Option<&str>) -> Error {
    let (code, message) = match &error {
        Raw::SqliteFailure(code, Some(message)) => (Some(code), message.clone()),
        Raw::SqliteFailure(code, None) => (Some(code), code.to_string()),
        Raw::SqlInputError { msg, .. } => (None, msg.clone()),
        other => (None, other.to_string()),
    };
    // What SQLite says about a statement that isn't there is of no use to anybody.
    let empty = code.is_some_and(|code| code.extended_code == ffi::SQLITE_MISUSE);
    let message = if empty { "there is no statement in the text".to_owned() } else { message };
    let kind = match &error {
        _ if empty => Kind::Syntax,
        Raw::SqlInputError { error, .. } => {
            // What isn't wrong with the text itself (a locked schema, say) has a code of its own.
            match kind_of(error.extended_code) {
                Kind::Other => Kind::Syntax,
                kind => kind,
            }
        }
        Raw::MultipleStatement | Raw::NulError(_) => Kind::Syntax,
        _ => code.map_or(Kind::Other, |code| kind_of(code.extended_code)),
    };
    let mut result = DatabaseError::new(kind, message);
    result.table = table.map(str::to_owned);
    result.sql = sql.map(Arc::from);
    if let Kind::Integrity(kind) = kind {
        read_message(&mut result, kind);
    }
    result.source = Some(Box::new(error));
    result.into()
}

fn kind_of(extended: i32) -> Kind {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => Kind::Integrity(Integrity::Unique),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Kind::Integrity(Integrity::ForeignKey),
        ffi::SQLITE_CONSTRAINT_NOTNULL => Kind::Integrity(Integrity::NotNull),
        ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_DATATYPE => {
            Kind::Integrity(Integrity::Check)
        }
        // The transaction reads an older snapshot than it would have to write to.
        ffi::SQLITE_BUSY_SNAPSHOT => Kind::Serialization,
        _ => match extended & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Kind::Busy,
            ffi::SQLITE_CANTOPEN => Kind::CannotOpen,
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Kind::Corrupt,
            ffi::SQLITE_FULL => Kind::DiskFull,
            ffi::SQLITE_READONLY => Kind::ReadOnly,
            ffi::SQLITE_INTERRUPT => Kind::Interrupted,
            _ => Kind::Other,
        },
    }
}

/// SQLite names table and columns in its message only.
fn read_message(error: &mut DatabaseError, kind: Integrity) {
    let Some((_, rest)) = error.message.split_once(" failed: ") else { return };
    let rest = rest.to_owned();
    match kind {
        Integrity::Unique | Integrity::NotNull => {
            if let Some(index) = rest.strip_prefix("index '") {
                error.constraint = Some(index.trim_end_matches('\'').to_owned());
                return;
            }
            for part in rest.split(", ") {
                if let Some((table, column)) = part.rsplit_once('.') {
                    error.table = Some(table.to_owned());
                    error.columns.push(column.to_owned());
                }
            }
        }
        Integrity::Check => error.constraint = Some(rest),
        Integrity::ForeignKey => {}
    }
}

/// SQLite says only that some foreign key failed, or which check. The statement names the table; the
/// columns are those of its foreign keys, where the statement writes to the referring side.
pub(super) fn locate(error: &mut DatabaseError, sql: &str, connection: &Connection) {
    let Kind::Integrity(kind @ (Integrity::ForeignKey | Integrity::Check)) = error.kind else {
        return;
    };
    if error.table.is_some() {
        return;
    }
    let Some((verb, table)) = written_table(sql) else { return };
    if kind == Integrity::ForeignKey && verb != Verb::Delete {
        let columns =
            "SELECT DISTINCT \"from\" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq";
        let found = connection.prepare(columns).and_then(|mut statement| {
            statement.query_map([&table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        });
        error.columns = found.unwrap_or_default();
    }
    error.table = Some(table);
}
