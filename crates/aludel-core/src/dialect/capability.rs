//! [`Capability`]: what a database can do, as one constant a dialect.
//!
//! Grouped enums rather than flags, so that nonsense can't be written and a reader sees the forms
//! that exist.

use crate::schema::IndexMethod;

/// What a database can do, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Names.
    pub identifiers: Identifiers,
    /// Types.
    pub types: Types,
    /// Queries.
    pub select: Select,
    /// INSERT, UPDATE and DELETE.
    pub dml: Dml,
    /// CREATE and DROP.
    pub ddl: Ddl,
}

/// Names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// What stands around a name that needs it.
    pub quote: Quote,
    /// The longest name.
    pub longest: Longest,
}

/// The longest name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Longest {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many characters.
    Characters(usize),
}

/// What stands around a name that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `"name"`, the standard's way.
    Double,
    /// `` `name` ``
    Backtick,
}

impl Quote {
    /// The character.
    pub const fn char(self) -> char {
        match self {
            Self::Double => '"',
            Self::Backtick => '`',
        }
    }
}

/// Types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types {
    /// Truth values.
    pub booleans: Booleans,
    /// Exact decimal numbers.
    pub decimals: Decimals,
    /// What comes of sums, averages and conversions of numbers.
    pub numbers: Numbers,
    /// How the type of a parameter is found.
    pub parameters: Parameters,
    /// Types of labels.
    pub enums: Enums,
    /// How texts are compared.
    pub texts: Texts,
    /// Whether a column can be an array.
    pub arrays: bool,
    /// Whether a column can be a range.
    pub ranges: bool,
    /// Whether a column can be a document for full-text search.
    pub text_search: bool,
}

/// How truth values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booleans {
    /// A type of their own: a column is a condition, `TRUE` a literal.
    Native,
    /// The integers 0 and 1: a column becomes a condition by `= 1`.
    Integer,
}

/// What comes of sums, averages and conversions of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// A sum of integers is an integer, an average is a floating-point number.
    Kept,
    /// Both are exact decimals unless they are converted.
    Widened,
    /// The same; besides, only exact decimals are rounded to a number of digits, and truth values
    /// become no numbers but `INTEGER`.
    Strict,
}

/// How the type of a parameter is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// Each value brings its own.
    ByValue,
    /// From what stands around it, before there is a value; where nothing says it, CAST does.
    ByContext,
}

/// How texts are compared where a column says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// By their bytes.
    Bytes,
    /// Equal where their bytes are; they are sorted by the rules of a language.
    Sorted,
    /// By the rules of a language, in which capitals or accents may make no difference.
    Collated,
}

/// How labels are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enums {
    /// A type of its own, by `CREATE TYPE … AS ENUM`.
    Type,
    /// A type that is spelled at each column: `ENUM('a', 'b')`.
    Inline,
    /// Text with a CHECK constraint.
    Check,
}

/// How exact decimal numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// A type of their own.
    Native,
    /// The same; but a parameter comes as text, which would make floating-point numbers of what stands
    /// beside it, unless CAST says what it is.
    NativeByCast,
    /// Text, with functions `decimal_add`, `decimal_sub`, `decimal_mul`, `decimal_sum` and a
    /// collation `decimal` (the names of SQLite's own extension); there is no division.
    Text,
}

/// Queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select {
    /// The most parameters that one statement may have.
    pub max_parameters: usize,
    /// Equality in which NULL equals NULL.
    pub same: Same,
    /// What stands for "no limit" before an OFFSET; `None` where an OFFSET may stand alone.
    pub unlimited: Option<&'static str>,
    /// LIKE that ignores case.
    pub ilike: Ilike,
    /// Concatenation of texts.
    pub concat: Concat,
    /// `(a, b) IN …`
    pub row_in: RowIn,
    /// Division of integers, without a rest.
    pub division: Division,
    /// Where NULLs stand in a sort order.
    pub nulls: Nulls,
    /// Where an `IN (SELECT … LIMIT …)` stands.
    pub limited_list: Place,
    /// Whether there is `DISTINCT ON`.
    pub distinct_on: bool,
    /// Locks of rows.
    pub locks: RowLocks,
}

/// Locks of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLocks {
    /// None; a statement that asks for them is read without.
    Ignored,
    /// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE` and `FOR KEY SHARE`, each with `OF`.
    All,
    /// `FOR UPDATE` and `FOR SHARE`, each with `OF`; without an option the latter is
    /// `LOCK IN SHARE MODE`, which all versions know.
    UpdateAndShare,
    /// `FOR UPDATE` and `LOCK IN SHARE MODE`, without `OF`.
    ShareMode,
}

/// Division of integers, without a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// `a / b`
    Slash,
    /// `a DIV b`
    Div,
}

/// Where NULLs stand in a sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Where `NULLS FIRST` or `NULLS LAST` says.
    Said,
    /// They are less than any value; another order needs a sort key of its own.
    Least,
}

/// Where a subquery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where it is written.
    Direct,
    /// In FROM of a query around it: `(SELECT * FROM (SELECT …) AS derived)`.
    Derived,
}

/// Equality in which NULL equals NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    /// `IS NOT DISTINCT FROM`, the standard's way.
    DistinctFrom,
    /// `IS` of any two expressions.
    Is,
    /// `<=>`
    Spaceship,
}

/// LIKE that ignores case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ilike {
    /// `ILIKE`
    Native,
    /// `lower(x) LIKE lower(y)`
    Lower,
}

/// Concatenation of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concat {
    /// `a || b`, the standard's way.
    Operator,
    /// `concat(a, b)`
    Function,
}

/// How a row value is looked up in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowIn {
    /// `(a, b) IN ((1, 2), (3, 4))`, the standard's way.
    List,
    /// `(a, b) IN (VALUES (1, 2), (3, 4))`
    Values,
}

/// INSERT, UPDATE and DELETE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dml {
    /// RETURNING.
    pub returning: Returning,
    /// How the program learns the integer key that the database generated for a new row.
    pub generated_keys: GeneratedKeys,
    /// An INSERT of nothing but defaults.
    pub empty_insert: EmptyInsert,
    /// Where a subquery stands that reads the table which the statement changes.
    pub self_reading: Place,
    /// INSERT of rows that may be there already.
    pub upsert: Upsert,
    /// Which values the right sides of SET see.
    pub set: SetOrder,
    /// How a trigger changes the row that is written.
    pub triggers: Triggers,
    /// What the database says of how many rows a statement met.
    pub row_counts: RowCounts,
}

/// How a trigger changes the row that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triggers {
    /// Before it is written: RETURNING shows it.
    Before,
    /// By a statement of its own, afterwards: RETURNING doesn't show it.
    After,
}

/// What the database says of how many rows a statement met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCounts {
    /// How many its conditions matched, whether or not they were changed by it.
    Matched,
    /// Nothing that can be relied on: nobody notices a row that is gone, or has another version.
    Unreliable,
}

/// Which values the right sides of an UPDATE's SET see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOrder {
    /// Those from before the statement, the standard's way.
    AtOnce,
    /// Those that the assignments to their left have made.
    LeftToRight,
}

/// INSERT of rows that may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsert {
    /// `ON CONFLICT`
    OnConflict {
        /// Whether a constraint can be named.
        constraint: bool,
        /// Whether DO UPDATE can do without a key.
        any_key: bool,
    },
    /// `ON DUPLICATE KEY UPDATE`, with `VALUES(column)` for the new row's. MySQL would rather have an
    /// alias of the row, but MariaDB knows none.
    OnDuplicateKey,
}

/// Which statements may have RETURNING.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// None.
    None,
    /// INSERT and DELETE.
    InsertAndDelete,
    /// INSERT, UPDATE and DELETE.
    All,
}

/// How the program learns the integer key that the database generated for a new row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratedKeys {
    /// The connection knows the last one: nothing is asked for.
    LastRowId,
    /// By RETURNING.
    Returning,
}

/// An INSERT of nothing but defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyInsert {
    /// `DEFAULT VALUES`, the standard's way.
    DefaultValues,
    /// `() VALUES ()`
    EmptyLists,
}

/// CREATE and DROP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ddl {
    /// What can be done to a table's constraints once the table exists.
    pub alter: Alter,
    /// How the database is told to generate a primary key.
    pub autoincrement: Autoincrement,
    /// Where indexes are created.
    pub indexes: Indexes,
    /// Whether a foreign key may set what refers to a row to its default.
    pub set_default: bool,
    /// Whether a foreign key may refer to a table of another schema; where it may not, it names none.
    pub foreign_schemas: bool,
    /// Which name bears the schema in `CREATE INDEX name ON table`.
    pub index_schema: IndexSchema,
    /// Which defaults must stand in parentheses.
    pub defaults: Defaults,
    /// Whether tables are created and dropped within a transaction; otherwise each statement that does commits.
    pub transactional: bool,
    /// How a temporary table is dropped, and no other of its name.
    pub temporary: Temporary,
    /// What indexes can be.
    pub index: IndexForms,
    /// Where words for people stand.
    pub comments: Comments,
    /// Which constraints can wait for COMMIT.
    pub deferrable: Deferral,
    /// Whether there are exclusion constraints.
    pub exclusions: bool,
    /// Sequences.
    pub sequences: Sequences,
    /// Whose options tables have.
    pub options: OptionsOf,
}

/// What indexes can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexForms {
    /// Their kinds.
    pub methods: &'static [IndexMethod],
    /// Of some rows: `WHERE`.
    pub partial: bool,
    /// Of expressions.
    pub expressions: bool,
    /// With columns that they don't sort by: `INCLUDE`.
    pub include: bool,
    /// With a place for NULL: `NULLS LAST`.
    pub nulls: bool,
    /// With a way to compare: `text_pattern_ops`.
    pub operator_classes: bool,
    /// Of the first characters of a text.
    pub lengths: bool,
    /// With a collation of a column's own.
    pub collations: bool,
}

/// How a temporary table is dropped, and no other of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporary {
    /// By the schema that it is in: `DROP TABLE temp.name`.
    InSchema(&'static str),
    /// `DROP TEMPORARY TABLE name`
    Keyword,
}

/// Where words for people stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comments {
    /// Nowhere: they are left out.
    Nowhere,
    /// Beside what they are about: `COMMENT 'x'`.
    Inline,
    /// In statements of their own: `COMMENT ON … IS 'x'`.
    Statements,
}

/// Which constraints can wait for COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferral {
    /// None.
    None,
    /// Foreign keys.
    ForeignKeys,
    /// Unique and exclusion constraints, too.
    Unique,
}

/// How the next number of a sequence is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequences {
    /// There are none.
    None,
    /// `nextval('name')`
    Text,
    /// `nextval(name)`
    Name,
}

/// Whose options tables have ([`TableOptions`](crate::schema::TableOptions)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsOf {
    /// Nobody's.
    Nobody,
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
    /// MySQL's.
    MySql,
}

/// Where indexes are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexes {
    /// By `CREATE INDEX IF NOT EXISTS`, after their table.
    Separately,
    /// Within `CREATE TABLE`, as `CREATE INDEX` doesn't know `IF NOT EXISTS`.
    InTable,
}

/// Which defaults must stand in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defaults {
    /// None.
    Bare,
    /// Expressions.
    Expressions,
    /// Expressions, and constants of text, bytes and JSON of any length.
    ExpressionsAndLong,
}

/// What can be done to a table's constraints once the table exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alter {
    /// Nothing; but a foreign key may name a table that doesn't exist yet, so that a cycle needs
    /// nothing.
    Nothing,
    /// `ALTER TABLE … ADD CONSTRAINT` and `DROP CONSTRAINT`, which foreign keys of a cycle need.
    Constraints(Unless),
}

/// How a constraint is added unless it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unless {
    /// It can't be said: adding it twice is an error.
    Never,
    /// `FOREIGN KEY IF NOT EXISTS`, and `DROP CONSTRAINT IF EXISTS`.
    IfNotExists,
    /// A block that catches `duplicate_object`, and `DROP CONSTRAINT IF EXISTS`.
    Block,
}

/// How the database is told to generate a primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autoincrement {
    /// A column `INTEGER … PRIMARY KEY` does so by itself.
    RowId,
    /// `GENERATED BY DEFAULT AS IDENTITY`, the standard's way.
    Identity,
    /// `AUTO_INCREMENT`
    Keyword,
}

/// Which name bears the schema in `CREATE INDEX name ON table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexSchema {
    /// The table's; the index is in its table's schema.
    Table,
    /// The index's own.
    Index,
}
