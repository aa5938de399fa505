//! Loader options: `selectinload`, `joinedload`, `raiseload`, chained to any depth.

use std::sync::Arc;

use aludel_core::expr::Select;

use crate::mapping::{Mapped, Relation, Relationship, Strategy};

/// How a query loads a relationship; chain [`LoadOption::selectinload`] and the like for what lies
/// behind it.
#[derive(Clone, Debug)]
pub struct LoadOption<E, R> {
    pub(super) path: Vec<Hop>,
    types: std::marker::PhantomData<fn() -> (E, R)>,
}

/// One step of an option's path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop {
    pub(super) relation: &'static Relation,
    pub(super) strategy: Strategy,
}

/// What a query keeps of an option.
#[derive(Debug)]
pub(super) struct Path(pub(super) Vec<Hop>);

macro_rules! strategies {
    ($($(#[$doc:meta])* $name:ident => $strategy:ident;)*) => {
        $($(#[$doc])*
        pub fn $name<E: Mapped, R: Mapped>(relationship: Relationship<E, R>) -> LoadOption<E, R> {
            let hop = Hop { relation: relationship.relation(), strategy: Strategy::$strategy };
            LoadOption { path: vec![hop], types: std::marker::PhantomData }
        })*

        impl<E: Mapped, R: Mapped> LoadOption<E, R> {
            $($(#[$doc])*
            #[must_use]
            pub fn $name<N: Mapped>(mut self, relationship: Relationship<R, N>) -> LoadOption<E, N> {
                self.path.push(Hop { relation: relationship.relation(), strategy: Strategy::$strategy });
                LoadOption { path: self.path, types: std::marker::PhantomData }
            })*
        }
    };
}

strategies! {
    /// Loads a relationship with the query, by one more statement for each 500 owners.
    selectinload => Selectin;
    /// Loads a relationship with the query, by an outer join in the same statement. A collection in
    /// a query with a limit, an offset or `distinct` is loaded as by [`selectinload`]: a join would
    /// count its rows.
    joinedload => Joined;
    /// Forbids to load a relationship of what this query loads: `.load()` is an error.
    raiseload => Raise;
}

/// Loader options for a query.
pub trait WithOptions: Sized {
    /// Adds a loader option.
    #[must_use]
    fn options<E: Mapped, R: Mapped>(self, option: LoadOption<E, R>) -> Self;
}

impl<Row> WithOptions for Select<Row> {
    fn options<E: Mapped, R: Mapped>(self, option: LoadOption<E, R>) -> Self {
        self.with_option(Arc::new(Path(option.path)))
    }
}
