//! [`WriteOnlyAccess`]: what an accessor of a `WriteOnly` gives: changes that send nothing, and statements
//! about the members.

use aludel_core::expr::{
    Assignment, DeleteStatement, Expr, FromItem, FromTarget, InsertStatement, Node, Query, Select,
    SelectItem, Selectable, Source, UpdateStatement, delete, insert, select, update,
};

use super::{
    IntoMembers, ManyAccess, Obj, Raw, State,
    access::{attribute, relation},
    chunk::Fields,
    graph::Graph,
};
use crate::{
    Error, Result,
    error::Subject,
    mapping::{EntityConst, IntoNew, Mapped, Mapper, relation::Finds},
    session::key::key_text,
};

/// A collection that is there as a whole, which nothing of the kind is: for the compiler's message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the members of a `WriteOnly` relationship are never loaded, nor assigned as a whole",
    label = "there is no such list",
    note = "read them by a query, `session.scalars(owner.entries().select()?)`; change them by `add`, `remove` \
            and the statements of `insert()`, `update()` and `delete()`; or declare a `Many`"
)]
pub trait IsLoaded {}

/// An object's to-many relationship whose members are never loaded.
///
/// Members come and go without a query. To read them, there is [`select`](Self::select), a query like any
/// other; [`insert`](Self::insert), [`update`](Self::update) and [`delete`](Self::delete) change many rows at
/// once. There is nothing to iterate over, and no assignment of the whole.
pub struct WriteOnlyAccess<'a, E: Mapped, R: Mapped> {
    owner: &'a Raw<E>,
    index: u16,
    members: ManyAccess<'a, E, R>,
}

impl<'a, E: Mapped, R: Mapped> WriteOnlyAccess<'a, E, R> {
    pub(crate) fn new(owner: &'a Raw<E>, index: u16) -> Self {
        Self { owner, index, members: ManyAccess::new(owner, index) }
    }

    /// Adds a member: an object, a value or a finished builder. The next flush writes it.
    #[allow(clippy::should_implement_trait, reason = "it is the original's name, and sums nothing")]
    pub fn add(self, member: impl IntoNew<Entity = R>) -> Obj<R> {
        self.forget_list();
        self.members.push(member)
    }

    /// Adds several members.
    pub fn add_all(self, members: impl IntoMembers<R>) {
        self.forget_list();
        self.members.extend(members);
    }

    /// Removes a member. The next flush writes it.
    ///
    /// # Errors
    /// [`Error::NotMember`] if it was removed before; [`Error::Hook`] if a hook refuses.
    pub fn remove(self, member: &Obj<R>) -> Result<()> {
        self.forget_list();
        self.members.remove(member)
    }

    /// A query of the members, in the order that is mapped; it can be said more of.
    ///
    /// ```
    /// # use aludel_core::expr::{Column, Expression, Select, Selectable};
    /// # use aludel_orm::{mapping::Mapped, object::{Obj, WriteOnlyAccess}};
    /// # struct Entity<R> { cents: Column<R, i64> }
    /// # fn example<E: Mapped, R: Mapped>(
    /// #     entries: WriteOnlyAccess<'_, E, R>, Entry: Entity<R>,
    /// # ) -> aludel_orm::Result<Select<Obj<R>>> where R::Entity: Selectable<Row = Obj<R>> {
    /// let large = entries.select()?.filter(Entry.cents.gt(10_000)).limit(20);
    /// # Ok(large)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotPersistent`]: the owner has no row yet; [`Error::Borrowed`].
    pub fn select(self) -> Result<Select<Obj<R>>>
    where
        R::Entity: Selectable<Row = Obj<R>>,
    {
        let mut query = select(R::Entity::TABLE).filter(self.owned()?);
        for key in relation::<E>(self.index).meta.order_by.iter().flat_map(|it| it()) {
            query = query.order_by(key);
        }
        Ok(query)
    }

    /// An INSERT of members: each row holds the owner's key, besides what it is given.
    ///
    /// # Errors
    /// As [`WriteOnlyAccess::select`]; [`Error::InvalidRequest`] of a many-to-many, whose rows hold no key
    /// of the owner's: insert them, and add them.
    pub fn insert(self) -> Result<InsertStatement>
    where
        R::Entity: FromTarget,
    {
        let relation = relation::<E>(self.index);
        if relation.secondary.is_some() {
            let text = format!(
                "`{}` is a many-to-many, whose members hold no key of their owner's: insert them by \
                 `insert({})`, and `add_all` them",
                relation.place(),
                relation.target.name
            );
            return Err(Error::InvalidRequest(text.into()));
        }
        let columns = relation.pairs.iter().map(|it| it.0).collect::<Vec<_>>();
        let mapper = Mapper::of(relation.target);
        let values = self.values(&columns)?.into_iter();
        let assignments = relation.pairs.iter().zip(values).map(|(pair, value)| Assignment {
            column: mapper.column(pair.1, Source::Table),
            value,
        });
        Ok(insert(R::Entity::TABLE).always(assignments))
    }

    /// An UPDATE of the members.
    ///
    /// # Errors
    /// As [`WriteOnlyAccess::select`].
    pub fn update(self) -> Result<UpdateStatement>
    where
        R::Entity: FromTarget,
    {
        Ok(update(R::Entity::TABLE).filter(self.owned()?))
    }

    /// A DELETE of the members.
    ///
    /// # Errors
    /// As [`WriteOnlyAccess::select`].
    pub fn delete(self) -> Result<DeleteStatement>
    where
        R::Entity: FromTarget,
    {
        Ok(delete(R::Entity::TABLE).filter(self.owned()?))
    }

    /// There is nothing to iterate over: [`WriteOnlyAccess::select`] gives a query.
    #[doc(hidden)]
    pub fn iter(self) -> std::vec::IntoIter<Obj<R>>
    where
        Self: IsLoaded,
    {
        Vec::new().into_iter()
    }

    /// There is nothing to load: [`WriteOnlyAccess::select`] gives a query.
    #[doc(hidden)]
    pub fn load<S>(self, _: S) -> Vec<Obj<R>>
    where
        Self: IsLoaded,
    {
        Vec::new()
    }

    /// There is no assignment of the whole: members are added and removed.
    #[doc(hidden)]
    pub fn set<M>(self, _: M)
    where
        Self: IsLoaded,
    {
    }

    /// What was added to a new owner is in the database by now, and needn't be kept.
    fn forget_list(&self) {
        let Some(graph) = self.owner.graph() else { return };
        if self.owner.flags().state() != State::Persistent {
            return;
        }
        let owner = self.owner.reference();
        Graph::with(graph, |tables, _| {
            if tables.member_slice(owner, self.index).is_some()
                && let Some(cells) = tables.relation_mut(owner.chunk(), self.index)
            {
                cells.unload(owner.slot());
            }
        });
    }

    /// The condition that a row is a member's.
    fn owned(&self) -> Result<Expr<bool>> {
        let relation = relation::<E>(self.index);
        let mut values = self.values(&relation.owner_columns())?.into_iter();
        let mut equal = |mapper: &Mapper, columns: &[u16], source: Source| {
            let columns = columns.iter().zip(values.by_ref());
            let column = |it: u16| Node::Column(mapper.column(it, source));
            Node::all(columns.map(|(it, value)| column(*it).equals(value)))
        };
        let others = |pairs: &[(u16, u16)]| pairs.iter().map(|it| it.1).collect::<Vec<_>>();
        let (near, far) = (Source::Anon(1 << 30), Source::Table);
        let item = |it: &Mapper| FromItem { table: it.meta.table, source: near };
        let (from, parts) = match (relation.finds(), &relation.secondary) {
            (Finds::By(pairs), None) => {
                let own = equal(Mapper::of(relation.target), &others(pairs), far);
                let parts = own.into_iter().chain(relation.rest(far, far));
                return Ok(Expr::new(Node::all(parts).unwrap_or(Node::Bind(false.into()))));
            }
            (Finds::By(pairs), Some(it)) => {
                let mapper = Mapper::of(it.meta);
                let own = equal(mapper, &others(pairs), near);
                let link = relation.on_target(it, near, far);
                (vec![item(mapper)], [own, Some(link), relation.rest(far, near)])
            }
            (Finds::Joined(key), None) => {
                let mapper = Mapper::of(relation.owner);
                let own = equal(mapper, key, near);
                (vec![item(mapper)], [own, Some(relation.on(near, far)), None])
            }
            (Finds::Joined(key), Some(it)) => {
                let source = Source::Anon((1 << 30) + 1);
                let own = equal(Mapper::of(relation.owner), key, source);
                let link = relation.on_target(it, near, far);
                let from = vec![
                    item(Mapper::of(it.meta)),
                    FromItem { table: relation.owner.table, source },
                ];
                (from, [own, Some(relation.on_association(it, source, near)), Some(link)])
            }
        };
        let query = Query {
            items: vec![SelectItem::new(Node::Text("1"))],
            from,
            filter: Node::all(parts.into_iter().flatten()),
            ..Query::default()
        };
        Ok(Expr::new(Node::Exists { query: Box::new(query), negated: false }))
    }

    /// The values of columns of the owner, as parameters.
    fn values(&self, columns: &[u16]) -> Result<Vec<Node>> {
        let subject = || {
            let mut key = String::new();
            if let Ok(it) = self.owner.chunk().read(self.owner.slot()) {
                key = key_text(E::meta(), &*it);
            }
            Box::new(Subject { entity: attribute::<E>(self.index).entity, key })
        };
        if matches!(self.owner.flags().state(), State::Transient | State::Pending) {
            return Err(Error::NotPersistent(subject()));
        }
        let value = self.owner.chunk().read(self.owner.slot())?;
        Ok(columns.iter().map(|it| Node::Bind(Fields::get(&*value, *it).to_value())).collect())
    }
}
