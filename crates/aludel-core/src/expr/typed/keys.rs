//! What ORDER BY and GROUP BY take: one key, or several.

use super::{Column, Expr, Expression, Labeled};
use crate::{
    expr::{Node, OrderBy},
    value::ColumnType,
};

/// One or more sort keys: a column or expression (ascending), `.asc()`, `.desc()`, or a tuple, an
/// array or a `Vec` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sorted by",
    label = "expected a column, an expression, `.asc()`, `.desc()`, or several of them"
)]
pub trait SortKeys {
    /// Appends the keys.
    fn push_to(self, keys: &mut Vec<OrderBy>);
}

/// One or more expressions to group by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be grouped by",
    label = "expected a column, an expression, or a tuple of them"
)]
pub trait GroupKeys {
    /// Appends the keys.
    fn push_to(self, keys: &mut Vec<Node>);
}

impl SortKeys for OrderBy {
    fn push_to(self, keys: &mut Vec<OrderBy>) {
        keys.push(self);
    }
}

macro_rules! expressions {
    ($([$($generics:tt)*] $expression:ty;)*) => {$(
        impl<$($generics)*> SortKeys for $expression {
            fn push_to(self, keys: &mut Vec<OrderBy>) {
                keys.push(OrderBy::asc(self.into_node()));
            }
        }

        impl<$($generics)*> GroupKeys for $expression {
            fn push_to(self, keys: &mut Vec<Node>) {
                keys.push(self.into_node());
            }
        }
    )*};
}

expressions! {
    [E, T: ColumnType] Column<E, T>;
    [T: ColumnType] Expr<T>;
    [T: ColumnType] Labeled<T>;
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        impl<K: SortKeys, $($generics)*> SortKeys for $list {
            fn push_to(self, keys: &mut Vec<OrderBy>) {
                self.into_iter().for_each(|it| it.push_to(keys));
            }
        }

        impl<K: GroupKeys, $($generics)*> GroupKeys for $list {
            fn push_to(self, keys: &mut Vec<Node>) {
                self.into_iter().for_each(|it| it.push_to(keys));
            }
        }
    )*};
}

lists! {
    [] Vec<K>;
    [const N: usize] [K; N];
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: SortKeys),+> SortKeys for ($($name,)+) {
            fn push_to(self, keys: &mut Vec<OrderBy>) {
                #[allow(non_snake_case, reason = "the type's name serves for the value")]
                let ($($name,)+) = self;
                $($name.push_to(keys);)+
            }
        }

        impl<$($name: GroupKeys),+> GroupKeys for ($($name,)+) {
            fn push_to(self, keys: &mut Vec<Node>) {
                #[allow(non_snake_case, reason = "the type's name serves for the value")]
                let ($($name,)+) = self;
                $($name.push_to(keys);)+
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D F);
tuples!(A B C D F G);
tuples!(A B C D F G H);
tuples!(A B C D F G H I);
