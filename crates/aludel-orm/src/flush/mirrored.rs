//! Changes of links that one side alone still tells: the other was expired since, and has forgotten them.

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use smallvec::SmallVec;

use super::gather::{Gathered, KeyColumns, Map, Pair, PairKey};
use crate::{
    mapping::{Direction, PassiveDeletes, Relation},
    object::{graph::Tables, log::Event, reference::Ref, state::State},
};

/// A change of a collection or a one-to-one, seen from the side that a flush doesn't read.
pub(super) struct Mirrored {
    pub(super) relation: &'static Relation,
    pub(super) back: Option<&'static Relation>,
    pub(super) owner: Ref,
    pub(super) member: Ref,
    added: bool,
}

impl Mirrored {
    /// Of an event, where the member has a row.
    pub(super) fn of(
        tables: &Tables,
        relation: &'static Relation,
        event: &Event,
    ) -> SmallVec<[Self; 2]> {
        let mut found = SmallVec::new();
        let mut say = |owner: Ref, member: Ref, added: bool| {
            let has_row = tables.flags(member).state() == State::Persistent;
            if has_row && !relation.meta.viewonly {
                let back = relation.back_relation();
                found.push(Self { relation, back, owner, member, added });
            }
        };
        match *event {
            Event::Added { owner, member, .. } => say(owner, member, true),
            Event::Removed { owner, member, .. } => say(owner, member, false),
            Event::One { owner, old, new, .. } if old != new => {
                // There, who is let go of one to one is an orphan, or keeps its key.
                let former = Ref::from_cell(old).filter(|_| !tables.is_as_original());
                former.into_iter().for_each(|it| say(owner, it, false));
                Ref::from_cell(new).into_iter().for_each(|it| say(owner, it, true));
            }
            _ => {}
        }
        found
    }

    fn key(&self) -> PairKey {
        (std::ptr::from_ref(self.relation), self.owner, self.member)
    }

    /// The pair of a many-to-many.
    pub(super) fn pair(&self) -> Option<Pair> {
        let Self { relation, owner, member, .. } = *self;
        (relation.direction == Direction::ManyToMany)
            .then(|| Pair { relation, owner, member }.canonical())
    }
}

impl Gathered {
    /// Changes that only the side tells that the flush doesn't read.
    #[cold]
    pub(super) fn of_mirrored(&mut self, tables: &Tables, mirrored: &[Mirrored]) {
        let mut nets: Map<PairKey, i32> = Map::default();
        for it in mirrored {
            *nets.entry(it.key()).or_default() += if it.added { 1 } else { -1 };
        }
        let mut pairs: HashSet<PairKey, RandomState> =
            self.pairs.iter().map(|it| it.0.key()).collect();
        let mut moved: HashSet<(Ref, KeyColumns), RandomState> =
            self.references.iter().map(|it| (it.child, it.columns)).collect();
        // Who came to an owner went from another one.
        let (came, went): (Vec<_>, Vec<_>) = mirrored.iter().partition(|it| it.added);
        for it in came.into_iter().chain(went) {
            // A member that has another owner by now isn't this one's to let go of.
            let elsewhere = it.back.is_some_and(|back| {
                let owner = Ref::from_cell(tables.one(it.member, back.index));
                !back.many && owner.is_some_and(|owner| owner != it.owner)
            });
            let is_there = tables.holds(it.owner, it.relation, it.member);
            if elsewhere && !it.added {
                continue;
            }
            if nets.remove(&it.key()).is_none_or(|it| it == 0) || is_there != it.added {
                continue;
            }
            match it.pair() {
                Some(pair) if pairs.insert(pair.key()) => {
                    self.pairs.push((pair, if it.added { 1 } else { -1 }));
                }
                Some(_) => {}
                None if !moved.insert((it.member, &it.relation.key)) => {}
                None if it.added => self.refer(it.relation, it.owner, it.member),
                None if it.relation.meta.passive_deletes == PassiveDeletes::All => {}
                None => self.unlink(it.relation, it.member),
            }
        }
    }
}
