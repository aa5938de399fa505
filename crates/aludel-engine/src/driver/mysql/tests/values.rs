//! Values, there and back: by parameters and columns, by both protocols.

use aludel_core::value::{Date, DateTime, Decimal, Inet, Time};

use super::*;
use crate::{
    blocking::block_on,
    driver::{Params, Run, Statement, run},
};

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

fn time(text: &str) -> Value {
    Value::Time(Time::parse(text).unwrap())
}

fn date(text: &str) -> Value {
    Value::Date(Date::parse(text).unwrap())
}

fn moment(text: &str) -> Value {
    Value::DateTime(DateTime::parse(text).unwrap())
}

// TYP-1
#[test]
fn every_type_there_and_back() {
    let max = u64::MAX.to_string();
    let biggest = "79228162514264337593543950335";
    let uuid = Value::Uuid(std::array::from_fn(|index| index as u8 * 17));
    let inet = Value::Inet(Inet::parse("10.0.0.0/8").unwrap());
    let text = |it: &str| Value::Text(it.to_owned());
    // Type, what is bound, what comes back.
    let cases: Vec<(&str, Value, Value)> = vec![
        ("BOOL", Value::Bool(true), 1.into()),
        ("BOOL", Value::Bool(false), 0.into()),
        ("TINYINT", (-128).into(), (-128).into()),
        ("TINYINT UNSIGNED", 255.into(), 255.into()),
        ("SMALLINT", i16::MIN.into(), i64::from(i16::MIN).into()),
        ("MEDIUMINT", (-8_388_608).into(), (-8_388_608).into()),
        ("INT", i32::MIN.into(), i64::from(i32::MIN).into()),
        ("INT UNSIGNED", u32::MAX.into(), i64::from(u32::MAX).into()),
        ("BIGINT", i64::MIN.into(), i64::MIN.into()),
        ("BIGINT", i64::MAX.into(), i64::MAX.into()),
        ("BIGINT UNSIGNED", i64::MAX.into(), i64::MAX.into()),
        ("BIGINT UNSIGNED", decimal(&max), decimal(&max)),
        ("DECIMAL(20, 0)", decimal(&max), decimal(&max)),
        ("DECIMAL(20, 0)", decimal("-7"), decimal("-7")),
        ("YEAR", 2024.into(), 2024.into()),
        ("BIT(1)", Value::Bool(true), 1.into()),
        ("FLOAT", Value::Real(0.1), Value::Real(f64::from(0.1_f32))),
        ("DOUBLE", Value::Real(f64::MAX), Value::Real(f64::MAX)),
        ("DOUBLE", Value::Real(5e-324), Value::Real(5e-324)),
        ("DOUBLE", Value::Real(-0.1), Value::Real(-0.1)),
        ("DECIMAL(10, 2)", decimal("-12.50"), decimal("-12.5")),
        ("DECIMAL(65, 30)", decimal(biggest), decimal(biggest)),
        (
            "DECIMAL(65, 30)",
            decimal("0.0000000000000000000000000001"),
            decimal("0.0000000000000000000000000001"),
        ),
        (
            "DECIMAL(65, 0)",
            text("79228162514264337593543950336"),
            text("79228162514264337593543950336"),
        ),
        ("LONGTEXT", text("grüße 🦀 \\ ' \" \0 \n"), text("grüße 🦀 \\ ' \" \0 \n")),
        ("VARCHAR(10)", text(""), text("")),
        ("CHAR(3)", text("abc"), text("abc")),
        ("LONGBLOB", Value::Bytes(vec![0, 255, 39, 92]), Value::Bytes(vec![0, 255, 39, 92])),
        ("VARBINARY(9)", Value::Bytes(vec![]), Value::Bytes(vec![])),
        ("BLOB", text("text"), Value::Bytes(b"text".to_vec())),
        ("DATE", date("1000-01-01"), date("1000-01-01")),
        ("DATE", date("9999-12-31"), date("9999-12-31")),
        ("TIME(6)", time("00:00:00"), time("00:00:00")),
        ("TIME(6)", time("23:59:59.999999"), time("23:59:59.999999")),
        ("TIME", time("23:59:59"), time("23:59:59")),
        ("DATETIME(6)", moment("2024-02-29 00:00:00"), moment("2024-02-29 00:00:00")),
        ("DATETIME(6)", moment("9999-12-31 23:59:59.999999"), moment("9999-12-31 23:59:59.999999")),
        (
            "TIMESTAMP(6)",
            moment("2024-02-29 12:00:00.000001"),
            moment("2024-02-29 12:00:00.000001"),
        ),
        (
            "DATETIME(6)",
            Value::Instant(DateTime::parse("2024-02-29 12:00:00.5").unwrap()),
            moment("2024-02-29 12:00:00.5"),
        ),
        ("CHAR(32)", uuid, text("00112233445566778899aabbccddeeff")),
        ("JSON", Value::Json("{\"a\": [1, null]}".into()), text("{\"a\": [1, null]}")),
        ("VARCHAR(49)", inet, text("10.0.0.0/8")),
        ("ENUM('small', 'large')", text("large"), text("large")),
        ("SET('a', 'b')", text("a,b"), text("a,b")),
    ];
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        let columns = cases.iter().enumerate().map(|(i, (ty, ..))| format!("c{i} {ty} NULL"));
        let ddl = format!(
            "CREATE TABLE t (id INT PRIMARY KEY, {})",
            columns.collect::<Vec<_>>().join(", ")
        );
        connection.execute(ddl.as_str()).unwrap();
        let marks = vec!["?"; cases.len() + 1].join(", ");
        let insert = format!("INSERT INTO t VALUES ({marks})");
        let mut full = vec![Value::Int(1)];
        full.extend(cases.iter().map(|(_, bound, _)| bound.clone()));
        let mut empty = vec![Value::Null; cases.len() + 1];
        empty[0] = Value::Int(2);
        let select = "SELECT * FROM t ORDER BY id";
        let binary = step(select, &[], Want::Rows);
        let as_text = Step::Run(Run {
            statement: Statement::once(select),
            params: Params::none(),
            want: Want::Rows,
        });
        let script =
            Script::new([vec![many(&insert, vec![full, empty], Want::Count), binary, as_text]]);
        let done = block_on(run(connection.driver_connection(), script)).unwrap();
        for (protocol, rows) in done.rows.chunks(2).enumerate() {
            for (i, (ty, bound, back)) in cases.iter().enumerate() {
                let found = &rows[0].1[i + 1];
                let same = match (found, back) {
                    // Without parameters, days and times of day come as text.
                    (Value::Text(found), Value::Date(back)) if protocol == 1 => {
                        Date::parse(found).as_ref() == Some(back)
                    }
                    (Value::Text(found), Value::Time(back)) if protocol == 1 => {
                        Time::parse(found).as_ref() == Some(back)
                    }
                    (Value::Text(found), Value::DateTime(back)) if protocol == 1 => {
                        DateTime::parse(found).as_ref() == Some(back)
                    }
                    (Value::Real(found), Value::Real(back)) if *ty == "FLOAT" => {
                        *found as f32 == *back as f32
                    }
                    (found, back) => found == back,
                };
                assert!(same, "{ty}: {bound} came back as {found}, protocol {protocol}");
                assert_eq!(rows[1].1[i + 1], Value::Null, "{ty}");
            }
        }
    }
}

#[test]
fn days_that_are_none() {
    for scratch in Scratch::each() {
        let engine = blocking::Engine::new(&scratch.with("sql_mode=")).unwrap();
        let mut connection = engine.connect().unwrap();
        connection
            .execute("CREATE TABLE t (a DATE, b DATETIME, c DATE, d TIME(6), e TIME)")
            .unwrap();
        let values = "('0000-00-00', '0000-00-00', '2024-00-31', '-838:59:58.5', '30:00:00')";
        connection.execute(format!("INSERT INTO t VALUES {values}").as_str()).unwrap();
        let rows = connection.query("SELECT a, b, c, d, e FROM t WHERE 1").unwrap();
        let texts: Vec<String> = (0..5).map(|i| rows[0].get(i).unwrap()).collect();
        assert_eq!(
            texts,
            ["0000-00-00", "0000-00-00", "2024-00-31", "-838:59:58.500000", "30:00:00"]
        );
        assert!(rows[0].get::<Date>(0).is_err());
        assert!(rows[0].get::<DateTime>(1).is_err());
        assert!(rows[0].get::<Time>(3).is_err());
    }
}

#[test]
fn values_that_cannot_be_kept() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    let early = DateTime {
        date: Date { year: -5, month: 1, day: 1 },
        time: Time::parse("00:00:00").unwrap(),
    };
    for (value, says) in [
        (Value::Real(f64::NAN), "isn't finite"),
        (Value::Real(f64::INFINITY), "isn't finite"),
        (Value::DateTime(early), "beyond 9999"),
    ] {
        let script = Script::one(step("SELECT ?", &[value], Want::Rows));
        let Err(error) = block_on(run(connection.driver_connection(), script)) else {
            panic!("refused")
        };
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_eq!(connection.query("SELECT 1").unwrap().len(), 1);
}
