//! Functions, CASE and CAST.

use super::Writer;
use crate::{dialect::Spelling, expr::Node, value::SqlType};

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
