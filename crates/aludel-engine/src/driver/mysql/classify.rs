//! What the servers' errors mean: from codes and messages to [`DatabaseError`].

use std::{io, sync::Arc};

use mysql_async::{DriverError, Error as Raw, IoError};

use crate::{DatabaseError, Error, Integrity, Kind, driver::written::written_table};

/// Turns an error of an open connection into ours.
#[cold]
pub(super) fn classify(error: Raw) -> Error {
    match error {
        Raw::Server(error) => server(error).into(),
        Raw::Driver(DriverError::MixedParams) => other(Kind::Syntax, error),
        // The client has lost its place in the protocol, or refuses to go on.
        Raw::Driver(_) | Raw::Io(_) => other(Kind::ConnectionLost, error),
        Raw::Other(_) | Raw::Url(_) => other(Kind::Other, error),
    }
}

/// Turns an error of connecting into ours.
#[cold]
pub(super) fn classify_connecting(error: Raw, tls: bool) -> Error {
    let kind = match &error {
        Raw::Server(_) => return classify(error),
        Raw::Driver(DriverError::NoClientSslFlagFromServer) => Kind::TlsRefused,
        Raw::Driver(
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled,
        ) => Kind::AccessDenied,
        Raw::Driver(DriverError::NoKeyFound) => Kind::TlsRefused,
        Raw::Io(IoError::Io(error)) => match error.kind() {
            // What TLS refuses comes as data that can't be understood.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof if tls => Kind::TlsRefused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData => Kind::ConnectionLost,
            // Refused, unreachable, no such host, no such socket.
            _ => Kind::ConnectionRefused,
        },
        // The only other kind that there is, where the client is built with TLS.
        #[allow(unreachable_patterns, reason = "depends on the client's features")]
        Raw::Io(_) => Kind::TlsRefused,
        Raw::Driver(_) => Kind::ConnectionLost,
        Raw::Other(_) | Raw::Url(_) => Kind::Other,
    };
    other(kind, error)
}

fn other(kind: Kind, error: Raw) -> Error {
    let mut result = DatabaseError::new(kind, error.to_string());
    result.source = Some(Box::new(error));
    result.into()
}

fn server(error: mysql_async::ServerError) -> DatabaseError {
    let kind = kind_of(error.code, &error.message);
    let mut result = DatabaseError::new(kind, error.message.clone());
    read_message(&mut result, error.code);
    result.source = Some(Box::new(Raw::Server(error)));
    result
}

/// The server's code, where it is an error of the server's.
pub(super) fn code_of(error: &Error) -> Option<u16> {
    let source = error.database()?.source.as_ref()?;
    match source.downcast_ref::<Raw>()? {
        Raw::Server(error) => Some(error.code),
        _ => None,
    }
}

fn kind_of(code: u16, message: &str) -> Kind {
    match code {
        // Galera says "Got error 6 during COMMIT"; a full disk says 28.
        1021 | 1114 => Kind::DiskFull,
        3 | 20 | 23 | 1004 | 1026 | 1030 | 1180 | 1598 if no_space(message) => Kind::DiskFull,
        1022 | 1062 | 1169 | 1586 | 1859 => Kind::Integrity(Integrity::Unique),
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => Kind::Integrity(Integrity::ForeignKey),
        1048 | 1263 | 1364 => Kind::Integrity(Integrity::NotNull),
        3819 | 4025 => Kind::Integrity(Integrity::Check),
        1213 | 1614 => Kind::Deadlock,
        // 1020: MariaDB with `innodb_snapshot_isolation`; the others: group replication, Galera.
        1020 | 1180 | 1402 | 3101 => Kind::Serialization,
        1205 | 3572 => Kind::LockTimeout,
        1969 | 3024 => Kind::StatementTimeout,
        1317 => Kind::Interrupted,
        1044 | 1045 | 1129 | 1130 | 1142 | 1143 | 1227 | 1251 | 1275 | 1370 | 1698 | 1820
        | 1862 | 3118 | 3955 | 4151 => Kind::AccessDenied,
        1049 => Kind::UnknownDatabase,
        1040 | 1203 | 1226 => Kind::TooManyConnections,
        1290 if message.contains("read-only") || message.contains("read_only") => Kind::ReadOnly,
        1036 | 1792 | 1836 | 1874 | 3100 => Kind::ReadOnly,
        1053
        | 1077
        | 1079
        | 1080
        | 1152
        | 1158..=1161
        | 1184
        | 1927
        | 2006
        | 2013
        | 3169
        | 4031 => Kind::ConnectionLost,
        1051 | 1052 | 1054 | 1060 | 1061 | 1064 | 1065 | 1091 | 1109 | 1111 | 1136 | 1146
        | 1149 | 1222 | 1241 | 1247 | 1305 | 1582 | 1630 => Kind::Syntax,
        _ => Kind::Other,
    }
}

fn no_space(message: &str) -> bool {
    ["errno: 28", "error 28", "Errcode: 28", "No space left"].iter().any(|it| message.contains(it))
}

/// Table, columns and constraint stand in the message only.
fn read_message(error: &mut DatabaseError, code: u16) {
    let message = std::mem::take(&mut error.message);
    match code {
        1062 | 1586 => {
            // The value in front of it may hold anything.
            if let Some((_, key)) = message.rsplit_once(" for key '") {
                let key = key.trim_end_matches('\'');
                // MySQL names the table, too.
                let (table, key) = match key.split_once('.') {
                    Some((table, key)) => (Some(table), key),
                    None => (None, key),
                };
                error.table = table.map(str::to_owned);
                error.constraint = Some(key.to_owned());
            }
        }
        1451 | 1452 => read_foreign_key(error, &message),
        1048 | 1054 | 1263 | 1364 => {
            error.columns.extend(quoted(&message, '\'').map(|it| last_part(it).to_owned()));
            error.columns.truncate(1);
        }
        3819 => error.constraint = quoted(&message, '\'').next().map(str::to_owned),
        4025 => {
            let mut names = quoted(&message, '`');
            error.constraint = names.next().map(|it| last_part(it).to_owned());
            error.table = names.nth(1).map(str::to_owned);
        }
        1146 => error.table = quoted(&message, '\'').next().map(|it| last_part(it).to_owned()),
        _ => {}
    }
    error.message = message;
}

/// `… fails (`db`.`t`, CONSTRAINT `c` FOREIGN KEY (`a`, `b`) REFERENCES `u` (`x`, `y`))`
fn read_foreign_key(error: &mut DatabaseError, message: &str) {
    let Some((_, clause)) = message.split_once(" fails (") else { return };
    let (table, clause) = clause.split_once(", CONSTRAINT ").unwrap_or((clause, ""));
    error.table = quoted(table, '`').last().map(str::to_owned);
    let (name, clause) = clause.split_once(" FOREIGN KEY (").unwrap_or((clause, ""));
    error.constraint = quoted(name, '`').next().map(str::to_owned);
    let (columns, _) = clause.split_once(") REFERENCES").unwrap_or((clause, ""));
    error.columns = quoted(columns, '`').map(str::to_owned).collect();
}

fn quoted(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.split(quote).skip(1).step_by(2)
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// Adds what the message leaves out: the statement, and the table that it writes to.
#[cold]
pub(super) fn explain(mut error: Error, sql: &Arc<str>) -> Error {
    if let Error::Database(error) = &mut error {
        error.sql.get_or_insert_with(|| Arc::clone(sql));
        if matches!(error.kind, Kind::Integrity(_)) && error.table.is_none() {
            error.table = written_table(sql).map(|(_, table)| table);
        }
    }
    error
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use mysql_async::ServerError;
    use proptest::prelude::*;

    use super::{Error, Kind, Raw, classify};
    use crate::{DatabaseError, Integrity};

    fn error(code: u16, message: &str) -> Box<DatabaseError> {
        let (state, message) = ("HY000".to_owned(), message.to_owned());
        match classify(Raw::Server(ServerError { code, message, state })) {
            Error::Database(error) => error,
            other => panic!("{other}"),
        }
    }

    // ENG-31
    #[test]
    fn what_the_messages_say() {
        let it = error(1062, "Duplicate entry 'O' for key 'x' for key 'person.uq_name'");
        assert_eq!(it.kind, Kind::Integrity(Integrity::Unique));
        assert_eq!(
            (it.table.as_deref(), it.constraint.as_deref()),
            (Some("person"), Some("uq_name"))
        );
        let it = error(1062, "Duplicate entry '1' for key 'PRIMARY'");
        assert_eq!((it.table.as_deref(), it.constraint.as_deref()), (None, Some("PRIMARY")));
        let it = error(
            1452,
            "Cannot add or update a child row: a foreign key constraint fails (`db`.`child`, \
             CONSTRAINT `fk` FOREIGN KEY (`a`, `b`) REFERENCES `parent` (`x`, `y`))",
        );
        assert_eq!(it.kind, Kind::Integrity(Integrity::ForeignKey));
        assert_eq!((it.table.as_deref(), it.constraint.as_deref()), (Some("child"), Some("fk")));
        assert_eq!(it.columns, ["a", "b"]);
        let it = error(1048, "Column 'name' cannot be null");
        assert_eq!(
            (it.kind, &it.columns[..]),
            (Kind::Integrity(Integrity::NotNull), &["name".into()][..])
        );
        let it = error(3819, "Check constraint 'positive' is violated.");
        assert_eq!(it.constraint.as_deref(), Some("positive"));
        let it = error(4025, "CONSTRAINT `positive` failed for `db`.`t`");
        assert_eq!((it.table.as_deref(), it.constraint.as_deref()), (Some("t"), Some("positive")));
        assert_eq!(it.kind, Kind::Integrity(Integrity::Check));
        let it = error(1146, "Table 'db.nothing' doesn't exist");
        assert_eq!((it.kind, it.table.as_deref()), (Kind::Syntax, Some("nothing")));
    }

    #[test]
    fn what_no_test_can_provoke() {
        for (code, message, kind) in [
            (1030, "Got error 28 \"No space left on device\" from storage engine", Kind::DiskFull),
            (1030, "Got error 1 from storage engine", Kind::Other),
            (1021, "Disk full", Kind::DiskFull),
            (1290, "The server is running with the --read-only option", Kind::ReadOnly),
            (1290, "The server is running with the --secure-file-priv option", Kind::Other),
            (1836, "Running in read-only mode", Kind::ReadOnly),
            (3101, "Plugin instructed the server to rollback", Kind::Serialization),
            (1180, "Got error 149 during COMMIT", Kind::Serialization),
            (1020, "Record has changed since last read in table 't'", Kind::Serialization),
            (1203, "User already has more than 'max_user_connections'", Kind::TooManyConnections),
            (1053, "Server shutdown in progress", Kind::ConnectionLost),
            (4031, "The client was disconnected by the server", Kind::ConnectionLost),
        ] {
            assert_eq!(error(code, message).kind, kind, "{code} {message}");
        }
    }

    proptest! {
        #[test]
        fn no_message_breaks_the_search(
            code in prop::sample::select(vec![1048_u16, 1054, 1062, 1146, 1451, 1452, 3819, 4025]),
            message in "( for key '| fails \\(|, CONSTRAINT | FOREIGN KEY \\(|['`.a-z(é]){0,12}"
        ) {
            let _ = error(code, &message);
        }
    }
}
