//! Loader options: `selectinload`, `joinedload` and the like, chained to any depth.

use std::{any::Any, marker::PhantomData, sync::Arc};

use aludel_core::expr::{Node, Predicate, Query, Select, SortKeys, Statement, TableName};

use super::{
    hop::{Along, Hop, How},
    related::RelatedTo,
};
use crate::mapping::{EntityConst, Mapped, Relationship, Strategy};

/// How a query loads a relationship; chain [`LoadOption::selectinload`] and the like for what lies
/// behind it.
pub struct LoadOption<E, R> {
    path: Vec<Hop>,
    types: PhantomData<fn() -> (E, R)>,
}

impl<E, R> Clone for LoadOption<E, R> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), types: PhantomData }
    }
}

impl<E, R> std::fmt::Debug for LoadOption<E, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LoadOption").field(&self.path).finish()
    }
}

/// How a query loads every relationship that no other option names: `raiseload("*")`.
#[derive(Clone, Debug)]
pub struct WildcardOption(Hop);

/// What a query keeps of an option.
#[derive(Debug)]
pub(super) struct Path(pub(super) Vec<Hop>);

/// What a loader option can name: a relationship of an entity constant, one to an alias
/// (`User.addresses.of_type(alias)`), or `"*"` for all that no other option names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be loaded by an option",
    label = "expected a relationship, such as `User.addresses`, or \"*\""
)]
pub trait Loadable: Sized {
    /// The option that it makes.
    type Option;

    #[doc(hidden)]
    fn loaded(self, how: How) -> Self::Option;
}

/// What a loader option can name behind a relationship to `R`: one of its relationships, or `"*"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be loaded behind a relationship to `{R}`",
    label = "expected a relationship of `{R}`, or \"*\""
)]
pub trait LoadableFrom<E, R>: Sized {
    /// The option that it makes.
    type Option;

    #[doc(hidden)]
    fn behind(self, option: LoadOption<E, R>, how: How) -> Self::Option;
}

impl<E, R> LoadOption<E, R> {
    fn then<N>(mut self, hop: Hop) -> LoadOption<E, N> {
        self.path.push(hop);
        LoadOption { path: self.path, types: PhantomData }
    }
}

impl<E: Mapped, R: Mapped> Loadable for Relationship<E, R> {
    type Option = LoadOption<E, R>;

    fn loaded(self, how: How) -> Self::Option {
        let path = vec![Hop::new(Along::One(self.relation()), how)];
        LoadOption { path, types: PhantomData }
    }
}

impl<E: Mapped, R: Mapped> Loadable for RelatedTo<E, R> {
    type Option = LoadOption<E, R>;

    fn loaded(self, how: How) -> Self::Option {
        let path = vec![Hop::new(Along::One(self.relation()), self.contained(how))];
        LoadOption { path, types: PhantomData }
    }
}

impl Loadable for &'static str {
    type Option = WildcardOption;

    fn loaded(self, how: How) -> WildcardOption {
        WildcardOption(Hop::new(Along::Rest(self), how))
    }
}

impl<E, R: Mapped, N: Mapped> LoadableFrom<E, R> for Relationship<R, N> {
    type Option = LoadOption<E, N>;

    fn behind(self, option: LoadOption<E, R>, how: How) -> Self::Option {
        option.then(Hop::new(Along::One(self.relation()), how))
    }
}

impl<E, R: Mapped, N: Mapped> LoadableFrom<E, R> for RelatedTo<R, N> {
    type Option = LoadOption<E, N>;

    fn behind(self, option: LoadOption<E, R>, how: How) -> Self::Option {
        option.then(Hop::new(Along::One(self.relation()), self.contained(how)))
    }
}

impl<E, R> LoadableFrom<E, R> for &'static str {
    type Option = LoadOption<E, R>;

    fn behind(self, option: LoadOption<E, R>, how: How) -> Self::Option {
        option.then(Hop::new(Along::Rest(self), how))
    }
}

macro_rules! strategies {
    ($($(#[$doc:meta])* $name:ident => $how:expr;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name<L: Loadable>(what: L) -> L::Option {
            what.loaded($how)
        })*

        impl<E, R> LoadOption<E, R> {
            $($(#[$doc])*
            #[must_use]
            pub fn $name<L: LoadableFrom<E, R>>(self, what: L) -> L::Option {
                what.behind(self, $how)
            })*
        }
    };
}

strategies! {
    /// Loads a relationship when `.load()` is called, whatever is mapped.
    lazyload => How::By(Strategy::Lazy);
    /// Loads a relationship with the query, by one more statement for each 500 owners.
    selectinload => How::By(Strategy::Selectin);
    /// Loads a relationship with the query, by an outer join in the same statement. A query with a
    /// limit, an offset or `distinct` stands in FROM of another then, so that a collection's rows don't
    /// count. Beside other entities or expressions in a row, a collection is loaded as by
    /// [`selectinload`].
    joinedload => How::By(Strategy::Joined);
    /// Loads a relationship with the query, by one more statement in which the query itself stands as a
    /// subquery: however many owners there are, it is one.
    subqueryload => How::By(Strategy::Subquery);
    /// Forbids to load a relationship of what this query loads: `.load()` is an error. With
    /// [`sql_only`](LoadOption::sql_only) one that the session can fill without a statement is no error.
    raiseload => How::By(Strategy::Raise);
    /// Takes a relationship for empty, without looking.
    noload => How::By(Strategy::NoLoad);
    /// Loads a relationship from the columns of a join that the query has by itself, also of one to an
    /// alias: `contains_eager(User.addresses.of_type(alias))`. What the query's conditions leave out isn't
    /// there, and the collection is what the rows said until it expires.
    contains_eager => How::Contained(aludel_core::expr::Source::Table);
    /// Leaves a relationship as it is mapped, to say something of what lies behind it.
    defaultload => How::Mapped;
}

impl<E, R> LoadOption<E, R> {
    pub(super) fn last(mut self, say: impl FnOnce(&mut Hop)) -> Self {
        if let Some(hop) = self.path.last_mut() {
            say(hop);
        }
        self
    }

    /// Loads only members that meet a condition: in WHERE, or in ON of a join. The collection is what
    /// the statement said until it expires.
    #[must_use]
    pub fn and_(self, condition: impl Predicate) -> Self {
        let condition = condition.into_predicate();
        self.last(|it| {
            it.criteria = Node::all(it.criteria.take().into_iter().chain([condition]));
        })
    }

    /// Sorts members by these keys instead of those that are mapped.
    #[must_use]
    pub fn order_by(self, keys: impl SortKeys) -> Self {
        self.last(|it| keys.push_to(&mut it.order_by))
    }

    /// Loads the first members of each owner, so many, by their order: one statement for all owners.
    #[must_use]
    pub fn limit(self, members: u64) -> Self {
        self.last(|it| it.limit = Some(members))
    }

    /// Lets a `joinedload` be an inner join: owners without a member are left out.
    #[must_use]
    pub fn innerjoin(self) -> Self {
        self.last(|it| it.inner = true)
    }

    /// Lets a `raiseload` forbid only what would send a statement: a many-to-one whose object the
    /// session holds may be loaded.
    #[must_use]
    pub fn sql_only(self) -> Self {
        self.last(Hop::only_sql)
    }

    /// Loads the members' members, too, and so on to the end, in one statement (`WITH RECURSIVE`), of a
    /// relationship that leads to its own entity. A cycle ends where it meets itself.
    #[must_use]
    pub fn recursive(self) -> Self {
        self.last(|it| it.recursive = true)
    }
}

impl WildcardOption {
    /// As [`LoadOption::sql_only`].
    #[must_use]
    pub fn sql_only(mut self) -> Self {
        self.0.only_sql();
        self
    }
}

impl Hop {
    fn only_sql(&mut self) {
        if self.how == How::By(Strategy::Raise) {
            self.how = How::By(Strategy::RaiseOnSql);
        }
    }
}

/// A loader option, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loader option",
    label = "expected an option, such as `selectinload(User.addresses)`, or a tuple of them"
)]
pub trait LoaderOption {
    #[doc(hidden)]
    fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>));
}

impl<E, R> LoaderOption for LoadOption<E, R> {
    fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>)) {
        keep(Arc::new(Path(self.path)));
    }
}

impl LoaderOption for WildcardOption {
    fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>)) {
        keep(Arc::new(Path(vec![self.0])));
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: LoaderOption),*> LoaderOption for ($($name,)*) {
            fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>)) {
                $(self.$at.keep(keep);)*
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, F 4);
tuples!(A 0, B 1, C 2, D 3, F 4, G 5);

/// Loader options for a query.
pub trait WithOptions: Sized {
    /// Adds a loader option, or a tuple of them.
    #[must_use]
    fn options(self, option: impl LoaderOption) -> Self;
}

impl<Row> WithOptions for Select<Row> {
    fn options(self, option: impl LoaderOption) -> Self {
        let mut kept = Vec::new();
        option.keep(&mut |it| kept.push(it));
        kept.into_iter().fold(self, Self::with_option)
    }
}

/// A condition on every appearance of an entity in a query: see [`with_loader_criteria`].
#[derive(Clone, Debug)]
pub struct CriteriaOption(Criteria);

/// A condition on a table, of its columns under its own name.
#[derive(Clone, Debug)]
pub(crate) struct Criteria {
    pub(crate) table: TableName,
    pub(crate) condition: Node,
}

/// Adds a condition to every appearance of an entity in a query: in FROM, in joins, in subqueries, and in what its
/// options load. What is loaded later isn't part of the query: for a rule that holds for everything that a session
/// reads, say the same in [`Execution::with_loader_criteria`](crate::events::Execution::with_loader_criteria).
///
/// ```
/// # use aludel_core::expr::{Column, Expression as _, select};
/// # use aludel_orm::{loading::{WithOptions, with_loader_criteria}, mapping::EntityConst};
/// # #[derive(Clone, Copy)]
/// # struct Entity<E> { is_hidden: Column<E, bool>, entity: E }
/// # fn example<E: EntityConst>(Post: Entity<E>, post: E, id: Column<E, i64>) {
/// let stmt = select(id).options(with_loader_criteria(post, Post.is_hidden.eq(false)));
/// # }
/// ```
#[must_use]
pub fn with_loader_criteria<C: EntityConst>(
    entity: C,
    condition: impl Predicate,
) -> CriteriaOption {
    CriteriaOption(Criteria::new(entity, condition))
}

impl Criteria {
    pub(crate) fn new<C: EntityConst>(entity: C, condition: impl Predicate) -> Self {
        let _ = entity;
        Self { table: C::Mapped::meta().table, condition: condition.into_predicate() }
    }

    /// Adds the condition to a statement.
    pub(crate) fn apply_to(&self, tree: &mut Statement) {
        match tree {
            Statement::Select(query) => query.restrict(self.table, &self.condition),
            Statement::Update(update) if update.table == self.table => {
                update.and_filter(self.condition.clone());
            }
            Statement::Delete(delete) if delete.table == self.table => {
                delete.and_filter(self.condition.clone());
            }
            _ => {}
        }
    }

    pub(crate) fn apply(all: &[Self], query: &mut Query) {
        all.iter().for_each(|it| query.restrict(it.table, &it.condition));
    }
}

impl LoaderOption for CriteriaOption {
    fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>)) {
        keep(Arc::new(self.0));
    }
}
