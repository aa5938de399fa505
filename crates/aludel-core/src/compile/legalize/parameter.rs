//! Parameters whose type nothing around them tells: CAST says it. A text needs that seldom, as text is
//! what the database takes a parameter for.

use crate::{
    expr::{BinaryOp, Node, UnaryOp},
    value::{SqlType, Value},
};

/// Types the parameters right within one expression.
pub(super) fn within(node: &mut Node) {
    match node {
        Node::Unary { op: UnaryOp::IsNull | UnaryOp::IsNotNull, operand } => typed(operand),
        Node::Unary { op: UnaryOp::Neg, operand } => alone(operand),
        Node::Binary { op, left, right }
            if !matches!(op, BinaryOp::And | BinaryOp::Or) && is_bind(left) && is_bind(right) =>
        {
            alone(left);
            alone(right);
        }
        Node::Between { subject, .. } | Node::In { subject, .. } => alone(subject),
        Node::Case { arms, otherwise } => {
            arms.iter_mut().for_each(|(_, value)| alone(value));
            otherwise.iter_mut().for_each(|it| alone(it));
        }
        // One CAST says enough of a decimal.
        Node::Cast { operand, ty } if is_decimal(operand) && ty.is_decimal() => {}
        Node::Cast { operand, ty } if operand.ty() != Some(*ty) => typed(operand),
        _ => {}
    }
}

/// A parameter that nothing stands beside.
pub(super) fn alone(node: &mut Node) {
    if !matches!(node, Node::Bind(Value::Text(_))) {
        typed(node);
    }
}

pub(super) fn is_decimal(node: &Node) -> bool {
    matches!(node, Node::Bind(Value::Decimal(_)))
}

/// An exact decimal that would come as text: with as many digits behind the point as it has.
pub(super) fn exact(node: &mut Node) {
    if let Node::Bind(Value::Decimal(it)) = node {
        let ty = SqlType::Numeric(65, it.scale);
        let operand = Box::new(std::mem::replace(node, Node::Null));
        *node = Node::Cast { operand, ty };
    }
}

fn typed(node: &mut Node) {
    if is_bind(node)
        && let Some(ty) = node.ty()
    {
        let operand = Box::new(std::mem::replace(node, Node::Null));
        *node = Node::Cast { operand, ty };
    }
}

fn is_bind(node: &Node) -> bool {
    matches!(node, Node::Bind(_))
}
