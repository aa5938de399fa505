//! The second stage: gives a statement the shape that a dialect can render, with the same meaning.
//!
//! Doing it twice changes nothing more.

mod boolean;
mod decimal;
mod number;
mod parameter;
mod subquery;
#[cfg(test)]
mod tests;
mod upsert;

use crate::{
    dialect::{
        Booleans, Capability, Decimals, Ilike, Nulls, Numbers, Parameters, Place, RowLocks, Upsert,
    },
    expr::{
        BinaryOp, DerivedTable, Direction, Node, NullsOrder, OrderBy, Query, Statement, UnaryOp,
    },
    value::SqlType,
};

/// Rewrites a statement in place.
pub(super) fn legalize(statement: &mut Statement, capability: &Capability) {
    let rules = Rules {
        native_booleans: capability.types.booleans == Booleans::Native,
        cast_decimals: capability.types.decimals == Decimals::NativeByCast,
        text_decimals: capability.types.decimals == Decimals::Text,
        lower_for_ilike: capability.select.ilike == Ilike::Lower,
        least_nulls: capability.select.nulls == Nulls::Least,
        numbers: capability.types.numbers,
        typed_parameters: capability.types.parameters == Parameters::ByContext,
        limited_list: capability.select.limited_list,
        no_locks: capability.select.locks == RowLocks::Ignored,
    };
    let derived = capability.dml.self_reading == Place::Derived;
    match statement {
        Statement::Select(query) => rules.query(query),
        Statement::Insert(insert) => {
            insert.rows.iter_mut().flatten().for_each(|it| rules.value(it));
            let duplicate_key = capability.dml.upsert == Upsert::OnDuplicateKey;
            upsert::spell(insert, duplicate_key);
            if derived {
                upsert::derive(insert);
            }
            insert.on_conflict.iter_mut().for_each(|it| rules.on_conflict(it));
            insert.returning.iter_mut().for_each(|it| rules.item(it));
        }
        Statement::Update(update) => {
            update.set.iter_mut().for_each(|(_, it)| rules.value(it));
            update.filter.iter_mut().for_each(|it| rules.predicate(it));
            update.returning.iter_mut().for_each(|it| rules.item(it));
            if derived {
                let values = update.set.iter_mut().map(|(_, it)| it);
                values.chain(&mut update.filter).for_each(|it| subquery::reading(it, update.table));
            }
        }
        Statement::Delete(delete) => {
            delete.filter.iter_mut().for_each(|it| rules.predicate(it));
            delete.returning.iter_mut().for_each(|it| rules.item(it));
            if derived {
                delete.filter.iter_mut().for_each(|it| subquery::reading(it, delete.table));
            }
        }
    }
}

/// What there is to rewrite for a dialect.
#[derive(Clone, Copy)]
struct Rules {
    native_booleans: bool,
    text_decimals: bool,
    lower_for_ilike: bool,
    least_nulls: bool,
    numbers: Numbers,
    typed_parameters: bool,
    cast_decimals: bool,
    limited_list: Place,
    no_locks: bool,
}

impl Rules {
    fn query(self, query: &mut Query) {
        let derived = query.derived_tables.iter_mut().flat_map(DerivedTable::queries_mut);
        derived.for_each(|it| self.query(it));
        query.items.iter_mut().for_each(|it| self.item(&mut it.node));
        query.joins.iter_mut().for_each(|it| self.predicate(&mut it.on));
        query.filter.iter_mut().for_each(|it| self.predicate(it));
        query.having.iter_mut().for_each(|it| self.predicate(it));
        query.group_by.iter_mut().for_each(|it| self.key(it));
        query.distinct_on.iter_mut().for_each(|it| self.key(it));
        if self.no_locks {
            query.for_update = None;
        }
        self.order(&mut query.order_by);
    }

    fn order(self, order_by: &mut Vec<OrderBy>) {
        if self.least_nulls {
            *order_by = std::mem::take(order_by).into_iter().flat_map(nulls).collect();
        }
        order_by.iter_mut().for_each(|it| self.key(&mut it.node));
    }

    /// An expression whose value is a column of the result.
    fn item(self, node: &mut Node) {
        self.value(node);
        if self.typed_parameters {
            parameter::alone(node);
        }
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
            Node::Cast { operand, .. } if self.cast_decimals && parameter::is_decimal(operand) => {}
            Node::Bind(_) if self.cast_decimals => parameter::exact(node),
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
            Node::Over { function, partition_by, order_by } => {
                self.value(function);
                partition_by.iter_mut().for_each(|it| self.key(it));
                self.order(order_by);
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
        self.number(node);
        if self.typed_parameters {
            parameter::within(node);
        }
        subquery::limited(node, self.limited_list);
    }
}

/// A sort key where NULLs are less than any value: for another order, what is NULL is told first.
fn nulls(key: OrderBy) -> impl Iterator<Item = OrderBy> {
    let first = match (key.nulls, key.direction) {
        (Some(NullsOrder::Last), Direction::Asc) | (Some(NullsOrder::First), Direction::Desc) => {
            let node = Node::unary(UnaryOp::IsNull, key.node.clone());
            Some(OrderBy { node, direction: key.direction, nulls: None })
        }
        _ => None,
    };
    first.into_iter().chain([OrderBy { nulls: None, ..key }])
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
