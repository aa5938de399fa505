//! What only the text of CREATE TABLE says: names of constraints, checks, and what columns are computed by.

use super::RULES;
use crate::schema::{
    Check, Deferrable, Name,
    text::{Lexeme, closing, items, lex},
};

/// What a CREATE TABLE says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Created {
    pub(super) checks: Vec<Check>,
    pub(super) without_row_id: bool,
    pub(super) strict: bool,
    computed: Vec<(Name, Name)>,
    collations: Vec<(Name, Name)>,
    foreign_keys: Vec<Key>,
    uniques: Vec<(Name, Vec<Name>)>,
}

/// A foreign key: who has it, and what only the text says of it.
#[derive(Debug, Default, PartialEq)]
struct Key {
    columns: Vec<Name>,
    table: Name,
    name: Option<Name>,
    deferrable: Deferrable,
}

impl Created {
    pub(super) fn of(sql: &str) -> Self {
        let tokens = lex(sql, &RULES);
        let mut created = Self::default();
        let Some(open) = tokens.iter().position(|it| it.is_symbol("(")) else {
            return created;
        };
        let (items, close) = items(&tokens, open);
        let end = tokens.get(close + 1..).unwrap_or_default();
        created.strict = end.iter().any(|it| it.is("strict"));
        created.without_row_id = end.windows(2).any(|it| it[0].is("without") && it[1].is("rowid"));
        for tokens in items {
            created.item(&Item { sql, tokens });
        }
        created
    }

    /// What a column is computed by.
    pub(super) fn computed(&self, column: &str) -> Option<&str> {
        let is_it = |it: &&(Name, Name)| it.0.eq_ignore_ascii_case(column);
        self.computed.iter().find(is_it).map(|it| &*it.1)
    }

    /// How a column's texts are compared.
    pub(super) fn collation(&self, column: &str) -> Option<&str> {
        let is_it = |it: &&(Name, Name)| it.0.eq_ignore_ascii_case(column);
        self.collations.iter().find(is_it).map(|it| &*it.1)
    }

    /// The name of a foreign key, and when it is checked.
    pub(super) fn foreign_key(&self, columns: &[Name], table: &str) -> (Option<Name>, Deferrable) {
        let is_it = |it: &&Key| same(&it.columns, columns) && it.table.eq_ignore_ascii_case(table);
        let found = self.foreign_keys.iter().find(is_it);
        found.map(|it| (it.name.clone(), it.deferrable)).unwrap_or_default()
    }

    /// The name of a unique constraint.
    pub(super) fn unique(&self, columns: &[Name]) -> Option<Name> {
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
        let mut key = column.map(|it| vec![it.into()]);
        let mut at = usize::from(column.is_some());
        while let Some(token) = item.tokens.get(at) {
            if token.is("constraint") {
                name = item.name(at + 1).map(Name::from);
                at += 2;
                continue;
            }
            if token.is("check") {
                let sql = item.group(at + 1).to_owned();
                self.checks.push(Check { name: name.take(), ..Check::new(sql) });
            } else if token.is("unique") {
                let columns = key.clone().unwrap_or_else(|| item.names(at + 1));
                self.uniques.extend(name.take().map(|it| (it, columns)));
            } else if token.is("foreign") {
                key = Some(item.names(at + 2));
            } else if token.is("references") {
                let table = item.name(at + 1).unwrap_or_default().into();
                let (columns, name) = (key.clone().unwrap_or_default(), name.take());
                self.foreign_keys.push(Key { columns, table, name, ..Key::default() });
            } else if token.is("deferrable") {
                let is_not = at > 0 && item.tokens.get(at - 1).is_some_and(|it| it.is("not"));
                let waits = item.tokens.get(at + 2).is_some_and(|it| it.is("deferred"));
                if let Some(key) = self.foreign_keys.last_mut() {
                    key.deferrable = match (is_not, waits) {
                        (true, _) => Deferrable::No,
                        (false, true) => Deferrable::Deferred,
                        (false, false) => Deferrable::Immediate,
                    };
                }
            } else if token.is("collate") {
                let collation = column.zip(item.name(at + 1));
                let collation = collation.map(|(of, it)| (of.into(), it.into()));
                self.collations.extend(collation);
            } else if token.is("as") {
                let sql = item.group(at + 1);
                self.computed.extend(column.map(|it| (it.into(), sql.into())));
            } else if token.is("default") && !(at > 0 && item.tokens[at - 1].is("set")) {
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

fn same(a: &[Name], b: &[Name]) -> bool {
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
    fn names(&self, at: usize) -> Vec<Name> {
        let inside = self.tokens.get(at + 1..closing(self.tokens, at)).unwrap_or_default();
        inside.iter().filter_map(|it| it.name(self.sql)).map(Name::from).collect()
    }
}
