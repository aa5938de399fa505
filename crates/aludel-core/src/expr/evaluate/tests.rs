//! What is known of NULL, of lists, of arithmetic, and what is left to the database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Cells, Evaluator};
use crate::{
    dialect::{Dialect, MariaDb, Postgres, Sqlite},
    expr::{
        BinaryOp, Column, Expression, Node, Predicate, Source, TableName, case, func, lit, sql_expr,
    },
    value::{SqlType, Value, ValueRef},
};

struct Tag;

const TABLE: TableName = TableName::new("t");

const fn column<T>(name: &'static str) -> Column<Tag, T> {
    Column::new(Source::Table, TABLE, name)
}

const NUMBER: Column<Tag, Option<i64>> = column("number");
const TEXT: Column<Tag, Option<String>> = column("text");
const REAL: Column<Tag, Option<f64>> = column("real");
const SINGLE: Column<Tag, Option<f32>> = column("single");
const TRUTH: Column<Tag, Option<bool>> = column("truth");

/// The columns above, in order.
struct Row([Value; 5]);

impl Cells for Row {
    fn cell(&self, column: u16) -> Option<ValueRef<'_>> {
        Some(self.0[usize::from(column)].as_ref())
    }
}

fn row(number: impl Into<Value>, text: impl Into<Value>) -> Row {
    Row([number.into(), text.into(), Value::Null, Value::Null, Value::Null])
}

fn evaluator(node: &Node, dialect: &dyn Dialect) -> Result<Evaluator, &'static str> {
    Evaluator::new(node, dialect.capability().types.texts, &mut |column| {
        let names = ["number", "text", "real", "single", "truth"];
        names.iter().position(|it| *it == column.name).map(|it| it as u16)
    })
}

/// The truth value on SQLite: 1, 0, NULL, or unknown.
fn told(condition: impl Predicate, row: &Row) -> Option<Value> {
    evaluator(&condition.into_predicate(), &Sqlite).unwrap().value(row)
}

const YES: Option<Value> = Some(Value::Bool(true));
const NO: Option<Value> = Some(Value::Bool(false));
const NULL: Option<Value> = Some(Value::Null);

// DML-12
#[test]
fn null_is_neither_true_nor_false() {
    let (none, one) = (row(None::<i64>, None::<String>), row(1, "x"));
    assert_eq!(told(NUMBER.eq(1), &none), NULL);
    assert_eq!(told(NUMBER.ne(1), &none), NULL);
    assert_eq!(told(!NUMBER.eq(1), &none), NULL);
    assert_eq!(told(NUMBER.is_null(), &none), YES);
    assert_eq!(told(NUMBER.is_not_null(), &none), NO);
    assert_eq!(told(NUMBER.eq(1) & TEXT.eq("x"), &one), YES);
    assert_eq!(told(NUMBER.eq(2) & TEXT.eq("x"), &one), NO);
    assert_eq!(told(NUMBER.eq(1) & REAL.eq(1.0), &one), NULL);
    assert_eq!(told(NUMBER.eq(2) & REAL.eq(1.0), &one), NO);
    assert_eq!(told(NUMBER.eq(1) | REAL.eq(1.0), &one), YES);
    assert_eq!(told(NUMBER.eq(2) | REAL.eq(1.0), &one), NULL);
    let matches = |it: Node| evaluator(&it, &Sqlite).unwrap().matches(&none);
    assert_eq!(matches(NUMBER.eq(1).into_node()), Some(false));
    assert_eq!(matches(NUMBER.is_null().into_node()), Some(true));
}

// DML-12
#[test]
fn lists_follow_three_valued_logic() {
    let (none, one) = (row(None::<i64>, None::<String>), row(1, "x"));
    assert_eq!(told(NUMBER.in_([1, 2]), &one), YES);
    assert_eq!(told(NUMBER.in_([2, 3]), &one), NO);
    assert_eq!(told(NUMBER.not_in([2, 3]), &one), YES);
    assert_eq!(told(NUMBER.in_([1, 2]), &none), NULL);
    assert_eq!(told(NUMBER.in_(Vec::<i64>::new()), &none), NO);
    assert_eq!(told(NUMBER.not_in(Vec::<i64>::new()), &none), YES);
    let with_null = |negated, constant: bool| {
        let other = if constant { Node::Bind(7.into()) } else { NUMBER.into_node() };
        let list = vec![Node::Null, other];
        let node = Node::In { subject: Box::new(NUMBER.into_node()), list, negated };
        evaluator(&node, &Sqlite).unwrap().value(&one)
    };
    assert_eq!((with_null(false, true), with_null(true, true)), (NULL, NULL));
    assert_eq!((with_null(false, false), with_null(true, false)), (YES, NO));
    assert_eq!(told(NUMBER.between(1, 2), &one), YES);
    assert_eq!(told(!NUMBER.between(1, 2), &one), NO);
    assert_eq!(told(NUMBER.between(1, 2), &none), NULL);
    let low = NUMBER.between(2, lit(None::<i64>));
    assert_eq!(told(low, &one), NO, "whatever the upper end");
}

#[test]
fn rows_are_equal_part_by_part() {
    let pair = |a: i64, b: Option<&str>| {
        Node::Tuple(vec![Node::Bind(a.into()), Node::Bind(b.map(str::to_owned).into())])
    };
    let subject = || Box::new(Node::Tuple(vec![NUMBER.into_node(), TEXT.into_node()]));
    let told = |list, row: &Row| {
        let node = Node::In { subject: subject(), list, negated: false };
        evaluator(&node, &Sqlite).unwrap().value(row)
    };
    let list = || vec![pair(1, Some("x")), pair(2, None)];
    assert_eq!(told(list(), &row(1, "x")), YES);
    assert_eq!(told(list(), &row(1, "y")), NO);
    assert_eq!(told(list(), &row(2, "y")), NULL);
    assert_eq!(told(list(), &row(None::<i64>, "x")), NULL);
    assert_eq!(told(list(), &row(None::<i64>, "y")), NULL);
    assert_eq!(told(vec![pair(1, Some("x"))], &row(None::<i64>, "y")), NO);
}

#[test]
fn arithmetic_stops_where_databases_disagree() {
    let told =
        |node: Node, number: i64| evaluator(&node, &Sqlite).unwrap().value(&row(number, "x"));
    assert_eq!(told((NUMBER + 1).into_node(), 2), Some(3.into()));
    assert_eq!(told((NUMBER / 2).into_node(), -3), Some((-1).into()));
    assert_eq!(told((NUMBER % 2).into_node(), -3), Some((-1).into()));
    assert_eq!(told((-NUMBER).into_node(), 2), Some((-2).into()));
    assert_eq!(told((NUMBER + 1).into_node(), i64::MAX), None);
    assert_eq!(told((NUMBER / 0).into_node(), 1), None);
    assert_eq!(told((-NUMBER).into_node(), i64::MIN), None);
    assert_eq!(told((TEXT + "y").into_node(), 0), Some("xy".into()));
    assert_eq!(told((REAL + 1.0).into_node(), 0), Some(Value::Null));
    assert_eq!(told((lit(1.0) / 0.0).into_node(), 0), None);
    let large = lit(1e300) * 1e300;
    assert_eq!(told(large.into_node(), 0), None);
    assert!(evaluator(&(SINGLE + 1.0).into_node(), &Sqlite).is_err());
    let sign = case(NUMBER.gt(0), 1).when(NUMBER.lt(0), -1).otherwise(0);
    assert_eq!(told(sign.into_node(), -7), Some((-1).into()));
}

#[test]
fn what_is_unknown_may_not_matter() {
    let one = row(1, "x");
    let zero = || (NUMBER / 0).eq(1);
    assert_eq!(told(zero(), &one), None);
    assert_eq!(told(zero() & NUMBER.eq(2), &one), NO);
    assert_eq!(told(NUMBER.eq(2) & zero(), &one), NO);
    assert_eq!(told(zero() | NUMBER.eq(1), &one), YES);
    assert_eq!(told(zero() & NUMBER.eq(1), &one), None);
    assert_eq!(told(!zero(), &one), None);
}

// DML-7
#[test]
fn what_only_a_database_knows_is_refused() {
    let refused = |node: Node| evaluator(&node, &Sqlite).unwrap_err();
    assert_eq!(refused(TEXT.like("x%").into_node()), "LIKE");
    assert_eq!(refused(func::lower(TEXT).eq("x").into_node()), "a function");
    assert_eq!(refused(sql_expr::<bool>("random() > 0").into_node()), "SQL text");
    let other = Column::<Tag, i64>::new(Source::Table, TABLE, "other");
    assert_eq!(refused(other.eq(1).into_node()), "a column of another table");
}

#[test]
fn texts_are_compared_as_the_dialect_does() {
    let exact = |node: &Node, dialect| evaluator(node, dialect).unwrap().is_exact();
    let (equal, less) = (TEXT.eq("x").into_node(), TEXT.lt("x").into_node());
    assert!(exact(&equal, &Sqlite) && exact(&less, &Sqlite));
    assert!(exact(&equal, &Postgres) && !exact(&less, &Postgres));
    assert!(!exact(&equal, &MariaDb) && !exact(&less, &MariaDb));
    assert!(exact(&NUMBER.lt(1).into_node(), &MariaDb));
    let matches = |text: &str| evaluator(&equal, &MariaDb).unwrap().matches(&row(1, text));
    assert_eq!((matches("x"), matches("X")), (Some(true), None));
    let list = TEXT.in_(["x", "y"]).into_node();
    let matches = |text: &str| evaluator(&list, &MariaDb).unwrap().matches(&row(1, text));
    assert_eq!((matches("y"), matches("Y")), (Some(true), None));
}

#[test]
fn nulls_can_be_the_same() {
    let told = |op, row: &Row| {
        let node = Node::binary(op, NUMBER.into_node(), Node::Bind(1.into()));
        evaluator(&node, &Sqlite).unwrap().value(row)
    };
    let none = row(None::<i64>, "x");
    assert_eq!(told(BinaryOp::Same, &none), NO);
    assert_eq!(told(BinaryOp::Distinct, &none), YES);
    assert_eq!(told(BinaryOp::Same, &row(1, "x")), YES);
    let nothing = Node::binary(BinaryOp::Same, NUMBER.into_node(), Node::Null);
    assert_eq!(evaluator(&nothing, &Sqlite).unwrap().value(&none), YES);
}

#[test]
fn truth_values_are_conditions() {
    let with =
        |it: Option<bool>| Row([Value::Null, Value::Null, Value::Null, Value::Null, it.into()]);
    assert_eq!(told(TRUTH, &with(Some(true))), Some(Value::Bool(true)));
    assert_eq!(told(!TRUTH, &with(Some(true))), NO);
    assert_eq!(told(TRUTH & TRUTH, &with(None)), NULL);
    assert_eq!(told(TRUTH | true_constant(), &with(None)), YES);
    assert_eq!(TRUTH.into_node().ty(), Some(SqlType::Bool));
}

fn true_constant() -> crate::expr::Expr<bool> {
    lit(true)
}
