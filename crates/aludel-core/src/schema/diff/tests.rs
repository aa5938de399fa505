//! Each difference is found, and said in one line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CompareOptions, Differences, What, differences};
use crate::{
    dialect::{Dialect, MariaDb, MySql, Postgres, Sqlite},
    schema::{
        Action, Check, CheckFirst, Column, ForeignKey, Identity, Index, MetaData, Reflected,
        ServerDefault, Table, create_table,
    },
    value::{EnumType, SqlType, Value},
};

fn reflected(tables: impl IntoIterator<Item = Table>) -> Reflected {
    let mut metadata = MetaData::new();
    tables.into_iter().for_each(|it| metadata.add(it).unwrap());
    Reflected { metadata, default_schema: Some("public".into()) }
}

fn compare(declared: Table, found: Table, dialect: &dyn Dialect) -> Differences {
    let declared = reflected([declared]).metadata;
    differences(&declared, &reflected([found]), dialect, CompareOptions::new()).unwrap()
}

fn lines(declared: Table, found: Table, dialect: &dyn Dialect) -> Vec<String> {
    compare(declared, found, dialect).iter().map(ToString::to_string).collect()
}

fn of(column: Column) -> Table {
    Table::new("t").column(column)
}

fn sql(text: &str) -> ServerDefault {
    ServerDefault::Sql(text.into())
}

#[test]
fn types_by_what_they_mean_there() {
    let compare = |dialect: &dyn Dialect, declared, found: &str| {
        let found = dialect.catalog().unwrap().read_type(found);
        lines(of(Column::new("c", declared)), of(Column::new("c", found)), dialect).concat()
    };
    for (dialect, ty, found) in [
        (&Postgres as &dyn Dialect, SqlType::VarChar(9), "character varying(9)"),
        (&Postgres, SqlType::DateTime, "timestamp without time zone"),
        (&Postgres, SqlType::Numeric(10, 2), "numeric(10,2)"),
        (&Postgres, SqlType::Array(&SqlType::TimestampTz), "timestamp with time zone[]"),
        (&Postgres, SqlType::Range(&SqlType::SmallInt), "int4range"),
        (&Postgres, SqlType::Named("CHAR( 3)"), "character(3)"),
        (&Postgres, SqlType::Named("timestamptz(3)"), "timestamp(3) with time zone"),
        (&MariaDb, SqlType::Bool, "tinyint(1)"),
        (&MariaDb, SqlType::Int, "int(11)"),
        (&MariaDb, SqlType::Uuid, "char(32)"),
        (&MariaDb, SqlType::TimestampTz, "datetime(6)"),
        (&MariaDb, SqlType::Decimal, "decimal(65,30)"),
        (&MariaDb, SqlType::Named("INT UNSIGNED"), "int(10) unsigned"),
        (&Sqlite, SqlType::SmallInt, "BIGINT"),
        (&Sqlite, SqlType::Inet, "text"),
        (&Sqlite, SqlType::VarChar(5), "nvarchar (5)"),
    ] {
        assert_eq!(compare(dialect, ty, found), "", "{dialect:?}");
    }
    for (dialect, ty, found, expected) in [
        (
            &Postgres as &dyn Dialect,
            SqlType::Text,
            "character varying",
            "TEXT, but the database has character varying",
        ),
        (&Postgres, SqlType::Json, "json", "JSONB, but the database has json"),
        (&MariaDb, SqlType::Text, "text", "LONGTEXT, but the database has text"),
        (&Sqlite, SqlType::BigInt, "DATETIME", "INTEGER, but the database has DATETIME"),
        (&Sqlite, SqlType::VarChar(5), "VARCHAR(6)", "VARCHAR(5), but the database has VARCHAR(6)"),
    ] {
        assert_eq!(compare(dialect, ty, found), format!("t.c: declared as {expected}"));
    }
}

#[test]
fn defaults_by_their_values() {
    let compare = |dialect: &dyn Dialect, ty, declared: ServerDefault, found: &str| {
        let column = |it| of(Column::new("c", ty).server_default(it));
        lines(column(declared), column(sql(found)), dialect).concat()
    };
    let uuid = Value::Uuid([1; 16]);
    let json = Value::Json("{\"b\":1,\"a\":2}".into());
    for (dialect, ty, declared, found) in [
        (&Postgres as &dyn Dialect, SqlType::Text, ServerDefault::from("o'pen"), "'o''pen'::text"),
        (&Postgres, SqlType::Int, (-3_i64).into(), "'-3'::integer"),
        (&Postgres, SqlType::Bool, true.into(), "true"),
        (&Postgres, SqlType::DateTime, ServerDefault::Now, "LOCALTIMESTAMP"),
        (
            &Postgres,
            SqlType::Uuid,
            uuid.into_default(),
            "'01010101-0101-0101-0101-010101010101'::uuid",
        ),
        (&Postgres, SqlType::Json, json.into_default(), "'{\"a\": 2, \"b\": 1}'::jsonb"),
        (
            &Postgres,
            SqlType::TimestampTz,
            sql("'2024-01-01 01:00:00+01'"),
            "'2024-01-01 00:00:00+00'::timestamp with time zone",
        ),
        (&Postgres, SqlType::Uuid, sql("gen_random_uuid()"), "gen_random_uuid()"),
        (&MariaDb, SqlType::DateTime, ServerDefault::Now, "current_timestamp(6)"),
        (&MariaDb, SqlType::Numeric(10, 2), 2.5.into(), "2.50"),
        (&MariaDb, SqlType::Bool, true.into(), "1"),
    ] {
        assert_eq!(compare(dialect, ty, declared, found), "", "{dialect:?} {ty}");
    }
    for (dialect, ty, declared, found) in [
        (&Postgres as &dyn Dialect, SqlType::Text, ServerDefault::from("open"), "'opened'::text"),
        (&Postgres, SqlType::Text, "now()".into(), "now()"),
        (&Postgres, SqlType::DateTime, ServerDefault::Now, "'2024-01-01 00:00:00'::timestamp"),
        (&MariaDb, SqlType::Int, 7_i64.into(), "8"),
    ] {
        let line = compare(dialect, ty, declared, found);
        assert!(line.ends_with(&format!("but the database has the default {found}")), "{line}");
    }
}

trait IntoDefault {
    fn into_default(self) -> ServerDefault;
}

impl IntoDefault for Value {
    fn into_default(self) -> ServerDefault {
        ServerDefault::Value(self)
    }
}

#[test]
fn each_is_a_line() {
    let id = || Column::new("id", SqlType::BigInt);
    let declared = Table::new("t")
        .schema("app")
        .column(id())
        .column(Column::new("a", SqlType::Int))
        .column(Column::new("b", SqlType::Int).identity(Identity::default()))
        .primary_key(["id"])
        .foreign_key(ForeignKey::new(["a"], "t", ["id"]).on_delete(Action::Cascade).named("fk"))
        .unique(["a"])
        .check("a > 0")
        .index(Index::new(["a", "b"]).unique());
    let mut found = Table::new("t")
        .schema("app")
        .column(id().nullable())
        .column(Column::new("b", SqlType::Int))
        .column(Column::new("c", SqlType::named("tsvector")).nullable())
        .index(Index::new(["b"]).named("ix"));
    found.checks.push(Check::new("(b > 0)").named("ck"));
    assert_eq!(
        lines(declared, found, &Postgres),
        [
            "app.t.id: declared GENERATED BY DEFAULT AS IDENTITY, but the database has it not numbered",
            "app.t.id: declared NOT NULL, but the database has it nullable",
            "app.t.a: declared as INTEGER NOT NULL, but the database has no such column",
            "app.t.b: declared GENERATED BY DEFAULT AS IDENTITY, but the database has it not numbered",
            "app.t.c: the database has it as tsvector, but it is not declared",
            "app.t: declared with the primary key (id), but the database has ()",
            "app.t: declared with the unique constraint (a), but the database has none such",
            "app.t: declared with the foreign key fk (a) -> t (id) ON DELETE CASCADE, but the database has none such",
            "app.t: declared with the check constraint (a > 0), but the database has ck (b > 0)",
            "app.t: declared with the index ix_t_a_b unique (a, b), but the database has none such",
            "app.t: the database has the index ix (b), but it is not declared",
        ]
    );
}

#[test]
fn a_moment_that_keeps_itself() {
    let column =
        |default: &str| of(Column::new("c", SqlType::DateTime).server_default(sql(default)));
    let found = || column("current_timestamp() ON UPDATE CURRENT_TIMESTAMP()");
    let keeps = "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP";
    assert!(lines(column(keeps), found(), &MariaDb).is_empty());
    let expected = "t.c: declared with the default CURRENT_TIMESTAMP, but the database has the default \
                    current_timestamp() ON UPDATE CURRENT_TIMESTAMP()";
    assert_eq!(lines(column("CURRENT_TIMESTAMP"), found(), &MariaDb), [expected]);
    assert_eq!(lines(column(keeps), column("current_timestamp()"), &MariaDb).len(), 1);
    assert_eq!(lines(column("NULL ON UPDATE now()"), found(), &MariaDb).len(), 1);
    for dialect in [&MariaDb as &dyn Dialect, &MySql] {
        let created = create_table(&column(keeps), dialect, CheckFirst::No).unwrap();
        assert!(created.contains(&format!("DEFAULT {keeps} NOT NULL")), "{created}");
    }
}

#[test]
fn labels_in_their_own_type_and_in_a_check() {
    static MOOD: EnumType = EnumType { name: "mood", labels: &["sad", "glad"], native: true };
    let found = EnumType::interned("mood", &["sad", "happy"], true);
    let expected =
        "t.c: declared with the labels ('sad', 'glad'), but the database has ('sad', 'happy')";
    let declared = || of(Column::new("c", SqlType::Enum(&MOOD)));
    let native = of(Column::new("c", SqlType::Enum(found)));
    assert_eq!(lines(declared(), native.clone(), &Postgres), [expected]);
    assert_eq!(lines(declared(), native, &MariaDb), [expected]);
    let text = of(Column::new("c", SqlType::VarChar(4)));
    let checked = |it: &str| text.clone().check(it);
    assert_eq!(lines(declared(), checked("c IN ('sad', 'happy')"), &Sqlite), [expected]);
    assert!(lines(declared(), checked("c IN ('sad', 'glad')"), &Sqlite).is_empty());
    assert_eq!(
        lines(declared(), text, &Sqlite),
        [
            "t: declared with the check constraint (c IN ('sad', 'glad')), but the database has none such"
        ]
    );
}

#[test]
fn sets_of_labels_in_their_own_type_and_in_a_check() {
    static DAY: EnumType = EnumType { name: "day", labels: &["mon", "tue"], native: true };
    let declared = || of(Column::new("c", SqlType::Set(&DAY)));
    let inline = |ty: &str| of(Column::new("c", MariaDb.catalog().unwrap().read_type(ty)));
    assert!(lines(declared(), inline("set('mon','tue')"), &MariaDb).is_empty());
    let expected =
        "t.c: declared with the labels ('mon', 'tue'), but the database has ('mon', 'wed')";
    assert_eq!(lines(declared(), inline("set('mon','wed')"), &MariaDb), [expected]);
    assert_eq!(
        lines(declared(), inline("enum('mon','tue')"), &MariaDb),
        ["t.c: declared as SET('mon', 'tue'), but the database has ENUM('mon', 'tue')"]
    );
    let text = of(Column::new("c", SqlType::VarChar(7)));
    let shown = |last: &str| {
        text.clone().check(format!(
            "(((c)::text = ''::text) OR (replace(replace(((','::text || (c)::text) || ','::text), \
             ',mon,'::text, ','::text), ',{last},'::text, ','::text) = ','::text))"
        ))
    };
    assert!(lines(declared(), shown("tue"), &Postgres).is_empty());
    assert_eq!(lines(declared(), shown("wed"), &Postgres), [expected]);
    assert_eq!(
        lines(declared(), text, &Sqlite),
        [
            "t: declared with the check constraint (c = '' OR replace(replace(',' || c || ',', ',mon,', ','), \
             ',tue,', ',') = ','), but the database has none such"
        ]
    );
}

#[test]
fn a_schema_by_its_name_is_the_default_one() {
    let key = |schema: Option<&str>| {
        let mut key = ForeignKey::new(["a"], "t", ["a"]);
        key.schema = schema.map(Into::into);
        of(Column::new("a", SqlType::Int)).foreign_key(key)
    };
    assert!(lines(key(None), key(Some("public")), &Postgres).is_empty());
    assert_eq!(
        lines(key(None), key(Some("app")), &Postgres),
        ["t: declared with the foreign key (a) -> t (a), but the database has (a) -> app.t (a)"]
    );
}

#[test]
fn extra_tables_count_if_they_are_asked_for() {
    let one = || Table::new("one").column(Column::new("x", SqlType::Int));
    let other = Table::new("other").column(Column::new("x", SqlType::Int));
    let (declared, found) = (reflected([one()]).metadata, reflected([one(), other]));
    let compare = |options| differences(&declared, &found, &Sqlite, options).unwrap();
    assert!(compare(CompareOptions::new()).is_empty());
    let extra = compare(CompareOptions::new().extra_tables(true));
    assert!(
        matches!(&extra[..], [it] if matches!(it.what, What::ExtraTable(_)) && it.table == "other")
    );
    let none = differences(&MetaData::new(), &found, &Sqlite, CompareOptions::new());
    assert!(none.unwrap_err().to_string().contains("there are no tables"));
}
