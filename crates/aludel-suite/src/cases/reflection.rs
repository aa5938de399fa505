//! The tables of a database are read as they are, whoever made them.

use aludel::{
    CreateAll as _, EngineOptions, Reflect as _,
    blocking::Engine,
    schema::{Action, Column, MetaData, Name, ReflectOptions, ServerDefault, Table},
    value::SqlType,
};

use crate::{Case, Place, cases};

pub(super) const CASES: &[Case] = cases!["reflection":
    hand_made_tables,
    only_some_tables,
    nothing_is_nothing,
    as_many_statements_whatever_there_is,
    another_schema needs SHARED,
    an_async_engine,
    no_views,
    names_are_taken_as_they_are,
];

/// Executes statements.
fn run(engine: &Engine, statements: &[&str]) {
    let mut connection = engine.connect().unwrap();
    for sql in statements {
        connection.execute(*sql).unwrap();
    }
    connection.commit().unwrap();
}

fn read(engine: &Engine, tables: &[&str]) -> MetaData {
    MetaData::reflect_with(engine, ReflectOptions::new().only(tables.iter().copied())).unwrap()
}

fn column<'a>(table: &'a Table, name: &str) -> &'a Column {
    table.find_column(name).unwrap_or_else(|| panic!("no column `{name}` in {table:?}"))
}

fn default_of(column: &Column) -> &str {
    match &column.server_default {
        Some(ServerDefault::Sql(it)) => it,
        other => panic!("{other:?}"),
    }
}

fn hand_made_tables(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    run(&engine, &["DROP TABLE IF EXISTS hand_child", "DROP TABLE IF EXISTS hand"]);
    // A type that has no name here, a numbered key, and a default.
    let (odd, key, note) = match at.dialect().name() {
        "sqlite" => ("MONEY(3)", "INTEGER PRIMARY KEY", "TEXT DEFAULT 'it''s'"),
        "postgres" => ("tsquery", "serial PRIMARY KEY", "text DEFAULT 'it''s'"),
        _ => ("mediumtext", "INT AUTO_INCREMENT PRIMARY KEY", "LONGTEXT DEFAULT 'it''s'"),
    };
    run(
        &engine,
        &[
            &format!(
                "CREATE TABLE hand (id {key}, odd {odd}, note {note}, a INT NOT NULL, UNIQUE (a, id))"
            ),
            "CREATE TABLE hand_child (x INT, y INT NOT NULL, z INT CHECK (z > 3), \
         CONSTRAINT up FOREIGN KEY (x, y) REFERENCES hand (a, id) ON DELETE CASCADE, PRIMARY KEY (y))",
            "CREATE INDEX ix_z ON hand_child (z, x)",
        ],
    );
    let metadata = read(&engine, &["hand_child", "hand"]);
    let (hand, child) = (metadata.table("hand").unwrap(), metadata.table("hand_child").unwrap());
    let names: Vec<&str> = hand.columns.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["id", "odd", "note", "a"]);
    assert!(hand.autoincrement && hand.primary_key == ["id"] && !column(hand, "id").nullable);
    assert_eq!(column(hand, "id").server_default, None);
    assert!(matches!(column(hand, "odd").ty, SqlType::Named(it) if it.eq_ignore_ascii_case(odd)));
    assert_eq!(column(hand, "note").ty, SqlType::Text);
    assert!(default_of(column(hand, "note")).starts_with("'it"));
    assert!(column(hand, "note").nullable && !column(hand, "a").nullable);
    assert_eq!(hand.uniques.len(), 1);
    assert_eq!(hand.uniques[0].columns, ["a", "id"]);
    let key = &child.foreign_keys[0];
    assert_eq!((key.name.as_deref(), &*key.table), (Some("up"), "hand"));
    assert_eq!(
        (&key.columns[..], &key.references[..]),
        (&["x", "y"].map(Name::from)[..], &["a", "id"].map(Name::from)[..])
    );
    assert_eq!((key.on_delete, key.on_update), (Action::Cascade, Action::NoAction));
    assert_eq!(child.checks.len(), 1);
    assert!(child.checks[0].sql.contains("> 3"));
    assert_eq!(child.indexes.len(), 1, "none that a key has: {:?}", child.indexes);
    assert_eq!(child.indexes[0].columns().unwrap(), ["z", "x"]);
    // What was read makes the same again.
    metadata.drop_all(&engine).unwrap();
    metadata.create_all(&engine).unwrap();
    let differences = metadata.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    metadata.drop_all(&engine).unwrap();
}

fn only_some_tables(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let some = read(&engine, &["user_account", "tag", "no such table"]);
    let names: Vec<&str> = some.tables().iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["tag", "user_account"]);
    let all = MetaData::reflect(&engine).unwrap();
    assert!(all.tables().len() > 20);
    assert_eq!(all.table("tag"), some.table("tag"));
}

fn nothing_is_nothing(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    assert_eq!(read(&engine, &[]).tables(), []);
    assert_eq!(read(&engine, &["no such table"]).tables(), []);
    if at.dialect().name() != "sqlite" {
        let options = ReflectOptions::new().schema("no such schema");
        assert_eq!(MetaData::reflect_with(&engine, options).unwrap().tables(), []);
    }
}

fn as_many_statements_whatever_there_is(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let count = |options| {
        engine.log().start();
        MetaData::reflect_with(&engine, options).unwrap();
        let sent = engine.log().take();
        engine.log().stop();
        sent.len()
    };
    let one = count(ReflectOptions::new().only(["tag"]));
    assert_eq!(one, count(ReflectOptions::new()));
    assert!(one <= 9, "{one}");
}

fn another_schema(at: &Place) {
    let engine = at.blocking(EngineOptions::new().pool_size(1).max_overflow(0));
    let name = match at.dialect().name() {
        "sqlite" => {
            engine.on_connect(|it| it.execute("ATTACH ':memory:' AS \"other.one\""));
            return attached(&engine);
        }
        "postgres" => "other.one".to_owned(),
        _ => {
            let mut connection = engine.connect().unwrap();
            let row = connection.query("SELECT DATABASE()").unwrap();
            format!("{}.other", row[0].get::<String>(0).unwrap())
        }
    };
    let quote = |it: &str| {
        let mut sql = String::new();
        at.dialect().quoted(&mut sql, it);
        sql
    };
    let schema = quote(&name);
    let (what, all) = match at.dialect().name() {
        "postgres" => ("SCHEMA", " CASCADE"),
        _ => ("DATABASE", ""),
    };
    let drop = format!("DROP {what} IF EXISTS {schema}{all}");
    run(&engine, &["DROP TABLE IF EXISTS here", &drop]);
    run(
        &engine,
        &[
            &format!("CREATE {what} {schema}"),
            &format!("CREATE TABLE {schema}.there (id BIGINT PRIMARY KEY, up BIGINT)"),
            "CREATE TABLE here (id BIGINT PRIMARY KEY, there_id BIGINT)",
            &format!(
                "ALTER TABLE here ADD CONSTRAINT far FOREIGN KEY (there_id) REFERENCES {schema}.there (id)"
            ),
            &format!(
                "ALTER TABLE {schema}.there ADD CONSTRAINT own FOREIGN KEY (up) REFERENCES {schema}.there (id)"
            ),
        ],
    );
    let here = read(&engine, &["here"]);
    assert_eq!(here.table("here").unwrap().foreign_keys[0].schema.as_deref(), Some(&*name));
    let options = ReflectOptions::new().schema(&name);
    let there = MetaData::reflect_with(&engine, options).unwrap();
    assert_eq!(there.tables().len(), 1);
    let table = there.table("there").unwrap();
    assert_eq!(
        (table.schema.as_deref(), table.foreign_keys[0].schema.as_deref()),
        (Some(&*name), Some(&*name))
    );
    // Both at once, as a comparison wants them.
    let options = ReflectOptions::new().schema(&name).default_schema().only(["here", "there"]);
    let both = MetaData::reflect_with(&engine, options).unwrap();
    assert_eq!(both.tables().len(), 2);
    let differences = both.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    both.drop_all(&engine).unwrap();
    let lines = both.differences(&engine).unwrap().to_string();
    assert!(lines.contains(&format!("{name}.there: declared, but")), "{lines}");
    assert!(lines.contains("here: declared, but"), "{lines}");
    run(&engine, &[&drop]);
}

/// SQLite's other schemas are databases that a connection attaches.
fn attached(engine: &Engine) {
    run(
        engine,
        &[
            "CREATE TABLE \"other.one\".there (id INTEGER PRIMARY KEY, up REFERENCES there, x INT)",
            "CREATE INDEX \"other.one\".ix ON there (x)",
        ],
    );
    let options = ReflectOptions::new().schema("other.one");
    let there = MetaData::reflect_with(engine, options).unwrap();
    let table = there.table("there").unwrap();
    assert_eq!(
        (&*table.foreign_keys[0].table, &table.foreign_keys[0].references[..]),
        ("there", &["id".into()][..])
    );
    assert_eq!(table.indexes[0].columns().unwrap(), ["x"]);
    let differences = there.differences(engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    let here = MetaData::reflect(engine).unwrap();
    assert!(here.table("there").is_none() && here.table("tag").is_some());
}

fn an_async_engine(at: &Place) {
    let blocking = MetaData::reflect(&at.blocking(EngineOptions::new())).unwrap();
    let engine = at.plain();
    let metadata = at.block_on(async { MetaData::reflect(&engine).await.unwrap() });
    assert_eq!(metadata, blocking);
    let differences = at.block_on(async { metadata.differences(&engine).await.unwrap() });
    assert!(differences.is_empty(), "{differences}");
}

fn no_views(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    run(&engine, &["DROP VIEW IF EXISTS seen", "CREATE VIEW seen AS SELECT id FROM tag"]);
    let metadata = MetaData::reflect(&engine).unwrap();
    assert!(metadata.table("seen").is_none() && metadata.table("tag").is_some());
    run(&engine, &["DROP VIEW seen"]);
}

fn names_are_taken_as_they_are(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let mut declared = MetaData::new();
    for name in ["a.b", "Größe", "it's; --", "ta\"ble`", "100%_"] {
        let column = |it| Column::new(it, SqlType::BigInt);
        let table = Table::new(name).column(column("x.y")).column(column("é\"`'"));
        declared.add(table.primary_key(["x.y"]).unique(["é\"`'"])).unwrap();
    }
    declared.drop_all(&engine).unwrap();
    declared.create_all(&engine).unwrap();
    let names: Vec<&str> = declared.tables().iter().map(|it| &*it.name).collect();
    let metadata = read(&engine, &names);
    let differences = declared.differences(&engine).unwrap();
    let back = metadata.differences(&engine).unwrap();
    declared.drop_all(&engine).unwrap();
    assert_eq!(metadata.tables().len(), 5);
    assert!(differences.is_empty() && back.is_empty(), "{differences}{back}");
}
