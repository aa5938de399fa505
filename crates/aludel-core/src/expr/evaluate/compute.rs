//! Comparisons and arithmetic on single values, as far as all databases agree.

use std::cmp::Ordering;

use super::rule::Rule;
use crate::{
    expr::BinaryOp,
    value::{Date, Value, ValueRef},
};

/// A value, borrowed where there is somebody to borrow it from.
pub(super) enum Cell<'a> {
    Ref(ValueRef<'a>),
    Own(Value),
}

/// `None`: only the database can tell.
pub(super) type Told<'a> = Option<Cell<'a>>;

impl Cell<'_> {
    pub(super) fn get(&self) -> ValueRef<'_> {
        match self {
            Self::Ref(value) => *value,
            Self::Own(value) => value.as_ref(),
        }
    }
}

/// What a value says as a condition: the inner `None` is NULL.
pub(super) fn truth(value: ValueRef<'_>) -> Option<Option<bool>> {
    match value {
        ValueRef::Null => Some(None),
        ValueRef::Bool(it) => Some(Some(it)),
        ValueRef::Int(it) => Some(Some(it != 0)),
        _ => None,
    }
}

/// A truth value as a value.
pub(super) fn truth_of<'a>(truth: Option<bool>) -> Cell<'a> {
    Cell::Ref(truth.map_or(ValueRef::Null, ValueRef::Bool))
}

/// `left op right`, of comparisons.
pub(super) fn compare<'a>(
    op: BinaryOp,
    left: ValueRef<'_>,
    right: ValueRef<'_>,
    rule: Rule,
) -> Told<'a> {
    let told = |it| Some(truth_of(Some(it)));
    if left.is_null() || right.is_null() {
        return match op {
            BinaryOp::Same => told(left.is_null() && right.is_null()),
            BinaryOp::Distinct => told(left.is_null() != right.is_null()),
            _ => Some(truth_of(None)),
        };
    }
    let order = match rule {
        Rule::Exact => order(left, right)?,
        Rule::Doubtful => order(left, right).filter(|it| it.is_eq())?,
    };
    told(match op {
        BinaryOp::Eq | BinaryOp::Same => order.is_eq(),
        BinaryOp::Ne | BinaryOp::Distinct => order.is_ne(),
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::Le => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        BinaryOp::Ge => order.is_ge(),
        _ => return None,
    })
}

fn order(left: ValueRef<'_>, right: ValueRef<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (ValueRef::Bool(a), ValueRef::Bool(b)) => a.cmp(&b),
        (ValueRef::Int(a), ValueRef::Int(b)) => a.cmp(&b),
        // Databases disagree on what isn't a number; 0.0 and -0.0 are equal.
        (ValueRef::Real(a), ValueRef::Real(b)) => a.partial_cmp(&b)?,
        (ValueRef::Int(a), ValueRef::Real(b)) => whole(a)?.partial_cmp(&b)?,
        (ValueRef::Real(a), ValueRef::Int(b)) => a.partial_cmp(&whole(b)?)?,
        (ValueRef::Decimal(a), ValueRef::Decimal(b)) => a.cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) => a.cmp(b),
        (ValueRef::Bytes(a), ValueRef::Bytes(b)) => a.cmp(b),
        (ValueRef::Uuid(a), ValueRef::Uuid(b)) => a.cmp(&b),
        (ValueRef::Date(a), ValueRef::Date(b)) => common(a, b)?.then(a.cmp(&b)),
        (ValueRef::Time(a), ValueRef::Time(b)) => a.cmp(&b),
        (ValueRef::DateTime(a), ValueRef::DateTime(b))
        | (ValueRef::Instant(a), ValueRef::Instant(b)) => common(a.date, b.date)?.then(a.cmp(&b)),
        _ => return None,
    })
}

/// Days that are kept as text sort as days do where their years have four digits.
fn common(a: Date, b: Date) -> Option<Ordering> {
    [a, b].iter().all(|it| (0..=9999).contains(&it.year)).then_some(Ordering::Equal)
}

/// A whole number as a floating-point number, if there is one that is exactly that.
fn whole(it: i64) -> Option<f64> {
    const EXACT: u64 = 1 << 53;
    (it.unsigned_abs() <= EXACT).then_some(it as f64)
}

/// `left op right`, of arithmetic.
pub(super) fn compute<'a>(op: BinaryOp, left: ValueRef<'_>, right: ValueRef<'_>) -> Told<'a> {
    let value = match (left, right) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => return Some(Cell::Ref(ValueRef::Null)),
        (ValueRef::Text(a), ValueRef::Text(b)) if op == BinaryOp::Concat => {
            Value::Text([a, b].concat())
        }
        // What overflows, and what is divided by zero, each database treats in its own way.
        (ValueRef::Int(a), ValueRef::Int(b)) => Value::Int(match op {
            BinaryOp::Add => a.checked_add(b)?,
            BinaryOp::Sub => a.checked_sub(b)?,
            BinaryOp::Mul => a.checked_mul(b)?,
            BinaryOp::Div => a.checked_div(b)?,
            BinaryOp::Rem => a.checked_rem(b)?,
            _ => return None,
        }),
        (ValueRef::Real(a), ValueRef::Real(b)) => real(op, a, b)?,
        (ValueRef::Int(a), ValueRef::Real(b)) => real(op, whole(a)?, b)?,
        (ValueRef::Real(a), ValueRef::Int(b)) => real(op, a, whole(b)?)?,
        _ => return None,
    };
    Some(Cell::Own(value))
}

fn real(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        _ => return None,
    };
    (result.is_finite()).then_some(Value::Real(result))
}

/// `-operand`
pub(super) fn negative<'a>(operand: ValueRef<'_>) -> Told<'a> {
    Some(Cell::Own(match operand {
        ValueRef::Null => Value::Null,
        ValueRef::Int(it) => Value::Int(it.checked_neg()?),
        ValueRef::Real(it) => Value::Real(-it),
        _ => return None,
    }))
}
