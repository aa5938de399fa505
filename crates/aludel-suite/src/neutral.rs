//! One spelling for what was sent, so that an expectation is written once for all databases.
//!
//! It undoes what dialects spell in different ways and nothing else; a statement more or less stays
//! one, with one exception: a session that began to read and then writes begins anew on SQLite (a
//! ROLLBACK with a BEGIN IMMEDIATE right behind it), and that pair is left out, as the same session on
//! another database goes on.

use aludel::dialect::Dialect;

#[cfg(test)]
mod tests;

/// Brings statements of a log into the suite's spelling:
///
/// - parameters are `?`, and names stand without quotes where they are plain;
/// - a transaction begins by `BEGIN`, whatever kind of plain BEGIN it is;
/// - a savepoint ends by `RELEASE name`, or by `ROLLBACK TO name` and `RELEASE name`;
/// - `RETURNING id` behind an INSERT, by which some databases tell generated keys, is left out;
/// - an INSERT of nothing is `DEFAULT VALUES`, a list of rows behind IN is `(VALUES (…), …)`.
///
/// What stands behind ` -- ` (parameters, or the number of rows) stays as it is.
pub fn neutral(dialect: &dyn Dialect, log: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in log {
        let (sql, rest) = line.split_once(" -- ").map_or((&**line, None), |it| (it.0, Some(it.1)));
        let begins = ["BEGIN", "BEGIN IMMEDIATE", "BEGIN (implicit)", "START TRANSACTION"];
        if begins.contains(&sql) {
            if sql == "BEGIN IMMEDIATE" && lines.last().is_some_and(|it| it == "ROLLBACK") {
                lines.pop();
            } else {
                lines.push("BEGIN".into());
            }
            continue;
        }
        if sql.starts_with("RELEASE ") || sql.starts_with("ROLLBACK TO ") {
            lines.extend(sql.split("; ").map(|it| it.replacen(" SAVEPOINT ", " ", 1)));
            continue;
        }
        let mut sql = plain(sql, dialect.capability().identifiers.quote.char());
        if sql.starts_with("INSERT INTO ") {
            for (from, to) in [(" RETURNING id", ""), (" () VALUES ()", " DEFAULT VALUES")] {
                if let Some(start) = sql.strip_suffix(from) {
                    sql = format!("{start}{to}");
                }
            }
        }
        sql = sql.replace(" IN ((?", " IN (VALUES (?");
        if let Some(rest) = rest {
            sql = format!("{sql} -- {rest}");
        }
        lines.push(sql);
    }
    lines
}

/// Without quotes around plain names, and with `?` for each parameter.
fn plain(sql: &str, quote: char) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        let ends = match c {
            '\'' => behind.find('\'').map(|it| it + 2),
            '$' => match behind.find(|it: char| !it.is_ascii_digit()).unwrap_or(behind.len()) {
                0 => None,
                digits => Some(digits + 1),
            },
            c if c == quote => behind.find(quote).map(|it| it + 2),
            _ => None,
        };
        let (token, left) = rest.split_at(ends.unwrap_or(c.len_utf8()));
        match c {
            '$' if ends.is_some() => out.push('?'),
            c if c == quote && ends.is_some() => {
                let name = &token[1..token.len() - 1];
                let is_plain =
                    |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
                if !name.is_empty() && name.chars().all(is_plain) {
                    out.push_str(name);
                } else {
                    out.extend(['"'].into_iter().chain(name.chars()).chain(['"']));
                }
            }
            _ => out.push_str(token),
        }
        rest = left;
    }
    out
}
