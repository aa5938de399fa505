//! [`Difference`]: one thing in which a database differs from what is declared, as data and as a line.

use std::fmt;

use crate::schema::{
    Action, Check, Column, Computed, ForeignKey, Identity, Index, Storage, Table, Unique, ddl,
};

/// A list of differences: none if a database has all that is declared. It displays one a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences(Vec<Difference>);

impl Differences {
    pub(super) fn new(differences: Vec<Difference>) -> Self {
        Self(differences)
    }
}

impl std::ops::Deref for Differences {
    type Target = [Difference];

    fn deref(&self) -> &[Difference] {
        &self.0
    }
}

impl IntoIterator for Differences {
    type Item = Difference;
    type IntoIter = std::vec::IntoIter<Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Differences {
    type Item = &'a Difference;
    type IntoIter = std::slice::Iter<'a, Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, it) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{it}")?;
        }
        Ok(())
    }
}

/// One thing in which a database differs from what is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The table's schema; `None` is the connection's default one.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// What differs.
    pub what: What,
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The database hasn't got the table.
    MissingTable(Table),
    /// Nobody declared the table.
    ExtraTable(Table),
    /// The table hasn't got the column.
    MissingColumn(Column),
    /// Nobody declared the column.
    ExtraColumn(Column),
    /// A column's type; as the database spells it.
    Type {
        /// The column.
        column: String,
        /// What is declared.
        declared: String,
        /// What the database has.
        found: String,
    },
    /// The labels of a column, or their order where it counts.
    Labels {
        /// The column.
        column: String,
        /// What is declared.
        declared: Vec<String>,
        /// What the database has.
        found: Vec<String>,
    },
    /// Whether a column accepts NULL.
    Nullable {
        /// The column.
        column: String,
        /// What is declared; the database has the opposite.
        declared: bool,
    },
    /// A column's default, as SQL.
    Default {
        /// The column.
        column: String,
        /// What is declared.
        declared: Option<String>,
        /// What the database has.
        found: Option<String>,
    },
    /// What a column is computed by.
    Computed {
        /// The column.
        column: String,
        /// What is declared.
        declared: Option<Computed>,
        /// What the database has.
        found: Option<Computed>,
    },
    /// How a column is numbered.
    Identity {
        /// The column.
        column: String,
        /// What is declared.
        declared: Option<Identity>,
        /// What the database has.
        found: Option<Identity>,
    },
    /// Whether the database generates the primary key.
    Autoincrement {
        /// What is declared; the database has the opposite.
        declared: bool,
    },
    /// The primary key's columns.
    PrimaryKey {
        /// What is declared.
        declared: Vec<String>,
        /// What the database has.
        found: Vec<String>,
    },
    /// A foreign key.
    ForeignKey(Change<ForeignKey>),
    /// A unique constraint.
    Unique(Change<Unique>),
    /// A check constraint.
    Check(Change<Check>),
    /// An index.
    Index(Change<Index>),
}

/// What is the matter with a constraint or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// The database hasn't got it.
    Missing(T),
    /// Nobody declared it.
    Extra(T),
    /// The database has it in another form.
    Changed {
        /// What is declared.
        declared: T,
        /// What the database has.
        found: T,
    },
}

impl Difference {
    pub(super) fn of(table: &Table, what: What) -> Self {
        Self { schema: table.schema.clone(), table: table.name.clone(), what }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.table)?;
        match &self.what {
            What::MissingTable(_) => f.write_str(": declared, but the database has no such table"),
            What::ExtraTable(_) => {
                f.write_str(": the database has this table, but it is not declared")
            }
            What::MissingColumn(it) => write!(
                f,
                ".{}: declared as {}, but the database has no such column",
                it.name,
                Definition(it)
            ),
            What::ExtraColumn(it) => write!(
                f,
                ".{}: the database has it as {}, but it is not declared",
                it.name,
                Definition(it)
            ),
            What::Type { column, declared, found } => {
                write!(f, ".{column}: declared as {declared}, but the database has {found}")
            }
            What::Labels { column, declared, found } => write!(
                f,
                ".{column}: declared with the labels {}, but the database has {}",
                Labels(declared),
                Labels(found)
            ),
            What::Nullable { column, declared: true } => {
                write!(f, ".{column}: declared nullable, but the database has it NOT NULL")
            }
            What::Nullable { column, declared: false } => {
                write!(f, ".{column}: declared NOT NULL, but the database has it nullable")
            }
            What::Default { column, declared, found } => write!(
                f,
                ".{column}: declared {}, but the database has {}",
                Maybe("with the default ", declared.as_ref(), "without a default"),
                Maybe("the default ", found.as_ref(), "none")
            ),
            What::Computed { column, declared, found } => write!(
                f,
                ".{column}: declared {}, but the database has {}",
                Maybe("as computed by ", declared.as_ref().map(Expression), "as not computed"),
                Maybe("it computed by ", found.as_ref().map(Expression), "it not computed")
            ),
            What::Identity { column, declared, found } => write!(
                f,
                ".{column}: declared {}, but the database has it {}",
                Maybe("", declared.as_ref().map(Numbering), "as not numbered"),
                Maybe("", found.as_ref().map(Numbering), "not numbered")
            ),
            What::Autoincrement { declared: true } => f.write_str(
                ": the primary key is declared as generated, but the database doesn't generate it",
            ),
            What::Autoincrement { declared: false } => f.write_str(
                ": the primary key is not declared as generated, but the database generates it",
            ),
            What::PrimaryKey { declared, found } => write!(
                f,
                ": declared with the primary key {}, but the database has {}",
                Names(declared),
                Names(found)
            ),
            What::ForeignKey(it) => change(f, "foreign key", it, |it| Box::new(Key(it))),
            What::Unique(it) => change(f, "unique constraint", it, |it| {
                Box::new(Named(it.name.as_deref(), Names(&it.columns)))
            }),
            What::Check(it) => change(f, "check constraint", it, |it| {
                Box::new(Named(it.name.as_deref(), Parenthesised(&it.sql)))
            }),
            What::Index(it) => change(f, "index", it, |it| {
                let unique = if it.unique { "unique " } else { "" };
                let name = it.name.as_deref();
                Box::new(Named(
                    name,
                    fmt::from_fn(move |f| write!(f, "{unique}{}", Names(&it.columns))),
                ))
            }),
        }
    }
}

type Shown<'a> = Box<dyn fmt::Display + 'a>;

fn change<'a, T>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    change: &'a Change<T>,
    show: impl Fn(&'a T) -> Shown<'a>,
) -> fmt::Result {
    match change {
        Change::Missing(it) => {
            write!(f, ": declared with the {what} {}, but the database has none such", show(it))
        }
        Change::Extra(it) => {
            write!(f, ": the database has the {what} {}, but it is not declared", show(it))
        }
        Change::Changed { declared, found } => {
            let (declared, found) = (show(declared), show(found));
            write!(f, ": declared with the {what} {declared}, but the database has {found}")
        }
    }
}

/// A column's type, and what else it says.
struct Definition<'a>(&'a Column);

impl fmt::Display for Definition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not_null = if self.0.nullable { "" } else { " NOT NULL" };
        write!(f, "{}{not_null}", self.0.ty)
    }
}

struct Maybe<'a, T>(&'a str, Option<T>, &'a str);

impl<T: fmt::Display> fmt::Display for Maybe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.1 {
            Some(it) => write!(f, "{}{it}", self.0),
            None => f.write_str(self.2),
        }
    }
}

struct Expression<'a>(&'a Computed);

impl fmt::Display for Expression<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storage = match self.0.storage {
            Storage::Stored => "stored",
            Storage::Virtual => "virtual",
        };
        write!(f, "{}, {storage}", Parenthesised(&self.0.sql))
    }
}

struct Numbering<'a>(&'a Identity);

impl fmt::Display for Numbering<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.0.always { "ALWAYS" } else { "BY DEFAULT" };
        write!(f, "GENERATED {when} AS IDENTITY")?;
        let (start, increment) = (self.0.start, self.0.increment);
        for (what, it) in [(" from ", start), (" by ", increment)] {
            if let Some(it) = it {
                write!(f, "{what}{it}")?;
            }
        }
        Ok(())
    }
}

struct Named<'a, T>(Option<&'a str>, T);

impl<T: fmt::Display> fmt::Display for Named<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.0 {
            write!(f, "{name} ")?;
        }
        self.1.fmt(f)
    }
}

struct Parenthesised<'a>(&'a str);

impl fmt::Display for Parenthesised<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ddl::is_parenthesised(self.0) {
            true => f.write_str(self.0),
            false => write!(f, "({})", self.0),
        }
    }
}

struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.0.join(", "))
    }
}

struct Labels<'a>(&'a [String]);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "('{}')", self.0.join("', '"))
    }
}

struct Key<'a>(&'a ForeignKey);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.0;
        if let Some(name) = &key.name {
            write!(f, "{name} ")?;
        }
        write!(f, "{} -> ", Names(&key.columns))?;
        if let Some(schema) = &key.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{} {}", key.table, Names(&key.references))?;
        for (when, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
            let action = match action {
                Action::NoAction => continue,
                Action::Restrict => "RESTRICT",
                Action::Cascade => "CASCADE",
                Action::SetNull => "SET NULL",
                Action::SetDefault => "SET DEFAULT",
            };
            write!(f, " ON {when} {action}")?;
        }
        Ok(())
    }
}
