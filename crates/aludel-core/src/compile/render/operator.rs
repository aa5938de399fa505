//! Operators, and parentheses by precedence (SEL-10).

use super::Writer;
use crate::{
    dialect::{Concat, Division, Same},
    expr::{BinaryOp, Node, UnaryOp},
};

/// How tightly an expression holds together. Databases disagree about `||`: it is set apart from
/// arithmetic by parentheses on either side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Comparison,
    Concat,
    Sum,
    Product,
    Negation,
    Atom,
}

impl Level {
    fn of(node: &Node, writer: &Writer<'_>) -> Self {
        match node {
            Node::Binary { op: BinaryOp::Concat, .. }
                if writer.dialect.capability().select.concat == Concat::Function =>
            {
                Self::Atom
            }
            Node::Binary { op, .. } => Self::of_operator(*op),
            Node::Unary { op: UnaryOp::Not, .. } => Self::Not,
            Node::Unary { op: UnaryOp::Neg, .. } => Self::Negation,
            Node::Unary { .. }
            | Node::Between { .. }
            | Node::Like { .. }
            | Node::In { .. }
            | Node::InQuery { .. } => Self::Comparison,
            // NOT EXISTS is NOT of an EXISTS.
            Node::Exists { negated: true, .. } => Self::Not,
            Node::Text(text) if !is_word(text) => Self::Or,
            _ => Self::Atom,
        }
    }

    fn of_operator(op: BinaryOp) -> Self {
        match op {
            BinaryOp::Or => Self::Or,
            BinaryOp::And => Self::And,
            BinaryOp::Concat => Self::Concat,
            BinaryOp::Add | BinaryOp::Sub => Self::Sum,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => Self::Product,
            _ => Self::Comparison,
        }
    }
}

/// Whether a user's text can stand beside an operator as it is: one name, number or literal.
fn is_word(text: &str) -> bool {
    let literal = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    literal.is_some_and(|it| !it.contains('\''))
        || text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'.')
}

/// Operators whose operands may be grouped in any way.
fn is_associative(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Add | BinaryOp::Mul | BinaryOp::Concat)
}

/// The texts that are put together, however they are nested.
fn concatenated<'n>(node: &'n Node, parts: &mut Vec<&'n Node>) {
    match node {
        Node::Binary { op: BinaryOp::Concat, left, right } => {
            concatenated(left, parts);
            concatenated(right, parts);
        }
        _ => parts.push(node),
    }
}

/// Whether what is computed with is integers only, as far as is known, and something is known.
fn are_integers(left: &Node, right: &Node) -> bool {
    let integer = |it: &Node| it.ty().map(|it| it.is_integer());
    match (integer(left), integer(right)) {
        (None, None) => false,
        (left, right) => left.unwrap_or(true) && right.unwrap_or(true),
    }
}

impl Writer<'_> {
    /// An operand that must hold together at least as tightly as `least`.
    pub(super) fn operand(&mut self, node: &Node, least: Level) {
        if Level::of(node, self) < least {
            self.parenthesised(|it| it.node(node));
        } else {
            self.node(node);
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: &Node, right: &Node) {
        let select = self.dialect.capability().select;
        if op == BinaryOp::Concat && select.concat == Concat::Function {
            let mut parts = Vec::new();
            concatenated(left, &mut parts);
            concatenated(right, &mut parts);
            self.push("concat");
            return self.parenthesised(|it| it.list(parts, |it, node| it.node(node)));
        }
        if op == BinaryOp::Distinct && select.same == Same::Spaceship {
            self.push("NOT ");
            return self.parenthesised(|it| it.binary(BinaryOp::Same, left, right));
        }
        let text = match op {
            BinaryOp::And => " AND ",
            BinaryOp::Or => " OR ",
            BinaryOp::Eq => " = ",
            BinaryOp::Ne => " <> ",
            BinaryOp::Lt => " < ",
            BinaryOp::Le => " <= ",
            BinaryOp::Gt => " > ",
            BinaryOp::Ge => " >= ",
            BinaryOp::Same => match select.same {
                Same::Is => " IS ",
                Same::DistinctFrom => " IS NOT DISTINCT FROM ",
                Same::Spaceship => " <=> ",
            },
            BinaryOp::Distinct => match select.same {
                Same::Is => " IS NOT ",
                Same::DistinctFrom | Same::Spaceship => " IS DISTINCT FROM ",
            },
            BinaryOp::Add => " + ",
            BinaryOp::Sub => " - ",
            BinaryOp::Mul => " * ",
            BinaryOp::Div if select.division == Division::Div && are_integers(left, right) => {
                " DIV "
            }
            BinaryOp::Div => " / ",
            BinaryOp::Rem => " % ",
            BinaryOp::Concat => " || ",
        };
        self.side(op, left, false);
        self.push(text);
        self.side(op, right, true);
    }

    /// One side of a binary operator.
    fn side(&mut self, op: BinaryOp, node: &Node, right: bool) {
        let level = Level::of_operator(op);
        let same = matches!(node, Node::Binary { op: inner, .. } if *inner == op);
        let free = match level {
            Level::Comparison => false,
            // Either the operator itself, or something that every database keeps together.
            Level::Concat => same || Level::of(node, self) == Level::Atom,
            _ if Level::of(node, self) == level => (same && is_associative(op)) || !right,
            inner => Level::of(node, self) > inner,
        };
        if free || (level == Level::Comparison && Level::of(node, self) > Level::Comparison) {
            self.node(node);
        } else {
            self.parenthesised(|it| it.node(node));
        }
    }

    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Node) {
        match op {
            UnaryOp::Not => {
                self.push("NOT ");
                self.operand(operand, Level::Comparison);
            }
            UnaryOp::Neg => {
                self.push("-");
                // Two signs in a row would begin a comment.
                self.operand(operand, Level::Atom);
            }
            UnaryOp::IsNull => {
                self.operand(operand, Level::Concat);
                self.push(" IS NULL");
            }
            UnaryOp::IsNotNull => {
                self.operand(operand, Level::Concat);
                self.push(" IS NOT NULL");
            }
        }
    }

    pub(super) fn collate(&mut self, operand: &Node, collation: &str) {
        self.operand(operand, Level::Atom);
        self.push(" COLLATE ");
        self.name(collation);
    }
}
