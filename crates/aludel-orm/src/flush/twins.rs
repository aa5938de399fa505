//! New objects whose key another object has: a flush that failed by it names them (IDM-13).

use std::collections::HashSet;

use crate::{
    mapping::Mapper,
    object::{log::Event, reference::Ref, state::State},
    session::{
        core::Core,
        key::{key_text, whole_key},
    },
};

impl Core {
    /// Warns of new objects that have the key of another one, new or held: a unique constraint was
    /// hurt, and the database names neither.
    pub(super) fn warn_of_twins(&mut self) {
        let new: Vec<Ref> = self.ledger(|it| it.log.iter().flat_map(Event::came).collect());
        let (mut seen, mut keys) = (HashSet::new(), HashSet::<(u32, String)>::new());
        for at in new {
            let Some(chunk) = self.chunk(at).filter(|_| seen.insert(at)) else { continue };
            if chunk.head().flags(at.slot()).state() != State::Pending {
                continue;
            }
            let (mapper, mut known) = (Mapper::of(chunk.meta()), None);
            let _ = chunk.with(at.slot(), &mut |it| {
                known = whole_key(mapper.meta, it).map(|key| (key, key_text(mapper.meta, it)));
            });
            let Some((key, text)) = known else { continue };
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
