//! Tables that use everything a schema can say, as far as a database can.

use aludel::{
    dialect::{Autoincrement, Dialect},
    schema::{
        Action, Column, ForeignKey, Identity, Index, MetaData, ServerDefault, Storage, Table,
    },
    value::{ArrayValue, Date, DateTime, Decimal, EnumType, Inet, SqlType, Time, Value},
};

pub(crate) static MOOD: EnumType =
    EnumType { name: "mood", labels: &["sad", "it's ok", "happy"], native: true };
pub(crate) static SIZE: EnumType = EnumType { name: "size", labels: &["s", "xl"], native: false };
static MOODS: SqlType = SqlType::Enum(&MOOD);

/// All types; arrays and ranges where there are some, and one that has no name here.
fn types(dialect: &dyn Dialect) -> Vec<SqlType> {
    let mut all = vec![
        SqlType::Bool,
        SqlType::SmallInt,
        SqlType::Int,
        SqlType::BigInt,
        SqlType::Float,
        SqlType::Double,
        SqlType::Text,
        SqlType::VarChar(7),
        SqlType::Bytes,
        SqlType::Date,
        SqlType::Time,
        SqlType::DateTime,
        SqlType::Decimal,
        SqlType::Numeric(10, 2),
        SqlType::Uuid,
        SqlType::Json,
        SqlType::TimestampTz,
        SqlType::Inet,
        SqlType::Enum(&MOOD),
        SqlType::Enum(&SIZE),
    ];
    // SQLite and MariaDB have neither arrays nor ranges.
    if dialect.capability().types.arrays {
        const TEXT: SqlType = SqlType::VarChar(3);
        let elements = [&SqlType::Int, &SqlType::Text, &TEXT, &SqlType::TimestampTz, &MOODS];
        all.extend(elements.map(SqlType::Array));
    }
    if dialect.capability().types.ranges {
        let elements = [
            &SqlType::SmallInt,
            &SqlType::Int,
            &SqlType::BigInt,
            &SqlType::Decimal,
            &SqlType::Date,
            &SqlType::DateTime,
            &SqlType::TimestampTz,
        ];
        all.extend(elements.map(SqlType::Range));
    }
    all.extend(match dialect.name() {
        "sqlite" => vec![SqlType::Named("NUMERIC(7)"), SqlType::Named("BIGINT")],
        "postgres" => vec![
            SqlType::Named("tsvector"),
            SqlType::Named("CHAR(10)"),
            SqlType::Named("interval"),
            SqlType::Named("timestamp(3)"),
            SqlType::Named("varchar(9)"),
        ],
        _ => vec![
            SqlType::Named("INT UNSIGNED"),
            SqlType::Named("mediumtext"),
            SqlType::Named("datetime"),
            SqlType::Named("year"),
            SqlType::Named("set('a','b')"),
        ],
    });
    all.extend([SqlType::Set(&MOOD), SqlType::Set(&SIZE)]);
    if dialect.capability().types.text_search {
        all.push(SqlType::TsVector);
    }
    all
}

/// A column of each type, half of them NOT NULL; then the same in keys.
fn every_type(dialect: &dyn Dialect) -> Table {
    let table = Table::new("every_type").column(Column::new("id", SqlType::BigInt));
    let types = types(dialect).into_iter().enumerate();
    let table = types.fold(table.primary_key(["id"]), |table, (index, ty)| {
        let column = Column::new(format!("c{index}"), ty);
        table.column(if index % 2 == 0 { column } else { column.nullable() })
    });
    table.index(Index::new(["c6"])).index(Index::new(["c8"])).unique(["c14"])
}

fn every_default(dialect: &dyn Dialect) -> Table {
    let day = Date { year: 2024, month: 2, day: 29 };
    let time = Time { hour: 7, minute: 8, second: 9, micros: 0 };
    let moment = DateTime { date: day, time };
    let values = [
        (SqlType::Bool, Value::Bool(true)),
        (SqlType::Bool, Value::Bool(false)),
        (SqlType::SmallInt, Value::Int(7)),
        (SqlType::Int, Value::Int(-3)),
        (SqlType::BigInt, Value::Int(i64::MAX)),
        (SqlType::Float, Value::Real(2.5)),
        (SqlType::Float, Value::Real(f64::from(0.1_f32))),
        (SqlType::Double, Value::Real(-1e100)),
        (SqlType::Double, Value::Real(3.0)),
        (SqlType::Text, "it's \\ ok".into()),
        (SqlType::VarChar(9), "".into()),
        (SqlType::VarChar(9), "NULL".into()),
        (SqlType::Bytes, Value::Bytes(vec![0, 255, 39])),
        (SqlType::Date, Value::Date(day)),
        (SqlType::Time, Value::Time(time)),
        (SqlType::DateTime, Value::DateTime(moment)),
        (SqlType::TimestampTz, Value::Instant(moment)),
        (SqlType::Numeric(10, 2), decimal("1.5")),
        (SqlType::Decimal, decimal("-0.25")),
        (SqlType::Uuid, Value::Uuid([7; 16])),
        (SqlType::Json, Value::Json("{\"b\": [1, 2], \"a\": \"x y\"}".into())),
        (SqlType::Inet, Value::Inet(Inet::host([10, 0, 0, 1]))),
        (SqlType::Enum(&MOOD), "it's ok".into()),
        (SqlType::Enum(&SIZE), "xl".into()),
        (SqlType::Int, Value::Null),
    ];
    let table = Table::new("every_default").column(Column::new("id", SqlType::BigInt));
    let values = values.into_iter().enumerate();
    let mut table = values.fold(table.primary_key(["id"]), |table, (index, (ty, value))| {
        let column = Column::new(format!("d{index}"), ty).nullable();
        table.column(column.server_default(ServerDefault::Value(value)))
    });
    let sql = |it: &str| ServerDefault::Sql(it.to_owned());
    let now = Column::new("now", SqlType::DateTime).server_default(ServerDefault::Now);
    table = table
        .column(now)
        .column(Column::new("sum", SqlType::Int).server_default(sql("1 + 2 * 3")))
        .column(Column::new("term", SqlType::Int).server_default(sql("-4")))
        .column(Column::new("word", SqlType::Text).server_default(sql("'open'")))
        .column(Column::new("call", SqlType::VarChar(9)).server_default(sql("lower('OPEN')")))
        .column(
            Column::new("odd", SqlType::Int)
                .server_default(sql("CASE WHEN 1 > 2 THEN 3 END"))
                .nullable(),
        );
    if dialect.capability().types.arrays {
        let items = vec![Value::Int(1), Value::Int(-2)];
        let array = ArrayValue { element: SqlType::BigInt, items };
        let none = ArrayValue { element: SqlType::Text, items: Vec::new() };
        let default = |it| ServerDefault::Value(Value::Array(Box::new(it)));
        table = table
            .column(
                Column::new("list", SqlType::Array(&SqlType::BigInt))
                    .server_default(default(array)),
            )
            .column(
                Column::new("none", SqlType::Array(&SqlType::Text)).server_default(default(none)),
            );
    }
    table
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

/// A key of two columns.
fn parent() -> Table {
    Table::new("parent")
        .column(Column::new("country", SqlType::VarChar(2)))
        .column(Column::new("code", SqlType::BigInt))
        .column(Column::new("name", SqlType::Text))
        .primary_key(["country", "code"])
        .unique(["name", "code"])
}

/// Everything else.
fn child(dialect: &dyn Dialect) -> Table {
    let identity = Identity { always: false, start: Some(100), increment: Some(5) };
    let mut table = Table::new("child")
        .column(Column::new("id", SqlType::BigInt).identity(identity))
        .column(Column::new("country", SqlType::VarChar(2)).nullable())
        .column(Column::new("code", SqlType::BigInt).nullable())
        .column(Column::new("other_id", SqlType::BigInt).nullable())
        .column(Column::new("third_id", SqlType::BigInt).nullable())
        .column(Column::new("title", SqlType::VarChar(20)))
        .column(Column::new("state", SqlType::VarChar(10)).server_default("open"))
        .column(Column::new("a", SqlType::Int))
        .column(Column::new("b", SqlType::Int).nullable())
        .column(Column::new("price", SqlType::Double))
        .column(
            Column::new("total", SqlType::Int)
                .nullable()
                .computed("a * 2 + (b - 1)", Storage::Stored),
        )
        .primary_key(["id"])
        .foreign_key(
            ForeignKey::new(["country", "code"], "parent", ["country", "code"])
                .on_delete(Action::Cascade)
                .on_update(Action::Restrict),
        )
        .foreign_key(
            ForeignKey::new(["other_id"], "child", ["id"])
                .named("fk_other")
                .on_delete(Action::SetNull),
        )
        .foreign_key(ForeignKey::new(["third_id"], "child", ["id"]))
        .unique(["title"])
        .index(Index::new(["a", "b"]))
        .index(Index::new(["state"]).named("ix_state"))
        .index(Index::new(["a", "title"]).unique())
        .index(Index::new(["third_id"]));
    // PostgreSQL before 18 computes nothing when a row is read.
    if dialect.name() != "postgres" {
        table = table.column(
            Column::new("seen", SqlType::BigInt).nullable().computed("a % 7", Storage::Virtual),
        );
    }
    // Elsewhere only a key is numbered.
    if dialect.capability().ddl.autoincrement == Autoincrement::Identity {
        table = table.column(
            Column::new("number", SqlType::Int)
                .identity(Identity { always: true, ..Identity::default() }),
        );
    }
    let conditions = [
        "a > 0",
        "state IN ('open', 'it''s', 'closed')",
        "a BETWEEN -5 AND 500 OR b IS NULL",
        "NOT (a = 2) AND b != -1",
        "title <> '' AND length(title) > 2",
        "lower(title) LIKE 'x%' OR title NOT LIKE '%y'",
        "coalesce(b, a) <> 99 AND a + b * 2 < (a + b) * 2",
        "a % 2 = 0 OR (b > 1 AND (a < 100 OR b < 50))",
        "CASE WHEN a > 1 THEN 1 ELSE 2 END < 9",
        "state NOT IN ('x', 'y')",
    ];
    table = conditions.into_iter().fold(table, Table::check);
    table.check_named("price_is_fair", "price >= 0.5 AND price < 1000")
}

/// Names that want quotes, and a key that the program gives.
fn names() -> Table {
    Table::new("Möbel.\"alt\" `x`")
        .column(Column::new("Größe", SqlType::Int))
        .column(Column::new("a.b", SqlType::VarChar(9)))
        .column(Column::new("it's", SqlType::BigInt).nullable())
        .column(Column::new("order", SqlType::VarChar(9)))
        .primary_key(["a.b"])
        .unique(["order"])
        .index(Index::new(["Größe", "it's"]))
        .foreign_key(ForeignKey::new(["it's"], "child", ["id"]))
}

/// All of them.
pub(crate) fn all(dialect: &dyn Dialect) -> Vec<Table> {
    let mut given =
        Table::new("given").column(Column::new("id", SqlType::BigInt)).primary_key(["id"]);
    given.autoincrement = false;
    let keyless = Table::new("keyless").column(Column::new("x", SqlType::Int).nullable());
    let plain = Table::new("plain").column(Column::new("id", SqlType::Int)).primary_key(["id"]);
    let tables = [every_type(dialect), every_default(dialect), parent(), child(dialect), names()];
    tables.into_iter().chain([given, keyless, plain]).collect()
}

/// These tables together.
pub(crate) fn metadata(tables: impl IntoIterator<Item = Table>) -> MetaData {
    let mut metadata = MetaData::new();
    tables.into_iter().for_each(|it| metadata.add(it).unwrap());
    metadata
}
