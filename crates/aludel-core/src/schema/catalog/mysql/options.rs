//! `create_options`, as the server writes them.

use super::RULES;
use crate::schema::Name;
use crate::schema::text::{Token, lex};

/// ``row_format=DYNAMIC `PAGE_COMPRESSED`='1'``: names in upper case, values without quotes.
pub(super) fn read(sql: &str) -> Vec<(Name, Name)> {
    let tokens = lex(sql, &RULES);
    let pairs = tokens.windows(3).filter_map(|it| {
        let name = it[0].name(sql).filter(|_| it[1].is_symbol("="))?;
        let value = match &it[2].token {
            Token::Text(text) => text.clone(),
            _ => sql.get(it[2].start..it[2].end)?.to_owned(),
        };
        Some((name.to_uppercase().into(), value.into()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_and_values() {
        let found = read(
            "stats_persistent=1 row_format=DYNAMIC `PAGE_COMPRESSED`='1' comment='a b=c' partitioned",
        );
        let expected = [
            ("STATS_PERSISTENT", "1"),
            ("ROW_FORMAT", "DYNAMIC"),
            ("PAGE_COMPRESSED", "1"),
            ("COMMENT", "a b=c"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(read("="), []);
    }
}
