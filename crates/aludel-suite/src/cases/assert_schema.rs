//! What a program declares is compared with what a database has.

mod changes;
pub(super) mod conditions;
mod tables;

use aludel::{
    CreateAll as _, DeclarativeBase as _, EngineOptions, Reflect as _, assert_schema,
    blocking::Engine,
    schema::{Column, CompareOptions, MetaData, ReflectOptions, Table},
    testing::Sandbox,
    value::SqlType,
};
use changes::{OF_THE_DATABASE, OF_THE_DECLARATION};

use crate::{Case, Place, cases, models::Suite};

pub(super) const CASES: &[Case] = cases!["assert_schema":
    the_suite_s_own_tables,
    everything_is_clean,
    what_was_read_makes_the_same,
    each_change_of_the_declaration_is_found,
    each_change_of_the_database_is_found,
    extra_tables,
    nothing_declared,
    the_macro_panics_with_a_line_each,
    the_macro_of_async_programs,
    within_a_sandbox,
];

fn the_suite_s_own_tables(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let differences = Suite::metadata().differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
}

/// A database with all tables, which are dropped at the end.
struct Full {
    engine: Engine,
    declared: MetaData,
}

/// All that a schema can have on a database.
pub(super) fn all_tables(at: &Place) -> MetaData {
    tables::metadata(tables::all(at.dialect()))
}

impl Full {
    fn new(at: &Place) -> Self {
        let engine = at.blocking(EngineOptions::new());
        let declared = all_tables(at);
        declared.drop_all(&engine).unwrap();
        declared.create_all(&engine).unwrap();
        Self { engine, declared }
    }

    fn names(&self) -> Vec<String> {
        self.declared.tables().iter().map(|it| it.name.to_string()).collect()
    }

    fn read(&self) -> MetaData {
        MetaData::reflect_with(&self.engine, ReflectOptions::new().only(self.names())).unwrap()
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        _ = self.declared.drop_all(&self.engine);
    }
}

fn everything_is_clean(at: &Place) {
    let full = Full::new(at);
    let differences = full.declared.differences(&full.engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
}

fn what_was_read_makes_the_same(at: &Place) {
    let full = Full::new(at);
    let read = full.read();
    assert_eq!(read.tables().len(), full.declared.tables().len());
    full.declared.drop_all(&full.engine).unwrap();
    assert_eq!(full.read().tables(), []);
    read.create_all(&full.engine).unwrap();
    let again = full.read();
    assert_eq!(again.tables().len(), read.tables().len());
    let differences = read.differences(&full.engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    let differences = full.declared.differences(&full.engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
}

/// All that is found is expected, and all that is expected is found: each is a piece of one line.
fn check(name: &str, expected: &[&str], declared: &MetaData, engine: &Engine) {
    let found = declared.differences(engine).unwrap();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    let all = expected.iter().all(|it| lines.iter().any(|line| line.contains(it)));
    assert!(all && lines.len() == expected.len(), "{name}: {expected:#?} expected: {lines:#?}");
}

fn each_change_of_the_declaration_is_found(at: &Place) {
    let full = Full::new(at);
    for (name, change, expected) in OF_THE_DECLARATION {
        let mut tables = tables::all(at.dialect());
        change(&mut tables);
        check(name, expected, &tables::metadata(tables), &full.engine);
    }
}

fn each_change_of_the_database_is_found(at: &Place) {
    for (name, sql, expected) in OF_THE_DATABASE {
        let full = Full::new(at);
        let mut connection = full.engine.connect().unwrap();
        connection.execute(*sql).unwrap();
        connection.commit().unwrap();
        drop(connection);
        check(name, expected, &full.declared, &full.engine);
    }
}

fn extra_tables(at: &Place) {
    let full = Full::new(at);
    let some = tables::all(at.dialect()).into_iter().filter(|it| it.name != "keyless");
    let some = tables::metadata(some);
    assert!(some.differences(&full.engine).unwrap().is_empty());
    let options = CompareOptions::new().extra_tables(true);
    let found = some.differences_with(&full.engine, options).unwrap().to_string();
    let expected = "keyless: the database has this table, but it is not declared";
    assert!(found.lines().any(|it| it == expected), "{found}");
}

fn nothing_declared(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let error = MetaData::new().differences(&engine).unwrap_err().to_string();
    assert!(error.contains("there are no tables"), "{error}");
}

/// What a comparison that panics says.
fn message(compare: impl FnOnce()) -> String {
    let compare = std::panic::AssertUnwindSafe(compare);
    let panic = std::panic::catch_unwind(compare).expect_err("it should have panicked");
    *panic.downcast::<String>().expect("a message")
}

const MISSING: &str =
    "the database isn't what is declared:\nwanting: declared, but the database has no such table";

fn wanting() -> MetaData {
    let column = Column::new("x", SqlType::Int);
    tables::metadata([Table::new("wanting").column(column)])
}

fn the_macro_panics_with_a_line_each(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    assert_schema!(Suite, engine);
    assert_schema!(metadata = Suite::metadata(), &engine.clone());
    let said = message(|| assert_schema!(metadata = wanting(), engine));
    assert!(said.contains(file!()) && said.ends_with(MISSING), "{said}");
    let said = message(|| assert_schema!(metadata = MetaData::new(), engine));
    assert!(said.contains("the database can't be compared: ") && said.contains("no tables"));
}

fn the_macro_of_async_programs(at: &Place) {
    let engine = at.plain();
    at.block_on(async { assert_schema!(Suite, engine).await });
    let wanting = wanting();
    let said = message(|| at.block_on(async { assert_schema!(metadata = wanting, engine).await }));
    assert!(said.ends_with(MISSING), "{said}");
}

fn within_a_sandbox(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let sandbox = Sandbox::new(&engine).unwrap();
    assert_schema!(Suite, sandbox.engine());
    sandbox.close().unwrap();
}
