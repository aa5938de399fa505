//! A [`Difference`] as a line.

use std::fmt;

use super::what::{Change, Difference, What};
use crate::{
    expr::NullsOrder,
    schema::{
        Action, Column, Computed, Exclusion, ForeignKey, Identity, Index, IndexMethod, IndexPart,
        Indexed, Name, Sequence, Storage, ddl,
    },
};

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
                let shown =
                    fmt::from_fn(|f| write!(f, "{}{}", Names(&it.columns), it.deferrable.sql()));
                Box::new(Named(it.name.as_deref(), shown))
            }),
            What::Check(it) => change(f, "check constraint", it, |it| {
                Box::new(Named(it.name.as_deref(), Parenthesised(&it.sql)))
            }),
            What::Exclusion(it) => change(f, "exclusion constraint", it, |it| {
                Box::new(Named(it.name.as_deref(), Excluded(it)))
            }),
            What::Index(it) => {
                change(f, "index", it, |it| Box::new(Named(it.name.as_deref(), IndexOf(it))))
            }
            What::Sequence { column, declared, found } => write!(
                f,
                ".{column}: declared {}, but the database has it {}",
                Maybe("", declared.as_ref().map(Numbers), "without a sequence"),
                Maybe("", found.as_ref().map(Numbers), "without one")
            ),
            What::Collation { column, declared, found } => write!(
                f,
                ".{column}: declared {}, but the database has {}",
                Maybe("with the collation ", declared.as_ref(), "without a collation"),
                Maybe("", found.as_ref(), "none of its own")
            ),
            What::Comment { column, declared, found } => write!(
                f,
                "{}: declared {}, but the database has {}",
                Maybe(".", column.as_ref(), ""),
                Maybe("with the comment ", declared.as_deref().map(Quoted), "without a comment"),
                Maybe("", found.as_deref().map(Quoted), "none")
            ),
            What::TableOption { name, declared, found } => write!(
                f,
                ": declared {}, but the database has {}",
                Maybe("with ", declared.as_ref(), &format!("without {name}")),
                Maybe("", found.as_ref(), "it without")
            ),
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
        steps(f, self.0.start, self.0.increment)
    }
}

/// From which number, and by how many.
fn steps(f: &mut fmt::Formatter<'_>, start: Option<i64>, increment: Option<i64>) -> fmt::Result {
    for (what, it) in [(" from ", start), (" by ", increment)] {
        if let Some(it) = it {
            write!(f, "{what}{it}")?;
        }
    }
    Ok(())
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

struct Names<'a>(&'a [Name]);

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
        f.write_str(key.deferrable.sql())
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0)
    }
}

struct Numbers<'a>(&'a Sequence);

impl fmt::Display for Numbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        f.write_str("filled in by the sequence ")?;
        if let Some(schema) = &it.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&it.name)?;
        steps(f, it.start, it.increment)
    }
}

struct Part<'a>(&'a IndexPart);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.0;
        match &part.of {
            Indexed::Column(name) => f.write_str(name)?,
            Indexed::Expression(sql) => f.write_str(sql)?,
        }
        if let Some(length) = part.length {
            write!(f, "({length})")?;
        }
        if let Some(collation) = &part.collation {
            write!(f, " collate {collation}")?;
        }
        if let Some(class) = &part.operator_class {
            write!(f, " {class}")?;
        }
        f.write_str(if part.descending { " DESC" } else { "" })?;
        f.write_str(match part.nulls {
            None => "",
            Some(NullsOrder::First) => " NULLS FIRST",
            Some(NullsOrder::Last) => " NULLS LAST",
        })
    }
}

struct IndexOf<'a>(&'a Index);

impl fmt::Display for IndexOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = self.0;
        f.write_str(if index.unique { "unique " } else { "" })?;
        if let Some(method) = index.method {
            write!(f, "{} ", method.name())?;
        }
        for (position, part) in index.parts.iter().enumerate() {
            write!(f, "{}{}", if position == 0 { "(" } else { ", " }, Part(part))?;
        }
        f.write_str(")")?;
        if !index.include.is_empty() {
            write!(f, " including {}", Names(&index.include))?;
        }
        match &index.condition {
            Some(condition) => write!(f, " where {condition}"),
            None => Ok(()),
        }
    }
}

struct Excluded<'a>(&'a Exclusion);

impl fmt::Display for Excluded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        f.write_str(it.method.unwrap_or(IndexMethod::Gist).name())?;
        for (position, (part, operator)) in it.elements.iter().enumerate() {
            let before = if position == 0 { " (" } else { ", " };
            write!(f, "{before}{} WITH {operator}", Part(part))?;
        }
        f.write_str(")")?;
        if let Some(condition) = &it.condition {
            write!(f, " where {condition}")?;
        }
        f.write_str(it.deferrable.sql())
    }
}
