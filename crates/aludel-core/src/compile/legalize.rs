//! The second stage: gives a statement the shape that a dialect can render, with the same meaning.
//!
//! Doing it twice changes nothing more.

mod boolean;
mod decimal;
#[cfg(test)]
mod tests;

use crate::{
    dialect::{Booleans, Capability, Decimals, Ilike},
    expr::{BinaryOp, Node, Query, Statement, UnaryOp},
    value::SqlType,
};

/// Rewrites a statement in place.
pub(super) fn legalize(statement: &mut Statement, capability: &Capability) {
    let rules = Rules {
        native_booleans: capability.types.booleans == Booleans::Native,
        text_decimals: capability.types.decimals == Decimals::Text,
        lower_for_ilike: capability.select.ilike == Ilike::Lower,
    };
    match statement {
        Statement::Select(query) => rules.query(query),
        Statement::Insert(insert) => {
            insert.rows.iter_mut().flatten().for_each(|it| rules.value(it));
            insert.returning.iter_mut().for_each(|it| rules.value(it));
        }
        Statement::Update(update) => {
            update.set.iter_mut().for_each(|(_, it)| rules.value(it));
            update.filter.iter_mut().for_each(|it| rules.predicate(it));
            update.returning.iter_mut().for_each(|it| rules.value(it));
        }
        Statement::Delete(delete) => {
            delete.filter.iter_mut().for_each(|it| rules.predicate(it));
            delete.returning.iter_mut().for_each(|it| rules.value(it));
        }
    }
}

/// What there is to rewrite for a dialect.
#[derive(Clone, Copy)]
struct Rules {
    native_booleans: bool,
    text_decimals: bool,
    lower_for_ilike: bool,
}

impl Rules {
    fn query(self, query: &mut Query) {
        query.items.iter_mut().for_each(|it| self.value(&mut it.node));
        query.joins.iter_mut().for_each(|it| self.predicate(&mut it.on));
        query.filter.iter_mut().for_each(|it| self.predicate(it));
        query.having.iter_mut().for_each(|it| self.predicate(it));
        query.group_by.iter_mut().for_each(|it| self.key(it));
        query.order_by.iter_mut().for_each(|it| self.key(&mut it.node));
    }

    /// An expression that is sorted or grouped by.
    fn key(self, node: &mut Node) {
        self.value(node);
        if self.text_decimals {
            decimal::collate(node);
        }
    }

    /// An expression whose value is used.
    fn value(self, node: &mut Node) {
        match node {
            Node::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                self.condition(left);
                self.condition(right);
                boolean::fold(node, self.native_booleans);
            }
            Node::Unary { op: UnaryOp::Not, .. } => self.not(node),
            Node::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    self.predicate(condition);
                    self.value(value);
                }
                otherwise.iter_mut().for_each(|it| self.value(it));
            }
            _ => node.children_mut(|it| self.value(it)),
        }
        if let Some(query) = node.query_mut() {
            self.query(query);
        }
        boolean::empty_list(node);
        if self.lower_for_ilike {
            lower(node);
        }
        if self.text_decimals {
            decimal::rewrite(node);
        }
    }
}

/// `x ILIKE y` as `lower(x) LIKE lower(y)` (SEL-12).
fn lower(node: &mut Node) {
    if let Node::Like { subject, pattern, insensitive: insensitive @ true, .. } = node {
        for side in [subject, pattern] {
            let inner = std::mem::replace(&mut **side, Node::Null);
            **side = Node::call("lower", vec![inner], Some(SqlType::Text));
        }
        *insensitive = false;
    }
}
