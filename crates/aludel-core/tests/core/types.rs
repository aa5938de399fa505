//! How each database spells types, and constants of them.

use std::ops::Bound;

use aludel_core::{
    dialect::{Dialect, MariaDb, MySql, Postgres, Sqlite},
    schema::{
        CheckFirst, Column, MetaData, ServerDefault, Table, create_statements, create_table,
        drop_statements,
    },
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

// DDL-12
#[test]
fn labels_are_a_type_or_a_constraint() {
    static MOOD: EnumType = EnumType { name: "mood", labels: &["sad", "it's $$"], native: true };
    static SIZE: EnumType = EnumType { name: "size", labels: &["s", "m"], native: false };
    let table = |name| {
        Table::new(name)
            .column(Column::new("id", SqlType::Int))
            .column(Column::new("order", SqlType::Enum(&MOOD)))
            .column(Column::new("size", SqlType::Enum(&SIZE)).nullable())
            .primary_key(["id"])
            .check("id > 0")
    };
    let metadata = metadata([table("a"), table("b")]);
    let sql = |dialect: &dyn Dialect| {
        let created = create_statements(&metadata, dialect).unwrap();
        // Of the two tables, which are alike.
        let created: Vec<String> = created.into_iter().filter(|it| !it.contains(" b (")).collect();
        [created, drop_statements(&metadata, dialect).unwrap()].concat().join(";\n")
    };
    expect![[r#"
        DO $q$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'it''s $$'); EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $q$;
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER GENERATED BY DEFAULT AS IDENTITY NOT NULL,
            "order" mood NOT NULL,
            size VARCHAR(1),
            PRIMARY KEY (id),
            CHECK (size IN ('s', 'm')),
            CHECK (id > 0)
        );
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a;
        DO $$ BEGIN DROP TYPE IF EXISTS mood; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$"#]].assert_eq(&sql(&Postgres));
    expect![[r#"
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL AUTO_INCREMENT,
            `order` ENUM('sad', 'it''s $$') NOT NULL,
            size VARCHAR(1),
            PRIMARY KEY (id),
            CHECK (size IN ('s', 'm')),
            CHECK (id > 0)
        );
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a"#]]
    .assert_eq(&sql(&MariaDb));
    expect![[r#"
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL PRIMARY KEY,
            "order" VARCHAR(7) NOT NULL,
            size VARCHAR(1),
            CHECK ("order" IN ('sad', 'it''s $$')),
            CHECK (size IN ('s', 'm')),
            CHECK (id > 0)
        );
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a"#]]
    .assert_eq(&sql(&Sqlite));
}

// DDL-12
#[test]
fn types_of_labels_are_created_once_and_for_arrays_too() {
    static MOOD: EnumType = EnumType { name: "mood", labels: &["sad"], native: true };
    static OTHER: EnumType = EnumType { name: "mood", labels: &["happy"], native: true };
    static MOODS: SqlType = SqlType::Enum(&MOOD);
    let table = |name, ty| Table::new(name).column(Column::new("m", ty));
    let moods = metadata([table("a", SqlType::Array(&MOODS)), table("b", SqlType::Enum(&MOOD))]);
    let created = create_statements(&moods, &Postgres).unwrap();
    assert_eq!(created.iter().filter(|it| it.contains("CREATE TYPE")).count(), 1);
    assert!(created[0].contains("CREATE TYPE mood AS ENUM ('sad')"));
    assert!(created[1].contains("m mood[] NOT NULL"));

    let two = metadata([table("a", SqlType::Enum(&MOOD)), table("b", SqlType::Enum(&OTHER))]);
    let error = create_statements(&two, &Postgres).unwrap_err().to_string();
    assert!(error.contains("two types of labels are called `mood`"), "{error}");
    assert!(create_statements(&two, &Sqlite).is_ok());
}

fn metadata(tables: impl IntoIterator<Item = Table>) -> MetaData {
    let mut metadata = MetaData::new();
    tables.into_iter().for_each(|it| metadata.add(it).unwrap());
    metadata
}

// DDL-12
#[test]
fn a_set_of_labels_is_a_type_or_a_constraint() {
    static DAY: EnumType = EnumType { name: "day", labels: &["mon", "o'tue"], native: true };
    static SIZE: EnumType = EnumType { name: "size", labels: &["s"], native: false };
    let table = Table::new("shop")
        .column(Column::new("open", SqlType::Set(&DAY)))
        .column(Column::new("sizes", SqlType::Set(&SIZE)).nullable());
    let sql = |dialect: &dyn Dialect| create_table(&table, dialect, CheckFirst::No).unwrap();
    let text = expect![[r#"
        CREATE TABLE shop (
            open VARCHAR(9) NOT NULL,
            sizes VARCHAR(1),
            CHECK (open = '' OR replace(replace(',' || open || ',', ',mon,', ','), ',o''tue,', ',') = ','),
            CHECK (sizes = '' OR replace(',' || sizes || ',', ',s,', ',') = ',')
        )"#]];
    text.assert_eq(&sql(&Sqlite));
    text.assert_eq(&sql(&Postgres));
    let inline = expect![[r#"
        CREATE TABLE shop (
            open SET('mon', 'o''tue') NOT NULL,
            sizes VARCHAR(1),
            CHECK (sizes = '' OR replace(concat(',', sizes, ','), ',s,', ',') = ',')
        )"#]];
    inline.assert_eq(&sql(&MySql));
    inline.assert_eq(&sql(&MariaDb));
}

// DDL-12
#[test]
fn only_postgres_has_documents_for_full_text_search() {
    let table = Table::new("page").column(Column::new("words", SqlType::TsVector));
    let sql = |dialect: &dyn Dialect| create_table(&table, dialect, CheckFirst::No);
    assert!(sql(&Postgres).unwrap().contains("words TSVECTOR NOT NULL"));
    for dialect in [&Sqlite as &dyn Dialect, &MySql, &MariaDb] {
        let error = sql(dialect).unwrap_err().to_string();
        assert!(
            error.contains("`page.words` is a text search vector; use a text column"),
            "{error}"
        );
    }
}
