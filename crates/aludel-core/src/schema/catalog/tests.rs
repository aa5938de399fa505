//! Whatever a catalog answers is read, or refused.

use super::{Answers, Catalog, CatalogQuery, MARIADB, MYSQL, POSTGRES, ReflectOptions, SQLITE};
use crate::value::Value;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn value(numbers: &mut Numbers) -> Value {
    const TEXTS: [&str; 24] = [
        "",
        "t",
        "u",
        "a",
        "b",
        "PRIMARY",
        "p",
        "c",
        "f",
        "NO",
        "YES",
        "PRI",
        "auto_increment",
        "integer",
        "VARCHAR(x)",
        "enum('a",
        "numeric(999,999)",
        "STORED GENERATED",
        "CREATE TABLE t (a CHECK (b",
        "nextval('",
        "NULL::x",
        "a[][]",
        "json_valid(`a`)",
        "Ü(",
    ];
    match numbers.below(12) {
        0 => Value::Null,
        1 => Value::Int(numbers.below(5) as i64 - 1),
        2 => Value::Bool(true),
        3 => Value::Bytes(vec![0xff; numbers.below(3)]),
        4 => Value::Real(0.5),
        _ => TEXTS[numbers.below(TEXTS.len())].into(),
    }
}

#[test]
fn no_answer_stops_the_program() {
    let mut numbers = Numbers(7);
    let mut read = 0;
    for catalog in [SQLITE, POSTGRES, MARIADB, MYSQL] {
        for round in 0..3_000 {
            let options = match round % 3 {
                0 => ReflectOptions::new(),
                1 => ReflectOptions::new().schema("t").default_schema(),
                _ => ReflectOptions::new().schema("t").only(["a"]),
            };
            let statements = catalog.queries(&options).len();
            let mut answers = Answers::new(statements);
            for statement in 0..statements {
                for _ in 0..numbers.below(4) {
                    let columns = 17 - numbers.below(15);
                    answers.push(statement, (0..columns).map(|_| value(&mut numbers)).collect());
                }
            }
            read += usize::from(catalog.read(&options, &answers).is_ok());
        }
        for text in
            ["", "(", ")", "a(", "a()", "enum", "enum(", "x[]", "[]", "é(é)", "decimal(1,2,3)"]
        {
            _ = catalog.read_type(text);
        }
    }
    assert!(read > 0);
}

#[test]
fn names_are_bound() {
    let name = "no ' such \" name";
    let options = ReflectOptions::new().schema("some").only([name, "other"]);
    for catalog in [POSTGRES, MARIADB, MYSQL, SQLITE] {
        let named = |it: &&CatalogQuery| it.params.contains(&Value::from(name));
        let queries = catalog.queries(&options);
        assert!(queries.iter().all(|it| !it.sql.contains(name)));
        assert!(queries.iter().filter(named).count() >= 4);
    }
}

/// What a catalog reads of these rows, a list of them a statement.
fn read(catalog: &dyn Catalog, rows: Vec<Vec<Vec<Value>>>) -> super::Reflected {
    let mut answers = Answers::new(rows.len());
    for (statement, rows) in rows.into_iter().enumerate() {
        rows.into_iter().for_each(|row| answers.push(statement, row));
    }
    catalog.read(&ReflectOptions::new(), &answers).expect("rows in their form")
}

#[test]
fn what_mysql_shows_is_unquoted() {
    let text = |it: &[&str]| it.iter().map(|it| Value::from(*it)).collect::<Vec<_>>();
    let column = |name, ty, default: &str, extra| {
        text(&["db", "t", name, ty, "YES", default, extra, "", "", "", "utf8mb4_bin"])
    };
    let columns = vec![
        column("a", "varchar(9)", "it's", ""),
        column("b", "int", "7", ""),
        column("c", "datetime(6)", "CURRENT_TIMESTAMP(6)", "DEFAULT_GENERATED"),
        column("d", "char(36)", "concat(_utf8mb4\\'a\\')", "DEFAULT_GENERATED"),
    ];
    let check = text(&["db", "t", "t_chk_1", "(`a` <> _utf8mb4\\'x\\')"]);
    let table = text(&["db", "t", "InnoDB", "utf8mb4_bin", "", "row_format=DYNAMIC"]);
    let rows = vec![vec![text(&["db"])], vec![table], columns, vec![], vec![], vec![check]];
    let found = read(MYSQL, rows);
    let table = found.metadata.table("t").expect("it is among the rows");
    let defaults: Vec<String> =
        table.columns.iter().map(|it| format!("{:?}", it.server_default)).collect();
    let expected = ["'it''s'", "7", "CURRENT_TIMESTAMP(6)", "concat(_utf8mb4'a')"];
    assert_eq!(defaults, expected.map(|it| format!("Some(Sql({it:?}))")));
    assert_eq!(table.checks[0].sql, "(`a` <> _utf8mb4'x')");
}
