//! What one kind of database was told of a table.

use super::{Comparison, What};
use crate::schema::{
    Name, Partition, TableOptions,
    catalog::Rules,
    text::{Lexeme, Same, Token, compare, items, lex},
};

impl Comparison<'_> {
    pub(super) fn options(&mut self) {
        let (declared, found) = (self.declared, self.found);
        if declared.comment != found.comment {
            let (ours, theirs) = (declared.comment.clone(), found.comment.clone());
            self.push(What::Comment { column: None, declared: ours, found: theirs });
        }
        let (ours, theirs) = (&declared.options, &found.options);
        self.flag("STRICT", ours.strict, theirs.strict);
        self.flag("WITHOUT ROWID", ours.without_rowid, theirs.without_rowid);
        let tablespaces = [&ours.tablespace, &theirs.tablespace].map(Option::as_deref);
        self.option("TABLESPACE ", tablespaces[0], tablespaces[1]);
        self.partitions(ours, theirs);
        // The parts have it, where there are any.
        if ours.partition_by.is_none() || theirs.partition_by.is_none() {
            self.flag("UNLOGGED", ours.unlogged, theirs.unlogged);
            self.storage(ours, theirs);
        }
        self.of_mysql(ours, theirs);
    }

    fn flag(&mut self, name: &str, declared: bool, found: bool) {
        self.option(name, declared.then_some(""), found.then_some(""));
    }

    /// An option, and its value if it has any.
    fn option(&mut self, name: &str, declared: Option<&str>, found: Option<&str>) {
        let same = match (declared, found) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        };
        if !same {
            let [declared, found] = [declared, found].map(|it| it.map(|it| format!("{name}{it}")));
            self.push(What::TableOption {
                name: name.trim_end_matches([' ', '=']).to_owned(),
                declared,
                found,
            });
        }
    }

    fn partitions(&mut self, ours: &TableOptions, theirs: &TableOptions) {
        let rules = self.known.rules;
        let by = [&ours.partition_by, &theirs.partition_by].map(Option::as_deref);
        let same = match by {
            [Some(a), Some(b)] => same_key(a, b, rules),
            [a, b] => a == b,
        };
        if !same {
            self.option("PARTITION BY ", by[0], by[1]);
        }
        let find = |list: &[Partition], name: &str| list.iter().find(|it| it.name == name).cloned();
        for it in &ours.partitions {
            let found = find(&theirs.partitions, &it.name).map(|it| it.bounds);
            if found.as_deref().map(|it| bounds(it, rules)) != Some(bounds(&it.bounds, rules)) {
                self.option(&format!("PARTITION {} ", it.name), Some(&it.bounds), found.as_deref());
            }
        }
        for it in &theirs.partitions {
            if find(&ours.partitions, &it.name).is_none() {
                self.option(&format!("PARTITION {} ", it.name), None, Some(&it.bounds));
            }
        }
    }

    fn storage(&mut self, ours: &TableOptions, theirs: &TableOptions) {
        // Those of the table for long values aren't shown with the others.
        let names = ours.with.iter().map(|it| &*it.0).filter(|it| !it.starts_with("toast."));
        let mut names: Vec<&str> = names.collect();
        let extra = theirs.with.iter().map(|it| &*it.0);
        names.extend(extra.filter(|it| value(&ours.with, it).is_none()));
        for name in names {
            self.option(&format!("{name}="), value(&ours.with, name), value(&theirs.with, name));
        }
    }

    /// The server has a value for each of these, so that what isn't declared is none of ours.
    fn of_mysql(&mut self, ours: &TableOptions, theirs: &TableOptions) {
        if let Some(engine) = ours.engine.as_deref() {
            self.option("ENGINE=", Some(engine), theirs.engine.as_deref());
        }
        if let Some(collation) = ours.collation.as_deref() {
            let found = theirs.collation.as_deref();
            if !found.is_some_and(|it| same_collation(collation, it)) {
                self.option("COLLATE=", Some(collation), found);
            }
        }
        if let Some(charset) = ours.charset.as_deref() {
            let theirs = theirs.collation.as_deref();
            let found = theirs.map(|it| it.split_once('_').map_or(it, |it| it.0));
            self.option("CHARSET=", Some(&self::charset(charset)), found);
        }
        // The next number isn't shown among them, and is another one anyway.
        let others = ours.others.iter().filter(|it| !it.0.eq_ignore_ascii_case("AUTO_INCREMENT"));
        for (name, ours) in others {
            self.option(&format!("{name}="), Some(ours), value(&theirs.others, name));
        }
    }
}

fn value<'a>(list: &'a [(Name, Name)], name: &str) -> Option<&'a str> {
    list.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &*it.1)
}

/// Whether two keys, such as `RANGE (day)`, may mean the same.
fn same_key(a: &str, b: &str, rules: &Rules) -> bool {
    let method = |sql: &str| sql.split('(').next().unwrap_or(sql).trim().to_lowercase();
    let parts = |sql: &str| -> Vec<String> {
        let tokens = lex(sql, rules);
        let Some(open) = tokens.iter().position(|it| it.is_symbol("(")) else { return Vec::new() };
        let text = |it: &[Lexeme]| Some(sql.get(it.first()?.start..it.last()?.end)?.to_owned());
        items(&tokens, open).0.into_iter().filter_map(text).collect()
    };
    let (ours, theirs) = (parts(a), parts(b));
    let same = |(a, b): (&String, &String)| compare(a, b, rules) != Same::No;
    method(a) == method(b) && ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
}

/// Bounds without what makes no difference: a number is shown as a text, and a day as a moment.
fn bounds(sql: &str, rules: &Rules) -> Vec<Token> {
    let plain = |it: Lexeme| match it.token {
        Token::Number(number) => Token::Text(number),
        Token::Text(text) => {
            let day = text.split_once(" 00:00:00").map(|it| it.0.to_owned());
            Token::Text(day.unwrap_or(text))
        }
        other => other,
    };
    lex(sql, rules).into_iter().map(plain).collect()
}

/// A name of characters or of a collation, as the server shows it.
pub(super) fn charset(name: &str) -> String {
    let name = name.to_lowercase();
    match name.strip_prefix("utf8") {
        Some(rest) if rest.is_empty() || rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => name,
    }
}

/// Whether a declared collation is what the server shows, which has the characters before it.
pub(super) fn same_collation(declared: &str, found: &str) -> bool {
    let (declared, found) = (charset(declared), found.to_lowercase());
    declared == found
        || declared.starts_with("uca1400_")
            && found.split_once('_').map(|it| it.1) == Some(&declared)
}
