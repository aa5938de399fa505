//! SQL functions by their generic names; dialects map them.

use super::{
    Expr, Expression, Literal, Number, Operand,
    expression::{Base, Like},
};
use crate::{
    expr::Node,
    schema::ServerDefault,
    value::{ColumnType, DateTime, NotNull, Nullness, Scalar, SqlType},
};

/// A scalar that is text.
#[diagnostic::on_unimplemented(message = "`{Self}` is not text", label = "expected text")]
pub trait Text: Scalar {}

impl Text for String {}

/// A scalar that is a moment: a day and a time of day.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a moment",
    label = "expected a date with a time"
)]
pub trait Moment: Scalar {}

impl Moment for DateTime {}

#[cfg(feature = "chrono")]
impl Moment for chrono::NaiveDateTime {}

fn call<T: ColumnType>(name: &'static str, args: Vec<Node>) -> Expr<T> {
    Expr::new(Node::call(name, args, Some(T::TYPE)))
}

/// `count(x)`: how many rows have a value.
pub fn count<X: Expression>(x: X) -> Expr<i64> {
    call("count", vec![x.into_node()])
}

/// `count(DISTINCT x)`: how many different values there are.
pub fn count_distinct<X: Expression>(x: X) -> Expr<i64> {
    let (args, ty) = (vec![x.into_node()], Some(SqlType::BigInt));
    Expr::new(Node::Function { name: "count", distinct: true, args, ty })
}

/// `count(*)`: how many rows there are.
pub fn count_all() -> Expr<i64> {
    call("count", Vec::new())
}

/// `sum(x)`; NULL of no rows. Whole numbers add up to `i64`.
pub fn sum<X, S>(x: X) -> Expr<Option<S>>
where
    X: Expression<Type: ColumnType<Base: Number<Sum = S>>>,
    S: Scalar,
{
    call("sum", vec![x.into_node()])
}

/// `avg(x)`; NULL of no rows.
pub fn avg<X: Expression<Type: ColumnType<Base: Number>>>(x: X) -> Expr<Option<f64>> {
    call("avg", vec![x.into_node()])
}

/// `min(x)`; NULL of no rows.
pub fn min<X: Expression>(x: X) -> Expr<Option<Base<X>>> {
    call("min", vec![x.into_node()])
}

/// `max(x)`; NULL of no rows.
pub fn max<X: Expression>(x: X) -> Expr<Option<Base<X>>> {
    call("max", vec![x.into_node()])
}

/// `lower(x)`
pub fn lower<X: Expression<Type: ColumnType<Base: Text>>>(x: X) -> Expr<Like<X, String>> {
    call("lower", vec![x.into_node()])
}

/// `upper(x)`
pub fn upper<X: Expression<Type: ColumnType<Base: Text>>>(x: X) -> Expr<Like<X, String>> {
    call("upper", vec![x.into_node()])
}

/// `trim(x)`: without white space at either end.
pub fn trim<X: Expression<Type: ColumnType<Base: Text>>>(x: X) -> Expr<Like<X, String>> {
    call("trim", vec![x.into_node()])
}

/// `length(x)`: how many characters a text has.
pub fn length<X: Expression<Type: ColumnType<Base: Text>>>(x: X) -> Expr<Like<X, i64>> {
    call("length", vec![x.into_node()])
}

/// `coalesce(x, y)`: `y` where `x` is NULL.
pub fn coalesce<X: Expression, Y: Operand<Base<X>>>(
    x: X,
    y: Y,
) -> Expr<<Y::Null as Nullness>::Wrap<Base<X>>> {
    call("coalesce", vec![x.into_node(), y.into_operand()])
}

/// `nullif(x, y)`: NULL where the two are equal, `x` otherwise.
pub fn nullif<X: Expression, Y: Operand<Base<X>>>(x: X, y: Y) -> Expr<Option<Base<X>>> {
    call("nullif", vec![x.into_node(), y.into_operand()])
}

/// `abs(x)`
pub fn abs<X: Expression<Type: ColumnType<Base: Number>>>(x: X) -> Expr<Like<X, Base<X>>> {
    call("abs", vec![x.into_node()])
}

/// `round(x, digits)`: so many digits behind the point.
pub fn round<X: Expression<Type: ColumnType<Base: Number>>>(
    x: X,
    digits: i32,
) -> Expr<Like<X, Base<X>>> {
    call("round", vec![x.into_node(), digits.into_operand()])
}

/// Any function by its name, with a result of type `T` that nothing checks: for what this module
/// lacks. The arguments are given as [`lit`](super::lit) gives them.
pub fn call_as<T: ColumnType>(name: &'static str, args: impl IntoIterator<Item = Node>) -> Expr<T> {
    call(name, args.into_iter().collect())
}

/// The current moment, by the database's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now;

/// `CURRENT_TIMESTAMP`: the current moment, by the database's clock.
pub fn now() -> Now {
    Now
}

impl Expression for Now {
    type Type = DateTime;

    fn into_node(self) -> Node {
        Node::call("now", Vec::new(), Some(SqlType::DateTime))
    }
}

impl Literal for Now {
    type Type = DateTime;

    fn into_expr(self) -> Expr<DateTime> {
        Expr::new(self.into_node())
    }
}

/// It takes the type of the column beside it.
#[diagnostic::do_not_recommend]
impl<B: Moment> Operand<B> for Now {
    type Null = NotNull;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

impl From<Now> for ServerDefault {
    fn from(_: Now) -> Self {
        Self::Now
    }
}
