//! Relationships in statements: `join(User.addresses)`, `any`, `has`, `contains`.

use std::sync::atomic::{AtomicU32, Ordering};

use aludel_core::expr::{
    Expr, FromItem, Join, JoinKind, JoinTarget, Node, Predicate, Query, SelectItem, Source, UnaryOp,
};

use super::hop::How;
use crate::{
    mapping::{EntityConst, Mapped, Relation, Relationship},
    object::{Obj, chunk::Fields},
};

/// A relationship to one appearance of its target's table: `User.addresses.of_type(alias)`.
#[derive(Clone, Copy, Debug)]
pub struct RelatedTo<E, R> {
    relationship: Relationship<E, R>,
    target: Source,
}

impl<E: Mapped, R: Mapped> RelatedTo<E, R> {
    pub(super) fn relation(&self) -> &'static Relation {
        self.relationship.relation()
    }

    /// What is loaded from a join is loaded from the alias.
    pub(super) fn contained(&self, how: How) -> How {
        match how {
            How::Contained(_) => How::Contained(self.target),
            how => how,
        }
    }
}

/// What relationships can do in statements.
pub trait Relationships: Sized {
    /// The entity at the other end.
    type Target: Mapped;

    /// Joins to an alias of the target, for statements in which its table stands twice.
    fn of_type(
        self,
        alias: <Self::Target as Mapped>::Entity,
    ) -> RelatedTo<Self::Owner, Self::Target>;

    /// The owner.
    type Owner: Mapped;

    /// Whether any member meets a condition. `EXISTS (SELECT 1 …)`.
    fn any(self, condition: impl Predicate) -> Expr<bool>;

    /// Whether the object at the other end of a to-one relationship meets a condition.
    fn has(self, condition: impl Predicate) -> Expr<bool>;

    /// Whether there is any member at all.
    fn exists(self) -> Expr<bool>;

    /// Whether a to-one relationship leads nowhere: the foreign key is NULL, or, where it stands on the
    /// other side, no row refers to this one.
    ///
    /// ```
    /// # use aludel_orm::{loading::Relationships, Result};
    /// # fn example<R: Relationships>(user: R) -> aludel_core::expr::Expr<bool> {
    /// // WHERE address.user_id IS NULL
    /// user.is_null()
    /// # }
    /// ```
    #[allow(clippy::wrong_self_convention, reason = "IS NULL is SQL's; a relationship is `Copy`")]
    fn is_null(self) -> Expr<bool>;

    /// Whether an object is a member. It must have a row: its key is read now.
    fn contains(self, member: &Obj<Self::Target>) -> Expr<bool>;

    /// Whether it is this object, of a to-one relationship.
    fn is(self, target: &Obj<Self::Target>) -> Expr<bool>;
}

fn predicate(node: Node) -> Expr<bool> {
    Expr::new(node)
}

/// An appearance unlike any other, so that conditions may stand in each other. Numbers of joins stay
/// below these; the statement's text counts by itself.
pub(super) fn fresh() -> Source {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    Source::Anon(NEXT.fetch_add(1, Ordering::Relaxed) | 1 << 31)
}

pub(super) fn item(meta: &'static crate::mapping::EntityMeta, source: Source) -> FromItem {
    FromItem { table: meta.table, source }
}

impl<E: Mapped, R: Mapped> Relationship<E, R> {
    /// `EXISTS (SELECT 1 FROM target WHERE linked AND condition)`.
    fn exists_where(self, condition: Option<Node>) -> Expr<bool> {
        let relation = self.relation();
        let own = item(relation.owner, self.source());
        // A table within itself stands under an alias, and so does what the condition says of it.
        let clashes = relation.target.table == own.table && own.source == Source::Table;
        let target = if clashes { fresh() } else { Source::Table };
        let mut query = Query {
            items: vec![SelectItem::new(Node::Text("1"))],
            from: vec![item(relation.target, target)],
            ..Query::default()
        };
        match &relation.secondary {
            None => query.and_filter(relation.on(self.source(), target)),
            Some(secondary) => {
                let source = fresh();
                let on = relation.on_target(secondary, source, target);
                let association = item(secondary.meta, source);
                query.joins.push(Join { kind: JoinKind::Inner, target: association, on });
                query.and_filter(relation.on_association(secondary, self.source(), source));
            }
        }
        if let Some(mut condition) = condition {
            if clashes {
                condition
                    .retarget(item(relation.target, Source::Table), item(relation.target, target));
            }
            query.and_filter(condition);
        }
        predicate(Node::Exists { query: Box::new(query), negated: false })
    }

    /// The target's columns equal an object's.
    fn key_equals(relation: &Relation, object: &Obj<R>) -> Node {
        let raw = object.raw();
        let mut parts = Vec::new();
        // A value that can't be read (borrowed) equals nothing.
        if let Ok(value) = raw.chunk().read(raw.slot()) {
            for column in relation.target.primary_key {
                let value = Fields::get(&*value, *column).to_value();
                let own = Node::Column(relation.target.column(*column, Source::Table));
                parts.push(own.equals(Node::Bind(value)));
            }
        }
        Node::all(parts).unwrap_or(Node::Bind(false.into()))
    }
}

impl<E: Mapped, R: Mapped> Relationships for Relationship<E, R> {
    type Owner = E;
    type Target = R;

    fn of_type(self, alias: R::Entity) -> RelatedTo<E, R> {
        RelatedTo { relationship: self, target: alias.source() }
    }

    fn any(self, condition: impl Predicate) -> Expr<bool> {
        self.exists_where(Some(condition.into_predicate()))
    }

    fn has(self, condition: impl Predicate) -> Expr<bool> {
        self.exists_where(Some(condition.into_predicate()))
    }

    fn exists(self) -> Expr<bool> {
        self.exists_where(None)
    }

    fn is_null(self) -> Expr<bool> {
        let relation = self.relation();
        if !relation.is_foreign_key() {
            return !self.exists();
        }
        let is_null = |it: &(u16, u16)| {
            let own = Node::Column(relation.owner.column(it.0, self.source()));
            Node::unary(UnaryOp::IsNull, own)
        };
        let parts = relation.pairs.iter().map(is_null);
        predicate(Node::all(parts).unwrap_or(Node::Bind(false.into())))
    }

    fn contains(self, member: &Obj<R>) -> Expr<bool> {
        self.exists_where(Some(Self::key_equals(self.relation(), member)))
    }

    fn is(self, target: &Obj<R>) -> Expr<bool> {
        let relation = self.relation();
        if !relation.is_foreign_key() {
            return self.contains(target);
        }
        let raw = target.raw();
        let mut parts = Vec::new();
        if let Ok(value) = raw.chunk().read(raw.slot()) {
            for (own, other) in &relation.pairs {
                let value = Fields::get(&*value, *other).to_value();
                let own = Node::Column(relation.owner.column(*own, self.source()));
                parts.push(own.equals(Node::Bind(value)));
            }
        }
        predicate(Node::all(parts).unwrap_or(Node::Bind(false.into())))
    }
}

/// The joins of a relationship, from one appearance of its owner to one of its target.
pub(super) fn joins(
    relation: &'static Relation,
    owner: Source,
    target: Source,
    kind: JoinKind,
    out: &mut Vec<Join>,
) {
    match &relation.secondary {
        None => {
            let on = relation.on(owner, target);
            out.push(Join { kind, target: item(relation.target, target), on });
        }
        Some(secondary) => {
            // The association stands under an alias, so that it may stand twice (SEL-3): above the numbers
            // that a query of members has for its own.
            let source = Source::Anon((1 << 29) + out.len() as u32);
            let on = relation.on_association(secondary, owner, source);
            out.push(Join { kind, target: item(secondary.meta, source), on });
            let on = relation.on_target(secondary, source, target);
            out.push(Join { kind, target: item(relation.target, target), on });
        }
    }
}

impl<E: Mapped, R: Mapped> JoinTarget for Relationship<E, R> {
    fn joins(self, kind: JoinKind, out: &mut Vec<Join>) {
        joins(self.relation(), self.source(), Source::Table, kind, out);
    }
}

impl<E: Mapped, R: Mapped> JoinTarget for RelatedTo<E, R> {
    fn joins(self, kind: JoinKind, out: &mut Vec<Join>) {
        joins(self.relationship.relation(), self.relationship.source(), self.target, kind, out);
    }
}
