//! Entities in `select`: what the derive's `Selectable` forwards to, and `.optional()`.

use std::{any::Any, sync::Arc};

use aludel_core::{
    DecodeError,
    expr::{Query, SelectItem, Selectable, SettleError},
    value::Cursor,
};

use crate::{
    Error,
    mapping::{EntityConst, EntityMeta, Mapped, Mapper},
    object::{EntitySlot, EntityState, Obj, chunk::next_id, cohort::Landing, graph::Graph},
    session::identity::Stores,
};

/// Adds an entity's columns to a statement.
#[doc(hidden)]
pub fn entity_add<C: EntityConst>(entity: C, query: &mut Query) {
    add_columns(C::Mapped::meta(), entity.source(), false, query);
}

fn add_columns(
    meta: &EntityMeta,
    source: aludel_core::expr::Source,
    optional: bool,
    query: &mut Query,
) {
    for index in meta.present() {
        let optional = optional || meta.columns[usize::from(index)].nullable;
        query.items.push(SelectItem { optional, ..meta.item(index, source) });
    }
}

/// Reads an entity's columns.
#[doc(hidden)]
#[inline]
pub fn entity_decode<T: Mapped>(
    state: &mut EntityState<T>,
    row: &mut Cursor<'_>,
) -> Result<EntitySlot, DecodeError> {
    state.decode(row)
}

/// Brings a result's objects into the session.
#[doc(hidden)]
pub fn entity_settle<T: Mapped>(
    state: &mut EntityState<T>,
    context: &mut dyn Any,
) -> Result<(), SettleError> {
    let Some(context) = context.downcast_mut::<Settle>() else {
        let text = format!(
            "`{}` is an entity: only a session can load it; select its columns, or use a session",
            T::meta().name
        );
        return Err(Box::new(Error::InvalidRequest(text.into())));
    };
    let Settle { session, graph, stores, overwrite, nested } = context;
    let store = stores.of(Mapper::of(T::meta()));
    let (batch, overwrite, nested) = (next_id(), *overwrite, *nested);
    Ok(state.land(Landing { session: *session, batch, graph, store, overwrite, nested })?)
}

/// The object of a row.
#[doc(hidden)]
pub fn entity_finish<T: Mapped>(state: &mut EntityState<T>, slot: EntitySlot) -> Obj<T> {
    state.object(slot).expect("a row that was decoded has landed")
}

/// Lends the entity's objects to a loader.
#[doc(hidden)]
pub fn entity_parts<T: Mapped>(state: &mut EntityState<T>, visit: &mut dyn FnMut(&mut dyn Any)) {
    state.part(visit);
}

/// What [`Selectable::settle`] gets from a session: what objects need to enter it, lent for the call.
pub(super) struct Settle {
    pub(super) session: u64,
    pub(super) graph: Arc<Graph>,
    pub(super) stores: Stores,
    pub(super) overwrite: bool,
    pub(super) nested: bool,
}

/// An entity on the nullable side of an outer join: `Address.optional()`.
#[derive(Clone, Copy, Debug)]
pub struct OptionalEntity<C>(C);

/// Says that a row may have nothing for an entity: `select((User, Address.optional()))`.
pub trait Optional: EntityConst {
    /// The entity, or nothing: what an outer join brings in must be selected so.
    fn optional(self) -> OptionalEntity<Self> {
        OptionalEntity(self)
    }
}

impl<C: EntityConst> Optional for C {}

impl<C: EntityConst> Selectable for OptionalEntity<C> {
    type Row = Option<Obj<C::Mapped>>;
    type Slot = EntitySlot;
    type State = EntityState<C::Mapped>;

    fn add_to(self, query: &mut Query) {
        add_columns(C::Mapped::meta(), self.0.source(), true, query);
    }

    fn decode(state: &mut Self::State, row: &mut Cursor<'_>) -> Result<EntitySlot, DecodeError> {
        state.decode_optional(row)
    }

    fn settle(state: &mut Self::State, context: &mut dyn Any) -> Result<(), SettleError> {
        entity_settle(state, context)
    }

    fn finish(state: &mut Self::State, slot: EntitySlot) -> Self::Row {
        state.object(slot)
    }

    fn parts(state: &mut Self::State, visit: &mut dyn FnMut(&mut dyn Any)) {
        state.part(visit);
    }
}
