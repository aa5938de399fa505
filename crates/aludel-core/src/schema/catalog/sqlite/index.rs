//! An index of SQLite: its columns, and what only the text of CREATE INDEX says.

use super::{RULES, create::Created};
use crate::{
    Result,
    schema::{
        CatalogRow, Index, IndexPart, Name,
        text::{Lexeme, items, lex},
    },
};

/// An index, of rows that are one for each of its columns.
pub(super) fn read(rows: &[CatalogRow], created: &Created) -> Result<Index> {
    let first = &rows[0];
    let sql = first.optional(7)?.unwrap_or_default();
    let (texts, condition) = texts(sql);
    let mut index = Index { unique: first.flag(2)?, ..Index::new([""; 0]).named(first.text(1)?) };
    index.condition = condition.filter(|_| first.flag(4).unwrap_or_default());
    for (position, row) in rows.iter().enumerate() {
        let mut part = match row.optional(5)? {
            Some(name) => IndexPart::from(name),
            None => IndexPart::expression(texts.get(position).cloned().unwrap_or_default()),
        };
        part.descending = row.flag(6)?;
        let usual = part.column().and_then(|it| created.collation(it)).unwrap_or("BINARY");
        let collation = row.optional(8)?.filter(|it| !it.eq_ignore_ascii_case(usual));
        part.collation = collation.map(Name::from);
        index.parts.push(part);
    }
    Ok(index)
}

/// What is indexed, as text, and which rows are.
fn texts(sql: &str) -> (Vec<Name>, Option<Name>) {
    let tokens = lex(sql, &RULES);
    let Some(open) = tokens.iter().position(|it| it.is_symbol("(")) else {
        return Default::default();
    };
    let (items, close) = items(&tokens, open);
    let parts = items.into_iter().map(|it| part(sql, it).into()).collect();
    let condition = tokens.get(close + 1).filter(|it| it.is("where"));
    (parts, condition.and_then(|it| sql.get(it.end..)).map(|it| it.trim().into()))
}

/// Without how it is sorted.
fn part(sql: &str, tokens: &[Lexeme]) -> String {
    let mut tokens = tokens;
    while let [rest @ .., last] = tokens
        && (last.is("asc") || last.is("desc"))
    {
        tokens = rest;
    }
    if let [rest @ .., collate, _] = tokens
        && collate.is("collate")
    {
        tokens = rest;
    }
    let inside = tokens.first().zip(tokens.last());
    inside.and_then(|(first, last)| sql.get(first.start..last.end)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn expressions_and_conditions() {
        let (parts, condition) = texts(
            "CREATE UNIQUE INDEX IF NOT EXISTS \"a (b\" ON t (x DESC, (lower(y || ',')) COLLATE NOCASE ASC, abs(z)) \
             WHERE x > 0 AND y <> ')'",
        );
        assert_eq!(parts, ["x", "(lower(y || ','))", "abs(z)"]);
        assert_eq!(condition.as_deref(), Some("x > 0 AND y <> ')'"));
    }

    #[test]
    fn no_text_stops_the_program() {
        let sql = "CREATE INDEX i ON t (a DESC, lower(b) COLLATE NOCASE) WHERE a > 0";
        for end in 0..sql.len() {
            _ = texts(&sql[..end]);
            _ = texts(&sql[end..]);
        }
    }
}
