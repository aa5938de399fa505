//! What one kind of database was told of a table.

use super::{Comparison, What};
use crate::schema::{
    Partition, TableOptions,
    catalog::Rules,
    text::{Token, lex},
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
        self.flag("UNLOGGED", ours.unlogged, theirs.unlogged);
        let tablespaces = [&ours.tablespace, &theirs.tablespace].map(Option::as_deref);
        self.option("TABLESPACE ", tablespaces[0], tablespaces[1]);
        self.partitions(ours, theirs);
        self.storage(ours, theirs);
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
        if by.map(|it| it.map(|it| words(it, rules)))[0]
            != by.map(|it| it.map(|it| words(it, rules)))[1]
        {
            self.option("PARTITION BY ", by[0], by[1]);
        }
        let find = |list: &[Partition], name: &str| list.iter().find(|it| it.name == name).cloned();
        for it in &ours.partitions {
            let found = find(&theirs.partitions, &it.name).map(|it| it.bounds);
            if found.as_deref().map(|it| words(it, rules)) != Some(words(&it.bounds, rules)) {
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
        let mut names: Vec<&str> = ours.with.iter().map(|it| &*it.0).collect();
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
            self.option("COLLATE=", Some(collation), theirs.collation.as_deref());
        }
        if let Some(charset) = ours.charset.as_deref() {
            let theirs = theirs.collation.as_deref();
            let found = theirs.map(|it| it.split_once('_').map_or(it, |it| it.0));
            self.option("CHARSET=", Some(charset), found);
        }
        for (name, ours) in &ours.others {
            self.option(&format!("{name}="), Some(ours), value(&theirs.others, name));
        }
    }
}

fn value<'a>(list: &'a [(String, String)], name: &str) -> Option<&'a str> {
    list.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &*it.1)
}

/// A text without what makes no difference: spaces, and capitals of words.
fn words(sql: &str, rules: &Rules) -> Vec<Token> {
    lex(sql, rules).into_iter().map(|it| it.token).collect()
}
