//! Detached objects that came in again: they enter the identity map, where a key is one object's.

use std::collections::{HashMap, HashSet};

use aludel_core::value::Value;
use smallvec::SmallVec;

use super::{
    Key,
    core::Core,
    identity::{Store, fingerprint},
    key::key_values,
};
use crate::{
    Error, Result,
    mapping::Mapper,
    object::{
        chunk::AnyChunk,
        log::Event,
        reference::Ref,
        state::{Cause, State},
    },
};

/// Where an object is in the map: its mapper's number, and its key's fingerprint.
type Place = (u32, u64);

impl Core {
    /// Detached objects that came in again enter the identity map.
    pub(crate) fn enter_joined(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        for at in self.ledger(|it| std::mem::take(&mut it.joined)) {
            // One that a rollback or `expunge` took out again stays outside.
            if self.tables(|it| it.flags(at).state()) != State::Persistent {
                continue;
            }
            // There, whoever comes behind one that is refused isn't reached.
            if self.options.sqlalchemy && matches!(outcome, Err(Error::IdentityConflict(_))) {
                self.put_out(at);
                continue;
            }
            let entered = self.enter(at);
            if matches!(entered, Err(Error::Borrowed(_))) {
                self.ledger(|it| it.joined.push(at));
            }
            outcome = outcome.and(entered);
        }
        outcome
    }

    /// Whether each of these can enter the map: what a flush would refuse, without a change of anything. It looks
    /// at each object that is held, as the map may be filled later.
    pub(crate) fn check_joined(&self) -> Result<()> {
        let mut joined = self.ledger(|it| it.joined.clone());
        if joined.is_empty() {
            return Ok(());
        }
        joined.sort_unstable();
        joined.dedup();
        let mut entering: HashMap<Place, SmallVec<[(Ref, Key); 1]>> = HashMap::new();
        for at in joined {
            let Some(chunk) = self.chunk(at) else { continue };
            let Some((place, key)) = self.place_of(&*chunk, at.slot())? else { continue };
            let same = entering.entry(place).or_default();
            if same.iter().any(|it| it.1 == key) {
                return Err(Error::IdentityConflict(self.subject(at)));
            }
            same.push((at, key));
        }
        let numbers: HashSet<u32> = entering.keys().map(|it| it.0).collect();
        let stores =
            self.stores.iter().filter(|it| numbers.contains(&Mapper::of(it.meta()).number));
        for chunk in stores.flat_map(Store::chunks) {
            let head = chunk.head();
            for slot in 0..head.used() {
                let Some((place, key)) = self.place_of(&*chunk, slot)? else { continue };
                let Some(same) = entering.get(&place) else { continue };
                let is_itself = same.iter().any(|it| it.0 == head.reference(slot));
                if let Some((at, _)) = same.iter().find(|it| !is_itself && it.1 == key) {
                    return Err(Error::IdentityConflict(self.subject(*at)));
                }
            }
        }
        Ok(())
    }

    /// Where a persistent object is in the map, or will be, and its key.
    fn place_of(&self, chunk: &dyn AnyChunk, slot: u32) -> Result<Option<(Place, Key)>> {
        if chunk.head().flags(slot).state() != State::Persistent {
            return Ok(None);
        }
        let mapper = Mapper::checked(chunk.meta())?;
        let mut key = Key::new();
        chunk.loaded(slot, &mut |it| key = key_values(mapper.meta, it))?;
        let place = (mapper.number, fingerprint(key.iter().map(Value::as_ref)));
        Ok(Some((place, key)))
    }

    fn enter(&mut self, at: Ref) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        let mapper = Mapper::checked(chunk.meta())?;
        let mut key = Key::new();
        chunk.loaded(at.slot(), &mut |it| key = key_values(mapper.meta, it))?;
        let fp = fingerprint(key.iter().map(Value::as_ref));
        match self.find_held(mapper, &key) {
            Some(other) if other == at => return Ok(()),
            Some(_) => {
                self.put_out(at);
                return Err(Error::IdentityConflict(self.subject(at)));
            }
            None => {}
        }
        if !self.store(mapper).keeps(at.chunk()) {
            self.adopt(mapper, at.chunk());
        }
        self.store(mapper).insert(fp, at);
        let event = Event::Mapped { mapper: mapper.number, fingerprint: fp, object: at };
        self.ledger(|it| it.log.push(event));
        Ok(())
    }

    /// An object stays outside after all.
    fn put_out(&self, at: Ref) {
        let Some(chunk) = self.chunk(at) else { return };
        let flags = chunk.head().flags(at.slot());
        let outside = flags.by(Cause::UndoAdd);
        chunk.head().set_flags(at.slot(), outside);
        self.note_move(at, flags.state(), outside.state());
    }
}
