//! An exclusion constraint, as `pg_get_constraintdef` spells it.

use super::RULES;
use crate::schema::{
    Exclusion, IndexMethod, IndexPart, Name,
    text::{Lexeme, closing, items, lex},
};

/// `EXCLUDE USING gist (room WITH =, during WITH &&) WHERE ((room > 0))`
pub(super) fn read(sql: &str) -> Exclusion {
    let tokens = lex(sql, &RULES);
    let method = tokens.iter().position(|it| it.is("using")).and_then(|it| tokens.get(it + 1));
    let method = method.and_then(|it| it.name(sql)).and_then(IndexMethod::of);
    let mut exclusion = Exclusion::new([("", ""); 0]);
    exclusion.method = method;
    let Some(open) = tokens.iter().position(|it| it.is_symbol("(")) else { return exclusion };
    let (items, close) = items(&tokens, open);
    exclusion.elements = items.into_iter().filter_map(|it| element(sql, it)).collect();
    let rest = tokens.get(close + 1..).unwrap_or_default();
    if let Some(place) = rest.iter().position(|it| it.is("where")) {
        let open = close + 2 + place;
        let inside = tokens.get(open).zip(tokens.get(closing(&tokens, open)));
        let text = inside.and_then(|(open, close)| sql.get(open.end..close.start));
        exclusion.condition = text.map(|it| it.trim().into());
    }
    exclusion
}

/// `room WITH =`
fn element(sql: &str, tokens: &[Lexeme]) -> Option<(IndexPart, Name)> {
    let with = tokens.iter().rposition(|it| it.is("with"))?;
    let (first, last) = (tokens.first()?, tokens.get(with.checked_sub(1)?)?);
    let part = match first.name(sql) {
        // What follows a column's name is how its values are compared.
        Some(name) if !tokens.get(1)?.is_symbol("(") => {
            let class = tokens.get(1..with)?.first().and_then(|it| it.name(sql));
            let mut part = IndexPart::from(name);
            part.operator_class = class.map(Name::from);
            part
        }
        _ => IndexPart::expression(sql.get(first.start..last.end)?),
    };
    let operator = sql.get(tokens.get(with)?.end..tokens.last()?.end)?;
    Some((part, operator.trim().into()))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::schema::{Exclusion, IndexMethod, IndexPart};

    #[test]
    fn all_parts_are_found() {
        let found = read(
            "EXCLUDE USING gist (room WITH =, \"it's\" gist_text_ops WITH <>, (a + (b)) WITH &&, lower(c) WITH =) \
             WHERE ((room > 0)) DEFERRABLE",
        );
        let parts = [
            (IndexPart::from("room"), "="),
            (IndexPart::from("it's").operator_class("gist_text_ops"), "<>"),
            (IndexPart::expression("(a + (b))"), "&&"),
            (IndexPart::expression("lower(c)"), "="),
        ];
        assert_eq!(found, Exclusion::new(parts).using(IndexMethod::Gist).when("(room > 0)"));
    }

    #[test]
    fn no_text_stops_the_program() {
        let sql = "EXCLUDE USING gist (room WITH =, during WITH &&) WHERE ((room > 0))";
        for end in 0..sql.len() {
            _ = read(&sql[..end]);
            _ = read(&sql[end..]);
        }
    }
}
