//! [`NamingConvention`]: how constraints and indexes are called that have no name of their own.

use super::{Check, ForeignKey, Index, Name, Table, Unique};
use crate::{Error, Result};

/// How constraints and indexes are called that have no name of their own (DDL-6). A name that the database
/// made differs from one database to the next, and can't be relied on when it is to be dropped.
///
/// The templates have names of what they stand for between braces:
///
/// | token | stands for |
/// | --- | --- |
/// | `{table_name}` | the table |
/// | `{column_0_name}` | the first column; `{column_1_name}` the second |
/// | `{column_0N_name}`, `{column_0_N_name}` | all columns; with `_` between them |
/// | `{column_0_label}` and so on | the same, each with the table's name before it |
/// | `{referred_table_name}`, `{referred_column_0_name}` and so on | a foreign key's other end |
/// | `{constraint_name}` | the name that a check constraint was given; each must have one then |
///
/// ```
/// use aludel_core::dialect::Sqlite;
/// use aludel_core::schema::{Column, MetaData, NamingConvention, Table, create_statements};
/// use aludel_core::value::SqlType;
///
/// let naming = NamingConvention::new().pk("pk_{table_name}").uq("uq_{table_name}_{column_0_name}");
/// let mut metadata = MetaData::new().naming_convention(naming);
/// let tag = Table::new("tag").column(Column::new("name", SqlType::Text));
/// metadata.add(tag.primary_key(["name"]).unique(["name"]))?;
/// assert_eq!(
///     create_statements(&metadata, &Sqlite)?[0],
///     "CREATE TABLE IF NOT EXISTS tag (\n    name TEXT NOT NULL,\n    CONSTRAINT pk_tag PRIMARY KEY (name),\n    \
///      CONSTRAINT uq_tag_name UNIQUE (name)\n)"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamingConvention {
    pk: Option<Name>,
    uq: Option<Name>,
    fk: Option<Name>,
    ix: Option<Name>,
    ck: Option<Name>,
}

/// The name of a constraint or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintName {
    /// Somebody chose it: too long is an error.
    Chosen(Name),
    /// It was made by a convention: too long is cut (DDL-7).
    Made(Name),
}

impl ConstraintName {
    /// The name, however long.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Chosen(name) | Self::Made(name) => name,
        }
    }
}

impl NamingConvention {
    /// Nothing.
    pub(super) const NONE: Self = Self { pk: None, uq: None, fk: None, ix: None, ck: None };

    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Primary keys: `pk_{table_name}`.
    #[must_use]
    pub fn pk(mut self, template: impl Into<Name>) -> Self {
        self.pk = Some(template.into());
        self
    }

    /// Unique constraints: `uq_{table_name}_{column_0_N_name}`.
    #[must_use]
    pub fn uq(mut self, template: impl Into<Name>) -> Self {
        self.uq = Some(template.into());
        self
    }

    /// Foreign keys: `fk_{table_name}_{column_0_N_name}_{referred_table_name}`.
    #[must_use]
    pub fn fk(mut self, template: impl Into<Name>) -> Self {
        self.fk = Some(template.into());
        self
    }

    /// Indexes: `ix_{column_0_N_label}`.
    #[must_use]
    pub fn ix(mut self, template: impl Into<Name>) -> Self {
        self.ix = Some(template.into());
        self
    }

    /// Check constraints: `ck_{table_name}_{constraint_name}`.
    #[must_use]
    pub fn ck(mut self, template: impl Into<Name>) -> Self {
        self.ck = Some(template.into());
        self
    }
}

/// What a template is filled with.
struct Tokens<'a> {
    table: &'a Table,
    columns: &'a [Name],
    referred: Option<&'a ForeignKey>,
    given: Option<&'a str>,
}

impl Tokens<'_> {
    fn fill(&self, template: &str) -> Result<String> {
        let (mut name, mut rest) = (String::new(), template);
        while let Some((before, behind)) = rest.split_once('{') {
            name.push_str(before);
            let Some((token, behind)) = behind.split_once('}') else {
                return Err(refuse(template, "a `{` is not closed"));
            };
            match self.value(token) {
                Some(value) => name.push_str(&value),
                None if token == "constraint_name" => {
                    let message = format!("a check constraint of `{}` has no name", self.table);
                    return Err(refuse(template, &message));
                }
                None => {
                    let message = format!("`{{{token}}}` stands for nothing in `{}`", self.table);
                    return Err(refuse(template, &message));
                }
            }
            rest = behind;
        }
        name.push_str(rest);
        Ok(name)
    }

    fn value(&self, token: &str) -> Option<String> {
        match token {
            "table_name" => Some(self.table.name.to_string()),
            "constraint_name" => self.given.map(str::to_owned),
            "referred_table_name" => self.referred.map(|it| it.table.to_string()),
            _ => match token.strip_prefix("referred_column_") {
                Some(which) => {
                    let other = self.referred?;
                    columns(which, &other.table, &other.references)
                }
                None => columns(token.strip_prefix("column_")?, &self.table.name, self.columns),
            },
        }
    }
}

/// `0_name`, `0N_name`, `0_N_name`, and the same with `label`.
fn columns(which: &str, table: &str, columns: &[Name]) -> Option<String> {
    let (which, form) = which.rsplit_once('_')?;
    let shown = |column: &Name| match form {
        "name" => Some(column.to_string()),
        "label" => Some(format!("{table}_{column}")),
        _ => None,
    };
    let several = [("_N", "_"), ("N", "")].iter().find_map(|(suffix, between)| {
        Some((which.strip_suffix(suffix)?.parse::<usize>().ok()?, *between))
    });
    match several {
        Some((first, between)) => {
            let shown: Option<Vec<String>> = columns.iter().skip(first).map(shown).collect();
            shown.map(|it| it.join(between))
        }
        None => shown(columns.get(which.parse::<usize>().ok()?)?),
    }
}

fn refuse(template: &str, why: &str) -> Error {
    Error::Schema(format!("the naming convention `{template}`: {why}").into())
}

/// Names as the database gets them: their own, or those of the convention.
impl Table {
    fn made(
        &self,
        template: Option<&Name>,
        columns: &[Name],
        referred: Option<&ForeignKey>,
        given: Option<&str>,
    ) -> Result<Option<ConstraintName>> {
        template.map(|it| self.fill(it, columns, referred, given)).transpose()
    }

    fn fill(
        &self,
        template: &str,
        columns: &[Name],
        referred: Option<&ForeignKey>,
        given: Option<&str>,
    ) -> Result<ConstraintName> {
        let tokens = Tokens { table: self, columns, referred, given };
        Ok(ConstraintName::Made(tokens.fill(template)?.into()))
    }

    fn chosen(name: Option<&Name>) -> Option<ConstraintName> {
        name.map(|it| ConstraintName::Chosen(it.clone()))
    }

    /// The primary key's name; the database's own where there is none.
    ///
    /// # Errors
    /// The convention's template asks for what there is not.
    pub fn primary_key_name(&self) -> Result<Option<ConstraintName>> {
        self.made(self.naming.pk.as_ref(), &self.primary_key, None, None)
    }

    /// A unique constraint's name; the database's own where there is none.
    ///
    /// # Errors
    /// The convention's template asks for what there is not.
    pub fn unique_name(&self, unique: &Unique) -> Result<Option<ConstraintName>> {
        match Self::chosen(unique.name.as_ref()) {
            None => self.made(self.naming.uq.as_ref(), &unique.columns, None, None),
            chosen => Ok(chosen),
        }
    }

    /// A foreign key's name; the database's own where there is none.
    ///
    /// # Errors
    /// The convention's template asks for what there is not.
    pub fn foreign_key_name(&self, key: &ForeignKey) -> Result<Option<ConstraintName>> {
        match Self::chosen(key.name.as_ref()) {
            None => self.made(self.naming.fk.as_ref(), &key.columns, Some(key), None),
            chosen => Ok(chosen),
        }
    }

    /// A check constraint's name; the database's own where there is none. Its own name is a part of the
    /// convention's, where that has `{constraint_name}`.
    ///
    /// # Errors
    /// The convention's template asks for what there is not: for a name that the constraint lacks.
    pub fn check_name(&self, check: &Check) -> Result<Option<ConstraintName>> {
        let template = self.naming.ck.as_ref();
        let given = check.name.as_deref();
        match template.filter(|it| given.is_none() || it.contains("{constraint_name}")) {
            None => Ok(Self::chosen(check.name.as_ref())),
            template => self.made(template, &[], None, given),
        }
    }

    /// An index's name: without any other, `ix_table_columns`.
    ///
    /// # Errors
    /// The convention's template asks for what there is not.
    pub fn index_name(&self, index: &Index) -> Result<ConstraintName> {
        if let Some(chosen) = Self::chosen(index.name.as_ref()) {
            return Ok(chosen);
        }
        match &self.naming.ix {
            None => Ok(ConstraintName::Made(index.name_in(self))),
            Some(template) => self.fill(template, &index.column_names(), None, None),
        }
    }

    /// Whether every name can be made.
    pub(super) fn check_names(&self) -> Result<()> {
        if self.naming == NamingConvention::default() {
            return Ok(());
        }
        self.primary_key_name()?;
        self.uniques.iter().try_for_each(|it| self.unique_name(it).map(drop))?;
        self.foreign_keys.iter().try_for_each(|it| self.foreign_key_name(it).map(drop))?;
        self.checks.iter().try_for_each(|it| self.check_name(it).map(drop))?;
        self.indexes.iter().try_for_each(|it| self.index_name(it).map(drop))
    }
}
