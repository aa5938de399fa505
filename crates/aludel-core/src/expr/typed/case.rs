//! [`case`]: one of several values, by conditions.

use std::marker::PhantomData;

use super::{Expr, Literal, Operand, Predicate};
use crate::{
    expr::Node,
    value::{ColumnType, Nullable, Nullness, Scalar},
};

/// A CASE that is being written; [`Case::otherwise`] or [`Case::end`] finishes it.
#[must_use = "a CASE is finished by `.otherwise(…)` or `.end()`"]
#[derive(Clone, Debug)]
pub struct Case<B, N> {
    arms: Vec<(Node, Node)>,
    types: PhantomData<fn() -> (B, N)>,
}

/// `CASE WHEN condition THEN value …`. The first value decides the type.
///
/// ```
/// # use aludel_core::{dialect::Sqlite, expr::{Column, Source, TableName}};
/// use aludel_core::expr::{Expression, case, select};
/// # struct Tag;
/// # let age = Column::<Tag, i32>::new(Source::Table, TableName::new("user_account"), "age");
///
/// let group = case(age.lt(13), "child").when(age.lt(20), "teen").otherwise("adult");
/// let rows = select(group).to_sql(&Sqlite)?;
/// assert_eq!(
///     rows,
///     "SELECT CASE WHEN user_account.age < ? THEN ? WHEN user_account.age < ? THEN ? ELSE ? END \
///      FROM user_account"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn case<P: Predicate, V: Literal>(
    condition: P,
    value: V,
) -> Case<<V::Type as ColumnType>::Base, <V::Type as ColumnType>::Null> {
    Case {
        arms: vec![(condition.into_predicate(), value.into_expr().node().clone())],
        types: PhantomData,
    }
}

impl<B: Scalar, N: Nullness> Case<B, N> {
    /// Another condition and its value, if none before was true.
    pub fn when<P: Predicate, V: Operand<B>>(
        self,
        condition: P,
        value: V,
    ) -> Case<B, N::Or<V::Null>> {
        let mut arms = self.arms;
        arms.push((condition.into_predicate(), value.into_operand()));
        Case { arms, types: PhantomData }
    }

    /// The value if no condition is true.
    pub fn otherwise<V: Operand<B>>(self, value: V) -> Expr<<N::Or<V::Null> as Nullness>::Wrap<B>> {
        let otherwise = Some(Box::new(value.into_operand()));
        Expr::new(Node::Case { arms: self.arms, otherwise })
    }

    /// NULL if no condition is true.
    pub fn end(self) -> Expr<<Nullable as Nullness>::Wrap<B>> {
        Expr::new(Node::Case { arms: self.arms, otherwise: None })
    }
}
