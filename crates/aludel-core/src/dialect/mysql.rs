//! MySQL and MariaDB, which differ in little.

mod reserved;

pub(super) use reserved::RESERVED;

use super::{Dialect, Spelling, capability::*, with_end, without_end};
use crate::{
    schema::{Catalog, IndexMethod, catalog},
    value::{EnumType, SqlType},
};

/// MySQL 8 or later, and whatever understands what it does: no RETURNING.
#[derive(Clone, Copy, Debug)]
pub struct MySql;

/// MariaDB 10.6 or later.
#[derive(Clone, Copy, Debug)]
pub struct MariaDb;

const MYSQL: Capability = Capability {
    identifiers: Identifiers { quote: Quote::Backtick, longest: Longest::Characters(64) },
    types: Types {
        booleans: Booleans::Integer,
        decimals: Decimals::NativeByCast,
        numbers: Numbers::Widened,
        parameters: Parameters::ByContext,
        enums: Enums::Inline,
        texts: Texts::Collated,
        arrays: false,
        ranges: false,
        text_search: false,
    },
    select: Select {
        max_parameters: 65_535,
        same: Same::Spaceship,
        unlimited: Some("18446744073709551615"),
        ilike: Ilike::Lower,
        concat: Concat::Function,
        row_in: RowIn::List,
        division: Division::Div,
        nulls: Nulls::Least,
        limited_list: Place::Derived,
        distinct_on: false,
        locks: RowLocks::UpdateAndShare,
    },
    dml: Dml {
        returning: Returning::None,
        generated_keys: GeneratedKeys::LastRowId,
        empty_insert: EmptyInsert::EmptyLists,
        self_reading: Place::Derived,
        upsert: Upsert::OnDuplicateKey,
        set: SetOrder::LeftToRight,
        triggers: Triggers::Before,
        row_counts: RowCounts::Matched,
    },
    ddl: Ddl {
        alter: Alter::Constraints(Unless::Never),
        autoincrement: Autoincrement::Keyword,
        indexes: Indexes::InTable,
        set_default: false,
        foreign_schemas: true,
        index_schema: IndexSchema::Table,
        defaults: Defaults::ExpressionsAndLong,
        transactional: false,
        temporary: Temporary::Keyword,
        index: IndexForms {
            methods: &[IndexMethod::BTree, IndexMethod::FullText, IndexMethod::Spatial],
            partial: false,
            expressions: true,
            include: false,
            nulls: false,
            operator_classes: false,
            lengths: true,
            collations: false,
        },
        comments: Comments::Inline,
        deferrable: Deferral::None,
        exclusions: false,
        sequences: Sequences::None,
        options: OptionsOf::MySql,
    },
};

const MARIADB: Capability = Capability {
    types: Types { parameters: Parameters::ByValue, ..MYSQL.types },
    select: Select { locks: RowLocks::ShareMode, ..MYSQL.select },
    dml: Dml {
        returning: Returning::InsertAndDelete,
        generated_keys: GeneratedKeys::Returning,
        self_reading: Place::Direct,
        ..MYSQL.dml
    },
    ddl: Ddl {
        alter: Alter::Constraints(Unless::IfNotExists),
        index: IndexForms { expressions: false, ..MYSQL.ddl.index },
        sequences: Sequences::Name,
        ..MYSQL.ddl
    },
    ..MYSQL
};

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn capability(&self) -> &'static Capability {
        &MYSQL
    }

    fn catalog(&self) -> Option<&'static dyn Catalog> {
        Some(catalog::MYSQL)
    }

    /// Both kinds of moments are `DATETIME`: `TIMESTAMP` ends in 2038.
    fn type_name(&self, sql: &mut String, ty: SqlType) {
        match ty {
            SqlType::Float => sql.push_str("FLOAT"),
            SqlType::Double => sql.push_str("DOUBLE"),
            SqlType::Text => sql.push_str("LONGTEXT"),
            SqlType::Bytes => sql.push_str("LONGBLOB"),
            SqlType::Time => sql.push_str("TIME(6)"),
            SqlType::DateTime | SqlType::TimestampTz => sql.push_str("DATETIME(6)"),
            SqlType::Uuid => sql.push_str("CHAR(32)"),
            // The longest is an IPv6 address that ends in an IPv4 one, and its prefix.
            SqlType::Inet => sql.push_str("VARCHAR(49)"),
            SqlType::Enum(it) if it.native => labels(sql, "ENUM(", it),
            SqlType::Set(it) if it.native => labels(sql, "SET(", it),
            SqlType::Enum(it) => sql.push_str(&format!("VARCHAR({})", it.width())),
            SqlType::Set(it) => sql.push_str(&format!("VARCHAR({})", it.set_width())),
            SqlType::Decimal => sql.push_str("DECIMAL(65, 30)"),
            SqlType::Numeric(p, s) => sql.push_str(&format!("DECIMAL({p}, {s})")),
            standard => sql.push_str(&standard.to_string()),
        }
    }

    /// No key can be of unlimited length.
    fn key_type_name(&self, sql: &mut String, ty: SqlType) {
        match ty {
            SqlType::Text => sql.push_str("VARCHAR(255)"),
            SqlType::Bytes => sql.push_str("VARBINARY(255)"),
            other => self.type_name(sql, other),
        }
    }

    fn cast_name(&self, sql: &mut String, ty: SqlType) {
        match ty {
            SqlType::Bool | SqlType::SmallInt | SqlType::Int | SqlType::BigInt => {
                sql.push_str("SIGNED");
            }
            SqlType::Text
            | SqlType::Uuid
            | SqlType::Json
            | SqlType::Inet
            | SqlType::Enum(_)
            | SqlType::Set(_) => sql.push_str("CHAR"),
            SqlType::VarChar(n) => sql.push_str(&format!("CHAR({n})")),
            SqlType::Bytes => sql.push_str("BINARY"),
            other => self.type_name(sql, other),
        }
    }

    fn function(&self, name: &'static str) -> Spelling {
        match name {
            "now" => Spelling::Keyword("CURRENT_TIMESTAMP(6)"),
            "length" => Spelling::Call("char_length"),
            name => Spelling::Call(name),
        }
    }

    /// A backslash escapes, unless the server's mode says `NO_BACKSLASH_ESCAPES`.
    fn text_literal(&self, sql: &mut String, text: &str) {
        sql.push('\'');
        sql.push_str(&text.replace('\\', "\\\\").replace('\'', "''"));
        sql.push('\'');
    }

    /// The clients send what stands before a `;`, wherever it is, so the bodies of triggers need another end.
    fn script_statement(&self, script: &mut String, statement: &str) {
        if !without_end(statement).contains(';') {
            return with_end(script, statement, ";");
        }
        let mut end = "//".to_owned();
        while statement.contains(&end) {
            end.push('/');
        }
        script.push_str(&format!("DELIMITER {end}\n"));
        with_end(script, statement, &end);
        script.push_str("DELIMITER ;\n");
    }

    fn is_reserved(&self, word: &str) -> bool {
        RESERVED.contains(word)
    }
}

/// `ENUM('a', 'b')`, `SET('a', 'b')`
fn labels(sql: &mut String, start: &str, of: &EnumType) {
    sql.push_str(start);
    for (index, label) in of.labels.iter().enumerate() {
        if index > 0 {
            sql.push_str(", ");
        }
        MySql.text_literal(sql, label);
    }
    sql.push(')');
}

impl Dialect for MariaDb {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn capability(&self) -> &'static Capability {
        &MARIADB
    }

    fn catalog(&self) -> Option<&'static dyn Catalog> {
        Some(catalog::MARIADB)
    }

    fn type_name(&self, sql: &mut String, ty: SqlType) {
        MySql.type_name(sql, ty);
    }

    fn key_type_name(&self, sql: &mut String, ty: SqlType) {
        MySql.key_type_name(sql, ty);
    }

    fn cast_name(&self, sql: &mut String, ty: SqlType) {
        MySql.cast_name(sql, ty);
    }

    fn function(&self, name: &'static str) -> Spelling {
        MySql.function(name)
    }

    fn text_literal(&self, sql: &mut String, text: &str) {
        MySql.text_literal(sql, text);
    }

    fn script_statement(&self, script: &mut String, statement: &str) {
        MySql.script_statement(script, statement);
    }

    fn is_reserved(&self, word: &str) -> bool {
        MySql.is_reserved(word)
    }
}
