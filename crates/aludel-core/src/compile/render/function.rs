//! Functions, CASE and CAST.

use super::Writer;
use crate::{
    dialect::Spelling,
    expr::{Node, OrderBy},
    value::SqlType,
};

impl Writer<'_> {
    pub(super) fn function(&mut self, name: &'static str, distinct: bool, args: &[Node]) {
        let name = match self.dialect.function(name) {
            Spelling::Keyword(keyword) => return self.push(keyword),
            Spelling::Call(name) => name,
        };
        self.push(name);
        self.push(if distinct { "(DISTINCT " } else { "(" });
        if args.is_empty() && name == "count" {
            self.push("*");
        }
        self.list(args, |it, node| it.node(node));
        self.push(")");
    }

    pub(super) fn over(&mut self, function: &Node, partition_by: &[Node], order_by: &[OrderBy]) {
        self.node(function);
        self.push(" OVER (");
        if !partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.list(partition_by, |it, node| it.node(node));
        }
        if !order_by.is_empty() {
            self.push(if partition_by.is_empty() { "ORDER BY " } else { " ORDER BY " });
            self.list(order_by, |it, key| it.sort_key(key, &[]));
        }
        self.push(")");
    }

    pub(super) fn case(&mut self, arms: &[(Node, Node)], otherwise: Option<&Node>) {
        self.push("CASE");
        for (condition, value) in arms {
            self.push(" WHEN ");
            self.node(condition);
            self.push(" THEN ");
            self.node(value);
        }
        if let Some(value) = otherwise {
            self.push(" ELSE ");
            self.node(value);
        }
        self.push(" END");
    }

    pub(super) fn cast(&mut self, operand: &Node, ty: SqlType) {
        self.push("CAST(");
        self.node(operand);
        self.push(" AS ");
        self.dialect.cast_name(&mut self.sql, ty);
        self.push(")");
    }
}
