//! [`Model`]: what a scenario needs to know of an entity.

use aludel::{
    AnyAttribute, Expr, LoadOption, Obj, Result, Select, all_of,
    expr::{Expression as _, FromTarget, OrderBy},
    prelude::*,
};
use serde_json::Value as Json;

use crate::{
    entities::with_entities,
    filter::{NoSuch, Scope},
    known::Failed,
    models::*,
    object::Object,
    value::{AnyColumn, Field as _},
};

/// What a scenario needs to know of an entity.
pub trait Model: Mapped<Entity: FromTarget> + Default {
    /// Its columns, in the order of the table.
    const COLUMNS: &'static [&'static str];

    /// Wraps an object.
    fn wrap(object: Obj<Self>) -> Object;

    /// Unwraps an object of this entity.
    fn unwrap(object: &Object) -> Option<&Obj<Self>>;

    /// A query for all of them.
    fn all() -> Select<Obj<Self>>;

    /// The column of a name.
    fn column(name: &str) -> Option<AnyColumn<Self>>;

    /// Sets a column by name; whether there is one.
    fn set_named(&mut self, name: &str, value: &Json) -> bool;

    /// A column's value by name: of one that was set.
    fn show(&self, name: &str) -> Option<Json>;

    /// The primary key's columns, ascending.
    fn by_key() -> Vec<OrderBy>;

    /// Whether the primary key is this one; nothing if it isn't a key of this entity.
    fn has_key(key: &[Json]) -> Option<Expr<bool>>;

    /// Columns and relationships by name.
    fn attributes(names: &[&str]) -> Result<Vec<AnyAttribute<Self>>, Failed>;

    /// Whether there is a member, or an object at the other end, that a filter keeps.
    fn related(name: &str, filter: Option<&Json>, scope: &Scope<'_>) -> Result<Expr<bool>, NoSuch>;

    /// Whether a relationship is this object, or none.
    fn is(name: &str, other: Option<&Object>) -> Option<Expr<bool>>;

    /// A query with a loader option: the first step of its path.
    fn option(
        select: Select<Obj<Self>>,
        strategy: &str,
        path: &[&str],
    ) -> Option<Select<Obj<Self>>>;

    /// The further steps.
    fn further<E: Model>(
        option: LoadOption<E, Self>,
        select: Select<Obj<E>>,
        strategy: &str,
        path: &[&str],
    ) -> Option<Select<Obj<E>>>;
}

macro_rules! models {
    ($($Model:ident [$($key:ident)*] {
        $($column:ident)*;
        $(many $many:ident: $Many:ident;)*
        $(one $one:ident: $One:ident;)*
    })*) => {
        #[allow(unused_variables, reason = "not every entity has relationships")]
        const _: () = { $(impl Model for $Model {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn wrap(object: Obj<Self>) -> Object {
                Object::$Model(object)
            }

            fn unwrap(object: &Object) -> Option<&Obj<Self>> {
                match object {
                    Object::$Model(it) => Some(it),
                    _ => None,
                }
            }

            fn all() -> Select<Obj<Self>> {
                select($Model)
            }

            fn column(name: &str) -> Option<AnyColumn<Self>> {
                match name {
                    $(stringify!($column) => Some($Model.$column.into()),)*
                    _ => None,
                }
            }

            fn set_named(&mut self, name: &str, value: &Json) -> bool {
                match name {
                    $(stringify!($column) => self.$column.put(value),)*
                    _ => return false,
                }
                true
            }

            fn show(&self, name: &str) -> Option<Json> {
                match name {
                    $(stringify!($column) => self.$column.show(),)*
                    _ => None,
                }
            }

            fn by_key() -> Vec<OrderBy> {
                vec![$($Model.$key.asc()),*]
            }

            fn has_key(key: &[Json]) -> Option<Expr<bool>> {
                let columns = [$(AnyColumn::from($Model.$key)),*];
                if key.len() != columns.len() {
                    return None;
                }
                let parts = columns.into_iter().zip(key).map(|(it, value)| it.compare("eq", value));
                parts.collect::<Option<Vec<_>>>().map(all_of)
            }

            fn attributes(names: &[&str]) -> Result<Vec<AnyAttribute<Self>>, Failed> {
                let attribute = |name: &&str| match *name {
                    $(stringify!($column) => Ok($Model.$column.into()),)*
                    $(stringify!($many) => Ok($Model.$many.into()),)*
                    $(stringify!($one) => Ok($Model.$one.into()),)*
                    _ => Err(Failed::NoSuchAttribute),
                };
                names.iter().map(attribute).collect()
            }

            fn related(
                name: &str,
                filter: Option<&Json>,
                scope: &Scope<'_>,
            ) -> Result<Expr<bool>, NoSuch> {
                match name {
                    $(stringify!($many) => Ok(match filter {
                        Some(filter) => $Model.$many.any(scope.criterion::<$Many>(filter)?),
                        None => $Model.$many.exists(),
                    }),)*
                    $(stringify!($one) => Ok(match filter {
                        Some(filter) => $Model.$one.has(scope.criterion::<$One>(filter)?),
                        None => $Model.$one.exists(),
                    }),)*
                    _ => Err(NoSuch::Filter),
                }
            }

            fn is(name: &str, other: Option<&Object>) -> Option<Expr<bool>> {
                match name {
                    $(stringify!($one) => Some(match other {
                        Some(other) => $Model.$one.is($One::unwrap(other)?),
                        None => $Model.$one.is_null(),
                    }),)*
                    _ => None,
                }
            }

            fn option(
                select: Select<Obj<Self>>,
                strategy: &str,
                path: &[&str],
            ) -> Option<Select<Obj<Self>>> {
                let (first, rest) = path.split_first()?;
                match (*first, strategy) {
                    $((stringify!($many), "joined") => {
                        $Many::further(joinedload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), "subquery") => {
                        $Many::further(subqueryload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), "raise") => {
                        $Many::further(raiseload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), _) => {
                        $Many::further(selectinload($Model.$many), select, strategy, rest)
                    })*
                    $((stringify!($one), "joined") => {
                        $One::further(joinedload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), "subquery") => {
                        $One::further(subqueryload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), "raise") => {
                        $One::further(raiseload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), _) => {
                        $One::further(selectinload($Model.$one), select, strategy, rest)
                    })*
                    _ => None,
                }
            }

            fn further<E: Model>(
                option: LoadOption<E, Self>,
                select: Select<Obj<E>>,
                strategy: &str,
                path: &[&str],
            ) -> Option<Select<Obj<E>>> {
                let Some((first, rest)) = path.split_first() else {
                    return Some(select.options(option));
                };
                match (*first, strategy) {
                    $((stringify!($many), "joined") => {
                        $Many::further(option.joinedload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), "subquery") => {
                        $Many::further(option.subqueryload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), "raise") => {
                        $Many::further(option.raiseload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), _) => {
                        $Many::further(option.selectinload($Model.$many), select, strategy, rest)
                    })*
                    $((stringify!($one), "joined") => {
                        $One::further(option.joinedload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), "subquery") => {
                        $One::further(option.subqueryload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), "raise") => {
                        $One::further(option.raiseload($Model.$one), select, strategy, rest)
                    }
                    (stringify!($one), _) => {
                        $One::further(option.selectinload($Model.$one), select, strategy, rest)
                    })*
                    _ => None,
                }
            }
        })* };

    };
}

with_entities!(models);
