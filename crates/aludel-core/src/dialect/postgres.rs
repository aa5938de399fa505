//! PostgreSQL.

use std::fmt::Write as _;

use super::{Dialect, Spelling, capability::*, keywords};
use crate::{
    schema::{Catalog, IndexMethod, catalog},
    value::{DateTime, SqlType},
};

/// PostgreSQL 12 or later.
#[derive(Clone, Copy, Debug)]
pub struct Postgres;

const CAPABILITY: Capability = Capability {
    identifiers: Identifiers { quote: Quote::Double, longest: Longest::Bytes(63) },
    types: Types {
        booleans: Booleans::Native,
        decimals: Decimals::Native,
        numbers: Numbers::Strict,
        parameters: Parameters::ByContext,
        enums: Enums::Type,
        texts: Texts::Sorted,
        arrays: true,
        ranges: true,
        text_search: true,
    },
    select: Select {
        max_parameters: 65_535,
        same: Same::DistinctFrom,
        unlimited: None,
        ilike: Ilike::Native,
        concat: Concat::Operator,
        row_in: RowIn::List,
        division: Division::Slash,
        nulls: Nulls::Said,
        limited_list: Place::Direct,
        distinct_on: true,
        locks: RowLocks::All,
    },
    dml: Dml {
        returning: Returning::All,
        generated_keys: GeneratedKeys::Returning,
        empty_insert: EmptyInsert::DefaultValues,
        self_reading: Place::Direct,
        upsert: Upsert::OnConflict { constraint: true, any_key: false },
        set: SetOrder::AtOnce,
        triggers: Triggers::Before,
        row_counts: RowCounts::Matched,
    },
    ddl: Ddl {
        alter: Alter::Constraints(Unless::Block),
        autoincrement: Autoincrement::Identity,
        indexes: Indexes::Separately,
        set_default: true,
        foreign_schemas: true,
        index_schema: IndexSchema::Table,
        defaults: Defaults::Bare,
        transactional: true,
        temporary: Temporary::InSchema("pg_temp"),
        index: IndexForms {
            methods: &[
                IndexMethod::BTree,
                IndexMethod::Hash,
                IndexMethod::Gin,
                IndexMethod::Gist,
                IndexMethod::SpGist,
                IndexMethod::Brin,
            ],
            partial: true,
            expressions: true,
            include: true,
            nulls: true,
            operator_classes: true,
            lengths: false,
            collations: true,
        },
        comments: Comments::Statements,
        deferrable: Deferral::Unique,
        exclusions: true,
        sequences: Sequences::Text,
        options: OptionsOf::Postgres,
    },
};

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn catalog(&self) -> Option<&'static dyn Catalog> {
        Some(catalog::POSTGRES)
    }

    fn placeholder(&self, sql: &mut String, position: usize) {
        _ = write!(sql, "${position}");
    }

    fn type_name(&self, sql: &mut String, ty: SqlType) {
        match ty {
            SqlType::Bytes => sql.push_str("BYTEA"),
            SqlType::Decimal => sql.push_str("NUMERIC"),
            // It can be compared, and has indexes.
            SqlType::Json => sql.push_str("JSONB"),
            SqlType::Enum(it) if it.native => self.identifier(sql, it.name),
            SqlType::Enum(it) => sql.push_str(&format!("VARCHAR({})", it.width())),
            SqlType::Set(it) => sql.push_str(&format!("VARCHAR({})", it.set_width())),
            SqlType::Array(element) => {
                self.type_name(sql, *element);
                sql.push_str("[]");
            }
            SqlType::Range(element) => sql.push_str(range_name(*element)),
            standard => sql.push_str(&standard.to_string()),
        }
    }

    /// `CURRENT_TIMESTAMP` has a time zone, which a [`DateTime`] has not.
    fn function(&self, name: &'static str) -> Spelling {
        match name {
            "now" => Spelling::Keyword("LOCALTIMESTAMP"),
            name => Spelling::Call(name),
        }
    }

    fn bytes_literal(&self, sql: &mut String, bytes: &[u8]) {
        sql.push_str("'\\x");
        super::hexadecimal(sql, bytes);
        sql.push_str("'::bytea");
    }

    fn instant_literal(&self, sql: &mut String, moment: DateTime) {
        sql.push_str(&format!("'{moment}+00'"));
    }

    fn is_reserved(&self, word: &str) -> bool {
        keywords::is_standard(word) || word == "system_user"
    }
}

/// PostgreSQL has ranges of six types; a range of another is kept in the next wider one.
fn range_name(element: SqlType) -> &'static str {
    match element {
        SqlType::SmallInt | SqlType::Int => "INT4RANGE",
        SqlType::BigInt => "INT8RANGE",
        SqlType::Date => "DATERANGE",
        SqlType::DateTime => "TSRANGE",
        SqlType::TimestampTz => "TSTZRANGE",
        _ => "NUMRANGE",
    }
}
