//! [`Planner`]: from an expression to its plan; what only a database can tell is refused.

use super::{Plan, rule::Rule};
use crate::{
    dialect::Texts,
    expr::{BinaryOp, ColumnRef, Node, UnaryOp},
    value::{SqlType, Value},
};

/// Makes a plan, and notes whether it is exact.
pub(super) struct Planner<'p> {
    pub(super) texts: Texts,
    pub(super) column: &'p mut dyn FnMut(&ColumnRef) -> Option<u16>,
    pub(super) exact: bool,
}

impl Planner<'_> {
    fn boxed(&mut self, node: &Node) -> Result<Box<Plan>, &'static str> {
        self.plan(node).map(Box::new)
    }

    fn pair(&mut self, left: &Node, right: &Node) -> Result<Box<[Plan; 2]>, &'static str> {
        Ok(Box::new([self.plan(left)?, self.plan(right)?]))
    }

    pub(super) fn plan(&mut self, node: &Node) -> Result<Plan, &'static str> {
        Ok(match node {
            Node::Column(column) => {
                Plan::Column((self.column)(column).ok_or("a column of another table")?)
            }
            Node::Bind(value) => Plan::Value(value.clone()),
            Node::Null => Plan::Value(Value::Null),
            Node::Binary { op: BinaryOp::And, left, right } => Plan::And(self.pair(left, right)?),
            Node::Binary { op: BinaryOp::Or, left, right } => Plan::Or(self.pair(left, right)?),
            Node::Binary { op, left, right } if op.is_comparison() => {
                let rule = self.rule(op.is_ordering(), [&**left, &**right])?;
                Plan::Compare { op: *op, sides: self.pair(left, right)?, rule }
            }
            Node::Binary { op, left, right } => {
                if is_rounded(left) || is_rounded(right) {
                    return Err("arithmetic that rounds as the database does");
                }
                Plan::Compute { op: *op, sides: self.pair(left, right)? }
            }
            Node::Unary { op, operand } => match op {
                UnaryOp::Not => Plan::Not(self.boxed(operand)?),
                UnaryOp::Neg if is_rounded(operand) => {
                    return Err("arithmetic that rounds as the database does");
                }
                UnaryOp::Neg => Plan::Negative(self.boxed(operand)?),
                UnaryOp::IsNull => Plan::IsNull { operand: self.boxed(operand)?, negated: false },
                UnaryOp::IsNotNull => Plan::IsNull { operand: self.boxed(operand)?, negated: true },
            },
            Node::Between { subject, low, high, negated } => {
                let rule = self.rule(true, [&**subject, &**low, &**high])?;
                let operands = Box::new([self.plan(subject)?, self.plan(low)?, self.plan(high)?]);
                Plan::Between { operands, rule, negated: *negated }
            }
            Node::In { subject, list, negated } => self.list(subject, list, *negated)?,
            Node::Tuple(nodes) => {
                Plan::Tuple(nodes.iter().map(|it| self.plan(it)).collect::<Result<_, _>>()?)
            }
            Node::Case { arms, otherwise } => Plan::Case {
                arms: arms
                    .iter()
                    .map(|it| Ok((self.plan(&it.0)?, self.plan(&it.1)?)))
                    .collect::<Result<_, &'static str>>()?,
                otherwise: otherwise.as_ref().map(|it| self.boxed(it)).transpose()?,
            },
            Node::Like { .. } => return Err("LIKE"),
            Node::InQuery { .. } | Node::Exists { .. } | Node::Scalar(_) => {
                return Err("a subquery");
            }
            Node::Function { .. } => return Err("a function"),
            Node::Cast { .. } => return Err("CAST"),
            Node::Collate { .. } => return Err("COLLATE"),
            Node::Hole => return Err("a parameter without a value"),
            Node::Over { .. } => return Err("a window function"),
            Node::Text(_) => return Err("SQL text"),
        })
    }

    fn list(&mut self, subject: &Node, list: &[Node], negated: bool) -> Result<Plan, &'static str> {
        let rules = match subject {
            Node::Tuple(parts) => {
                let rows = || list.iter().filter_map(Node::as_tuple);
                let column = |at: usize| rows().filter_map(move |it| it.get(at));
                let parts = parts.iter().enumerate();
                parts.map(|(at, it)| self.rule(false, column(at).chain([it]))).collect()
            }
            _ => self.rule(false, list.iter().chain([subject])).map(|it| vec![it]),
        }?;
        let subject = self.boxed(subject)?;
        let list: Vec<Plan> = list.iter().map(|it| self.plan(it)).collect::<Result<_, _>>()?;
        let by_content = rules == [Rule::Exact] && !list.is_empty() && one_kind(&list);
        if !by_content {
            return Ok(Plan::In { subject, list, rules, negated });
        }
        let mut null = false;
        let values = list.into_iter().filter_map(|it| match it {
            Plan::Value(Value::Null) => {
                null = true;
                None
            }
            Plan::Value(value) => Some(value),
            _ => None,
        });
        let set = values.collect();
        Ok(Plan::Among { subject, set, null, negated })
    }

    /// How expressions of these types are compared.
    fn rule<'n>(
        &mut self,
        ordering: bool,
        nodes: impl IntoIterator<Item = &'n Node>,
    ) -> Result<Rule, &'static str> {
        let mut rule = Rule::Exact;
        for node in nodes {
            if let Some(ty) = node.ty() {
                rule = rule.and(Rule::of(ty, ordering, self.texts)?);
            }
        }
        self.exact &= rule == Rule::Exact;
        Ok(rule)
    }
}

/// Whether each database rounds in its own way when it computes with this.
fn is_rounded(node: &Node) -> bool {
    node.ty().is_some_and(|it| it.is_decimal() || it == SqlType::Float)
}

/// Whether these are constants that are equal where their content is.
fn one_kind(list: &[Plan]) -> bool {
    let constant = |it: &Plan| match it {
        Plan::Value(value) => Some(std::mem::discriminant(value)),
        _ => None,
    };
    let is_null = |it: &&Plan| matches!(it, Plan::Value(Value::Null));
    let Some(first) = list.iter().find(|it| !is_null(it)) else { return true };
    let plain = matches!(
        first,
        Plan::Value(Value::Int(_) | Value::Text(_) | Value::Bytes(_) | Value::Uuid(_))
    );
    plain && list.iter().all(|it| is_null(&it) || constant(it) == constant(first))
}
