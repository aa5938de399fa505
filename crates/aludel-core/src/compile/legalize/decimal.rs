//! Exact decimals on a database that keeps them as text: arithmetic by functions, order by a
//! collation.

use crate::{
    expr::{BinaryOp, Node, UnaryOp},
    value::{Decimal, SqlType, Value},
};

const DECIMAL: Option<SqlType> = Some(SqlType::Decimal);

/// Rewrites one expression whose children are done.
pub(super) fn rewrite(node: &mut Node) {
    match node {
        Node::Binary { op, left, right } if left.is_decimal() || right.is_decimal() => {
            if op.is_comparison() {
                compare(left, right);
            } else if let Some(name) = function(*op) {
                let args = vec![take(left), take(right)];
                *node = Node::call(name, args, DECIMAL);
            }
        }
        Node::Unary { op: UnaryOp::Neg, operand } if operand.is_decimal() => {
            *node = minus(take(operand));
        }
        Node::Between { subject, low, high, .. }
            if subject.is_decimal() || low.is_decimal() || high.is_decimal() =>
        {
            [&mut *subject, low, high].into_iter().for_each(|it| as_text(it));
            collate_text(subject);
        }
        Node::In { subject, list, .. }
            if subject.is_decimal() || list.iter().any(Node::is_decimal) =>
        {
            as_text(subject);
            list.iter_mut().for_each(as_text);
            collate_text(subject);
        }
        Node::InQuery { subject, query, .. }
            if subject.is_decimal()
                || query.items.first().is_some_and(|it| it.node.is_decimal()) =>
        {
            as_text(subject);
            collate_text(subject);
        }
        Node::Function { name, distinct, args, .. }
            if args.first().is_some_and(Node::is_decimal) =>
        {
            match *name {
                "sum" => *name = "decimal_sum",
                "min" | "max" => args.iter_mut().for_each(collate),
                "abs" => {
                    let operand = take(&mut args[0]);
                    *node = absolute(operand);
                    return;
                }
                _ => {}
            }
            if *distinct {
                args.iter_mut().for_each(collate);
            }
        }
        _ => {}
    }
}

/// Compares by value: a decimal, and only that, gets the collation.
pub(super) fn collate(node: &mut Node) {
    if node.is_decimal() {
        collate_text(node);
    }
}

fn collate_text(node: &mut Node) {
    if !matches!(node, Node::Collate { .. }) {
        let operand = Box::new(take(node));
        *node = Node::Collate { operand, collation: "decimal" };
    }
}

/// An explicit collation of either side decides; the left one's comes first.
fn compare(left: &mut Node, right: &mut Node) {
    as_text(left);
    as_text(right);
    if left.is_decimal() {
        collate_text(left);
    } else {
        collate(right);
    }
}

/// A number beside a decimal must be text too: text and numbers are never equal.
fn as_text(node: &mut Node) {
    match node {
        Node::Bind(Value::Int(it)) => {
            let digits = Decimal { low: it.unsigned_abs(), high: 0, scale: 0, negative: *it < 0 };
            *node = Node::Bind(Value::Decimal(digits));
        }
        _ if node.ty().is_some_and(|it| it.is_integer()) => {
            let operand = Box::new(take(node));
            *node = Node::Cast { operand, ty: SqlType::Text };
        }
        _ => {}
    }
}

fn function(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Add => Some("decimal_add"),
        BinaryOp::Sub => Some("decimal_sub"),
        BinaryOp::Mul => Some("decimal_mul"),
        _ => None,
    }
}

fn minus(operand: Node) -> Node {
    Node::call("decimal_sub", vec![Node::Text("'0'"), operand], DECIMAL)
}

/// The database's own function would compute in binary.
fn absolute(operand: Node) -> Node {
    let mut subject = operand.clone();
    collate(&mut subject);
    let negative = Node::binary(BinaryOp::Lt, subject, Node::Text("'0'"));
    Node::Case {
        arms: vec![(negative, minus(operand.clone()))],
        otherwise: Some(Box::new(operand)),
    }
}

fn take(node: &mut Node) -> Node {
    std::mem::replace(node, Node::Null)
}
