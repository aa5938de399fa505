//! BETWEEN, LIKE, IN and EXISTS.

use super::{Writer, operator::Level};
use crate::{
    dialect::RowIn,
    expr::{Node, Query},
};

impl Writer<'_> {
    fn not(&mut self, negated: bool) {
        if negated {
            self.push(" NOT");
        }
    }

    pub(super) fn between(&mut self, subject: &Node, low: &Node, high: &Node, negated: bool) {
        self.operand(subject, Level::Concat);
        self.not(negated);
        self.push(" BETWEEN ");
        self.operand(low, Level::Concat);
        self.push(" AND ");
        self.operand(high, Level::Concat);
    }

    pub(super) fn like(
        &mut self,
        subject: &Node,
        pattern: &Node,
        escaped: bool,
        insensitive: bool,
        negated: bool,
    ) {
        self.operand(subject, Level::Concat);
        self.not(negated);
        self.push(if insensitive { " ILIKE " } else { " LIKE " });
        self.operand(pattern, Level::Concat);
        if escaped {
            self.push(" ESCAPE '/'");
        }
    }

    /// One placeholder a value. An empty list gets here only where its subject holds a parameter
    /// that can't be dropped.
    pub(super) fn in_list(&mut self, subject: &Node, list: &[Node], negated: bool) {
        if list.is_empty() {
            let never = if negated { " OR 1 = 1" } else { " AND 0 = 1" };
            return self.parenthesised(|it| {
                it.operand(subject, Level::Concat);
                it.push(if negated { " IS NOT NULL" } else { " IS NULL" });
                it.push(never);
            });
        }
        self.operand(subject, Level::Concat);
        self.not(negated);
        self.push(" IN (");
        if matches!(subject, Node::Tuple(_))
            && self.dialect.capability().select.row_in == RowIn::Values
        {
            self.push("VALUES ");
        }
        self.list(list, |it, node| it.node(node));
        self.push(")");
    }

    pub(super) fn in_query(&mut self, subject: &Node, query: &Query, negated: bool) {
        self.operand(subject, Level::Concat);
        self.not(negated);
        self.push(" IN ");
        self.subquery(query);
    }

    pub(super) fn exists(&mut self, query: &Query, negated: bool) {
        if negated {
            self.push("NOT ");
        }
        self.push("EXISTS ");
        self.subquery(query);
    }
}
