//! Columns in DDL: types of keys, and defaults.

use aludel_core::{
    expr::func,
    schema::{
        CheckFirst, Column, ForeignKey, Index, ServerDefault, Table, create_statements,
        create_table,
    },
    value::{DateTime, Decimal, SqlType},
};
use expect_test::expect;

use crate::ddl::{check, metadata};

// DDL-12
#[test]
fn text_and_bytes_of_a_key_have_a_length_where_they_must() {
    let table = Table::new("file")
        .column(Column::new("path", SqlType::Text))
        .column(Column::new("digest", SqlType::Bytes))
        .column(Column::new("owner", SqlType::Text).server_default("root"))
        .column(Column::new("part_of", SqlType::Text).nullable())
        .column(Column::new("body", SqlType::Text).server_default("a\\b"))
        .column(Column::new("day", SqlType::Date).server_default(func::now()))
        .primary_key(["path"])
        .unique(["digest"])
        .foreign_key(ForeignKey::new(["part_of"], "file", ["path"]))
        .index(Index::new(["owner", "day"]).unique());
    check(
        |it| create_statements(&metadata([table.clone()]), it),
        expect![[r#"
            -- sqlite
            CREATE TABLE IF NOT EXISTS file (
                path TEXT NOT NULL,
                digest BLOB NOT NULL,
                owner TEXT DEFAULT 'root' NOT NULL,
                part_of TEXT,
                body TEXT DEFAULT 'a\b' NOT NULL,
                day TEXT DEFAULT CURRENT_TIMESTAMP NOT NULL,
                PRIMARY KEY (path),
                UNIQUE (digest),
                FOREIGN KEY (part_of) REFERENCES file (path)
            );
            CREATE UNIQUE INDEX IF NOT EXISTS ix_file_owner_day ON file (owner, day);
            -- postgres
            CREATE TABLE IF NOT EXISTS file (
                path TEXT NOT NULL,
                digest BYTEA NOT NULL,
                owner TEXT DEFAULT 'root' NOT NULL,
                part_of TEXT,
                body TEXT DEFAULT 'a\b' NOT NULL,
                day DATE DEFAULT LOCALTIMESTAMP NOT NULL,
                PRIMARY KEY (path),
                UNIQUE (digest),
                FOREIGN KEY (part_of) REFERENCES file (path)
            );
            CREATE UNIQUE INDEX IF NOT EXISTS ix_file_owner_day ON file (owner, day);
            -- mysql
            CREATE TABLE IF NOT EXISTS file (
                path VARCHAR(255) NOT NULL,
                digest VARBINARY(255) NOT NULL,
                owner VARCHAR(255) DEFAULT 'root' NOT NULL,
                part_of VARCHAR(255),
                body LONGTEXT DEFAULT ('a\\b') NOT NULL,
                day DATE DEFAULT (CURRENT_TIMESTAMP(6)) NOT NULL,
                PRIMARY KEY (path),
                UNIQUE (digest),
                FOREIGN KEY (part_of) REFERENCES file (path),
                UNIQUE INDEX ix_file_owner_day (owner, day)
            );
        "#]],
    );
}

// DDL-13
#[test]
fn server_defaults() {
    let moment = DateTime::parse("2020-02-29 12:30:00").unwrap();
    let table = Table::new("defaults")
        .column(Column::new("a", SqlType::Text).server_default("it's"))
        .column(Column::new("b", SqlType::Int).server_default(-3))
        .column(Column::new("c", SqlType::Bool).server_default(true))
        .column(Column::new("d", SqlType::DateTime).server_default(func::now()))
        .column(Column::new("e", SqlType::DateTime).server_default(moment))
        .column(Column::new("f", SqlType::Decimal).server_default(Decimal::parse("12.50").unwrap()))
        .column(Column::new("g", SqlType::Double).server_default(0.5))
        .column(Column::new("h", SqlType::Bytes).server_default(vec![0_u8, 255]))
        .column(
            Column::new("i", SqlType::Text)
                .server_default(ServerDefault::Sql("lower('A') || 'b'".into())),
        )
        .column(Column::new("j", SqlType::Int).server_default(ServerDefault::Sql("-1".into())))
        .column(Column::new("k", SqlType::Int).server_default(ServerDefault::Sql("(1 + 1)".into())))
        .column(
            Column::new("l", SqlType::Int).server_default(ServerDefault::Sql("(1) + (1)".into())),
        )
        .column(Column::new("m", SqlType::Text).nullable().server_default(None::<String>));
    check(
        |it| Ok(vec![create_table(&table, it, CheckFirst::No)?]),
        expect![[r#"
            -- sqlite
            CREATE TABLE defaults (
                a TEXT DEFAULT 'it''s' NOT NULL,
                b INTEGER DEFAULT -3 NOT NULL,
                c INTEGER DEFAULT 1 NOT NULL,
                d TEXT DEFAULT CURRENT_TIMESTAMP NOT NULL,
                e TEXT DEFAULT '2020-02-29 12:30:00' NOT NULL,
                f TEXT DEFAULT '12.50' NOT NULL,
                g REAL DEFAULT 0.5 NOT NULL,
                h BLOB DEFAULT x'00ff' NOT NULL,
                i TEXT DEFAULT (lower('A') || 'b') NOT NULL,
                j INTEGER DEFAULT -1 NOT NULL,
                k INTEGER DEFAULT (1 + 1) NOT NULL,
                l INTEGER DEFAULT ((1) + (1)) NOT NULL,
                m TEXT DEFAULT NULL
            );
            -- postgres
            CREATE TABLE defaults (
                a TEXT DEFAULT 'it''s' NOT NULL,
                b INTEGER DEFAULT -3 NOT NULL,
                c BOOLEAN DEFAULT TRUE NOT NULL,
                d TIMESTAMP DEFAULT LOCALTIMESTAMP NOT NULL,
                e TIMESTAMP DEFAULT '2020-02-29 12:30:00' NOT NULL,
                f NUMERIC DEFAULT 12.50 NOT NULL,
                g DOUBLE PRECISION DEFAULT 0.5 NOT NULL,
                h BYTEA DEFAULT '\x00ff'::bytea NOT NULL,
                i TEXT DEFAULT lower('A') || 'b' NOT NULL,
                j INTEGER DEFAULT -1 NOT NULL,
                k INTEGER DEFAULT (1 + 1) NOT NULL,
                l INTEGER DEFAULT (1) + (1) NOT NULL,
                m TEXT DEFAULT NULL
            );
            -- mysql
            CREATE TABLE defaults (
                a LONGTEXT DEFAULT ('it''s') NOT NULL,
                b INTEGER DEFAULT -3 NOT NULL,
                c BOOLEAN DEFAULT 1 NOT NULL,
                d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
                e DATETIME(6) DEFAULT '2020-02-29 12:30:00' NOT NULL,
                f DECIMAL(65, 30) DEFAULT 12.50 NOT NULL,
                g DOUBLE DEFAULT 0.5 NOT NULL,
                h LONGBLOB DEFAULT (x'00ff') NOT NULL,
                i LONGTEXT DEFAULT (lower('A') || 'b') NOT NULL,
                j INTEGER DEFAULT -1 NOT NULL,
                k INTEGER DEFAULT (1 + 1) NOT NULL,
                l INTEGER DEFAULT ((1) + (1)) NOT NULL,
                m LONGTEXT DEFAULT NULL
            );
        "#]],
    );
}
