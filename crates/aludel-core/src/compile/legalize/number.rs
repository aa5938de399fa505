//! Sums, averages, rounding and conversions whose results the database gives in another type than
//! the expression's.

use super::{Rules, parameter};
use crate::{
    dialect::Numbers,
    expr::{BinaryOp, Node},
    value::SqlType,
};

impl Rules {
    /// Rewrites one expression whose children are done.
    pub(super) fn number(self, node: &mut Node) {
        let strict = self.numbers == Numbers::Strict;
        match node {
            Node::Cast { .. } => self.conversion(node),
            Node::Function { name: "sum", ty, .. }
                if *ty == Some(SqlType::BigInt) && self.numbers != Numbers::Kept =>
            {
                // That is what the sum itself is, and keeps it from being converted again.
                *ty = Some(SqlType::Decimal);
                self.cast(node, SqlType::BigInt);
            }
            Node::Function { name: "avg", args, .. } if self.numbers != Numbers::Kept => {
                let exact = args.iter_mut().filter(|it| is_exact(it));
                exact.for_each(|it| self.cast(it, SqlType::Double));
            }
            Node::Function { name: "round", args, ty, .. } if strict && args.len() == 2 => {
                if let Some(wanted) = ty.filter(|it| !it.is_decimal()) {
                    self.cast(&mut args[0], SqlType::Decimal);
                    *ty = Some(SqlType::Decimal);
                    self.cast(node, wanted);
                }
            }
            _ => {}
        }
    }

    /// Lets truth values be numbers, and numbers truth values.
    fn conversion(self, node: &mut Node) {
        if self.numbers == Numbers::Strict
            && let Node::Cast { operand, ty } = node
        {
            match operand.ty() {
                Some(SqlType::Bool) if is_number(*ty) && *ty != SqlType::Int => {
                    self.cast(operand, SqlType::Int);
                }
                Some(it) if *ty == SqlType::Bool && is_number(it) && it != SqlType::Int => {
                    let number = std::mem::replace(&mut **operand, Node::Null);
                    *node = Node::binary(BinaryOp::Ne, number, Node::Text("0"));
                }
                _ => {}
            }
        }
        if self.typed_parameters {
            parameter::within(node);
        }
    }

    fn cast(self, node: &mut Node, ty: SqlType) {
        let operand = Box::new(std::mem::replace(node, Node::Null));
        *node = Node::Cast { operand, ty };
        self.conversion(node);
    }
}

fn is_exact(node: &Node) -> bool {
    node.ty().is_some_and(|it| it.is_integer() || it.is_decimal())
}

fn is_number(ty: SqlType) -> bool {
    ty.is_integer() || ty.is_decimal() || matches!(ty, SqlType::Float | SqlType::Double)
}
