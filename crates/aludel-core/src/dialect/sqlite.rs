//! SQLite.

use std::fmt::Write as _;

use super::{Dialect, capability::*, keywords::Words};
use crate::{
    schema::{Catalog, IndexMethod, catalog},
    value::{DateTime, SqlType},
};

/// SQLite 3.35 or later.
#[derive(Clone, Copy, Debug)]
pub struct Sqlite;

const CAPABILITY: Capability = Capability {
    // SQLite has no limit of its own; this keeps generated names readable.
    identifiers: Identifiers { quote: Quote::Double, longest: Longest::Bytes(255) },
    types: Types {
        booleans: Booleans::Integer,
        decimals: Decimals::Text,
        numbers: Numbers::Kept,
        parameters: Parameters::ByValue,
        enums: Enums::Check,
        texts: Texts::Bytes,
        arrays: false,
        ranges: false,
        text_search: false,
    },
    select: Select {
        max_parameters: 32_766,
        same: Same::Is,
        unlimited: Some("-1"),
        ilike: Ilike::Lower,
        concat: Concat::Operator,
        row_in: RowIn::Values,
        division: Division::Slash,
        nulls: Nulls::Said,
        limited_list: Place::Direct,
        distinct_on: false,
        locks: RowLocks::Ignored,
    },
    dml: Dml {
        returning: Returning::All,
        generated_keys: GeneratedKeys::LastRowId,
        empty_insert: EmptyInsert::DefaultValues,
        self_reading: Place::Direct,
        upsert: Upsert::OnConflict { constraint: false, any_key: true },
        set: SetOrder::AtOnce,
        triggers: Triggers::After,
        row_counts: RowCounts::Matched,
    },
    ddl: Ddl {
        alter: Alter::Nothing,
        autoincrement: Autoincrement::RowId,
        indexes: Indexes::Separately,
        set_default: true,
        foreign_schemas: false,
        index_schema: IndexSchema::Index,
        defaults: Defaults::Expressions,
        transactional: true,
        temporary: Temporary::InSchema("temp"),
        index: IndexForms {
            methods: &[IndexMethod::BTree],
            partial: true,
            expressions: true,
            include: false,
            nulls: false,
            operator_classes: false,
            lengths: false,
            collations: true,
        },
        comments: Comments::Nowhere,
        deferrable: Deferral::ForeignKeys,
        exclusions: false,
        sequences: Sequences::None,
        options: OptionsOf::Sqlite,
    },
};

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn catalog(&self) -> Option<&'static dyn Catalog> {
        Some(catalog::SQLITE)
    }

    /// The names choose the affinity. Decimals and moments are text: a column of numeric affinity
    /// would turn exact decimals into binary floating-point numbers.
    fn type_name(&self, sql: &mut String, ty: SqlType) {
        match ty {
            SqlType::Bool | SqlType::SmallInt | SqlType::Int | SqlType::BigInt => {
                sql.push_str("INTEGER");
            }
            SqlType::Float | SqlType::Double => sql.push_str("REAL"),
            SqlType::VarChar(n) => {
                let _ = write!(sql, "VARCHAR({n})");
            }
            SqlType::Uuid => sql.push_str("CHAR(32)"),
            SqlType::Enum(it) => sql.push_str(&format!("VARCHAR({})", it.width())),
            SqlType::Set(it) => sql.push_str(&format!("VARCHAR({})", it.set_width())),
            SqlType::Bytes => sql.push_str("BLOB"),
            SqlType::Named(it) => sql.push_str(it),
            SqlType::Text
            | SqlType::Date
            | SqlType::Time
            | SqlType::DateTime
            | SqlType::Decimal
            | SqlType::Numeric(..)
            | SqlType::TimestampTz
            | SqlType::Json
            | SqlType::Inet
            // Refused before: there are no such columns.
            | SqlType::TsVector
            | SqlType::Array(_)
            | SqlType::Range(_) => sql.push_str("TEXT"),
        }
    }

    fn instant_literal(&self, sql: &mut String, moment: DateTime) {
        sql.push_str(&format!("'{}'", moment.with_micros()));
    }

    fn is_reserved(&self, word: &str) -> bool {
        RESERVED.contains(word)
    }
}

/// Words that SQLite's grammar never takes for a name, and some that read badly as one.
pub(super) static RESERVED: Words = Words::new(&[
    "add",
    "all",
    "alter",
    "analyze",
    "and",
    "as",
    "asc",
    "autoincrement",
    "begin",
    "between",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "commit",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "database",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exclusive",
    "exists",
    "false",
    "filter",
    "for",
    "foreign",
    "from",
    "full",
    "glob",
    "group",
    "having",
    "if",
    "ignore",
    "immediate",
    "in",
    "index",
    "indexed",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "limit",
    "match",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "plan",
    "pragma",
    "primary",
    "query",
    "raise",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "returning",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "select",
    "set",
    "table",
    "temp",
    "temporary",
    "then",
    "to",
    "transaction",
    "trigger",
    "true",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "window",
    "with",
    "without",
]);
