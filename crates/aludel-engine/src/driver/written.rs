//! Which table a statement writes to, for errors in which the database leaves it out.

/// What a statement does to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Insert,
    Update,
    Delete,
}

/// What a statement of the kind that Core writes does, and to which table.
pub(super) fn written_table(sql: &str) -> Option<(Verb, String)> {
    let mut rest = sql;
    let mut verb = None;
    loop {
        let (token, after) = token(rest)?;
        rest = after;
        let word = token.to_ascii_uppercase();
        match (verb, word.as_str()) {
            (None, "INSERT" | "REPLACE") => verb = Some(Verb::Insert),
            (None, "UPDATE") => verb = Some(Verb::Update),
            (None, "DELETE") => verb = Some(Verb::Delete),
            (None, _) => return None,
            (Some(_), "INTO" | "FROM" | "OR" | "ABORT" | "FAIL" | "IGNORE" | "ROLLBACK")
            | (Some(_), "REPLACE") => {}
            (Some(verb), _) => {
                // A schema may stand in front.
                let name = match rest.trim_start().strip_prefix('.').and_then(self::token) {
                    Some((name, _)) => name,
                    None => token,
                };
                return Some((verb, unquote(name)));
            }
        }
    }
}

/// The next word or quoted name.
fn token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let end = match first {
        '"' | '`' | '[' => {
            let close = if first == '[' { ']' } else { first };
            let mut inside = text.char_indices().skip(1).peekable();
            loop {
                let (at, it) = inside.next()?;
                if it != close {
                    continue;
                }
                let doubled = inside.peek().is_some_and(|&(_, next)| next == close);
                if first == '[' || !doubled {
                    break at + 1;
                }
                inside.next();
            }
        }
        _ => {
            let word = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
            text.find(|it| !word(it)).unwrap_or(text.len())
        }
    };
    (end > 0).then(|| text.split_at(end))
}

fn unquote(name: &str) -> String {
    match name.chars().next() {
        Some(quote @ ('"' | '`')) => {
            let inside = name.trim_start_matches(quote);
            let inside = inside.strip_suffix(quote).unwrap_or(inside);
            inside.replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        Some('[') => name[1..].trim_end_matches(']').to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Verb, written_table};

    proptest! {
        #[test]
        fn no_statement_breaks_the_search(
            sql in "(INSERT INTO|UPDATE|DELETE FROM|REPLACE)? ?[\"`\\[\\]. a-zé(]{0,20}"
        ) {
            let _ = written_table(&sql);
        }
    }

    #[test]
    fn the_table_of_a_statement() {
        for (sql, verb, table) in [
            ("INSERT INTO t (a) VALUES (?)", Verb::Insert, "t"),
            ("insert or replace into t(a) values (1)", Verb::Insert, "t"),
            ("INSERT INTO \"a \"\"b\" (x) VALUES (?)", Verb::Insert, "a \"b"),
            ("UPDATE main.\"t\" SET a=?", Verb::Update, "t"),
            ("UPDATE [t x] SET a=?", Verb::Update, "t x"),
            ("DELETE FROM `täble` WHERE a=?", Verb::Delete, "täble"),
        ] {
            assert_eq!(written_table(sql), Some((verb, table.to_owned())), "{sql}");
        }
        for sql in ["", "SELECT 1", "INSERT", "DELETE FROM \"t", "UPDATE (", "UPDATE \""] {
            assert_eq!(written_table(sql), None, "{sql}");
        }
    }
}
