//! Hooks of attributes: called where a program sets a column or links objects, before it takes effect.

use std::{
    collections::HashSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use aludel_core::{expr::Column, value::ColumnType};

use super::{HookError, HookResult};
use crate::{
    Error, Result,
    error::{HookFailed, Subject},
    mapping::{EntityConst, EntityMeta, Mapped, Relation, Relationship},
    object::{AnyObj, Obj, Raw, chunk::Fields, graph::Graph, reference::Ref},
    session::{AnyAttribute, core::Core, key::key_text},
};

type SetHook = Arc<dyn Fn(&mut dyn Fields, Option<&dyn Fields>) -> HookResult + Send + Sync>;
type LinkHook = Arc<dyn Fn(&AnyObj, &AnyObj) -> HookResult + Send + Sync>;

/// An entity's hooks of attributes: by position.
#[derive(Clone, Default)]
struct AttributeHooks {
    set: Vec<(u16, SetHook)>,
    append: Vec<(u16, LinkHook)>,
    remove: Vec<(u16, LinkHook)>,
}

/// The place of an entity's hooks of attributes.
#[derive(Default)]
pub(crate) struct AttributeSlot {
    is_used: AtomicBool,
    hooks: RwLock<Option<Arc<AttributeHooks>>>,
}

/// Whether any entity has hooks of columns.
static ANY: AtomicBool = AtomicBool::new(false);

impl AttributeSlot {
    pub(crate) const fn new() -> Self {
        Self { is_used: AtomicBool::new(false), hooks: RwLock::new(None) }
    }

    fn add(&self, change: impl FnOnce(&mut AttributeHooks)) {
        let mut hooks = self.hooks.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(hooks.get_or_insert_default()));
        self.is_used.store(true, Ordering::Relaxed);
        ANY.store(true, Ordering::Relaxed);
    }

    #[inline]
    fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    #[inline]
    fn get(&self) -> Option<Arc<AttributeHooks>> {
        if !self.is_used() {
            return None;
        }
        self.hooks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a program can have called when a column is set.
pub trait ColumnEvents<T> {
    /// Calls a hook for each new value of the column, with what it was: it may change the value, or
    /// refuse. In the whole program, for its whole life.
    ///
    /// Of an object with a row it is called when the `borrow_mut` guard ends that changed the column,
    /// before anybody else can see it; where it refuses, the column is as before, and the next flush
    /// gives the error. Of a new object it is called by the flush that inserts it, for each column that
    /// is set, without an old value; where it refuses, nothing is sent. It is never called by a load. A
    /// hook must not borrow the object: it is borrowed.
    ///
    /// ```
    /// # use aludel_core::expr::Column;
    /// # struct Entity<T> { name: Column<T, String> }
    /// # fn example<T: aludel_orm::mapping::Mapped>(User: Entity<T>) {
    /// use aludel_orm::events::ColumnEvents;
    ///
    /// User.name.on_set(|name, _| {
    ///     if name.trim().is_empty() {
    ///         return Err("a user has a name".into());
    ///     }
    ///     *name = name.trim().to_owned();
    ///     Ok(())
    /// });
    /// # }
    /// ```
    fn on_set(self, hook: impl Fn(&mut T, Option<&T>) -> HookResult + Send + Sync + 'static);
}

impl<E: Mapped, T: ColumnType> ColumnEvents<T> for Column<E, T> {
    fn on_set(self, hook: impl Fn(&mut T, Option<&T>) -> HookResult + Send + Sync + 'static) {
        let column = AnyAttribute::from(self).column();
        let read = move |it: &dyn Fields| T::from_ref(it.get(column));
        let hook: SetHook = Arc::new(move |now, before| {
            let Some(mut value) = read(now) else { return Ok(()) };
            let old = before.and_then(read);
            hook(&mut value, old.as_ref())?;
            if value.to_ref() != now.get(column) {
                let unset = value.is_unset();
                now.put(column, (!unset).then(|| value.to_ref()));
            }
            Ok(())
        });
        E::meta().mapper.attributes().add(|it| it.set.push((column, hook)));
    }
}

/// What a program can have called when objects are linked.
pub trait RelationshipEvents<E: Mapped, R: Mapped> {
    /// Calls a hook before an object comes into the relationship, with the owner and the object, from
    /// whichever side the program links them. Where it refuses, they are not linked, and the next
    /// flush of the owner's session gives the error. In the whole program, for its whole life.
    fn on_append(self, hook: impl Fn(&Obj<E>, &Obj<R>) -> HookResult + Send + Sync + 'static);

    /// The same before an object leaves the relationship, by `remove`, `clear`, or a `set` to something
    /// else. `remove` gives the error itself.
    fn on_remove(self, hook: impl Fn(&Obj<E>, &Obj<R>) -> HookResult + Send + Sync + 'static);
}

fn link_hook<E: Mapped, R: Mapped>(
    hook: impl Fn(&Obj<E>, &Obj<R>) -> HookResult + Send + Sync + 'static,
) -> LinkHook {
    Arc::new(move |owner, member| {
        let both = owner.downcast(E::Entity::TABLE).zip(member.downcast(R::Entity::TABLE));
        both.map_or(Ok(()), |(owner, member)| hook(&owner, &member))
    })
}

impl<E: Mapped, R: Mapped> RelationshipEvents<E, R> for Relationship<E, R> {
    fn on_append(self, hook: impl Fn(&Obj<E>, &Obj<R>) -> HookResult + Send + Sync + 'static) {
        let hook = link_hook(hook);
        E::meta().mapper.attributes().add(|it| it.append.push((self.index(), hook)));
    }

    fn on_remove(self, hook: impl Fn(&Obj<E>, &Obj<R>) -> HookResult + Send + Sync + 'static) {
        let hook = link_hook(hook);
        E::meta().mapper.attributes().add(|it| it.remove.push((self.index(), hook)));
    }
}

#[cold]
fn refused(meta: &'static EntityMeta, key: String, hook: &'static str, source: HookError) -> Error {
    let subject = Some(Subject { entity: meta.name, key });
    Error::Hook(Box::new(HookFailed { hook, subject, source }))
}

/// Calls the hooks of columns that differ; one that refuses keeps its old value.
fn check_set(
    meta: &'static EntityMeta,
    hooks: &AttributeHooks,
    now: &mut dyn Fields,
    before: Option<&dyn Fields>,
) -> Result<()> {
    let mut outcome = Ok(());
    for (column, hook) in &hooks.set {
        let is_set = match before {
            Some(before) => {
                before.get(*column) != now.get(*column)
                    || before.is_unset(*column) != now.is_unset(*column)
            }
            None => !now.is_unset(*column) && !now.get(*column).is_null(),
        };
        if !is_set {
            continue;
        }
        if let Err(error) = hook(now, before) {
            if let Some(before) = before {
                let old = (!before.is_unset(*column)).then(|| before.get(*column));
                now.put(*column, old);
            }
            let error = refused(meta, key_text(meta, now), "on_set", error);
            outcome = outcome.and(Err(error));
        }
    }
    outcome
}

/// What a guard of a tracked object does when it ends, where columns of its entity have hooks.
pub(crate) type Watch<'a, T> = Option<Box<dyn FnOnce(&mut T) + Send + 'a>>;

/// Watches a guard of an object that is tracked.
#[inline]
pub(crate) fn watch<'a, T: Mapped>(raw: &'a Raw<T>, value: &T) -> Watch<'a, T> {
    let hooks = T::meta().mapper.attributes().get()?;
    if hooks.set.is_empty() {
        return None;
    }
    let before = value.snapshot();
    Some(Box::new(move |now| {
        if let Err(error) = check_set(T::meta(), &hooks, now, Some(&before)) {
            report(raw, error);
        }
    }))
}

/// The next flush of the object's session gives the error, or of the one that it comes into.
#[cold]
pub(crate) fn report<T: Mapped>(raw: &Raw<T>, error: Error) {
    let at = raw.reference();
    Graph::with(&raw.graph_or_new(), |tables, _| match tables.session_of(at) {
        Some(session) => tables.report(session, error, at),
        None => tables.problems.push((at, error)),
    });
}

/// Calls the hooks of new objects' columns.
pub(super) fn validate_new(core: &mut Core, seen: &mut HashSet<Ref>) -> Result<()> {
    if !any() {
        return Ok(());
    }
    for at in core.pending() {
        let Some(chunk) = core.chunk(at).filter(|_| seen.insert(at)) else { continue };
        let meta = chunk.meta();
        let Some(hooks) = meta.mapper.attributes().get() else { continue };
        let mut outcome = Ok(());
        chunk.write(at.slot(), &mut |it| outcome = check_set(meta, &hooks, it, None))?;
        outcome?;
    }
    Ok(())
}

/// Whether any entity has hooks of attributes.
#[inline]
pub(super) fn any() -> bool {
    ANY.load(Ordering::Relaxed)
}

/// Whether either of two entities has hooks of attributes.
pub(crate) fn has_link_hooks<E: Mapped, R: Mapped>() -> bool {
    E::meta().mapper.attributes().is_used() || R::meta().mapper.attributes().is_used()
}

/// Whether hooks let two objects be linked; from whichever side.
pub(crate) fn may_link<E: Mapped, R: Mapped>(
    owner: &Raw<E>,
    relation: &'static Relation,
    member: &Raw<R>,
) -> Result<()> {
    ask(owner, relation, member, "on_append", |it| &it.append)
}

/// Whether hooks let a member leave a relationship.
pub(crate) fn may_unlink<E: Mapped, R: Mapped>(
    owner: &Raw<E>,
    relation: &'static Relation,
    member: &Raw<R>,
) -> Result<()> {
    ask(owner, relation, member, "on_remove", |it| &it.remove)
}

/// Leaves out members that hooks refuse, and keeps those that they don't let go; the next flush tells.
pub(crate) fn may_set<E: Mapped, R: Mapped>(
    owner: &Raw<E>,
    relation: &'static Relation,
    old: &[Obj<R>],
    new: &mut Vec<Obj<R>>,
) {
    new.retain(|it| {
        let allowed = if old.contains(it) { Ok(()) } else { may_link(owner, relation, it.raw()) };
        allowed.map_err(|error| report(owner, error)).is_ok()
    });
    for it in old {
        if !new.contains(it)
            && let Err(error) = may_unlink(owner, relation, it.raw())
        {
            report(owner, error);
            new.push(it.clone());
        }
    }
}

/// As [`may_link`], of objects of whatever entities.
#[cfg(feature = "serde")]
pub(crate) fn may_link_any(
    owner: &AnyObj,
    relation: &'static Relation,
    member: &AnyObj,
) -> Result<()> {
    ask_any(owner, relation, member, "on_append", |it| &it.append)
}

fn ask<E: Mapped, R: Mapped>(
    owner: &Raw<E>,
    relation: &'static Relation,
    member: &Raw<R>,
    name: &'static str,
    list: fn(&AttributeHooks) -> &Vec<(u16, LinkHook)>,
) -> Result<()> {
    if !has_link_hooks::<E, R>() {
        return Ok(());
    }
    let owner = AnyObj::from(Obj::from_raw(owner.clone()));
    let member = AnyObj::from(Obj::from_raw(member.clone()));
    ask_any(&owner, relation, &member, name, list)
}

fn ask_any(
    owner: &AnyObj,
    relation: &'static Relation,
    member: &AnyObj,
    name: &'static str,
    list: fn(&AttributeHooks) -> &Vec<(u16, LinkHook)>,
) -> Result<()> {
    let own = relation.owner.mapper.attributes().get();
    let theirs = relation.target.mapper.attributes().get();
    let call = |hooks: &Option<Arc<AttributeHooks>>, index: u16, a: &AnyObj, b: &AnyObj| {
        let mut all = hooks.iter().flat_map(|it| list(it)).filter(|it| it.0 == index);
        all.try_for_each(|(_, hook)| hook(a, b))
    };
    let mut result = call(&own, relation.index, owner, member);
    if let (Ok(()), Some(back)) = (&result, relation.back) {
        result = call(&theirs, back.index, member, owner);
    }
    result.map_err(|error| {
        let mut key = String::new();
        let _ = owner.chunk().with(owner.slot(), &mut |it| key = key_text(relation.owner, it));
        refused(relation.owner, key, name, error)
    })
}

impl std::fmt::Debug for AttributeSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttributeSlot").field("is_used", &self.is_used).finish_non_exhaustive()
    }
}
