//! Laws that hold for any input.

use aludel_core::{
    compile::{Param, compile},
    dialect::{Dialect, MariaDb, MySql, Postgres, Sqlite},
    expr::{BinaryOp, Expr, Expression, Node, UnaryOp, select},
    value::Value,
};
use proptest::prelude::*;

use crate::entities::User;

/// What a LIKE pattern with `/` as its escape matches.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        ['/', c, rest @ ..] | [c, rest @ ..] => {
            text.first() == Some(c) && matches(rest, &text[1..])
        }
    }
}

fn pattern(condition: Expr<bool>) -> Vec<char> {
    let compiled = compile(&select(User.id).filter(condition).into(), &Sqlite).unwrap();
    match &compiled.params[..] {
        [Param::Value(Value::Text(it))] => it.chars().collect(),
        other => panic!("one text was expected, not {other:?}"),
    }
}

fn any_condition() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(User.active.into_node()),
        Just(User.age.into_node()),
        any::<bool>().prop_map(|it| Node::Bind(it.into())),
        any::<i32>().prop_map(|it| Node::Bind(it.into())),
        Just(Node::Hole),
        Just(Node::Text("a OR b")),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let op = prop::sample::select(vec![
            BinaryOp::And,
            BinaryOp::Or,
            BinaryOp::Eq,
            BinaryOp::Lt,
            BinaryOp::Add,
            BinaryOp::Sub,
            BinaryOp::Mul,
            BinaryOp::Concat,
            BinaryOp::Same,
            BinaryOp::Distinct,
        ]);
        let unary = prop::sample::select(vec![UnaryOp::Not, UnaryOp::Neg, UnaryOp::IsNull]);
        prop_oneof![
            (op, boxed(), boxed()).prop_map(|(op, left, right)| Node::Binary { op, left, right }),
            (unary, boxed()).prop_map(|(op, operand)| Node::Unary { op, operand }),
            (boxed(), prop::collection::vec(inner.clone(), 0..3), any::<bool>())
                .prop_map(|(subject, list, negated)| Node::In { subject, list, negated }),
            (boxed(), boxed(), any::<bool>()).prop_map(|(subject, pattern, insensitive)| {
                Node::Like { subject, pattern, escaped: false, insensitive, negated: false }
            }),
        ]
    })
}

fn holes(node: &Node) -> usize {
    format!("{node:?}").matches("Hole").count()
}

/// Outside of literals, every opening parenthesis is closed, and nothing is closed twice.
fn balanced(sql: &str) -> bool {
    let mut depth = 0_i32;
    for c in sql.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

proptest! {
    /// `contains` finds exactly the texts that have the part in them, whatever the part.
    #[test]
    fn escaping_keeps_the_meaning_of_like(part in "[a%_/]{0,4}", text in "[ab%_/]{0,8}") {
        let chars: Vec<char> = text.chars().collect();
        prop_assert_eq!(matches(&pattern(User.name.contains(&*part)), &chars), text.contains(&part));
        prop_assert_eq!(matches(&pattern(User.name.starts_with(&*part)), &chars), text.starts_with(&part));
        prop_assert_eq!(matches(&pattern(User.name.ends_with(&*part)), &chars), text.ends_with(&part));
    }

    /// Any expression compiles, keeps the parameters that are supplied later, and numbers what it has.
    #[test]
    fn any_condition_is_rendered(node in any_condition()) {
        let stmt = select(User.id).filter(Expr::<bool>::new(node.clone()));
        for dialect in [&Sqlite as &dyn Dialect, &Postgres, &MySql, &MariaDb] {
            let compiled = compile(&(&stmt).into(), dialect).unwrap();
            let supplied = compiled.params.iter().filter(|it| matches!(it, Param::Hole)).count();
            prop_assert_eq!(supplied, holes(&node));
            let placeholders = compiled.sql.matches(['?', '$']).count();
            prop_assert_eq!(placeholders, compiled.params.len());
            prop_assert!(balanced(&compiled.sql), "{}", compiled.sql);
            prop_assert!(!compiled.sql.contains("--"), "{}", compiled.sql);
        }
    }
}
