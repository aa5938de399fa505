//! [`Evaluator`]: what a database would say of an expression, for a row that is at hand.
//!
//! It says nothing rather than something else than the database: where rules differ (how texts are
//! compared, what a division by zero is), the answer is "only the database can tell".

mod compute;
mod planner;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use self::{
    compute::{Cell, Told, compare, compute, negative, truth, truth_of},
    planner::Planner,
    rule::Rule,
};
use super::{BinaryOp, ColumnRef, Node};
use crate::{
    dialect::Texts,
    value::{Value, ValueRef},
};

/// A row that is at hand.
pub trait Cells {
    /// The value of a column, by the position that [`Evaluator::new`] was told; `None` where only the
    /// database knows it.
    fn cell(&self, column: u16) -> Option<ValueRef<'_>>;
}

/// An expression, ready to be evaluated for rows that are at hand: with NULL as SQL has it, which is
/// neither true nor false.
///
/// ```
/// use aludel_core::{
///     dialect::Texts,
///     expr::{Cells, Column, Evaluator, Expression, Source, TableName},
///     value::ValueRef,
/// };
/// # struct Tag;
/// # let age = Column::<Tag, Option<i32>>::new(Source::Table, TableName::new("user"), "age");
///
/// struct Row(ValueRef<'static>);
///
/// impl Cells for Row {
///     fn cell(&self, _: u16) -> Option<ValueRef<'_>> {
///         Some(self.0)
///     }
/// }
///
/// let grown_up = Evaluator::new(&age.ge(18).into_node(), Texts::Bytes, &mut |_| Some(0)).unwrap();
/// assert_eq!(grown_up.matches(&Row(ValueRef::Int(36))), Some(true));
/// assert_eq!(grown_up.matches(&Row(ValueRef::Null)), Some(false));
/// ```
#[derive(Debug)]
pub struct Evaluator {
    plan: Plan,
    exact: bool,
}

/// An expression with its columns by position.
#[derive(Debug)]
enum Plan {
    Column(u16),
    Value(Value),
    Compare {
        op: BinaryOp,
        sides: Box<[Plan; 2]>,
        rule: Rule,
    },
    And(Box<[Plan; 2]>),
    Or(Box<[Plan; 2]>),
    Compute {
        op: BinaryOp,
        sides: Box<[Plan; 2]>,
    },
    Not(Box<Plan>),
    Negative(Box<Plan>),
    IsNull {
        operand: Box<Plan>,
        negated: bool,
    },
    Between {
        operands: Box<[Plan; 3]>,
        rule: Rule,
        negated: bool,
    },
    In {
        subject: Box<Plan>,
        list: Vec<Plan>,
        rules: Vec<Rule>,
        negated: bool,
    },
    /// A list of constants, each told from others by its content.
    Among {
        subject: Box<Plan>,
        set: HashSet<Value>,
        null: bool,
        negated: bool,
    },
    Tuple(Vec<Plan>),
    Case {
        arms: Vec<(Plan, Plan)>,
        otherwise: Option<Box<Plan>>,
    },
}

impl Evaluator {
    /// Makes ready to evaluate an expression as databases do that compare texts so; `column` says where a
    /// column stands in a row.
    ///
    /// # Errors
    /// What in the expression only a database can tell: a subquery, a function, text in SQL.
    pub fn new(
        node: &Node,
        texts: Texts,
        column: &mut dyn FnMut(&ColumnRef) -> Option<u16>,
    ) -> Result<Self, &'static str> {
        let mut planner = Planner { texts, column, exact: true };
        let plan = planner.plan(node)?;
        Ok(Self { plan, exact: planner.exact })
    }

    /// Whether nothing in it depends on settings of the database: how it sorts texts, and where so
    /// which of them it takes for equal.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Whether a row meets the condition; `None` where only the database can tell.
    pub fn matches(&self, row: &dyn Cells) -> Option<bool> {
        let cell = self.plan.eval(row)?;
        truth(cell.get()).map(|it| it == Some(true))
    }

    /// The value for a row; `None` where only the database can tell.
    pub fn value(&self, row: &dyn Cells) -> Option<Value> {
        Some(match self.plan.eval(row)? {
            Cell::Ref(value) => value.to_value(),
            Cell::Own(value) => value,
        })
    }

    /// The value, where it is the same for all rows.
    pub fn constant(&self) -> Option<&Value> {
        match &self.plan {
            Plan::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl Plan {
    fn eval<'a>(&'a self, row: &'a dyn Cells) -> Told<'a> {
        match self {
            Self::Column(column) => row.cell(*column).map(Cell::Ref),
            Self::Value(value) => Some(Cell::Ref(value.as_ref())),
            Self::Compare { op, sides, rule } => {
                let (left, right) = (sides[0].eval(row)?, sides[1].eval(row)?);
                compare(*op, left.get(), right.get(), *rule)
            }
            Self::And(sides) => connect(false, sides, row),
            Self::Or(sides) => connect(true, sides, row),
            Self::Compute { op, sides } => {
                let (left, right) = (sides[0].eval(row)?, sides[1].eval(row)?);
                compute(*op, left.get(), right.get())
            }
            Self::Not(operand) => Some(truth_of(operand.truth(row)?.map(|it| !it))),
            Self::Negative(operand) => negative(operand.eval(row)?.get()),
            Self::IsNull { operand, negated } => {
                Some(truth_of(Some(operand.eval(row)?.get().is_null() != *negated)))
            }
            Self::Between { operands, rule, negated } => {
                let [subject, low, high] = &**operands;
                let subject = subject.eval(row)?;
                let side = |op, other: &'a Self| {
                    let cell = compare(op, subject.get(), other.eval(row)?.get(), *rule)?;
                    truth(cell.get())
                };
                let inside = both(side(BinaryOp::Ge, low), side(BinaryOp::Le, high), false)?;
                Some(truth_of(inside.map(|it| it != *negated)))
            }
            Self::In { subject, list, rules, negated } => {
                // Nothing is in an empty list, not even NULL.
                let mut found = Some(Some(false));
                for item in list {
                    found = both(found, subject.same(item, rules, row), true);
                    if found == Some(Some(true)) {
                        break;
                    }
                }
                Some(truth_of(found?.map(|it| it != *negated)))
            }
            Self::Among { subject, set, null, negated } => {
                let cell = subject.eval(row)?;
                let value = cell.get();
                let found = match value.is_null() {
                    true => None,
                    false => match set.contains(&value.to_value()) {
                        true => Some(true),
                        false if *null => None,
                        false => Some(false),
                    },
                };
                Some(truth_of(found.map(|it| it != *negated)))
            }
            Self::Tuple(_) => None,
            Self::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    if condition.truth(row)? == Some(true) {
                        return value.eval(row);
                    }
                }
                match otherwise {
                    Some(value) => value.eval(row),
                    None => Some(Cell::Ref(ValueRef::Null)),
                }
            }
        }
    }

    /// The outer `None`: only the database can tell; the inner: NULL.
    fn truth(&self, row: &dyn Cells) -> Option<Option<bool>> {
        truth(self.eval(row)?.get())
    }

    /// Whether two expressions are equal, part by part where they are rows.
    fn same(&self, other: &Self, rules: &[Rule], row: &dyn Cells) -> Option<Option<bool>> {
        match (self, other) {
            (Self::Tuple(left), Self::Tuple(right)) if left.len() == right.len() => {
                let mut equal = Some(Some(true));
                for ((left, right), rules) in left.iter().zip(right).zip(rules.chunks(1)) {
                    equal = both(equal, left.same(right, rules, row), false);
                }
                equal
            }
            _ => {
                let (left, right) = (self.eval(row)?, other.eval(row)?);
                let rule = rules.first().copied().unwrap_or(Rule::Doubtful);
                truth(compare(BinaryOp::Eq, left.get(), right.get(), rule)?.get())
            }
        }
    }
}

/// AND, where `decides` is false, or OR, where it is true.
fn connect<'a>(decides: bool, sides: &'a [Plan; 2], row: &dyn Cells) -> Told<'a> {
    let left = sides[0].truth(row);
    if left == Some(Some(decides)) {
        return Some(truth_of(left?));
    }
    Some(truth_of(both(left, sides[1].truth(row), decides)?))
}

/// Two truth values: one that decides wins, then "only the database can tell", then NULL.
fn both(
    left: Option<Option<bool>>,
    right: Option<Option<bool>>,
    decides: bool,
) -> Option<Option<bool>> {
    if left == Some(Some(decides)) || right == Some(Some(decides)) {
        return Some(Some(decides));
    }
    Some(match (left?, right?) {
        (Some(_), Some(_)) => Some(!decides),
        _ => None,
    })
}
