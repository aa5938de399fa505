//! Conditions: columns as conditions, constants, negation, empty lists (SEL-8, 9, 11).

use super::{Rules, decimal};
use crate::{
    expr::{BinaryOp, Node, UnaryOp},
    value::Value,
};

impl Rules {
    /// An expression that stands where a condition is wanted, by itself.
    pub(super) fn predicate(self, node: &mut Node) {
        self.condition(node);
        spell(node, self.native_booleans);
    }

    /// The same, but a constant is left as one, so that what is around it can be folded.
    pub(super) fn condition(self, node: &mut Node) {
        self.value(node);
        if !self.native_booleans && !is_condition(node) && constant(node).is_none() {
            let inner = std::mem::replace(node, Node::Null);
            *node = self.comparison(inner, "1");
        }
    }

    /// A truth value compared with what stands for true or false.
    fn comparison(self, value: Node, constant: &'static str) -> Node {
        let mut node = value.equals(Node::Text(constant));
        if self.text_decimals {
            decimal::rewrite(&mut node);
        }
        node
    }

    /// `NOT operand`: flips the operator where there is one.
    pub(super) fn not(self, node: &mut Node) {
        let Node::Unary { op: UnaryOp::Not, operand } = node else {
            return;
        };
        let mut inner = std::mem::replace(&mut **operand, Node::Null);
        if flip(&mut inner) {
            self.value(&mut inner);
            *node = inner;
            return;
        }
        self.value(&mut inner);
        // Folding may have left a constant, or one of two sides, of AND and OR.
        if flip(&mut inner) {
            *node = inner;
        } else if self.native_booleans || is_condition(&inner) {
            *node = Node::unary(UnaryOp::Not, inner);
        } else {
            *node = self.comparison(inner, "0");
        }
    }
}

/// Negates an expression that has an opposite; `false` where it has none.
fn flip(node: &mut Node) -> bool {
    match node {
        Node::Binary { op, .. } => match op.negated() {
            Some(opposite) => *op = opposite,
            None => return false,
        },
        Node::Unary { op: op @ UnaryOp::IsNull, .. } => *op = UnaryOp::IsNotNull,
        Node::Unary { op: op @ UnaryOp::IsNotNull, .. } => *op = UnaryOp::IsNull,
        Node::Unary { op: UnaryOp::Not, operand } => {
            *node = std::mem::replace(&mut **operand, Node::Null);
        }
        Node::Between { negated, .. }
        | Node::Like { negated, .. }
        | Node::In { negated, .. }
        | Node::InQuery { negated, .. }
        | Node::Exists { negated, .. } => *negated = !*negated,
        Node::Bind(Value::Bool(it)) => *it = !*it,
        _ => return false,
    }
    true
}

/// Drops what a constant makes idle: `x AND true` is `x`, `x OR true` is `true`.
pub(super) fn fold(node: &mut Node, native: bool) {
    let Node::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } = node else {
        return;
    };
    let idle = *op == BinaryOp::And;
    for [this, other] in [[0, 1], [1, 0]] {
        let sides: [&mut Box<Node>; 2] = [left, right];
        let Some(value) = constant(sides[this]) else {
            continue;
        };
        // A parameter that the caller will supply can't be dropped: the others would change places.
        let folded = if value == idle {
            std::mem::replace(&mut **sides[other], Node::Null)
        } else if sides[other].has_hole() {
            continue;
        } else {
            Node::Bind(Value::Bool(value))
        };
        *node = folded;
        return;
    }
    spell(left, native);
    spell(right, native);
}

/// A constant condition as text: nothing is gained by a parameter.
fn spell(node: &mut Node, native: bool) {
    if let Some(value) = constant(node) {
        *node = Node::Text(match (native, value) {
            (true, true) => "TRUE",
            (true, false) => "FALSE",
            (false, true) => "1 = 1",
            (false, false) => "0 = 1",
        });
    }
}

/// Nothing is in an empty list, not even NULL.
pub(super) fn empty_list(node: &mut Node) {
    if let Node::In { subject, list, negated } = node
        && list.is_empty()
        && !subject.has_hole()
    {
        *node = Node::Bind(Value::Bool(*negated));
    }
}

fn constant(node: &Node) -> Option<bool> {
    match node {
        Node::Bind(Value::Bool(it)) => Some(*it),
        _ => None,
    }
}

/// Whether an expression is a condition by its form, on databases that have no truth values.
fn is_condition(node: &Node) -> bool {
    match node {
        Node::Binary { op, .. } => op.is_comparison() || matches!(op, BinaryOp::And | BinaryOp::Or),
        Node::Unary { op, .. } => *op != UnaryOp::Neg,
        Node::Between { .. }
        | Node::Like { .. }
        | Node::In { .. }
        | Node::InQuery { .. }
        | Node::Exists { .. }
        | Node::Text(_) => true,
        _ => false,
    }
}
