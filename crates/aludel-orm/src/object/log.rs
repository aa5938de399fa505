//! [`Ledger`]: what a session must remember of the objects that it tracks: what changed since the
//! last flush, and how to take it all back.

use super::{
    assigned::Assigned,
    chunk::Columns,
    reference::Ref,
    state::{Flags, State},
};
use crate::events::state_hooks_anywhere;

/// A session's entry in the graph that its objects live in.
pub(crate) struct Ledger {
    /// The session's number.
    pub(crate) session: u64,
    /// Chunks with objects touched since the last flush.
    pub(crate) dirty: Vec<u64>,
    /// Objects to insert, in the order in which they became pending. One that left again is still
    /// listed; its state says so.
    pub(crate) pending: Vec<Ref>,
    /// Whether an object left before it was inserted: it may have come again since.
    pub(crate) left: bool,
    /// Objects marked by `delete`; one whose mark was cancelled is still listed.
    pub(crate) marked: Vec<Ref>,
    /// Detached objects that a cascade brought in; the identity map learns of them next.
    pub(crate) joined: Vec<Ref>,
    /// Whether the transaction has written: what is loaded from now on a rollback makes untrue.
    pub(crate) wrote: bool,
    /// All changes since the transaction began, in order.
    pub(crate) log: Vec<Event>,
    /// How much of the log the last flush has seen.
    pub(crate) flushed: usize,
    /// Where the part of the log begins that a flush under way has gathered.
    pub(crate) taking: Option<usize>,
    /// How many changes of cells stand behind that.
    pub(crate) links: usize,
    /// Whether links behave as in SQLAlchemy.
    pub(crate) sqlalchemy: bool,
    /// Whether a flush left out a link with an object that is in no session: should that come in, the
    /// link is its own.
    pub(crate) left_out: bool,
    /// What `session.set` said of columns that can't hold it themselves.
    pub(crate) assigned: Vec<Assigned>,
    /// Objects that took over a row as in SQLAlchemy, and the columns of which they know nothing.
    pub(crate) unsaid: Vec<(Ref, Columns)>,
    /// Deleted objects with changes that nobody wrote, as in SQLAlchemy.
    pub(crate) unwritten: Vec<Ref>,
    /// What went wrong where nothing could be returned; the next flush reports it.
    pub(crate) problem: Option<crate::Error>,
    /// The object that it is about.
    pub(crate) about: Option<Ref>,
    /// What became of objects since hooks were last told; nothing where there are none.
    pub(crate) moves: Vec<Move>,
}

/// An object that came from one state to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) object: Ref,
    pub(crate) from: State,
    pub(crate) to: State,
}

/// One change, and how to take it back.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A to-one cell changed.
    One { owner: Ref, relation: u16, old: u64, new: u64 },
    /// A member came into a to-many cell.
    Added { owner: Ref, relation: u16, member: Ref },
    /// A member left a to-many cell, from this place.
    Removed { owner: Ref, relation: u16, member: Ref, at: u32 },
    /// An object counts as changed, though nothing of it is another, as in SQLAlchemy.
    Flagged { owner: Ref },
    /// Cells of a chunk were filled with what was loaded, after the transaction wrote.
    Filled { chunk: u64, relation: u16, slots: Vec<u32> },
    /// A to-one cell was forgotten with the row that it came with, after the transaction wrote.
    Forgotten { owner: Ref, relation: u16, old: u64 },
    /// An object's flags changed.
    Flags { object: Ref, old: Flags },
    /// Transient objects of one chunk, one behind the other, became pending.
    Enlisted { chunk: u64, from: u32, count: u32 },
    /// A savepoint of this number begins.
    Savepoint(u64),
    /// Something was written for the first time since the savepoint before.
    Wrote,
    /// An object was read again, after a savepoint wrote.
    Renewed { object: Ref },
    /// So many snapshots went to a chunk's journal.
    Value { chunk: u64, count: u32 },
    /// An object entered the identity map.
    Mapped { mapper: u32, fingerprint: u64, object: Ref },
    /// An object left the identity map.
    Unmapped { mapper: u32, fingerprint: u64, object: Ref },
    /// Objects of one chunk were inserted: pending before, tracked now, in the identity map, and with
    /// these columns filled in.
    Inserted { chunk: u64, slots: Vec<u32>, columns: Columns },
}

impl Event {
    /// Which relationship's cell changed.
    pub(crate) fn relation(&self) -> Option<u16> {
        match self {
            Self::One { relation, .. }
            | Self::Added { relation, .. }
            | Self::Removed { relation, .. } => Some(*relation),
            _ => None,
        }
    }

    /// Whether a rollback would do something to an object itself, rather than to its cells.
    fn concerns(&self, it: Ref) -> bool {
        match self {
            Self::Flags { object, .. }
            | Self::Mapped { object, .. }
            | Self::Unmapped { object, .. } => *object == it,
            _ => false,
        }
    }

    /// Transient objects that became pending by this.
    pub(crate) fn came(&self) -> impl Iterator<Item = Ref> + use<> {
        let (chunk, slots) = match self {
            Self::Flags { object, old } if old.state() == State::Transient => {
                (object.chunk(), object.slot()..object.slot() + 1)
            }
            Self::Enlisted { chunk, from, count } => (*chunk, *from..from + count),
            _ => (0, 0..0),
        };
        slots.map(move |it| Ref::new(chunk, it))
    }

    /// Whose cell changed.
    pub(crate) fn owner(&self) -> Option<Ref> {
        match self {
            Self::One { owner, .. }
            | Self::Added { owner, .. }
            | Self::Removed { owner, .. }
            | Self::Flagged { owner } => Some(*owner),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{:#x}", self.state(), self.0)
    }
}

impl Ledger {
    /// A new session's.
    pub(crate) fn new(session: u64) -> Self {
        Self {
            session,
            dirty: Vec::new(),
            pending: Vec::new(),
            left: false,
            marked: Vec::new(),
            joined: Vec::new(),
            wrote: false,
            log: Vec::new(),
            flushed: 0,
            taking: None,
            links: 0,
            sqlalchemy: false,
            left_out: false,
            assigned: Vec::new(),
            unsaid: Vec::new(),
            unwritten: Vec::new(),
            problem: None,
            about: None,
            moves: Vec::new(),
        }
    }

    /// Whether a flush would find nothing to do.
    pub(crate) fn is_clean(&self) -> bool {
        self.dirty.is_empty()
            && self.pending.is_empty()
            && self.marked.is_empty()
            && self.joined.is_empty()
            && self.links == 0
            && self.problem.is_none()
    }

    /// Notes an object's new state for hooks.
    #[inline]
    pub(crate) fn moved(&mut self, object: Ref, from: State, to: State) {
        if state_hooks_anywhere() && from != to {
            self.moves.push(Move { object, from, to });
        }
    }

    /// Of what became of objects from a place in the list on, each is told as one: a rollback goes back
    /// step by step.
    pub(crate) fn sum_up_moves(&mut self, from: usize) {
        let mut summed: Vec<Move> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for step in self.moves.drain(from.min(self.moves.len())..) {
            match places.get(&step.object) {
                Some(&place) => {
                    let sum: &mut Move = &mut summed[place];
                    sum.to = step.to;
                }
                None => {
                    places.insert(step.object, summed.len());
                    summed.push(step);
                }
            }
        }
        self.moves.extend(summed.into_iter().filter(|it| it.from != it.to));
    }

    /// A new object became pending, in a chunk of the session's own.
    pub(crate) fn enlist(&mut self, object: Ref) {
        self.pending.push(object);
        self.moved(object, State::Transient, State::Pending);
        match self.log.last_mut() {
            Some(Event::Enlisted { chunk, from, count })
                if *chunk == object.chunk() && *from + *count == object.slot() =>
            {
                *count += 1;
            }
            _ => self.log.push(Event::Enlisted {
                chunk: object.chunk(),
                from: object.slot(),
                count: 1,
            }),
        }
    }

    /// Whether an object took over a row and knows nothing of this column.
    pub(crate) fn is_unsaid(&self, object: Ref, column: u16) -> bool {
        self.unsaid.iter().any(|it| it.0 == object && it.1.contains(&column))
    }

    /// Marks the beginning of a savepoint: behind what the last flush has seen.
    pub(crate) fn mark(&mut self, savepoint: u64) {
        let at = if self.is_clean() { self.log.len() } else { self.flushed.min(self.log.len()) };
        self.log.insert(at, Event::Savepoint(savepoint));
        self.flushed = at + 1;
    }

    /// Where in the log the transaction begins, or a savepoint.
    pub(crate) fn place(&self, savepoint: Option<u64>) -> usize {
        let Some(savepoint) = savepoint else { return 0 };
        let is_it = |it: &Event| matches!(it, Event::Savepoint(it) if *it == savepoint);
        self.log.iter().rposition(is_it).unwrap_or(self.log.len())
    }

    /// Takes out what a rollback undoes: what happened since the transaction, or a savepoint, began.
    pub(crate) fn take_back(&mut self, savepoint: Option<u64>) -> Vec<Event> {
        let mut undone = self.log.split_off(self.place(savepoint));
        self.problem = None;
        self.links = 0;
        if savepoint.is_none() {
            self.unsaid.clear();
        }
        self.unwritten.clear();
        // A savepoint begins with a flush: whatever was assigned was assigned since.
        self.assigned.clear();
        if savepoint.is_none() {
            self.wrote = false;
        } else {
            // What was loaded before the savepoint wrote is as true as it was.
            let wrote = undone.iter().position(|it| matches!(it, Event::Wrote));
            let written = undone.split_off(wrote.unwrap_or(undone.len()));
            let is_loaded =
                |it: &mut Event| matches!(it, Event::Filled { .. } | Event::Forgotten { .. });
            self.log.extend(undone.extract_if(.., is_loaded));
            undone.extend(written);
        }
        self.flushed = self.log.len();
        undone
    }

    /// Enters what a flush did: in front of what happened since it gathered, which is the next
    /// flush's business.
    pub(crate) fn record(&mut self, events: impl IntoIterator<Item = Event>) {
        let since = self.log.split_off(self.flushed.min(self.log.len()));
        self.log.extend(events);
        self.flushed = self.log.len();
        self.log.extend(since);
    }

    /// A rollback leaves an object as it is from now on.
    pub(super) fn disown(&mut self, it: Ref) {
        self.forget_assigned(it, None);
        for event in &mut self.log {
            match event {
                // In place, as others know events by their places.
                _ if event.concerns(it) => {
                    *event = Event::Enlisted { chunk: it.chunk(), from: 0, count: 0 };
                }
                Event::Inserted { chunk, slots, .. } if *chunk == it.chunk() => {
                    slots.retain(|slot| *slot != it.slot());
                }
                _ => {}
            }
        }
    }

    /// Takes over what another graph remembered of the same session.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.dirty.append(&mut other.dirty);
        self.pending.append(&mut other.pending);
        self.left |= other.left;
        self.wrote |= other.wrote;
        self.left_out |= other.left_out;
        self.sqlalchemy |= other.sqlalchemy;
        self.marked.append(&mut other.marked);
        self.joined.append(&mut other.joined);
        self.log.append(&mut other.log);
        self.links += other.links;
        self.assigned.append(&mut other.assigned);
        self.unsaid.append(&mut other.unsaid);
        self.unwritten.append(&mut other.unwritten);
        self.moves.append(&mut other.moves);
        if self.problem.is_none() {
            (self.problem, self.about) = (other.problem, other.about);
        }
    }
}
