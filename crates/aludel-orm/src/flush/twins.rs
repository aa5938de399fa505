//! New objects whose key another object has: a flush that failed by it names them (IDM-13).

use std::collections::HashSet;

use crate::{
    mapping::Mapper,
    object::{
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::{
        Key,
        core::Core,
        key::{key_text, key_values},
    },
};

impl Core {
    /// Warns of new objects that have the key of another one, new or held: a unique constraint was
    /// hurt, and the database names neither.
    pub(super) fn warn_of_twins(&mut self) {
        let mut new: Vec<Ref> = Vec::new();
        self.ledger(|it| {
            for event in &it.log {
                match event {
                    Event::Enlisted { chunk, from, count } => {
                        new.extend((*from..from + count).map(|slot| Ref::new(*chunk, slot)));
                    }
                    Event::Flags { object, .. } => new.push(*object),
                    _ => {}
                }
            }
        });
        let (mut seen, mut keys) = (HashSet::new(), HashSet::<(u32, String)>::new());
        for at in new {
            let Some(chunk) = self.chunk(at).filter(|_| seen.insert(at)) else { continue };
            let flags: Flags = chunk.head().flags(at.slot());
            if flags.state() != State::Pending {
                continue;
            }
            let (mapper, mut known) = (Mapper::of(chunk.meta()), None);
            let _ = chunk.with(at.slot(), &mut |fields| {
                let columns = mapper.meta.primary_key;
                let is_set = |it: &u16| !fields.is_unset(*it) && !fields.get(*it).is_null();
                let key = || (key_values(mapper.meta, fields), key_text(mapper.meta, fields));
                known = columns.iter().all(is_set).then(key);
            });
            let Some((key, text)): Option<(Key, String)> = known else { continue };
            let held = self.find_held(mapper, &key).is_some_and(|it| it != at);
            if !keys.insert((mapper.number, text.clone())) || held {
                let other = if held { "one that the session holds" } else { "another new one" };
                tracing::warn!(
                    target: "aludel::flush",
                    entity = mapper.entity(),
                    key = text,
                    "a new object has the key of {other}: two objects are two rows, and the session \
                     never makes one of them; `merge` does"
                );
            }
        }
    }
}
