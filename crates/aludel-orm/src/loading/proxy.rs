//! Association proxies in queries, and their `.load()`.

use aludel_core::{
    expr::{
        Column, Expr, Expression, Join, JoinKind, JoinTarget, Node, Operand, Predicate, Query,
        SelectItem, Source,
    },
    value::ColumnType,
};
use aludel_engine::EngineFace;

use super::{
    access::load_many,
    related::{fresh, item, joins},
};
use crate::{
    Result,
    mapping::{EntityMeta, Mapped, Proxy, Relationship},
    object::{Obj, ProxyAccess},
    session::{Session, core::Core},
};

impl<E: Mapped, A: Mapped, P> Proxy<E, A, P> {
    /// `EXISTS (SELECT 1 FROM members … WHERE linked AND condition)`: the members stand under an alias, and
    /// what `further` joins to them; it says under which. A condition speaks of tables under their own names.
    fn exists_where(
        &self,
        further: impl FnOnce(Source, &mut Vec<Join>) -> Vec<(&'static EntityMeta, Source)>,
        condition: Option<Node>,
    ) -> Expr<bool> {
        let relation = self.first.relation();
        let members = fresh();
        let mut query = Query {
            items: vec![SelectItem::new(Node::Text("1"))],
            from: vec![item(relation.target, members)],
            ..Query::default()
        };
        match &relation.secondary {
            None => query.and_filter(relation.on(self.first.source(), members)),
            Some(it) => {
                let between = fresh();
                let on = relation.on_target(it, between, members);
                query.joins.push(Join {
                    kind: JoinKind::Inner,
                    target: item(it.meta, between),
                    on,
                });
                query.and_filter(relation.on_association(it, self.first.source(), between));
            }
        }
        let behind = further(members, &mut query.joins);
        if let Some(mut condition) = condition {
            let names = behind.into_iter().chain([(relation.target, members)]);
            for (meta, source) in names {
                condition.retarget(item(meta, Source::Table), item(meta, source));
            }
            query.and_filter(condition);
        }
        Expr::new(Node::Exists { query: Box::new(query), negated: false })
    }
}

impl<E: Mapped, A: Mapped, R: Mapped> Proxy<E, A, Relationship<A, R>> {
    fn exists_behind(&self, condition: Option<Node>) -> Expr<bool> {
        let then = self.then.relation();
        let further = |members, out: &mut Vec<Join>| {
            let behind = fresh();
            joins(then, members, behind, JoinKind::Inner, out);
            vec![(then.target, behind)]
        };
        self.exists_where(further, condition)
    }

    /// Whether any object behind the members meets a condition, which may speak of the members, too.
    #[must_use]
    pub fn any(self, condition: impl Predicate) -> Expr<bool> {
        self.exists_behind(Some(condition.into_predicate()))
    }

    /// Whether there is any object behind the members.
    #[must_use]
    pub fn exists(self) -> Expr<bool> {
        self.exists_behind(None)
    }

    /// Whether an object is behind a member. It must have a row: its key is read now.
    #[must_use]
    pub fn contains(self, target: &Obj<R>) -> Expr<bool> {
        use super::Relationships as _;
        let is_it = self.then.is(target).into_predicate();
        self.exists_where(|_, _| Vec::new(), Some(is_it))
    }
}

impl<E: Mapped, A: Mapped, T: ColumnType> Proxy<E, A, Column<A, T>> {
    /// Whether any member meets a condition.
    #[must_use]
    pub fn any(self, condition: impl Predicate) -> Expr<bool> {
        self.exists_where(|_, _| Vec::new(), Some(condition.into_predicate()))
    }

    /// Whether a member has this value.
    #[must_use]
    pub fn contains(self, value: impl Operand<<T::Out as ColumnType>::Base>) -> Expr<bool> {
        self.any(self.then.eq(value))
    }
}

impl<E: Mapped, A: Mapped, R: Mapped> JoinTarget for Proxy<E, A, Relationship<A, R>> {
    fn joins(self, kind: JoinKind, out: &mut Vec<Join>) {
        self.first.joins(kind, out);
        self.then.joins(kind, out);
    }
}

async fn load_behind<E: Mapped, A: Mapped, R: Mapped>(
    core: &mut Core,
    owner: crate::object::Raw<E>,
    index: u16,
    then: u16,
) -> Result<Vec<Obj<R>>> {
    let members: Vec<Obj<A>> = load_many(core, owner, index, true).await?;
    let mut found = Vec::new();
    for member in members {
        // The first brings what lies behind all the others.
        found.append(&mut load_many(core, member.raw().clone(), then, true).await?);
    }
    Ok(found)
}

impl<E: Mapped, A: Mapped, R: Mapped> ProxyAccess<'_, E, A, Relationship<A, R>> {
    /// The objects behind the members, loaded if need be: for this object and all that came with it from
    /// the same result, a query for the members and one for what lies behind them.
    ///
    /// # Errors
    /// As [`ManyAccess::load`](crate::object::ManyAccess::load).
    #[track_caller]
    pub fn load<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<R>>>> + Send + use<'s, E, A, R, F>> {
        session.core().called();
        let (owner, index, then) = (self.owner.clone(), self.index, self.then.index());
        F::run(async move { load_behind::<E, A, R>(session.core(), owner, index, then).await })
    }
}
