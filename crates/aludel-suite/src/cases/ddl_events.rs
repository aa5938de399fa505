//! Statements of one's own around the creating and dropping of tables, and scripts for the databases' own clients.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

use aludel::{
    CreateAll as _, EngineOptions, Reflect as _,
    blocking::Engine,
    dialect::{MARIADB, MYSQL, POSTGRES, SQLITE},
    schema::{Column, Ddl, DdlTarget, ForeignKey, MetaData, Table},
    value::SqlType,
};

use crate::{Case, Place, cases, neutral};

pub(super) const CASES: &[Case] = cases!["ddl_events":
    they_stand_around_what_they_belong_to,
    a_trigger_is_made_once_and_works,
    several_programs_at_once needs SHARED,
    a_table_that_there_is_not,
    a_refused_statement_takes_all_back,
    the_script_runs_in_the_database_s_own_client needs SHARED,
];

fn tables(metadata: MetaData) -> MetaData {
    let mut metadata = metadata;
    let id = || Column::new("id", SqlType::BigInt);
    let title = Column::new("title", SqlType::VarChar(40));
    let film = Table::new("ddl_film").column(id()).column(title).primary_key(["id"]);
    let seen = Table::new("ddl_seen").column(id()).column(Column::new("film_id", SqlType::BigInt));
    let seen =
        seen.primary_key(["id"]).foreign_key(ForeignKey::new(["film_id"], "ddl_film", ["id"]));
    metadata.add(film).unwrap();
    metadata.add(seen).unwrap();
    metadata
}

fn fresh(at: &Place) -> Engine {
    let engine = at.blocking(EngineOptions::new());
    tables(MetaData::new()).drop_all(&engine).unwrap();
    engine
}

/// A trigger that notes each film as seen, as each database spells it.
fn with_trigger() -> MetaData {
    let body = "INSERT INTO ddl_seen (id, film_id) VALUES (new.id, new.id)";
    let head = "CREATE TRIGGER ddl_note AFTER INSERT ON {fullname}";
    let function = format!(
        "CREATE FUNCTION ddl_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NEW; END $$"
    );
    let (both, postgres) = ([MARIADB, MYSQL], [POSTGRES]);
    let on_postgres = |sql: &str| Ddl::new(sql).execute_if(postgres);
    tables(MetaData::new())
        .after_create("ddl_film", on_postgres(&function))
        .after_create(
            "ddl_film",
            on_postgres(&format!("{head} FOR EACH ROW EXECUTE FUNCTION ddl_note()")),
        )
        .after_create(
            "ddl_film",
            Ddl::new(format!("{head} BEGIN {body}; END")).execute_if([SQLITE]),
        )
        .after_create(
            "ddl_film",
            Ddl::new(format!("{head} FOR EACH ROW BEGIN {body}; END;")).execute_if(both),
        )
        .after_drop("ddl_film", on_postgres("DROP FUNCTION ddl_note()"))
}

fn they_stand_around_what_they_belong_to(at: &Place) {
    let engine = fresh(at);
    let say = |what: &str| Ddl::new(format!("SELECT '{what} {{table}} {{x}}'"));
    let metadata = tables(MetaData::new())
        .before_create(DdlTarget::All, say("first of all"))
        .after_create(DdlTarget::All, say("last of all"))
        .before_create("ddl_seen", say("before"))
        .after_create("ddl_seen", say("after"))
        .before_drop("ddl_seen", say("before the drop of"))
        .after_drop("ddl_seen", say("after the drop of"))
        .after_create("ddl_seen", Ddl::new("SELECT oops").execute_if([]));
    let sent = |act: &dyn Fn()| {
        engine.log().start();
        act();
        let sent = neutral(engine.dialect(), &engine.log().take());
        engine.log().stop();
        let known = ["SELECT '", "CREATE TABLE", "DROP TABLE"];
        let short = |it: &String| it.lines().next().unwrap_or_default().to_owned();
        let lines: Vec<String> = sent
            .iter()
            .filter(|it| known.iter().any(|start| it.starts_with(start)))
            .map(short)
            .collect();
        lines
    };
    let (film, seen) = ("CREATE TABLE IF NOT EXISTS ddl_film (", "CREATE TABLE ddl_seen (");
    let seen_already = "CREATE TABLE IF NOT EXISTS ddl_seen (";
    let (first, last) = ("SELECT 'first of all {table} {x}'", "SELECT 'last of all {table} {x}'");
    let (before, after) = ("SELECT 'before ddl_seen {x}'", "SELECT 'after ddl_seen {x}'");
    let create = || metadata.create_all(&engine).unwrap();
    assert_eq!(sent(&create), [first, film, before, seen, after, last]);
    // What is there has had its statements.
    assert_eq!(sent(&create), [first, film, seen_already, last]);
    let dropped = ["DROP TABLE IF EXISTS ddl_seen", "DROP TABLE IF EXISTS ddl_film"];
    let sure = "DROP TABLE ddl_seen";
    let around =
        ["SELECT 'before the drop of ddl_seen {x}'", "SELECT 'after the drop of ddl_seen {x}'"];
    let drop = || metadata.drop_all(&engine).unwrap();
    assert_eq!(sent(&drop), [around[0], sure, around[1], dropped[1]]);
    assert_eq!(sent(&drop), dropped);
}

fn a_trigger_is_made_once_and_works(at: &Place) {
    let engine = fresh(at);
    let metadata = with_trigger();
    metadata.create_all(&engine).unwrap();
    metadata.create_all(&engine).unwrap();
    insert_and_count(&engine);
    metadata.drop_all(&engine).unwrap();
    metadata.drop_all(&engine).unwrap();
    metadata.create_all(&engine).unwrap();
    metadata.drop_all(&engine).unwrap();
}

/// One film is inserted, and one row is there of what the trigger makes.
fn insert_and_count(engine: &Engine) {
    let mut connection = engine.connect().unwrap();
    connection.execute("INSERT INTO ddl_film (id, title) VALUES (7, 'Metropolis')").unwrap();
    let seen = connection.query("SELECT film_id FROM ddl_seen").unwrap();
    assert_eq!((seen.len(), seen[0].get::<i64>(0).unwrap()), (1, 7));
    connection.commit().unwrap();
}

fn several_programs_at_once(at: &Place) {
    let engines: Vec<Engine> = (0..4).map(|_| at.blocking(EngineOptions::new())).collect();
    let metadata = with_trigger();
    for _ in 0..at.many(3) {
        metadata.drop_all(&engines[0]).unwrap();
        thread::scope(|scope| {
            for engine in &engines {
                let metadata = &metadata;
                scope.spawn(move || metadata.create_all(engine).unwrap());
            }
        });
        insert_and_count(&engines[0]);
    }
    metadata.drop_all(&engines[0]).unwrap();
}

fn a_table_that_there_is_not(at: &Place) {
    let engine = fresh(at);
    let metadata = tables(MetaData::new()).after_create("ddl_flim", Ddl::new("SELECT 1"));
    let error = metadata.create_all(&engine).unwrap_err().to_string();
    assert!(error.contains("`SELECT 1` is attached to a table that there is not"), "{error}");
    assert!(error.contains("ddl_flim"), "{error}");
}

fn a_refused_statement_takes_all_back(at: &Place) {
    let engine = fresh(at);
    let metadata = tables(MetaData::new()).after_create("ddl_seen", Ddl::new("SELECT * FROM oops"));
    let error = metadata.create_all(&engine).unwrap_err().to_string();
    assert!(error.contains("oops"), "{error}");
    let there = metadata.differences(&engine).unwrap().len();
    // MySQL and MariaDB commit after each statement.
    let commits = [MYSQL, MARIADB].iter().any(|it| it.is(at.dialect()));
    assert_eq!(there, if commits { 0 } else { 2 });
    tables(MetaData::new()).drop_all(&engine).unwrap();
}

/// Runs a script in the database's own client.
fn run_script(engine: &Engine, script: &str) {
    let url = engine.url();
    let (host, port) = (url.host().unwrap_or("localhost"), url.port().map(|it| it.to_string()));
    let (user, database) = (url.user().unwrap_or("root"), url.database().unwrap_or_default());
    let mut command = match engine.dialect().name() {
        "sqlite" => {
            let connection = rusqlite::Connection::open(database).unwrap();
            return connection.execute_batch(script).unwrap();
        }
        "postgres" => {
            let mut command = Command::new("psql");
            command.args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                host,
                "-U",
                user,
                "-d",
                database,
            ]);
            command.args(["-p", port.as_deref().unwrap_or("5432")]);
            command.env("PGPASSWORD", url.password().unwrap_or_default());
            command
        }
        _ => {
            let mut command = Command::new("mariadb");
            command.args(["--protocol=tcp", "-h", host, "-u", user, "-D", database]);
            command.args(["-P", port.as_deref().unwrap_or("3306")]);
            command.env("MYSQL_PWD", url.password().unwrap_or_default());
            command
        }
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = command.spawn().unwrap();
    client.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn the_script_runs_in_the_database_s_own_client(at: &Place) {
    let engine = fresh(at);
    let metadata = with_trigger();
    run_script(&engine, &metadata.create_script(engine.dialect()).unwrap());
    assert!(metadata.differences(&engine).unwrap().is_empty());
    insert_and_count(&engine);
    run_script(&engine, &metadata.drop_script(engine.dialect()).unwrap());
    assert_eq!(metadata.differences(&engine).unwrap().len(), 2);
    // All that the suite's other tables use, labels and defaults included.
    let all = super::assert_schema::all_tables(at);
    all.drop_all(&engine).unwrap();
    run_script(&engine, &all.create_script(engine.dialect()).unwrap());
    let differences = all.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    run_script(&engine, &all.drop_script(engine.dialect()).unwrap());
    assert_eq!(all.differences(&engine).unwrap().len(), all.tables().len());
}
