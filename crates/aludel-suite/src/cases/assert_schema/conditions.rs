//! Conditions of all shapes: whatever a database makes of one, it is the one that was declared.

use aludel::{
    CreateAll as _, EngineOptions, Reflect as _,
    schema::{Check, Column, MetaData, ReflectOptions, Storage, Table},
    value::SqlType,
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::tables::metadata;
use crate::{Case, Place, cases};

pub(in crate::cases) const CASES: &[Case] = cases!["assert_schema":
    whatever_a_database_makes_of_it,
];

/// A number of a row.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        (-9_i64..99).prop_map(|it| it.to_string()),
        Just("length(s)".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let operator = prop_oneof![Just("+"), Just("-"), Just("*")];
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!(
                "{} - {}",
                plain(&a),
                plain(&b)
            )),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
            inner.clone().prop_map(|it| format!("abs({it}) % 7")),
            inner.prop_map(|it| format!("-({it})")),
        ]
    })
}

/// As it stands if it is one term, in parentheses otherwise.
fn plain(text: &str) -> String {
    match text.chars().all(char::is_alphanumeric) {
        true => text.to_owned(),
        false => format!("({text})"),
    }
}

/// A condition on a row.
fn condition() -> impl Strategy<Value = String> {
    let operator = prop_oneof![Just("="), Just("<>"), Just("!="), Just("<"), Just(">="), Just(">")];
    let text = prop_oneof![Just("s"), Just("lower(s)"), Just("upper(s)")];
    let word = prop_oneof![Just("''"), Just("'x'"), Just("'it''s'"), Just("'Ü%'"), Just("'1'")];
    let leaf = prop_oneof![
        (number(), operator.clone(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (text.clone(), operator, word.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (text.clone(), word.clone()).prop_map(|(a, b)| format!("{a} LIKE {b}")),
        (text.clone(), word.clone()).prop_map(|(a, b)| format!("{a} NOT LIKE {b}")),
        (text, word.clone(), word.clone()).prop_map(|(a, b, c)| format!("{a} IN ({b}, {c})")),
        (number(), -9_i64..9).prop_map(|(a, b)| format!("({a}) IN ({b}, 77)")),
        (number(), -9_i64..9).prop_map(|(a, b)| format!("({a}) NOT IN ({b}, 77)")),
        (-9_i64..9).prop_map(|it| format!("a IN ({it})")),
        (number(), -9_i64..9, number())
            .prop_map(|(a, b, c)| format!("({a}) BETWEEN {b} AND ({c})")),
        (-9_i64..9).prop_map(|it| format!("b NOT BETWEEN {it} AND 20")),
        number().prop_map(|it| format!("({it}) IS NULL")),
        Just("s IS NOT NULL".to_owned()),
        Just("b IS NULL".to_owned()),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) OR {b}")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) AND ({b}) AND ({c})")),
            inner.prop_map(|it| format!("NOT ({it})")),
        ]
    })
}

/// A table with so many conditions by name, and columns that are computed.
fn table(runner: &mut TestRunner, count: usize) -> Table {
    let mut table = Table::new("conditions")
        .column(Column::new("a", SqlType::BigInt))
        .column(Column::new("b", SqlType::BigInt).nullable())
        .column(Column::new("s", SqlType::VarChar(20)));
    for index in 0..count {
        let sql = condition().new_tree(runner).unwrap().current();
        table.checks.push(Check::new(sql).named(format!("c{index}")));
        let sql = number().new_tree(runner).unwrap().current();
        let column = Column::new(format!("n{index}"), SqlType::BigInt).nullable();
        table = table.column(column.computed(sql, Storage::Stored));
    }
    table
}

fn whatever_a_database_makes_of_it(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..at.many(10) {
        let declared = metadata([table(&mut runner, 20)]);
        declared.drop_all(&engine).unwrap();
        declared.create_all(&engine).unwrap();
        let differences = declared.differences(&engine).unwrap();
        let back =
            MetaData::reflect_with(&engine, ReflectOptions::new().only(["conditions"])).unwrap();
        declared.drop_all(&engine).unwrap();
        assert!(differences.is_empty(), "{differences}");
        // What was read makes the same again.
        back.create_all(&engine).unwrap();
        let differences = declared.differences(&engine).unwrap();
        declared.drop_all(&engine).unwrap();
        assert!(differences.is_empty(), "again: {differences}");
    }
}
