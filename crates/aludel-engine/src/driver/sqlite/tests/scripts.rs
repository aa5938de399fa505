//! What a script sends and gets back.

use aludel_core::value::{
    ArrayValue, Date, DateTime, Decimal, Inet, RangeValue, SqlType, Time, Value,
};

use super::*;
use crate::{
    EngineFace, Error,
    blocking::block_on,
    driver::{run, run_returning},
};

fn go(engine: &blocking::Engine, script: Script) -> Result<Script> {
    let mut connection = block_on(engine.core().checkout())?;
    block_on(run(&mut *connection, script))
}

#[test]
fn keys_counts_and_rows() {
    let engine = memory();
    let done = go(
        &engine,
        Script::new([
            vec![BEGIN, step("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", &[], Want::Nothing)],
            vec![many(
                "INSERT INTO t (a) VALUES (?)",
                vec![vec!["x".into()], vec!["y".into()], vec![Value::Null]],
                Want::Keys,
            )],
            vec![
                step("UPDATE t SET a = a || '!' WHERE id <= ?", &[2.into()], Want::Count),
                step("DELETE FROM t WHERE id = ?", &[9.into()], Want::Count),
                step("CREATE TABLE u (a)", &[], Want::Count),
                step("SELECT a, id FROM t ORDER BY id", &[], Want::Rows),
            ],
            vec![COMMIT],
        ]),
    )
    .unwrap();
    assert_eq!(done.keys, [(0, 0, 1), (0, 1, 2), (0, 2, 3)]);
    // ENG-5: matched rows; the DDL doesn't report those of the statement before it
    assert_eq!(done.counts, [(0, 0, 2), (1, 0, 0), (2, 0, 0)]);
    let row = |a: Value, id: i64| (3, vec![a, id.into()]);
    assert_eq!(done.rows, [row("x!".into(), 1), row("y!".into(), 2), row(Value::Null, 3)]);
    assert!(!block_on(engine.core().checkout()).unwrap().in_transaction());
}

#[test]
fn values_as_sqlite_keeps_them() {
    let date = Date { year: 2026, month: 2, day: 3 };
    let time = Time { hour: 4, minute: 5, second: 6, micros: 0 };
    let values = [
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Real(0.1),
        Value::Text("a\0b".into()),
        Value::Bytes(vec![0, 255]),
        Value::Date(date),
        Value::Time(time),
        Value::DateTime(DateTime { date, time }),
        Value::Decimal(Decimal::parse("-1.50").unwrap()),
        Value::Instant(DateTime { date, time }),
        Value::Instant(DateTime { date, time: Time { micros: 70, ..time } }),
        Value::Uuid(std::array::from_fn(|index| index as u8)),
        Value::Json("[1]".into()),
        Value::Inet(Inet::parse("10.0.0.0/8").unwrap()),
        Value::Null,
    ];
    let sql = format!("SELECT ?{}", ", ?".repeat(values.len() - 1));
    let done = go(&memory(), Script::one(step(&sql, &values, Want::Rows))).unwrap();
    let expected = [
        Value::Int(1),
        Value::Int(i64::MIN),
        Value::Real(0.1),
        "a\0b".into(),
        Value::Bytes(vec![0, 255]),
        "2026-02-03".into(),
        Value::Text(time.to_string()),
        Value::Text(DateTime { date, time }.to_string()),
        "-1.50".into(),
        "2026-02-03 04:05:06.000000".into(),
        "2026-02-03 04:05:06.000070".into(),
        "000102030405060708090a0b0c0d0e0f".into(),
        "[1]".into(),
        "10.0.0.0/8".into(),
        Value::Null,
    ];
    assert_eq!(done.rows, [(0, expected.to_vec())]);
}

#[test]
fn sqlite_keeps_no_arrays_and_ranges() {
    let array = ArrayValue { element: SqlType::Int, items: vec![1.into()] };
    let range = RangeValue { element: SqlType::Int, bounds: None };
    for (value, says) in [
        (Value::Array(Box::new(array)), "SQLite can't keep an array: [1]"),
        (Value::Range(Box::new(range)), "SQLite can't keep a range: empty"),
    ] {
        let error = go(&memory(), Script::one(step("SELECT ?", &[value], Want::Rows)));
        let error = error.err().unwrap().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn what_stands_in_a_column_comes_as_it_is() {
    let engine = memory();
    let rows = go(
        &engine,
        Script::new([
            vec![step("CREATE TABLE t (n INTEGER)", &[], Want::Nothing)],
            vec![step("INSERT INTO t VALUES ('many')", &[], Want::Nothing)],
            vec![step("SELECT n, CAST(x'ff61' AS TEXT) FROM t", &[], Want::Rows)],
        ]),
    );
    assert_eq!(rows.unwrap().rows, [(0, vec!["many".into(), Value::Bytes(vec![0xff, b'a'])])]);
}

#[test]
fn parameters_are_counted() {
    for (values, says) in [
        (vec![], "2 parameters, but 0 are given"),
        (vec![1.into()], "2 parameters, but 1 are given"),
        (vec![1.into(); 3], "2 parameters, but more are given"),
    ] {
        let error = go(&memory(), Script::one(step("SELECT ?, ?", &values, Want::Rows)));
        let error = error.err().unwrap().to_string();
        assert!(error.contains(says) && error.contains("SELECT ?, ?"), "{error}");
    }
}

#[test]
fn the_first_error_ends_the_unit_and_the_script_comes_back() {
    let engine = memory();
    let mut connection = block_on(engine.core().checkout()).unwrap();
    let script = Script::new([
        vec![BEGIN, step("CREATE TABLE t (a UNIQUE)", &[], Want::Nothing)],
        vec![many(
            "INSERT INTO t VALUES (?)",
            vec![vec![1.into()], vec![2.into()], vec![1.into()], vec![3.into()]],
            Want::Keys,
        )],
        vec![COMMIT],
    ]);
    let (result, script) = block_on(run_returning(&mut *connection, script));
    assert!(result.is_err());
    assert_eq!(script.keys.len(), 2);
    assert_eq!(script.waves.len(), 1, "the COMMIT was not asked for");
    assert!(connection.in_transaction());
    block_on(run(&mut *connection, Script::one(ROLLBACK))).unwrap();
    assert!(!connection.in_transaction());
}

#[test]
fn savepoints_nest() {
    // ENG-3
    let engine = memory();
    let add = |n: i64| step("INSERT INTO t VALUES (?)", &[n.into()], Want::Nothing);
    let control = Step::Control;
    let done = go(
        &engine,
        Script::new([
            vec![BEGIN, step("CREATE TABLE t (a)", &[], Want::Nothing)],
            vec![add(1), control(Control::Savepoint(1)), add(2)],
            vec![control(Control::Savepoint(2)), add(3), control(Control::RollbackTo(2))],
            vec![control(Control::Release(1)), add(4), COMMIT],
            vec![step("SELECT a FROM t", &[], Want::Rows)],
        ]),
    );
    let values: Vec<_> = done.unwrap().rows.into_iter().map(|(_, row)| row[0].clone()).collect();
    assert_eq!(values, [1.into(), 2.into(), Value::from(4)]);
}

#[test]
fn transaction_control_that_makes_no_sense() {
    let engine = memory();
    let message = |script| go(&engine, script).err().unwrap().to_string();
    assert!(message(Script::one(COMMIT)).contains("no transaction"));
    assert!(message(Script::new([vec![BEGIN, BEGIN]])).contains("within a transaction"));
    // Nothing to undo is no error: SQLite rolls back by itself after some errors.
    go(&engine, Script::one(ROLLBACK)).unwrap();
}

#[test]
fn the_log_tells_every_step() {
    let engine = memory();
    go(&engine, Script::one(step("CREATE TABLE t (a, b)", &[], Want::Nothing))).unwrap();
    assert!(engine.log().take().is_empty(), "off unless asked for");
    engine.log().start();
    let insert = |sets| many("INSERT INTO t VALUES (?, ?)", sets, Want::Nothing);
    let sets = vec![vec![1.into(), "x".into()], vec![2.into(), Value::Null]];
    let script = [BEGIN, insert(sets.clone()), Step::Control(Control::Savepoint(1)), COMMIT];
    go(&engine, Script::new([script.to_vec()])).unwrap();
    let lines = [
        "BEGIN IMMEDIATE",
        "INSERT INTO t VALUES (?, ?) -- 2 rows",
        "SAVEPOINT aludel_1",
        "COMMIT",
    ];
    assert_eq!(engine.log().take(), lines);

    engine.log().start_with_parameters();
    go(&engine, Script::one(insert(sets))).unwrap();
    let line = "INSERT INTO t VALUES (?, ?) -- (1, \"x\"), (2, NULL)";
    assert_eq!(engine.log().take(), [line]);
    engine.log().stop();
    go(&engine, Script::one(step("SELECT 1", &[], Want::Rows))).unwrap();
    assert!(engine.log().take().is_empty());
}

#[test]
fn more_statements_than_the_cache_holds() {
    // ENG-6: results never depend on the cache's state
    let options = EngineOptions::new().statement_cache(2);
    let engine = blocking::Engine::with_options("sqlite::memory:", options).unwrap();
    for round in 0..3 {
        let steps = (0..5_i64).map(|i| step(&format!("SELECT {i}"), &[], Want::Rows)).collect();
        let rows = go(&engine, Script::new([steps])).unwrap().rows;
        assert_eq!(rows, [0, 1, 2, 3, 4].map(|i| (i, vec![Value::Int(i as i64)])), "{round}");
    }
}

#[test]
fn a_panic_in_a_script_is_an_error_for_the_task() {
    struct Panics;
    impl Work for Panics {
        fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
            out.extend([BEGIN, step("SELECT 1", &[], Want::Rows)]);
            Ok(Flow::More)
        }
        fn row(&mut self, _: usize, _: &dyn Columns) -> Result<()> {
            panic!("by a decoder")
        }
        fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
            self
        }
    }
    let engine = async_engine("sqlite::memory:");
    block_on(async {
        let mut connection = engine.core().checkout().await.unwrap();
        let error = run(&mut *connection, Panics).await.err().unwrap();
        assert!(matches!(&error, Error::Script(_)));
        assert!(error.to_string().contains("by a decoder"), "{error}");
        drop(connection);
        let mut connection = engine.core().checkout().await.unwrap();
        assert!(!connection.in_transaction());
        run(&mut *connection, Script::one(step("SELECT 1", &[], Want::Rows))).await.unwrap();
    });
}
