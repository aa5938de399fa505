//! What only the text of CREATE TABLE says: names of constraints, checks, and what columns are computed by.

use super::RULES;
use crate::schema::{
    Check,
    text::{Lexeme, lex},
};

/// What a CREATE TABLE says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Created {
    pub(super) checks: Vec<Check>,
    pub(super) without_row_id: bool,
    computed: Vec<(String, String)>,
    foreign_keys: Vec<(String, Vec<String>, String)>,
    uniques: Vec<(String, Vec<String>)>,
}

impl Created {
    pub(super) fn of(sql: &str) -> Self {
        let tokens = lex(sql, &RULES);
        let mut created = Self::default();
        let Some(open) = tokens.iter().position(|it| it.is_symbol("(")) else {
            return created;
        };
        let close = closing(&tokens, open);
        let end = tokens.get(close + 1..).unwrap_or_default();
        created.without_row_id = end.windows(2).any(|it| it[0].is("without") && it[1].is("rowid"));
        let mut start = open + 1;
        let mut at = start;
        while at <= close {
            let done = at == close || tokens.get(at).is_some_and(|it| it.is_symbol(","));
            if done {
                let item = Item { sql, tokens: tokens.get(start..at).unwrap_or_default() };
                created.item(&item);
                start = at + 1;
            }
            at = match tokens.get(at) {
                Some(it) if it.is_symbol("(") => closing(&tokens, at) + 1,
                _ => at + 1,
            };
        }
        created
    }

    /// What a column is computed by.
    pub(super) fn computed(&self, column: &str) -> Option<&str> {
        let is_it = |it: &&(String, String)| it.0.eq_ignore_ascii_case(column);
        self.computed.iter().find(is_it).map(|it| &*it.1)
    }

    /// The name of a foreign key.
    pub(super) fn foreign_key(&self, columns: &[String], table: &str) -> Option<String> {
        let is_it = |it: &&(String, Vec<String>, String)| {
            same(&it.1, columns) && it.2.eq_ignore_ascii_case(table)
        };
        self.foreign_keys.iter().find(is_it).map(|it| it.0.clone())
    }

    /// The name of a unique constraint.
    pub(super) fn unique(&self, columns: &[String]) -> Option<String> {
        self.uniques.iter().find(|it| same(&it.1, columns)).map(|it| it.0.clone())
    }

    /// A column or a constraint; constraints may follow each other without a comma.
    fn item(&mut self, item: &Item<'_>) {
        const CONSTRAINTS: [&str; 5] = ["constraint", "primary", "unique", "check", "foreign"];
        let Some(first) = item.tokens.first() else { return };
        let column = match CONSTRAINTS.iter().any(|it| first.is(it)) {
            true => None,
            false => first.name(item.sql),
        };
        let mut name = None;
        let mut key = column.map(|it| vec![it.to_owned()]);
        let mut at = usize::from(column.is_some());
        while let Some(token) = item.tokens.get(at) {
            if token.is("constraint") {
                name = item.name(at + 1).map(str::to_owned);
                at += 2;
                continue;
            }
            if token.is("check") {
                let sql = item.group(at + 1).to_owned();
                self.checks.push(Check { name: name.take(), sql });
            } else if token.is("unique") {
                let columns = key.clone().unwrap_or_else(|| item.names(at + 1));
                self.uniques.extend(name.take().map(|it| (it, columns)));
            } else if token.is("foreign") {
                key = Some(item.names(at + 2));
            } else if token.is("references") {
                let table = item.name(at + 1).unwrap_or_default().to_owned();
                let columns = key.clone().unwrap_or_default();
                self.foreign_keys.extend(name.take().map(|it| (it, columns, table)));
            } else if token.is("as") {
                let sql = item.group(at + 1);
                self.computed.extend(column.map(|it| (it.to_owned(), sql.to_owned())));
            } else if token.is("default") {
                // Whatever word it is, it isn't a constraint's.
                at += usize::from(!item.tokens.get(at + 1).is_some_and(|it| it.is_symbol("(")));
            } else if token.is("primary") || token.is("not") {
                name = None;
            }
            at = match token.is_symbol("(") {
                true => closing(item.tokens, at) + 1,
                false => at + 1,
            };
        }
    }
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// The tokens between two commas.
struct Item<'a> {
    sql: &'a str,
    tokens: &'a [Lexeme],
}

impl<'a> Item<'a> {
    fn name(&self, at: usize) -> Option<&str> {
        self.tokens.get(at)?.name(self.sql)
    }

    /// The text of the parentheses that open here.
    fn group(&self, at: usize) -> &'a str {
        let close = closing(self.tokens, at);
        let inside = self.tokens.get(at).zip(self.tokens.get(close));
        inside.and_then(|(open, close)| self.sql.get(open.end..close.start)).map_or("", str::trim)
    }

    /// The names in the parentheses that open here.
    fn names(&self, at: usize) -> Vec<String> {
        let inside = self.tokens.get(at + 1..closing(self.tokens, at)).unwrap_or_default();
        inside.iter().filter_map(|it| it.name(self.sql)).map(str::to_owned).collect()
    }
}

/// Where the parenthesis that opens here is closed; the end, if it never is.
fn closing(tokens: &[Lexeme], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}
