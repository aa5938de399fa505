//! CREATE and DROP statements, in the order of the foreign keys.

mod comments;
mod index;
mod labels;
mod options;
mod sequences;
mod table;
mod writer;

pub(super) use labels::{condition as label_condition, is_text as is_label_text};
pub(super) use options::affinity;
pub(super) use table::{default_text, is_keyed, is_parenthesised};
pub(super) use writer::cut_name;
use writer::{Writer, fnv};

use super::{
    ConstraintName, ForeignKey, Index, MetaData, Table,
    events::When::{AfterCreate, AfterDrop, BeforeCreate, BeforeDrop},
    order::Order,
    settle::settle,
};
use crate::{
    Error, Result,
    dialect::{Alter, Dialect, Indexes, Temporary, Unless},
};

/// Whether a statement does nothing where what it makes is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckFirst {
    /// `IF NOT EXISTS`
    #[default]
    Yes,
    /// The database refuses.
    No,
}

/// The statements that create all tables and their indexes, those that aren't there yet: each table
/// after those that it refers to, followed by its indexes. Types of labels that the database wants
/// created come first.
///
/// # Errors
/// There are no tables, a foreign key refers to nothing, or a name is too long.
///
/// ```
/// use aludel_core::dialect::Sqlite;
/// use aludel_core::schema::{Column, MetaData, Table, create_statements};
/// use aludel_core::value::SqlType;
///
/// let mut metadata = MetaData::new();
/// metadata.add(Table::new("tag").column(Column::new("id", SqlType::BigInt)).primary_key(["id"]))?;
/// assert_eq!(
///     create_statements(&metadata, &Sqlite)?,
///     ["CREATE TABLE IF NOT EXISTS tag (\n    id INTEGER NOT NULL PRIMARY KEY\n)"]
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn create_statements(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    create_missing(metadata, dialect, &|_| true)
}

/// Of a table that others belong to, nobody but who creates or drops it may take care.
fn check_first(metadata: &MetaData, table: &Table, is_known: bool) -> CheckFirst {
    // Catalogs don't show temporary tables.
    let known = is_known && !table.temporary && metadata.has_events(table);
    if known { CheckFirst::No } else { CheckFirst::Yes }
}

/// The same, where statements that are attached to a table count only if it is missing.
///
/// # Errors
/// As [`create_statements`].
#[doc(hidden)]
pub fn create_missing(
    metadata: &MetaData,
    dialect: &dyn Dialect,
    is_missing: &dyn Fn(&Table) -> bool,
) -> Result<Vec<String>> {
    not_empty(metadata)?;
    metadata.validate()?;
    metadata.check_events()?;
    distinct(metadata)?;
    let order = Order::of(metadata);
    let indexes = metadata.tables().iter().map(|it| it.indexes.len()).sum::<usize>();
    let mut statements = Vec::with_capacity(metadata.tables().len() + indexes);
    statements.extend(metadata.events(BeforeCreate, None, dialect));
    statements.append(&mut sequences::create(metadata, dialect)?);
    statements.append(&mut labels::create(metadata, dialect)?);
    let mut late = Vec::new();
    let mut index_names = IndexNames::new(indexes, dialect);
    let writer = &mut Writer::new(dialect);
    for declared in &order.tables {
        let table = settle(declared, dialect)?;
        let is_late = |it: &ForeignKey| is_late(&order, declared, it, dialect);
        let inside = |it: &ForeignKey| !it.use_alter && !is_late(it);
        let events = |when| metadata.events(when, Some(declared), dialect);
        let is_missing = is_missing(declared);
        statements.extend(events(BeforeCreate).filter(|_| is_missing));
        let check_first = check_first(metadata, declared, is_missing);
        statements.push(table::create(writer, &table, check_first, inside)?);
        statements.append(&mut options::partitions(&table, dialect)?);
        for index in &table.indexes {
            let name = table.index_name(index)?;
            if index_names.separate {
                statements.push(index::create(writer, &table, index, &name, CheckFirst::Yes)?);
            }
            index_names.add(declared, name);
        }
        statements.append(&mut comments::statements(&table, dialect)?);
        statements.extend(events(AfterCreate).filter(|_| is_missing));
        for key in table.foreign_keys.iter().filter(|it| is_late(it)) {
            late.push(add_constraint(&table, key, dialect)?);
        }
    }
    index_names.distinct()?;
    statements.append(&mut late);
    statements.extend(metadata.events(AfterCreate, None, dialect));
    Ok(statements)
}

/// The statements that drop all tables, those that are there: each table before those that it refers
/// to. Types of labels that nothing uses any more go last.
///
/// # Errors
/// There are no tables, or a ring of foreign keys has none with a name by which it can be dropped
/// first.
pub fn drop_statements(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    drop_present(metadata, dialect, &|_| true)
}

/// The same, where statements that are attached to a table count only if it is there.
///
/// # Errors
/// As [`drop_statements`].
#[doc(hidden)]
pub fn drop_present(
    metadata: &MetaData,
    dialect: &dyn Dialect,
    is_present: &dyn Fn(&Table) -> bool,
) -> Result<Vec<String>> {
    not_empty(metadata)?;
    metadata.check_events()?;
    let order = Order::of(metadata);
    let mut statements: Vec<String> = metadata.events(BeforeDrop, None, dialect).collect();
    for table in &order.tables {
        for key in table.foreign_keys.iter().filter(|it| is_late(&order, table, it, dialect)) {
            statements.push(drop_constraint(table, key, dialect)?);
        }
    }
    for table in order.tables.iter().rev() {
        let events = |when| metadata.events(when, Some(table), dialect);
        let is_present = is_present(table);
        statements.extend(events(BeforeDrop).filter(|_| is_present));
        let mut writer = Writer::new(dialect);
        let temporary = Some(dialect.capability().ddl.temporary).filter(|_| table.temporary);
        let (keyword, schema) = match temporary {
            None => ("", table.schema.as_deref()),
            Some(Temporary::InSchema(schema)) => ("", Some(schema)),
            Some(Temporary::Keyword) => ("TEMPORARY ", None),
        };
        writer.push(&format!("DROP {keyword}TABLE "));
        if check_first(metadata, table, is_present) == CheckFirst::Yes {
            writer.push("IF EXISTS ");
        }
        writer.table(schema, &table.name)?;
        statements.push(writer.finish());
        statements.extend(events(AfterDrop).filter(|_| is_present));
    }
    statements.append(&mut labels::drop(metadata, dialect)?);
    statements.append(&mut sequences::drop(metadata, dialect)?);
    statements.extend(metadata.events(AfterDrop, None, dialect));
    Ok(statements)
}

/// The statement that creates a table with all its constraints, without its types and indexes unless
/// `CREATE TABLE` is where the database wants them ([`Indexes::InTable`]).
///
/// # Errors
/// A name is too long.
pub fn create_table(
    table: &Table,
    dialect: &dyn Dialect,
    check_first: CheckFirst,
) -> Result<String> {
    table::create(&mut Writer::new(dialect), &*settle(table, dialect)?, check_first, |_| true)
}

/// The statement that creates an index of a table.
///
/// # Errors
/// A name is too long, or the database has no such index.
pub fn create_index(
    table: &Table,
    index: &Index,
    dialect: &dyn Dialect,
    check_first: CheckFirst,
) -> Result<String> {
    match index.on(table, dialect)? {
        Some(index) => {
            let name = table.index_name(&index)?;
            index::create(&mut Writer::new(dialect), table, &index, &name, check_first)
        }
        None => {
            let name = index.name_in(table);
            let what =
                format!("the index `{name}` of `{table}`, which other databases are to have");
            Err(Error::Unsupported { dialect: dialect.name(), what: what.into() })
        }
    }
}

/// Refuses two tables of one place, which a map of schemas can make of two.
fn distinct(metadata: &MetaData) -> Result<()> {
    let names = || metadata.tables.sorted().map(Table::full_name);
    match names().zip(names().skip(1)).position(|(one, next)| one == next) {
        None => Ok(()),
        Some(place) => {
            let table = metadata.tables.at(place);
            let message =
                format!("two tables would be `{table}`: let the map of schemas keep them apart");
            Err(Error::Schema(message.into()))
        }
    }
}

/// The names of indexes so far.
struct IndexNames<'a> {
    dialect: &'a dyn Dialect,
    separate: bool,
    made: Vec<(&'a Table, ConstraintName)>,
    /// A hash of each name, above its number: little to sort, and as good as always no two are alike.
    hashes: Vec<u64>,
}

impl<'a> IndexNames<'a> {
    fn new(count: usize, dialect: &'a dyn Dialect) -> Self {
        let separate = dialect.capability().ddl.indexes == Indexes::Separately;
        let (made, hashes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Self { dialect, separate, made, hashes }
    }

    fn add(&mut self, table: &'a Table, name: ConstraintName) {
        let cut = cut_name(self.dialect, name.as_str());
        let lower = cut.bytes().filter(u8::is_ascii).map(|it| it.to_ascii_lowercase());
        let within = [table.schema.as_deref(), self.within(table)].into_iter().flatten();
        let hash = fnv(lower.chain(within.flat_map(str::bytes)));
        self.hashes.push(u64::from(hash) << 32 | self.made.len() as u64);
        self.made.push((table, name));
    }

    /// Where indexes are made with their tables, a table's own count.
    fn within(&self, table: &'a Table) -> Option<&'a str> {
        Some(&*table.name).filter(|_| !self.separate)
    }

    /// What may be there once only.
    fn place(&self, number: usize) -> (Option<&str>, Option<&str>, String) {
        let (table, name) = &self.made[number];
        let lower = cut_name(self.dialect, name.as_str()).to_lowercase();
        (table.schema.as_deref(), self.within(table), lower)
    }

    /// Refuses a second index of one name, which would be taken for the first.
    fn distinct(mut self) -> Result<()> {
        self.hashes.sort_unstable();
        for alike in self.hashes.chunk_by(|one, next| one >> 32 == next >> 32) {
            let number = |hash: &u64| *hash as u32 as usize;
            for (at, hash) in alike.iter().enumerate().skip(1) {
                let place = self.place(number(hash));
                if alike[..at].iter().any(|it| self.place(number(it)) == place) {
                    let (table, name) = &self.made[number(hash)];
                    let message = format!(
                        "two indexes are called `{name}`, the second one of `{table}`: give it a name of its own, \
                         or leave it out if it is the same",
                        name = name.as_str()
                    );
                    return Err(Error::Schema(message.into()));
                }
            }
        }
        Ok(())
    }
}

/// Whether a foreign key can be added only after all tables exist.
fn is_late(order: &Order<'_>, table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> bool {
    let alters = dialect.capability().ddl.alter != Alter::Nothing;
    alters && (key.use_alter || order.closes_ring(table, key))
}

/// Adds a foreign key unless it is there, where the database can say so. For that it has a name.
fn add_constraint(table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> Result<String> {
    let unless = match dialect.capability().ddl.alter {
        Alter::Constraints(unless) => unless,
        Alter::Nothing => Unless::Never,
    };
    let mut writer = Writer::new(dialect);
    if unless == Unless::Block {
        writer.push("DO $aludel$ BEGIN ");
    }
    writer.push("ALTER TABLE ");
    writer.table(table.schema.as_deref(), &table.name)?;
    writer.push(" ADD CONSTRAINT ");
    match &table.foreign_key_name(key)? {
        Some(name) => writer.constraint_name(name)?,
        None => writer.generated_name(&format!("fk_{}_{}", table.name, key.columns.join("_"))),
    }
    writer.push(match unless {
        Unless::IfNotExists => " FOREIGN KEY IF NOT EXISTS ",
        Unless::Never | Unless::Block => " FOREIGN KEY ",
    });
    table::references(&mut writer, table, key)?;
    if unless == Unless::Block {
        writer.push("; EXCEPTION WHEN duplicate_object THEN NULL; END $aludel$");
    }
    Ok(writer.finish())
}

fn drop_constraint(table: &Table, key: &ForeignKey, dialect: &dyn Dialect) -> Result<String> {
    let Some(name) = table.foreign_key_name(key)? else {
        let message = format!(
            "`{table}` and `{}` refer to each other; give the foreign key from `{table}` a name, so that it can be \
             dropped before the tables",
            key.table
        );
        return Err(Error::Schema(message.into()));
    };
    let checked = !matches!(
        dialect.capability().ddl.alter,
        Alter::Nothing | Alter::Constraints(Unless::Never)
    );
    let mut writer = Writer::new(dialect);
    writer.push(if checked { "ALTER TABLE IF EXISTS " } else { "ALTER TABLE " });
    writer.table(table.schema.as_deref(), &table.name)?;
    writer.push(if checked { " DROP CONSTRAINT IF EXISTS " } else { " DROP CONSTRAINT " });
    writer.constraint_name(&name)?;
    Ok(writer.finish())
}

pub(super) fn not_empty(metadata: &MetaData) -> Result<()> {
    if metadata.tables().is_empty() {
        let message = "there are no tables; a crate of mapped structs that the program never names is not linked, \
                       so name it (`use models as _;`), or name the structs themselves";
        return Err(Error::Schema(message.into()));
    }
    Ok(())
}
