//! The sweep: a graph lets go of chunks that nobody outside it holds, directly or through
//! relationships.

use super::{graph::Tables, log::Event, reference::Ref};

impl Tables {
    /// Drops what nobody holds; the numbers of the dropped chunks.
    pub(crate) fn sweep(&mut self) -> Vec<u64> {
        self.epoch += 1;
        self.dead = 0;
        let epoch = self.epoch;
        let mut stack = self.roots();
        stack.retain(|it| self.mark(*it));
        let mut unmarked = self.chunks.len() - stack.len();
        let mut met = Vec::new();
        // What is held directly is mostly all that there is: then nobody needs to be asked whom he knows.
        while unmarked > 0
            && let Some(entry) = stack.pop().and_then(|it| self.chunks.get(&it))
        {
            let mut last = 0;
            for column in &entry.relations {
                column.each(&mut |it: Ref| {
                    if it.chunk() != last {
                        last = it.chunk();
                        met.push(last);
                    }
                });
            }
            let known = stack.len();
            stack.extend(met.drain(..).filter(|it| self.mark(*it)));
            unmarked -= stack.len() - known;
        }
        let mut lost = Vec::with_capacity(self.chunks.len().min(64));
        self.garbage.reserve(lost.capacity());
        // Dropped after the lock: a value's `Drop` is the user's code.
        for (id, entry) in self.chunks.extract_if(|_, it| it.mark != epoch) {
            lost.push(id);
            self.garbage.push(entry);
        }
        let chunks = &self.chunks;
        self.expired.retain(|it, _| chunks.contains_key(&it.chunk()));
        self.loose.retain(|it| it.owner().is_some_and(|it| chunks.contains_key(&it.chunk())));
        self.replaced.retain(|it| chunks.contains_key(&it.0.chunk()));
        self.disordered.retain(|it| chunks.contains_key(&it.owner.chunk()));
        self.owners.retain(|it, _| chunks.contains_key(&it.0.chunk()));
        self.parents.retain(|it, _| chunks.contains_key(&it.0.chunk()));
        for objects in [&mut self.once, &mut self.ousted, &mut self.outside] {
            objects.retain(|it| chunks.contains_key(&it.chunk()));
        }
        for said in [&mut self.said, &mut self.anew] {
            said.retain(|it, _| chunks.contains_key(&it.chunk()));
        }
        self.again.retain(|it, _| chunks.contains_key(&it.chunk()));
        self.problems.retain(|it| chunks.contains_key(&it.0.chunk()));
        lost
    }

    /// Marks a chunk as one that stays; whether it is there, and wasn't marked yet.
    fn mark(&mut self, chunk: u64) -> bool {
        let epoch = self.epoch;
        let entry = self.chunks.get_mut(&chunk);
        entry.is_some_and(|it| std::mem::replace(&mut it.mark, epoch) != epoch)
    }

    fn roots(&self) -> Vec<u64> {
        let held =
            |entry: &super::graph::Entry| entry.anchor.strong_count() > entry.holders as usize;
        let mut roots = Vec::with_capacity(self.chunks.len().min(64));
        roots.extend(self.chunks.iter().filter(|it| held(it.1)).map(|it| *it.0));
        for ledger in &self.ledgers {
            roots.extend(&ledger.dirty);
            let listed = [&ledger.pending, &ledger.marked, &ledger.joined];
            for it in listed.into_iter().flatten() {
                // Neighbours mostly stand in one chunk.
                if roots.last() != Some(&it.chunk()) {
                    roots.push(it.chunk());
                }
            }
            for event in &ledger.log {
                match event {
                    Event::One { owner, old, .. } | Event::Forgotten { owner, old, .. } => {
                        roots.push(owner.chunk());
                        roots.extend(Ref::from_cell(*old).map(Ref::chunk));
                    }
                    Event::Added { owner, member, .. } | Event::Removed { owner, member, .. } => {
                        roots.extend([owner.chunk(), member.chunk()]);
                    }
                    Event::Flagged { owner: object }
                    | Event::Flags { object, .. }
                    | Event::Renewed { object }
                    | Event::Mapped { object, .. }
                    | Event::Unmapped { object, .. } => roots.push(object.chunk()),
                    Event::Value { chunk, .. }
                    | Event::Inserted { chunk, .. }
                    | Event::Enlisted { chunk, .. } => roots.push(*chunk),
                    Event::Filled { .. } | Event::Savepoint(_) | Event::Wrote => {}
                }
            }
        }
        roots
    }
}
