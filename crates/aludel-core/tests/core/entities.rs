//! Entity constants, written by hand as the derive would emit them.
#![allow(
    non_upper_case_globals,
    non_snake_case,
    reason = "an entity's constant bears the struct's name, and one column is in need of quotes"
)]

use aludel_core::expr::{
    BinaryOp, Column, Expression, FromItem, FromTarget, Join, JoinKind, JoinTarget, Node, Source,
    TableName,
};

macro_rules! entity {
    ($constant:ident: $entity:ident = $table:literal { $($column:ident: $ty:ty),* $(,)? }) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $entity {
            $(pub(crate) $column: Column<Self, $ty>,)*
            source: Source,
        }

        pub(crate) const $constant: $entity = $entity::from(Source::Table);

        impl $entity {
            const TABLE: TableName = TableName::new($table);

            const fn from(source: Source) -> Self {
                Self { $($column: Column::new(source, Self::TABLE, stringify!($column)),)* source }
            }

            #[allow(dead_code, reason = "not every entity is aliased")]
            pub(crate) const fn aliased(self, name: &'static str) -> Self {
                Self::from(Source::Named(name))
            }

            #[allow(dead_code, reason = "not every entity is aliased")]
            pub(crate) const fn anonymous(self, number: u32) -> Self {
                Self::from(Source::Anon(number))
            }
        }

        impl FromTarget for $entity {
            fn from_item(&self) -> FromItem {
                FromItem { table: Self::TABLE, source: self.source }
            }
        }
    };
}

use aludel_core::value::{Auto, DateTime};

entity!(User: UserEntity = "user_account" {
    id: Auto<i64>, name: String, email: Option<String>, age: Option<i32>, active: bool, created: Auto<DateTime>,
});

entity!(Address: AddressEntity = "address" {
    id: Auto<i64>, user_id: Auto<i64>, email_address: String,
});

entity!(Order: OrderEntity = "order" {
    id: Auto<i64>, userName: String,
});

#[cfg(feature = "rust_decimal")]
entity!(Item: ItemEntity = "item" {
    id: Auto<i64>, price: rust_decimal::Decimal, discount: Option<rust_decimal::Decimal>, quantity: i32,
});

/// `User.addresses`, as a relationship joins it.
pub(crate) struct Addresses;

impl JoinTarget for Addresses {
    fn joins(self, kind: JoinKind, out: &mut Vec<Join>) {
        let on = Node::binary(BinaryOp::Eq, User.id.into_node(), Address.user_id.into_node());
        out.push(Join { kind, target: Address.from_item(), on });
    }
}
