//! `merge_loaded`: what objects hold counts as loaded, and nothing is sent.

use aludel_core::value::Value;

use super::graph::{Merge, Node, Source, Target};
use crate::{
    Error, Result,
    object::{
        chunk::Columns,
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

impl Core {
    /// Merges objects without looking at the database: what they hold counts as loaded (MRG-6).
    pub(crate) fn merge_loaded(&mut self, sources: Vec<Source>) -> Result<Vec<Ref>> {
        self.check()?;
        self.enter_joined()?;
        let (mut merge, roots, mut level) = Merge::begin(self, sources)?;
        while !level.is_empty() {
            level = merge.follow(self, &level, true)?;
        }
        for node in &merge.nodes {
            let (state, _) = node.source.state();
            let flags = node.source.chunk.head().flags(node.source.slot);
            let clean = !flags.has(Flags::TOUCHED)
                || node.source.chunk.changed(node.source.slot).is_empty();
            let has_row = matches!(state, State::Persistent | State::Detached);
            if !(matches!(node.target, Target::Itself(_)) || clean && has_row) {
                let text = format!(
                    "{} is {}: only a clean object that has a row can be merged without loading",
                    node.source.subject(),
                    if has_row { "modified".into() } else { state.to_string() }
                );
                return Err(Error::InvalidRequest(text.into()));
            }
        }
        for position in 0..merge.nodes.len() {
            let Node { source, mapper, target, key, .. } = &merge.nodes[position];
            if !matches!(target, Target::New) {
                continue;
            }
            let held = key.as_ref().and_then(|it| self.find_held(mapper, it));
            let at = match held {
                Some(at) => {
                    self.copy_loaded(source, at)?;
                    at
                }
                None => {
                    let at = (mapper.meta.ops.adopt)(self, &*source.chunk, source.slot)?;
                    self.copy_expiry(source, at);
                    at
                }
            };
            merge.nodes[position].target = Target::Held(at);
        }
        for (position, node) in merge.nodes.iter().enumerate() {
            let Some(owner) = merge.target(position) else { continue };
            for (relation, members) in &node.links {
                let members: Vec<u64> =
                    members.iter().filter_map(|it| merge.target(*it)).map(Ref::cell).collect();
                self.tables(|it| it.fill(relation, owner, &members));
            }
        }
        Ok(roots.into_iter().filter_map(|it| merge.target(it)).collect())
    }

    /// Lets an object hold what another holds, as if that had been loaded.
    fn copy_loaded(&mut self, source: &Source, at: Ref) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        let mut news: Vec<(u16, Option<Value>)> = Vec::new();
        let known = source.known();
        source.chunk.with(source.slot, &mut |from| {
            let value = |it: u16| (!from.is_unset(it)).then(|| from.get(it).to_value());
            news.extend(known.iter().map(|it| (*it, value(*it))));
        })?;
        chunk.keep(at.slot())?;
        self.ledger(|it| it.record([Event::Value { chunk: at.chunk(), count: 1 }]));
        chunk.write(at.slot(), &mut |fields| {
            for (column, value) in &news {
                fields.put(*column, value.as_ref().map(Value::as_ref));
            }
        })
    }

    /// What is expired of an object is expired of its copy.
    fn copy_expiry(&mut self, source: &Source, at: Ref) {
        let Some(chunk) = self.chunk(at) else { return };
        let flags = source.chunk.head().flags(source.slot);
        if !flags.has(Flags::EXPIRED) {
            return;
        }
        let known = source.known();
        let head = chunk.head();
        head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::EXPIRED));
        if !known.is_empty() {
            let all = 0..chunk.meta().columns.len() as u16;
            let expired: Columns = all.filter(|it| !known.contains(it)).collect();
            self.tables(|it| it.expire_columns(at, &expired));
        }
    }
}
