//! Columns: types, NULL, what fills them in.

use super::{Comparison, Known, What, defaults, options::same_collation};
use crate::{
    dialect::{Autoincrement, Enums},
    schema::{
        Column, Computed, Identity, Sequence, ServerDefault, Table, ddl,
        text::{Same, compare},
    },
    value::{EnumType, SqlType, Value},
};

impl Comparison<'_> {
    pub(super) fn columns(&mut self) {
        let (declared, found, known) = (self.declared, self.found, self.known);
        let same = |a: &Column, b: &Column| known.same_name(&a.name, &b.name);
        for column in &declared.columns {
            match found.columns.iter().find(|it| same(it, column)) {
                Some(it) => self.column(column, it),
                None => self.push(What::MissingColumn(column.clone())),
            }
        }
        for column in &found.columns {
            if !declared.columns.iter().any(|it| same(it, column)) {
                self.push(What::ExtraColumn(column.clone()));
            }
        }
    }

    fn column(&mut self, declared: &Column, found: &Column) {
        let mut found = found.clone();
        if declared.sequence.is_none() && is_generated(self.declared, declared) {
            // It numbers the key, whoever else it may number.
            found.sequence = None;
        }
        let found = &found;
        self.ty(declared, found);
        let identity = self.identity(declared, found);
        let in_key = self.declared.primary_key.contains(&declared.name);
        // DDL says nothing of NULL for what is computed.
        let nullable = declared.nullable && !in_key && !identity;
        if declared.computed.is_none() && nullable != found.nullable {
            let column = declared.name.clone();
            self.push(What::Nullable { column, declared: nullable });
        }
        self.computed(declared, found);
        self.collation(declared, found);
        if declared.comment != found.comment {
            let (column, ours) = (Some(declared.name.clone()), declared.comment.clone());
            self.push(What::Comment { column, declared: ours, found: found.comment.clone() });
        }
        if self.sequence(declared, found) {
            return;
        }
        if declared.computed.is_none() && found.computed.is_none() && !identity {
            self.default(declared, found);
        }
    }

    fn ty(&mut self, declared: &Column, found: &Column) {
        let known = self.known;
        let keyed = ddl::is_keyed(self.declared, &declared.name);
        let spelled = [known.spelled(declared.ty, keyed), known.spelled(found.ty, false)];
        let enums = known.dialect.capability().types.enums;
        let labels = [labels_of(declared.ty), labels_of(found.ty)];
        let [Some(ours), Some(theirs)] = labels else {
            return self.spelling(declared, spelled);
        };
        // A type that is spelled at each column is its labels.
        let is_set = |it| matches!(it, SqlType::Set(_));
        if enums != Enums::Inline || is_set(declared.ty) != is_set(found.ty) {
            self.spelling(declared, spelled);
        }
        if ours.labels != theirs.labels {
            let [declared_labels, found] =
                [ours, theirs].map(|it| it.labels.iter().map(|it| (*it).to_owned()).collect());
            let column = declared.name.clone();
            self.push(What::Labels { column, declared: declared_labels, found });
        }
    }

    fn spelling(&mut self, column: &Column, [declared, found]: [String; 2]) {
        let strict = self.declared.options.strict || self.found.options.strict;
        let same = declared.eq_ignore_ascii_case(&found)
            || self.known.rules.texts_are_kept && affinity(&declared) == affinity(&found)
            || strict && ddl::affinity(&declared).eq_ignore_ascii_case(&found);
        if !same {
            self.push(What::Type { column: column.name.clone(), declared, found });
        }
    }

    /// Compares how a column is numbered; whether the declared one is.
    fn identity(&mut self, declared: &Column, found: &Column) -> bool {
        if self.known.dialect.capability().ddl.autoincrement != Autoincrement::Identity {
            return false;
        }
        let ours = numbering(self.declared, declared);
        let theirs = numbering(self.found, found);
        let exact = |it: Identity| (it.always, it.start.unwrap_or(1), it.increment.unwrap_or(1));
        if ours.map(exact) != theirs.map(exact) {
            let column = declared.name.clone();
            self.push(What::Identity { column, declared: ours, found: theirs });
        }
        ours.is_some()
    }

    fn collation(&mut self, declared: &Column, found: &Column) {
        let of = |it: &Column| it.collations.first().map(|it| it.1.clone());
        let usual = self.found.options.collation.clone();
        let (ours, theirs) = (of(declared), of(found));
        let same = match ours {
            // What the table's own is needs no words.
            Some(ref ours) => {
                let found = theirs.clone().or(usual);
                found.is_some_and(|it| same_collation(ours, &it))
            }
            None => theirs.is_none(),
        };
        if !same {
            let column = declared.name.clone();
            self.push(What::Collation { column, declared: ours, found: theirs });
        }
    }

    /// Compares the sequence that fills a column in; whether one does.
    fn sequence(&mut self, declared: &Column, found: &Column) -> bool {
        let same = match (&declared.sequence, &found.sequence) {
            (None, None) => return false,
            (Some(ours), Some(theirs)) => {
                let known = self.known;
                let schema = |it: &Sequence, of: &Table| it.schema.clone().or(of.schema.clone());
                let places = [schema(ours, self.declared), schema(theirs, self.found)];
                let numbers = |it: &Sequence| (it.start.unwrap_or(1), it.increment.unwrap_or(1));
                known.same_name(&ours.name, &theirs.name)
                    && known.same_schema(places[0].as_deref(), places[1].as_deref())
                    && (!known.rules.sequences_are_told || numbers(ours) == numbers(theirs))
            }
            _ => false,
        };
        if !same {
            let column = declared.name.clone();
            let [declared, found] = [declared, found].map(|it| it.sequence.clone());
            self.push(What::Sequence { column, declared, found });
        }
        declared.sequence.is_some() == found.sequence.is_some()
    }

    fn computed(&mut self, declared: &Column, found: &Column) {
        let same = match (&declared.computed, &found.computed) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => {
                let same = |a: &Computed, b: &Computed| compare(&a.sql, &b.sql, self.known.rules);
                ours.storage == theirs.storage && same(ours, theirs) != Same::No
            }
            _ => false,
        };
        if !same {
            let column = declared.name.clone();
            let [declared, found] = [declared, found].map(|it| it.computed.clone());
            self.push(What::Computed { column, declared, found });
        }
    }

    fn default(&mut self, declared: &Column, found: &Column) {
        let keyed = ddl::is_keyed(self.declared, &declared.name);
        let text = |default: &Option<ServerDefault>| match default {
            None | Some(ServerDefault::Value(Value::Null)) => None,
            // The text of SQL is compared without the parentheses that DDL wants.
            Some(ServerDefault::Sql(sql)) if sql.trim().eq_ignore_ascii_case("null") => None,
            Some(ServerDefault::Sql(sql)) => Some(sql.clone()),
            Some(it) => Some(ddl::default_text(self.known.dialect, it, declared.ty, keyed)),
        };
        let (ours, theirs) = (text(&declared.server_default), text(&found.server_default));
        let same = match (&ours, &theirs) {
            (None, None) => true,
            (Some(a), Some(b)) => defaults::same(declared.ty, a, b, self.known.rules),
            _ => false,
        };
        if !same {
            let column = declared.name.clone();
            self.push(What::Default { column, declared: ours, found: theirs });
        }
    }

    pub(super) fn primary_key(&mut self) {
        let (declared, found) = (self.declared, self.found);
        if !self.known.same_names(&declared.primary_key, &found.primary_key) {
            return self.push(What::PrimaryKey {
                declared: declared.primary_key.clone(),
                found: found.primary_key.clone(),
            });
        }
        let differs = match self.known.dialect.capability().ddl.autoincrement {
            // Any key of one INTEGER column generates there.
            Autoincrement::RowId => declared.autoincrement && !found.autoincrement,
            Autoincrement::Keyword => declared.autoincrement != found.autoincrement,
            // Said of the column.
            Autoincrement::Identity => false,
        };
        if differs {
            self.push(What::Autoincrement { declared: declared.autoincrement });
        }
    }
}

impl Known<'_> {
    /// A type, in the one spelling that this database and the program have in common.
    fn spelled(&self, ty: SqlType, keyed: bool) -> String {
        let ty = match ty {
            SqlType::Named(it) => self.catalog.read_type(it),
            other => other,
        };
        let mut sql = String::new();
        match keyed {
            true => self.dialect.key_type_name(&mut sql, ty),
            false => self.dialect.type_name(&mut sql, ty),
        }
        match self.catalog.read_type(&sql) {
            SqlType::Enum(_) | SqlType::Set(_) => sql,
            known => {
                let mut sql = String::new();
                self.dialect.type_name(&mut sql, known);
                sql
            }
        }
    }
}

fn labels_of(ty: SqlType) -> Option<&'static EnumType> {
    match ty {
        SqlType::Enum(it) | SqlType::Set(it) if it.native => Some(it),
        SqlType::Array(it) => labels_of(*it),
        _ => None,
    }
}

/// Whether it is the key, and the database generates that.
fn is_generated(table: &Table, column: &Column) -> bool {
    table.autoincrement && table.primary_key.contains(&column.name)
}

/// How the database numbers a column, be it said of it or of the key.
fn numbering(table: &Table, column: &Column) -> Option<Identity> {
    let generated = is_generated(table, column) && column.sequence.is_none();
    column.identity.or(generated.then(Identity::default))
}

/// What SQLite makes of a type's name, and what stands in parentheses.
fn affinity(ty: &str) -> (&'static str, Option<String>) {
    let options = ty.split_once('(').map(|(_, it)| it.to_ascii_uppercase().replace(' ', ""));
    (ddl::affinity(ty), options)
}
