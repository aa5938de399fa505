//! What indexes, constraints and tables can say, as each database spells it.

use aludel_core::{
    dialect::{MARIADB, MYSQL, POSTGRES, SQLITE},
    schema::{
        Check, Column, Deferrable, Exclusion, ForeignKey, Index, IndexMethod, IndexPart, MetaData,
        SchemaTranslate, Sequence, Table, TableOptions, Unique, create_statements, drop_statements,
    },
    value::SqlType,
};
use expect_test::expect;

use crate::ddl::{check, metadata};

fn film() -> Table {
    Table::new("film")
        .column(Column::new("id", SqlType::BigInt).sequence(Sequence::new("film_no").start(100)))
        .column(
            Column::new("title", SqlType::VarChar(50))
                .collation("und-x-icu")
                .collation_of(SQLITE, "NOCASE")
                .collation_of(MARIADB, "utf8mb4_bin")
                .collation_of(MYSQL, "utf8mb4_bin")
                .comment("what it's called"),
        )
        .column(Column::new("year", SqlType::Int))
        .primary_key(["id"])
        .comment("Films")
        .check_constraint(Check::new("year > 1800").only([POSTGRES]))
}

// DDL-13
#[test]
fn comments_collations_and_sequences() {
    check(
        |it| create_statements(&metadata([film()]), it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS film (
            id INTEGER NOT NULL PRIMARY KEY,
            title VARCHAR(50) COLLATE "NOCASE" NOT NULL,
            year INTEGER NOT NULL
        );
        -- postgres
        CREATE SEQUENCE IF NOT EXISTS film_no START WITH 100;
        CREATE TABLE IF NOT EXISTS film (
            id BIGINT DEFAULT nextval('film_no') NOT NULL,
            title VARCHAR(50) COLLATE "und-x-icu" NOT NULL,
            year INTEGER NOT NULL,
            PRIMARY KEY (id),
            CHECK (year > 1800)
        );
        COMMENT ON TABLE film IS 'Films';
        COMMENT ON COLUMN film.title IS 'what it''s called';
        -- mysql
        CREATE TABLE IF NOT EXISTS film (
            id BIGINT NOT NULL AUTO_INCREMENT,
            title VARCHAR(50) COLLATE utf8mb4_bin NOT NULL COMMENT 'what it''s called',
            year INTEGER NOT NULL,
            PRIMARY KEY (id)
        ) COMMENT='Films';
        -- mariadb
        CREATE SEQUENCE IF NOT EXISTS film_no START WITH 100;
        CREATE TABLE IF NOT EXISTS film (
            id BIGINT DEFAULT nextval(film_no) NOT NULL,
            title VARCHAR(50) COLLATE utf8mb4_bin NOT NULL COMMENT 'what it''s called',
            year INTEGER NOT NULL,
            PRIMARY KEY (id)
        ) COMMENT='Films';
    "#]],
    );
    check(
        |it| drop_statements(&metadata([film()]), it),
        expect![[r#"
            -- sqlite
            DROP TABLE IF EXISTS film;
            -- postgres
            DROP TABLE IF EXISTS film;
            DO $$ BEGIN DROP SEQUENCE IF EXISTS film_no; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$;
            -- mysql
            DROP TABLE IF EXISTS film;
            -- mariadb
            DROP TABLE IF EXISTS film;
            DROP SEQUENCE IF EXISTS film_no;
        "#]],
    );
}

#[test]
fn indexes() {
    let newest = Index::new([IndexPart::from("year").desc(), IndexPart::from("title").length(9)]);
    let table = film()
        .index(newest.named("newest"))
        .index(
            Index::new([IndexPart::expression("lower(title)")])
                .named("lower")
                .only([POSTGRES, SQLITE, MYSQL]),
        )
        .index(Index::new(["title"]).unique().when("year > 1900").only([POSTGRES, SQLITE]))
        .index(Index::new(["year"]).when("year > 2000").include(["title"]))
        .index(
            Index::new([IndexPart::from("title").operator_class("text_pattern_ops").nulls_first()])
                .using(IndexMethod::Gist)
                .named("by_word")
                .only([POSTGRES]),
        )
        .index(
            Index::new(["title"])
                .using(IndexMethod::FullText)
                .named("words")
                .only([MARIADB, MYSQL]),
        );
    let indexes = |it: Vec<String>| it.into_iter().filter(|it| it.contains("INDEX")).collect();
    check(
        |it| create_statements(&metadata([table.clone()]), it).map(indexes),
        expect![[r#"
        -- sqlite
        CREATE INDEX IF NOT EXISTS newest ON film (year DESC, title);
        CREATE INDEX IF NOT EXISTS lower ON film ((lower(title)));
        CREATE UNIQUE INDEX IF NOT EXISTS ix_film_title ON film (title) WHERE year > 1900;
        CREATE INDEX IF NOT EXISTS ix_film_year ON film (year) WHERE year > 2000;
        -- postgres
        CREATE INDEX IF NOT EXISTS newest ON film (year DESC, title);
        CREATE INDEX IF NOT EXISTS lower ON film ((lower(title)));
        CREATE UNIQUE INDEX IF NOT EXISTS ix_film_title ON film (title) WHERE year > 1900;
        CREATE INDEX IF NOT EXISTS ix_film_year ON film (year) INCLUDE (title) WHERE year > 2000;
        CREATE INDEX IF NOT EXISTS by_word ON film USING gist (title text_pattern_ops NULLS FIRST);
        -- mysql
        CREATE TABLE IF NOT EXISTS film (
            id BIGINT NOT NULL AUTO_INCREMENT,
            title VARCHAR(50) COLLATE utf8mb4_bin NOT NULL COMMENT 'what it''s called',
            year INTEGER NOT NULL,
            PRIMARY KEY (id),
            INDEX newest (year DESC, title(9)),
            INDEX lower ((lower(title))),
            INDEX ix_film_year (year),
            FULLTEXT INDEX words (title)
        ) COMMENT='Films';
        -- mariadb
        CREATE TABLE IF NOT EXISTS film (
            id BIGINT DEFAULT nextval(film_no) NOT NULL,
            title VARCHAR(50) COLLATE utf8mb4_bin NOT NULL COMMENT 'what it''s called',
            year INTEGER NOT NULL,
            PRIMARY KEY (id),
            INDEX newest (year DESC, title(9)),
            INDEX ix_film_year (year),
            FULLTEXT INDEX words (title)
        ) COMMENT='Films';
    "#]],
    );
}

#[test]
fn constraints_that_wait() {
    let table = Table::new("hand")
        .column(Column::new("id", SqlType::BigInt))
        .column(Column::new("other", SqlType::BigInt))
        .primary_key(["id"])
        .foreign_key(ForeignKey::new(["other"], "hand", ["id"]).deferrable(Deferrable::Deferred));
    check(
        |it| create_statements(&metadata([table.clone()]), it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS hand (
            id INTEGER NOT NULL PRIMARY KEY,
            other INTEGER NOT NULL,
            FOREIGN KEY (other) REFERENCES hand (id) DEFERRABLE INITIALLY DEFERRED
        );
        -- postgres
        CREATE TABLE IF NOT EXISTS hand (
            id BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,
            other BIGINT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY (other) REFERENCES hand (id) DEFERRABLE INITIALLY DEFERRED
        );
        -- mysql
        error: mysql can't do this: a foreign key of `hand` that is deferrable
    "#]],
    );
    let exclusion = Exclusion::new([(IndexPart::expression("id % 2"), "=")]).when("id > 0");
    let table = table
        .unique_constraint(Unique::new(["other"]).deferrable(Deferrable::Immediate))
        .exclusion(exclusion.using(IndexMethod::BTree).named("odd"));
    check(
        |it| create_statements(&metadata([table.clone()]), it),
        expect![[r#"
        -- sqlite
        error: sqlite can't do this: an exclusion constraint of `hand`; name the databases that are to have it (`only`)
        -- postgres
        CREATE TABLE IF NOT EXISTS hand (
            id BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,
            other BIGINT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (other) DEFERRABLE,
            FOREIGN KEY (other) REFERENCES hand (id) DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT odd EXCLUDE USING btree ((id % 2) WITH =) WHERE (id > 0)
        );
        -- mysql
        error: mysql can't do this: an exclusion constraint of `hand`; name the databases that are to have it (`only`)
    "#]],
    );
}

#[test]
fn options_of_tables() {
    let options = TableOptions::new()
        .strict()
        .without_rowid()
        .partition_by("RANGE (day)")
        .partition("log_2024", "FROM ('2024-01-01') TO ('2025-01-01')")
        .partition("log_rest", "DEFAULT")
        .tablespace("Fast")
        .with("fillfactor", "70")
        .unlogged()
        .engine("InnoDB")
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .other("ROW_FORMAT", "DYNAMIC")
        .other("DATA DIRECTORY", "/it's");
    let log = Table::new("log")
        .column(Column::new("day", SqlType::Date))
        .column(Column::new("size", SqlType::named("DECIMAL(9, 2)")))
        .primary_key(["day"])
        .comment("What's new");
    // Those of the metadata are for tables that don't say it themselves.
    let mut some = MetaData::new().table_options(options);
    some.add(log.options(TableOptions::new().engine("Aria"))).unwrap();
    some.add(Table::new("now").column(Column::new("x", SqlType::Int)).temporary()).unwrap();
    check(
        |it| create_statements(&some, it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS log (
            day TEXT NOT NULL,
            size ANY NOT NULL,
            PRIMARY KEY (day)
        ) STRICT, WITHOUT ROWID;
        CREATE TEMPORARY TABLE IF NOT EXISTS now (
            x INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- postgres
        CREATE UNLOGGED TABLE IF NOT EXISTS log (
            day DATE NOT NULL,
            size DECIMAL(9, 2) NOT NULL,
            PRIMARY KEY (day)
        ) WITH (fillfactor=70) TABLESPACE "Fast";
        COMMENT ON TABLE log IS 'What''s new';
        CREATE TEMPORARY TABLE IF NOT EXISTS now (
            x INTEGER NOT NULL
        ) WITH (fillfactor=70) TABLESPACE "Fast";
        -- mysql
        CREATE TABLE IF NOT EXISTS log (
            day DATE NOT NULL,
            size DECIMAL(9, 2) NOT NULL,
            PRIMARY KEY (day)
        ) ENGINE=Aria CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC `DATA DIRECTORY`='/it''s' COMMENT='What''s new';
        CREATE TEMPORARY TABLE IF NOT EXISTS now (
            x INTEGER NOT NULL
        ) ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC `DATA DIRECTORY`='/it''s';
    "#]],
    );
}

#[test]
fn what_makes_no_sense() {
    let refused = |table: Table| MetaData::new().add(table).unwrap_err().to_string();
    let nameless = film().index(Index::new([IndexPart::expression("year + 1")]));
    assert!(
        refused(nameless)
            .contains("an index of `film` is of an expression: give it a name of its own")
    );
    assert!(
        refused(film().index(Index::new([""; 0]))).contains("an index of `film` has no columns")
    );
    assert!(
        refused(film().index(Index::new(["year"]).include(["no"]))).contains("names a column `no`")
    );
    let exclusion = Exclusion::new([("no", "=")]);
    assert!(refused(film().exclusion(exclusion)).contains("names a column `no`"));
    let other = Table::new("other")
        .column(Column::new("id", SqlType::BigInt).sequence(Sequence::new("film_no")))
        .primary_key(["id"]);
    let error = create_statements(&metadata([film(), other]), &aludel_core::dialect::Postgres);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("two columns say different things of the sequence `film_no`"),
        "{error}"
    );
}

// DDL-14
#[test]
fn a_map_of_schemas_keeps_tables_apart() {
    let shared = Table::new("film").schema("shared").column(Column::new("id", SqlType::BigInt));
    let some = metadata([film(), shared]);
    let map = SchemaTranslate::new([(None, "t"), (Some("shared"), "t")]);
    let error =
        create_statements(&some.translated(&map), &aludel_core::dialect::Postgres).unwrap_err();
    assert!(error.to_string().contains("two tables would be `t.film`"), "{error}");
}
