//! The first stage: refuses statements that make no sense, and what a dialect can't do. After it,
//! rendering can't fail.

mod dml;
mod lock;
mod query;
mod upsert;

use crate::{
    Error, Result,
    dialect::{Decimals, Dialect},
    expr::{BinaryOp, Node, Statement},
};

/// Refuses, or lets pass.
pub(super) fn verify(statement: &Statement, dialect: &dyn Dialect) -> Result<()> {
    match statement {
        Statement::Select(it) => query::select(it, dialect, &[]),
        Statement::Insert(it) => dml::insert(it, dialect),
        Statement::Update(it) => dml::update(it, dialect),
        Statement::Delete(it) => dml::delete(it, dialect),
    }
}

/// Checks one expression: what the dialect can compute, and its subqueries.
fn expression(
    node: &Node,
    dialect: &dyn Dialect,
    enclosing: &[crate::expr::FromItem],
) -> Result<()> {
    if dialect.capability().types.decimals == Decimals::Text {
        computable(node, dialect)?;
    }
    let mut result = Ok(());
    node.children(|it| {
        if result.is_ok() {
            result = expression(it, dialect, enclosing);
        }
    });
    result?;
    node.query().map_or(Ok(()), |it| query::select(it, dialect, enclosing))
}

/// Text has no exact division.
fn computable(node: &Node, dialect: &dyn Dialect) -> Result<()> {
    let what = match node {
        Node::Binary { op: op @ (BinaryOp::Div | BinaryOp::Rem), .. } if node.is_decimal() => {
            match op {
                BinaryOp::Div => "divide",
                _ => "take the remainder of",
            }
        }
        Node::Function { name: "round", args, .. }
            if args.first().is_some_and(Node::is_decimal) =>
        {
            "round"
        }
        // It is spelled with its operand three times, which may then hold nothing that is supplied later.
        Node::Function { name: "abs", args, .. }
            if args.iter().any(|it| it.is_decimal() && it.has_hole()) =>
        {
            "take the absolute value of"
        }
        _ => return Ok(()),
    };
    Err(Error::Unsupported {
        dialect: dialect.name(),
        what: format!(
            "{what} exact decimals; do it in the program, or convert with `.cast::<f64>()`"
        )
        .into(),
    })
}

/// An [`Error::Compile`].
fn refuse(message: impl Into<Box<str>>) -> Error {
    Error::Compile(message.into())
}
