//! What the first words of SQL text say of it: whether it would begin or end a transaction behind the
//! back of whoever keeps it.

use crate::{Error, Result};

/// The word that a text begins with; blanks and comments are passed over.
///
/// ```
/// use aludel_core::compile::first_word;
///
/// assert_eq!(first_word("-- all of them\n SELECT * FROM t"), Some("SELECT"));
/// assert_eq!(first_word("(SELECT 1)"), None);
/// ```
pub fn first_word(sql: &str) -> Option<&str> {
    Words(sql).next()
}

/// Refuses `BEGIN`, `COMMIT`, `ROLLBACK` and their like. Savepoints by hand are the program's own.
///
/// # Errors
/// It is one of these.
///
/// ```
/// use aludel_core::compile::refuse_control;
///
/// assert!(refuse_control("COMMIT").is_err());
/// assert!(refuse_control("ROLLBACK TO SAVEPOINT a").is_ok());
/// ```
pub fn refuse_control(sql: &str) -> Result<()> {
    let mut words = Words(sql);
    let Some(first) = words.next() else { return Ok(()) };
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let any = |word: &str, others: &[&str]| others.iter().any(|it| is(word, it));
    let controls = match first {
        it if any(it, &["COMMIT", "END", "ABORT", "XA"]) => true,
        // A block of MariaDB's own language begins with BEGIN NOT ATOMIC.
        it if is(it, "BEGIN") => !words.next().is_some_and(|it| is(it, "NOT")),
        it if any(it, &["START", "PREPARE"]) => {
            words.next().is_some_and(|it| is(it, "TRANSACTION"))
        }
        it if is(it, "ROLLBACK") => {
            let next = words.find(|it| !any(it, &["WORK", "TRANSACTION"]));
            !next.is_some_and(|it| is(it, "TO"))
        }
        _ => false,
    };
    if !controls {
        return Ok(());
    }
    let word = first.to_ascii_uppercase();
    let text = format!(
        "`{word}` as text would change the transaction behind the back of who keeps it: call `begin`, \
         `commit` or `rollback` of the session or the connection"
    );
    Err(Error::Compile(text.into()))
}

/// The words that a text begins with, up to anything else; blanks and comments are passed over.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.0 = self.0.trim_start();
            let comment = [("--", "\n"), ("#", "\n"), ("/*", "*/")];
            let Some((start, end)) = comment.iter().find(|it| self.0.starts_with(it.0)) else {
                break;
            };
            let rest = &self.0[start.len()..];
            self.0 = rest.find(end).map_or("", |at| &rest[at + end.len()..]);
        }
        let end = self.0.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}
