//! [`Selectable`]: one thing that `select` can take, and how it is read from a row.

use std::any::Any;

use super::{Column, Expr, Expression, Labeled, SettleError, func::Now};
use crate::{
    DecodeError,
    expr::{Query, SelectItem},
    value::{ColumnType, Cursor},
};

/// One thing that `select` can take: a column, an expression, an entity, or a tuple of them.
///
/// A row is read in two steps: [`Selectable::decode`] where the connection lives, without a
/// session, and [`Selectable::finish`] in the task that asked.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be selected",
    label = "neither an entity, nor a column, nor an expression",
    note = "`select` takes one of them, or a tuple of up to 16; a value becomes an expression with `lit(value)`"
)]
pub trait Selectable: Sized + 'static {
    /// What a row holds of it.
    type Row: Send + 'static;
    /// What decoding leaves of one row.
    type Slot: Send + 'static;
    /// What is kept for all rows of one result.
    type State: Default + Send + 'static;

    /// Adds what is selected to a query.
    fn add_to(self, query: &mut Query);

    /// Reads one row's part from left to right.
    ///
    /// # Errors
    /// A value isn't of the type that was asked for.
    fn decode(state: &mut Self::State, row: &mut Cursor<'_>) -> Result<Self::Slot, DecodeError>;

    /// Called once for each result, in the task, when all rows are decoded.
    ///
    /// # Errors
    /// What was read can't be brought together with what `context` knows.
    fn settle(state: &mut Self::State, context: &mut dyn Any) -> Result<(), SettleError> {
        let _ = (state, context);
        Ok(())
    }

    /// Makes a row's part of what decoding left.
    fn finish(state: &mut Self::State, slot: Self::Slot) -> Self::Row;

    /// Shows the states of entities, to those that load what belongs to them.
    fn parts(state: &mut Self::State, visit: &mut dyn FnMut(&mut dyn Any)) {
        let _ = (state, visit);
    }
}

/// The row of these is the value itself.
macro_rules! values {
    ($([$($generics:tt)*] $selected:ty as $row:ty, $this:ident => $item:expr;)*) => {$(
        impl<$($generics)*> Selectable for $selected {
            type Row = $row;
            type Slot = $row;
            type State = ();

            fn add_to(self, query: &mut Query) {
                let $this = self;
                query.items.push($item);
            }

            #[inline]
            fn decode(_: &mut (), row: &mut Cursor<'_>) -> Result<$row, DecodeError> {
                row.take()
            }

            #[inline]
            fn finish(_: &mut (), slot: $row) -> $row {
                slot
            }
        }
    )*};
}

values! {
    [E: 'static, T: ColumnType] Column<E, T> as T::Out, it => item(it);
    [T: ColumnType] Expr<T> as T, it => it.into_item();
    [T: ColumnType] Labeled<T> as T, it => it.into_item();
    [] Now as crate::value::DateTime, it => item(it);
}

fn item<X: Expression>(expression: X) -> SelectItem {
    let optional = <X::Type as ColumnType>::NULLABLE;
    SelectItem { optional, ..SelectItem::new(expression.into_node()) }
}

/// `(A, (B, (C, ())))`: pairs have a `Default` however many there are, long tuples have none.
macro_rules! pairs {
    () => { () };
    ($head:ident $($tail:ident)*) => { ($head, pairs!($($tail)*)) };
}

macro_rules! states {
    () => { () };
    ($head:ident $($tail:ident)*) => { ($head::State, states!($($tail)*)) };
}

macro_rules! tuples {
    ($($name:ident $index:tt)+) => {
        #[allow(non_snake_case, reason = "the type's name serves for the value")]
        impl<$($name: Selectable),+> Selectable for ($($name,)+) {
            type Row = ($($name::Row,)+);
            type Slot = ($($name::Slot,)+);
            type State = states!($($name)+);

            fn add_to(self, query: &mut Query) {
                let ($($name,)+) = self;
                $($name.add_to(query);)+
            }

            #[inline]
            fn decode(state: &mut Self::State, row: &mut Cursor<'_>) -> Result<Self::Slot, DecodeError> {
                let pairs!($($name)+) = state;
                Ok(($($name::decode($name, row)?,)+))
            }

            fn settle(state: &mut Self::State, context: &mut dyn Any) -> Result<(), SettleError> {
                let pairs!($($name)+) = state;
                $($name::settle($name, context)?;)+
                Ok(())
            }

            #[inline]
            fn finish(state: &mut Self::State, slot: Self::Slot) -> Self::Row {
                let pairs!($($name)+) = state;
                ($($name::finish($name, slot.$index),)+)
            }

            fn parts(state: &mut Self::State, visit: &mut dyn FnMut(&mut dyn Any)) {
                let pairs!($($name)+) = state;
                $($name::parts($name, visit);)+
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0 B 1);
tuples!(A 0 B 1 C 2);
tuples!(A 0 B 1 C 2 D 3);
tuples!(A 0 B 1 C 2 D 3 F 4);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11 N 12);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11 N 12 O 13);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11 N 12 O 13 P 14);
tuples!(A 0 B 1 C 2 D 3 F 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11 N 12 O 13 P 14 Q 15);
