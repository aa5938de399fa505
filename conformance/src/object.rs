//! [`Object`]: an object of any entity, and what a scenario does with it by name.

use aludel::{
    AnyAttribute, AnyObj, Expr, LoadOption, Obj, Result, Select, State,
    blocking::Session,
    expr::{Expression as _, OrderBy},
    inspect,
    prelude::*,
};
use serde_json::Value as Json;

use crate::{
    filter::{NoSuch, Scope},
    known::{Failed, Known},
    models::*,
    value::{AnyColumn, Field as _},
};

/// What a scenario needs to know of an entity.
pub trait Model: Mapped + Default {
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

macro_rules! entities {
    ($($Model:ident [$($key:ident)*] {
        $($column:ident)*;
        $(many $many:ident: $Many:ident;)*
        $(one $one:ident: $One:ident;)*
    })*) => {
        /// An object of any entity.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Object {
            $(
                #[doc = concat!("One of `", stringify!($Model), "`.")]
                $Model(Obj<$Model>),
            )*
        }

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
                        None => !$Model.$one.exists(),
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
                    (stringify!($many), "raise") => {
                        $Many::further(raiseload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), _) => {
                        $Many::further(selectinload($Model.$many), select, strategy, rest)
                    })*
                    $((stringify!($one), "joined") => {
                        $One::further(joinedload($Model.$one), select, strategy, rest)
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
                    (stringify!($many), "raise") => {
                        $Many::further(option.raiseload($Model.$many), select, strategy, rest)
                    }
                    (stringify!($many), _) => {
                        $Many::further(option.selectinload($Model.$many), select, strategy, rest)
                    })*
                    $((stringify!($one), "joined") => {
                        $One::further(option.joinedload($Model.$one), select, strategy, rest)
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

        impl Object {
            /// A transient object with these columns.
            pub fn new(class: &str, values: &serde_json::Map<String, Json>) -> Option<Self> {
                match class {
                    $(stringify!($Model) => {
                        let mut value = $Model::default();
                        values.iter().all(|(name, it)| value.set_named(name, it)).then_some(())?;
                        Some(Self::$Model(Obj::new(value)))
                    })*
                    _ => None,
                }
            }

            /// The entity's name.
            pub fn class(&self) -> &'static str {
                match self {
                    $(Self::$Model(_) => stringify!($Model),)*
                }
            }

            /// Its columns, in the order of the table.
            pub fn columns(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$Model(_) => $Model::COLUMNS,)*
                }
            }

            /// The columns of its primary key.
            pub fn keys(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$Model(_) => &[$(stringify!($key)),*],)*
                }
            }

            /// Its relationships: names, and whether they are collections.
            pub fn relationships(&self) -> &'static [(&'static str, bool)] {
                match self {
                    $(Self::$Model(_) => &[
                        $((stringify!($many), true),)*
                        $((stringify!($one), false),)*
                    ],)*
                }
            }

            /// What is known of it.
            pub fn inspect(&self) -> Known {
                match self {
                    $(Self::$Model(it) => Known::of(it),)*
                }
            }

            /// Whether a column's value is only the one last known.
            pub fn is_expired(&self, name: &str) -> bool {
                match self {
                    $(Self::$Model(it) => {
                        inspect(it).attribute(name).is_some_and(|it| it.expired)
                    })*
                }
            }

            /// Whether the object of another handle is this one.
            pub fn is(&self, other: &AnyObj) -> bool {
                match self {
                    $(Self::$Model(it) => other == it,)*
                }
            }

            /// An object of whatever entity.
            pub fn of(object: &AnyObj) -> Option<Self> {
                match object.entity() {
                    $(stringify!($Model) => object.downcast($Model).map(Self::$Model),)*
                    _ => None,
                }
            }

            /// `is_modified`.
            pub fn is_modified(&self, session: &Session) -> bool {
                match self {
                    $(Self::$Model(it) => session.is_modified(it),)*
                }
            }

            /// `expire`, whole or these attributes.
            pub fn expire(&self, session: &mut Session, names: Option<&[&str]>) -> Result<(), Failed> {
                match (self, names) {
                    $((Self::$Model(it), None) => session.expire(it)?,
                    (Self::$Model(it), Some(names)) => {
                        session.expire_attributes(it, $Model::attributes(names)?)?;
                    })*
                }
                Ok(())
            }

            /// `refresh` of these attributes.
            pub fn refresh_some(&self, session: &mut Session, names: &[&str]) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(it) => {
                        session.refresh_attributes(it, $Model::attributes(names)?)?;
                    })*
                }
                Ok(())
            }

            /// A column's value, if it was set.
            pub fn show(&self, name: &str) -> Option<Json> {
                match self {
                    $(Self::$Model(it) => it.borrow().show(name),)*
                }
            }

            /// Sets a column.
            pub fn set(&self, _session: &mut Session, name: &str, value: &Json) -> Result<(), Failed> {
                let found = match self {
                    $(Self::$Model(it) => it.borrow_mut().set_named(name, value),)*
                };
                found.then_some(()).ok_or(Failed::NoSuchAttribute)
            }

            /// `add`.
            pub fn add(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.try_add(it).map(drop),)*
                }
            }

            /// `delete`.
            pub fn delete(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.delete(it),)*
                }
            }

            /// `expunge`.
            pub fn expunge(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.expunge(it),)*
                }
            }

            /// `refresh`.
            pub fn refresh(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.refresh(it),)*
                }
            }

            /// `fresh`.
            pub fn fresh(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.fresh(it),)*
                }
            }

            /// `contains`.
            pub fn is_in(&self, session: &Session) -> bool {
                match self {
                    $(Self::$Model(it) => session.contains(it),)*
                }
            }

            /// Loads a relationship, where it isn't loaded.
            pub fn load(&self, session: &mut Session, name: &str) -> Result<Vec<Self>, Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let members = _it.$many().load_one(session)?;
                            Ok(members.into_iter().map(Object::$Many).collect())
                        })*
                        $(stringify!($one) => {
                            let other = _it.$one().load_one(session)?;
                            Ok(other.into_iter().map(Object::$One).collect())
                        })*
                        _ => Err(Failed::NoSuchAttribute),
                    },)*
                }
            }

            /// What is in memory of a relationship, if it is loaded.
            pub fn loaded(&self, name: &str) -> Option<Vec<Self>> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            _it.$many().is_loaded().then_some(())?;
                            Some(_it.$many().iter().ok()?.map(Object::$Many).collect())
                        })*
                        $(stringify!($one) => {
                            _it.$one().is_loaded().then_some(())?;
                            Some(_it.$one().get().ok()?.into_iter().map(Object::$One).collect())
                        })*
                        _ => None,
                    },)*
                }
            }

            /// Sets a to-one relationship.
            pub fn set_ref(&self, name: &str, other: Option<&Self>) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($one) => match other {
                            None => _it.$one().clear(),
                            Some(other) => {
                                let other = $One::unwrap(other).ok_or(Failed::NoSuchAttribute)?;
                                _it.$one().set(other);
                            }
                        },)*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Adds a member to a collection.
            pub fn push(&self, name: &str, member: &Self) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let member = $Many::unwrap(member).ok_or(Failed::NoSuchAttribute)?;
                            _it.$many().push(member);
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Removes a member of a collection.
            pub fn remove(&self, name: &str, member: &Self) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let member = $Many::unwrap(member).ok_or(Failed::NoSuchAttribute)?;
                            _it.$many().remove(member)?;
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Replaces a collection.
            pub fn set_coll(&self, name: &str, members: &[Self]) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let members: Option<Vec<_>> =
                                members.iter().map(|it| $Many::unwrap(it).cloned()).collect();
                            _it.$many().set(members.ok_or(Failed::NoSuchAttribute)?);
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }
        }

        /// Runs code for the entity of a name.
        macro_rules! of_class {
            ($class:expr, $M:ident => $body:expr, else $none:expr) => {
                match $class {
                    $(stringify!($Model) => {
                        type $M = $crate::models::$Model;
                        $body
                    })*
                    _ => $none,
                }
            };
        }
    };
}

entities! {
    User [id] {
        id name age;
        many addresses: Address;
        many orders: Order;
        one profile: Profile;
    }
    Address [id] {
        id email user_id;
        one user: User;
    }
    Profile [id] {
        id bio user_id;
        one user: User;
    }
    Order [id] {
        id title status touched user_id;
        many items: Item;
        one user: User;
    }
    Item [id] {
        id sku;
        many orders: Order;
        many keywords: Keyword;
    }
    OrderItem [order_id item_id] {
        order_id item_id;
    }
    Keyword [id] {
        id word;
        many items: Item;
    }
    ItemKeyword [item_id keyword_id] {
        item_id keyword_id;
    }
    Node [id] {
        id name parent_id;
        many children: Node;
        one parent: Node;
    }
    Document [id] {
        id title body status version_id;
    }
    Region [country code] {
        country code label;
        many sites: Site;
    }
    Site [id] {
        id name country code;
        one region: Region;
    }
}

pub(crate) use of_class;

impl Object {
    /// Its state's name.
    pub fn state(&self) -> State {
        self.inspect().state
    }
}
