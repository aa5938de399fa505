//! How each database spells types, and constants of them.

use std::ops::Bound;

use aludel_core::{
    dialect::{Dialect, MariaDb, MySql, Postgres, Sqlite},
    schema::{CheckFirst, Column, ServerDefault, Table, create_table},
    value::{ArrayValue, DateTime, EnumType, Inet, RangeValue, SqlType, Value},
};
use expect_test::expect;

// DDL-12
#[test]
fn every_database_has_its_own_types() {
    static MOOD: EnumType =
        EnumType { name: "mood", labels: &["sad", "it's ok", "happy"], native: true };
    static SIZE: EnumType = EnumType { name: "size", labels: &["s", "m"], native: false };
    static MOODS: SqlType = SqlType::Enum(&MOOD);
    let types = [
        SqlType::Uuid,
        SqlType::Json,
        SqlType::TimestampTz,
        SqlType::Inet,
        SqlType::Enum(&MOOD),
        SqlType::Enum(&SIZE),
        SqlType::Numeric(20, 0),
    ];
    let spelled = |dialect: &dyn Dialect, types: &[SqlType]| {
        let mut sql = String::new();
        for ty in types {
            dialect.type_name(&mut sql, *ty);
            sql.push_str("; ");
        }
        sql
    };
    expect!["CHAR(32); TEXT; TEXT; TEXT; VARCHAR(7); VARCHAR(1); TEXT; "]
        .assert_eq(&spelled(&Sqlite, &types));
    expect!["UUID; JSONB; TIMESTAMP WITH TIME ZONE; INET; mood; VARCHAR(1); NUMERIC(20, 0); "]
        .assert_eq(&spelled(&Postgres, &types));
    expect!["CHAR(32); JSON; DATETIME(6); VARCHAR(49); ENUM('sad', 'it''s ok', 'happy'); VARCHAR(1); DECIMAL(20, 0); "].assert_eq(&spelled(&MySql, &types));
    assert_eq!(spelled(&MariaDb, &types), spelled(&MySql, &types));

    let ranges = [
        SqlType::Range(&SqlType::Int),
        SqlType::Range(&SqlType::BigInt),
        SqlType::Range(&SqlType::Decimal),
        SqlType::Range(&SqlType::Date),
        SqlType::Range(&SqlType::DateTime),
        SqlType::Range(&SqlType::TimestampTz),
        SqlType::Array(&SqlType::Int),
        SqlType::Array(&MOODS),
    ];
    expect!["INT4RANGE; INT8RANGE; NUMRANGE; DATERANGE; TSRANGE; TSTZRANGE; INTEGER[]; mood[]; "]
        .assert_eq(&spelled(&Postgres, &ranges));
}

// DDL-12
#[test]
fn arrays_and_ranges_are_refused_where_there_are_none() {
    for ty in [SqlType::Array(&SqlType::Int), SqlType::Range(&SqlType::Int)] {
        let table = Table::new("t").column(Column::new("a", ty));
        assert!(create_table(&table, &Postgres, CheckFirst::No).is_ok());
        for dialect in [&Sqlite as &dyn Dialect, &MySql, &MariaDb] {
            let error = create_table(&table, dialect, CheckFirst::No).unwrap_err().to_string();
            let says = match ty {
                SqlType::Array(_) => "`t.a` is an array; use a table of its own, or JSON",
                _ => "`t.a` is a range; use two columns, one for each bound",
            };
            assert_eq!(error, format!("{} can't do this: {says}", dialect.name()));
        }
    }
}

// DDL-13
#[test]
fn defaults_of_every_type_are_literals() {
    let array = |items| Value::Array(Box::new(ArrayValue { element: SqlType::Int, items }));
    let bounds = Some((Bound::Included(Value::Int(1)), Bound::Excluded(Value::Int(5))));
    let range = RangeValue { element: SqlType::Int, bounds };
    let defaults = [
        (SqlType::Uuid, Value::Uuid([7; 16])),
        (SqlType::Json, Value::Json("\"it's\"".into())),
        (SqlType::TimestampTz, Value::Instant(DateTime::parse("2009-01-31").unwrap())),
        (SqlType::Inet, Value::Inet(Inet::host([10, 0, 0, 1]))),
        (SqlType::Array(&SqlType::Int), array(vec![])),
        (SqlType::Array(&SqlType::Int), array(vec![Value::Int(1), Value::Null])),
        (SqlType::Range(&SqlType::Int), Value::Range(Box::new(range))),
    ];
    let table = |count: usize| {
        let defaults = defaults.iter().take(count).enumerate();
        defaults.fold(Table::new("t"), |table, (index, (ty, value))| {
            let default = ServerDefault::Value(value.clone());
            table.column(Column::new(format!("c{index}"), *ty).server_default(default))
        })
    };
    let sql = |count, dialect: &dyn Dialect| {
        create_table(&table(count), dialect, CheckFirst::No).unwrap()
    };
    expect![[r#"
        CREATE TABLE t (
            c0 UUID DEFAULT '07070707070707070707070707070707' NOT NULL,
            c1 JSONB DEFAULT '"it''s"' NOT NULL,
            c2 TIMESTAMP WITH TIME ZONE DEFAULT '2009-01-31 00:00:00+00' NOT NULL,
            c3 INET DEFAULT '10.0.0.1' NOT NULL,
            c4 INTEGER[] DEFAULT '{}' NOT NULL,
            c5 INTEGER[] DEFAULT ARRAY[1, NULL] NOT NULL,
            c6 INT4RANGE DEFAULT '[1,5)' NOT NULL
        )"#]]
    .assert_eq(&sql(7, &Postgres));
    expect![[r#"
        CREATE TABLE t (
            c0 CHAR(32) DEFAULT '07070707070707070707070707070707' NOT NULL,
            c1 TEXT DEFAULT '"it''s"' NOT NULL,
            c2 TEXT DEFAULT '2009-01-31 00:00:00.000000' NOT NULL,
            c3 TEXT DEFAULT '10.0.0.1' NOT NULL
        )"#]]
    .assert_eq(&sql(4, &Sqlite));
}
