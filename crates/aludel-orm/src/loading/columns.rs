//! Options for columns that are loaded on demand: `undefer`, `defer`, `load_only`.

use std::{any::Any, marker::PhantomData, sync::Arc};

use aludel_core::{
    expr::{Column, Query, SelectItem, SetValue},
    value::{ColumnType, Deferred},
};

use super::{
    options::{LoadOption, LoaderOption},
    shown::Shown,
};
use crate::{
    Error, Result,
    mapping::{ColumnWish, DeferredColumns, EntityConst, EntityMeta, Mapped},
    session::AnyAttribute,
};

/// What a query says of an entity's columns: see [`undefer`], [`defer`], [`load_only`].
pub struct ColumnOption<E> {
    wish: ColumnWish,
    entity: PhantomData<fn() -> E>,
}

/// The same, as a query keeps it.
#[derive(Clone, Debug)]
pub(super) struct ColumnsOf {
    meta: &'static EntityMeta,
    wish: ColumnWish,
}

/// Loads [`Deferred`](aludel_core::value::Deferred) columns with the row: one, or a tuple of them.
///
/// ```
/// # use aludel_core::{expr::{Column, Select}, value::Deferred};
/// # use aludel_orm::{loading::{WithOptions, undefer}, mapping::Mapped, object::Obj};
/// # struct Entity<T> { body: Column<T, Deferred<String>> }
/// # fn example<T: Mapped>(select: Select<Obj<T>>, Doc: Entity<T>) {
/// let stmt = select.options(undefer(Doc.body));
/// # }
/// ```
#[must_use]
pub fn undefer<C: DeferredColumns>(columns: C) -> ColumnOption<C::Mapped> {
    ColumnOption::new(ColumnWish::Load(columns.positions().into()))
}

/// Loads an entity's columns of one group, which are declared with
/// `#[column(deferred_group = "photos")]`, with the row.
#[must_use]
pub fn undefer_group<C: EntityConst>(entity: C, group: &'static str) -> ColumnOption<C::Mapped> {
    let _ = entity;
    ColumnOption::new(ColumnWish::Group(group))
}

/// Leaves [`Deferred`](aludel_core::value::Deferred) columns out of the row that are loaded with it where
/// nobody says otherwise (`#[column(deferred = false)]`). They can be loaded later, unless
/// [`raiseload`](ColumnOption::raiseload) follows.
#[must_use]
pub fn defer<C: DeferredColumns>(columns: C) -> ColumnOption<C::Mapped> {
    ColumnOption::new(ColumnWish::LeaveOut(columns.positions().into(), false))
}

/// Of an entity's [`Deferred`](aludel_core::value::Deferred) columns, loads these with the row and no
/// others. Columns of other types are always there, the primary key among them.
#[must_use]
pub fn load_only<C: DeferredColumns>(columns: C) -> ColumnOption<C::Mapped> {
    ColumnOption::new(ColumnWish::Only(columns.positions().into(), false))
}

/// Fills an attribute that no column holds, declared with `#[column(query_expression)]`, with an expression of this
/// query's.
///
/// ```
/// # use aludel_core::{expr::{Column, Select}, value::Deferred};
/// # use aludel_orm::{loading::{WithOptions, with_expression}, mapping::Mapped, object::Obj};
/// # struct Entity<T> { score: Column<T, Deferred<i64>>, likes: Column<T, i64>, age: Column<T, i64> }
/// # fn example<T: Mapped>(select: Select<Obj<T>>, Post: Entity<T>) {
/// let stmt = select.options(with_expression(Post.score, Post.likes * 10 - Post.age));
/// # }
/// ```
#[must_use]
pub fn with_expression<E: Mapped, T: ColumnType>(
    attribute: Column<E, Deferred<T>>,
    expression: impl SetValue<Deferred<T>>,
) -> ColumnOption<E> {
    let column = AnyAttribute::from(attribute).column();
    ColumnOption::new(ColumnWish::Fill(column, expression.into_value()))
}

impl<E> ColumnOption<E> {
    fn new(wish: ColumnWish) -> Self {
        Self { wish, entity: PhantomData }
    }

    /// What this leaves out may not be loaded later, either: to try it is
    /// [`Error::RaiseLoad`].
    #[must_use]
    pub fn raiseload(mut self) -> Self {
        self.wish.raise();
        self
    }
}

impl<E> Clone for ColumnOption<E> {
    fn clone(&self) -> Self {
        Self::new(self.wish.clone())
    }
}

impl<E> std::fmt::Debug for ColumnOption<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.wish.fmt(f)
    }
}

impl ColumnWish {
    fn raise(&mut self) {
        if let Self::LeaveOut(_, raises) | Self::Only(_, raises) = self {
            *raises = true;
        }
    }
}

impl<E: Mapped> LoaderOption for ColumnOption<E> {
    fn keep(self, keep: &mut dyn FnMut(Arc<dyn Any + Send + Sync>)) {
        keep(Arc::new(ColumnsOf { meta: E::meta(), wish: self.wish }));
    }
}

/// What is said of the columns of a relationship's members: `selectinload(User.docs).undefer(Doc.body)`.
impl<E, R: Mapped> LoadOption<E, R> {
    /// As [`undefer()`], of the members.
    #[must_use]
    pub fn undefer<C: DeferredColumns<Mapped = R>>(self, columns: C) -> Self {
        self.say(undefer(columns))
    }

    /// As [`undefer_group()`], of the members.
    #[must_use]
    pub fn undefer_group(self, group: &'static str) -> Self {
        self.say(ColumnOption::new(ColumnWish::Group(group)))
    }

    /// As [`defer()`], of the members.
    #[must_use]
    pub fn defer<C: DeferredColumns<Mapped = R>>(self, columns: C) -> Self {
        self.say(defer(columns))
    }

    /// As [`load_only()`], of the members.
    #[must_use]
    pub fn load_only<C: DeferredColumns<Mapped = R>>(self, columns: C) -> Self {
        self.say(load_only(columns))
    }

    /// As [`with_expression()`], of the members.
    #[must_use]
    pub fn with_expression<T: ColumnType>(
        self,
        attribute: Column<R, Deferred<T>>,
        expression: impl SetValue<Deferred<T>>,
    ) -> Self {
        self.say(with_expression(attribute, expression))
    }

    /// Says something of the members' columns: `.columns(defer(Doc.body).raiseload())`.
    #[must_use]
    pub fn columns(self, option: ColumnOption<R>) -> Self {
        self.say(option)
    }

    fn say(self, option: ColumnOption<R>) -> Self {
        self.last(|it| it.columns.push(option.wish))
    }
}

impl ColumnsOf {
    /// The entities of a query's rows, whose columns there are replaced by those that were asked for.
    pub(super) fn lay_out(
        said: &[Self],
        query: &mut Query,
        metas: &[&'static EntityMeta],
    ) -> Result<Vec<Shown>> {
        if said.is_empty() {
            return Ok(metas.iter().map(|it| Shown::by_default(it)).collect());
        }
        let is_of = |it: &Self, meta: &EntityMeta| it.meta.is(meta);
        if let Some(it) = said.iter().find(|it| !metas.iter().any(|meta| is_of(it, meta))) {
            let name = it.meta.name;
            let text = format!(
                "the query doesn't select `{name}`, of whose columns an option speaks; behind a relationship \
                 say it there: `selectinload(…).undefer({name}.…)`"
            );
            return Err(Error::InvalidRequest(text.into()));
        }
        let (mut start, mut all) = (0, Vec::with_capacity(metas.len()));
        for meta in metas {
            let own = said.iter().filter(|it| is_of(it, meta)).map(|it| it.wish.clone());
            let own: Vec<ColumnWish> = own.collect();
            let usual = Shown::by_default(meta);
            let Some((at, source)) = usual.find_in(query, start) else {
                all.push(usual);
                continue;
            };
            let shown = Shown::by(meta, &own)?;
            let width = usual.width();
            let optional = query.items[at + usual.place(meta.primary_key[0])].optional;
            let nullable = |it: u16| meta.columns[usize::from(it)].nullable;
            let items = shown.items(source).zip(shown.present());
            let items = items.map(|(item, column)| SelectItem {
                optional: optional || nullable(column),
                ..item
            });
            let items: Vec<_> = items.collect();
            query.items.splice(at..at + width, items);
            start = at + shown.width();
            all.push(shown);
        }
        Ok(all)
    }
}
