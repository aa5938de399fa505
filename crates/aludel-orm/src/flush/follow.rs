//! Keys that change: foreign keys follow, by the database's `ON UPDATE CASCADE` or, where the
//! relationship says `passive_updates = false`, by UPDATEs of their own (FK-5, FK-6, FK-7).

use aludel_core::value::Value;
use foldhash::fast::RandomState;
use hashbrown::HashSet;
use smallvec::SmallVec;

use super::{changes::Changes, gather::KeyColumns, plan::Fill, run::Planner};
use crate::{
    Result,
    mapping::{Direction, Linked, Mapper, Relation},
    object::{
        chunk::Columns,
        graph::Tables,
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

/// Columns of an object that follow a changed key, and what they hold then.
pub(super) type Following = SmallVec<[(u16, Fill); 1]>;

/// An object whose columns changed, and what they held.
pub(super) type Switcher = (Ref, SmallVec<[(u16, Value); 1]>);

/// An object whose row follows by itself, and which is to show it.
pub(super) struct Follower {
    pub(super) at: Ref,
    pub(super) values: Following,
}

/// What an association's row holds of a key that changed.
pub(super) struct Relink {
    pub(super) relation: &'static Relation,
    pub(super) owner: Ref,
    pub(super) member: Ref,
}

/// An object that follows another: over which relationship, and who follows whom.
struct Link {
    relation: &'static Relation,
    child: Ref,
    parent: Ref,
}

impl Mapper {
    /// The columns that relationships refer to, whoever declares them.
    pub(crate) fn referred(&self) -> &Columns {
        self.referred.get_or_init(|| {
            let others = Linked::global().entities().iter().copied();
            let relations = others.chain([self.meta]).flat_map(|it| &Mapper::of(it).relationships);
            let mut columns = Columns::new();
            for relation in relations {
                let secondary = relation.secondary.as_ref();
                if relation.owner.is(self.meta) {
                    match relation.direction {
                        Direction::ManyToOne => {}
                        Direction::OneToMany => {
                            columns.extend(relation.pairs.iter().map(|it| it.0))
                        }
                        Direction::ManyToMany => {
                            columns
                                .extend(secondary.iter().flat_map(|it| &it.owner).map(|it| it.0));
                        }
                    }
                }
                if relation.target.is(self.meta) && relation.direction == Direction::ManyToOne {
                    columns.extend(relation.pairs.iter().map(|it| it.1));
                }
            }
            columns.sort_unstable();
            columns.dedup();
            columns
        })
    }

    /// Whether members must be loaded when a key of its objects changes.
    pub(super) fn loads_followers(&self) -> bool {
        let mut relations = self.relationships.iter();
        relations.any(|it| !it.passive_updates && it.direction != Direction::ManyToOne)
    }
}

/// The columns of the owner's that a relationship's members hold.
fn held(relation: &Relation) -> Columns {
    match &relation.secondary {
        Some(secondary) => secondary.owner.iter().map(|it| it.0).collect(),
        None => relation.pairs.iter().map(|it| it.0).collect(),
    }
}

fn meet(a: &[u16], b: &[u16]) -> bool {
    a.iter().any(|it| b.contains(it))
}

impl Core {
    /// Loads what will follow changed keys by UPDATEs of its own, as long as the database still knows
    /// it by the old ones (FK-6).
    pub(super) async fn load_followers(&mut self) -> Result<()> {
        let mut level = self.rekeyed()?;
        let mut seen: HashSet<Ref, RandomState> = HashSet::default();
        while !level.is_empty() {
            level.retain(|it| seen.insert(it.0));
            let mut next = Vec::new();
            for (owner, columns) in level {
                for relation in self.followed_over(owner, &columns) {
                    self.load_committed(relation, &[owner]).await?;
                    next.extend(self.followers(relation, owner));
                }
            }
            level = next;
        }
        Ok(())
    }

    /// The same loads beforehand, as far as it is known who follows: relationships, and whose.
    pub(super) fn unloaded_followers(&self) -> Result<Vec<(&'static Relation, Ref)>> {
        let mut unloaded = Vec::new();
        let mut level = self.rekeyed()?;
        let mut seen: HashSet<Ref, RandomState> = HashSet::default();
        while !level.is_empty() {
            level.retain(|it| seen.insert(it.0));
            let mut next = Vec::new();
            for (owner, columns) in level {
                for relation in self.followed_over(owner, &columns) {
                    match self.tables(|it| it.is_loaded(owner, relation)) {
                        true => next.extend(self.followers(relation, owner)),
                        false => unloaded.push((relation, owner)),
                    }
                }
            }
            level = next;
        }
        Ok(unloaded)
    }

    /// Changed objects whose members may have to be loaded, and the columns that changed.
    fn rekeyed(&self) -> Result<Vec<(Ref, Columns)>> {
        let mut rekeyed: Vec<(Ref, Columns)> = Vec::new();
        for id in self.ledger(|it| it.dirty.clone()) {
            let Some(chunk) = self.chunk(Ref::new(id, 0)) else { continue };
            if !Mapper::of(chunk.meta()).loads_followers() {
                continue;
            }
            let head = chunk.head();
            let persistent = |it: u32| head.flags(it).state() == State::Persistent;
            chunk.harvest(false, &persistent, &mut |slot, _, _, columns| {
                rekeyed.push((head.reference(slot), Columns::from_slice(columns)));
            })?;
        }
        Ok(rekeyed)
    }

    /// The relationships whose members follow by UPDATEs when these columns of an object change.
    fn followed_over(&self, owner: Ref, columns: &[u16]) -> Vec<&'static Relation> {
        let meta = self.tables(|it| it.meta(owner));
        let relations = meta.into_iter().flat_map(|it| &Mapper::of(it).relationships);
        let follows = |it: &&Relation| {
            !it.passive_updates && it.direction != Direction::ManyToOne && meet(&held(it), columns)
        };
        relations.filter(follows).collect()
    }

    /// The members that follow, and their columns that change by that.
    fn followers(&self, relation: &'static Relation, owner: Ref) -> Vec<(Ref, Columns)> {
        if relation.direction != Direction::OneToMany {
            return Vec::new();
        }
        let own: Columns = relation.key.iter().map(|it| it.0).collect();
        let members = self.tables(|it| members(it, relation, owner));
        members.into_iter().map(|it| (it, own.clone())).collect()
    }
}

/// The members of a relationship that are in memory.
fn members(tables: &Tables, relation: &Relation, owner: Ref) -> Vec<Ref> {
    if relation.many {
        let members = tables.member_slice(owner, relation.index).unwrap_or_default();
        return members.iter().filter_map(|it| Ref::from_cell(*it)).collect();
    }
    Ref::from_cell(tables.one(owner, relation.index)).into_iter().collect()
}

/// Objects that refer to one over a many-to-one that has no other side.
fn referring(tables: &Tables, relation: &'static Relation, parent: Ref) -> Vec<Ref> {
    let mut found = Vec::new();
    for (id, entry) in &tables.chunks {
        if !entry.chunk.meta().is(relation.owner) {
            continue;
        }
        let Some(cells) = entry.cells(relation.index) else { continue };
        let slots = 0..entry.chunk.head().used();
        let refers = slots.filter(|it| cells.one(*it) == parent.cell());
        found.extend(refers.map(|it| Ref::new(*id, it)));
    }
    found.sort_unstable();
    found
}

impl Planner {
    /// What refers to a changed key follows it.
    pub(super) fn follow(&mut self, core: &Core, changes: &mut Changes) -> Result<()> {
        if self.switchers.is_empty() {
            return Ok(());
        }
        let said: HashSet<(Ref, KeyColumns), RandomState> =
            self.gathered.references.iter().map(|it| (it.child, it.columns)).collect();
        let mut level: Vec<(Ref, Columns)> = Vec::new();
        for (at, old) in std::mem::take(&mut self.switchers) {
            level.push((at, old.iter().map(|it| it.0).collect()));
            self.former.insert(at, old);
        }
        let mut seen: HashSet<(Ref, KeyColumns), RandomState> = HashSet::default();
        while !level.is_empty() {
            let mut next: Vec<(Ref, Columns)> = Vec::new();
            for (parent, columns) in level {
                for link in self.links(core, parent, &columns)? {
                    let key = (link.child, link.relation.key.as_slice());
                    // What a relationship says in this flush counts.
                    if said.contains(&key) || !seen.insert(key) {
                        continue;
                    }
                    if let Some(changed) = self.follow_one(core, changes, &link)? {
                        next.push((link.child, changed));
                    }
                }
            }
            level = next;
        }
        Ok(())
    }

    /// Who follows an object, as far as it is in memory.
    fn links(&mut self, core: &Core, parent: Ref, columns: &[u16]) -> Result<Vec<Link>> {
        let Some(chunk) = core.chunk(parent) else { return Ok(Vec::new()) };
        let mapper = Mapper::checked(chunk.meta())?;
        let written = |it: &&Relation| !it.meta.viewonly;
        let own = mapper.relationships.iter().filter(written);
        let own = own.filter(|it| it.direction != Direction::ManyToOne);
        let others =
            Linked::global().entities().iter().flat_map(|it| &Mapper::of(it).relationships);
        let others = others.filter(written).filter(|it| {
            it.direction == Direction::ManyToOne
                && it.target.is(mapper.meta)
                && it.back.is_none()
                && it.pairs.iter().any(|it| columns.contains(&it.1))
        });
        let own = own.filter(|it| meet(&held(it), columns));
        let mut links = Vec::new();
        let relinks = self.relinks.len();
        core.tables(|tables| {
            for relation in own {
                for child in members(tables, relation, parent) {
                    if relation.direction == Direction::ManyToMany {
                        let relink = Relink { relation, owner: parent, member: child };
                        self.relinks.extend((!relation.passive_updates).then_some(relink));
                    } else {
                        links.push(Link { relation, child, parent });
                    }
                }
            }
            for relation in others {
                let children = referring(tables, relation, parent);
                links.extend(children.into_iter().map(|child| Link { relation, child, parent }));
            }
            links.retain(|it| {
                tables.flags(it.child).state() == State::Persistent
                    && tables.session_of(it.child) == Some(core.id)
            });
        });
        self.include(&chunk);
        for at in relinks..self.relinks.len() {
            if let Some(member) = core.chunk(self.relinks[at].member) {
                self.include(&member);
            }
        }
        Ok(links)
    }

    /// One object follows. Those of its columns that others refer to in turn, if there are such.
    fn follow_one(
        &mut self,
        core: &Core,
        changes: &mut Changes,
        link: &Link,
    ) -> Result<Option<Columns>> {
        let Some(chunk) = core.chunk(link.child) else { return Ok(None) };
        let mapper = Mapper::checked(chunk.meta())?;
        self.include(&chunk);
        if let Some(parent) = core.chunk(link.parent) {
            self.include(&parent);
        }
        let mut values = Following::new();
        for (own, other) in &link.relation.key {
            let fill = self.value_of(link.parent, *other);
            values.push((*own, self.known(&fill).map_or(fill, Fill::Value)));
        }
        // A NULL refers to nothing, and so follows nothing.
        let mut follows = true;
        chunk.loaded(link.child.slot(), &mut |it| {
            follows = values.iter().all(|(column, _)| !it.get(*column).is_null());
        })?;
        if !follows {
            return Ok(None);
        }
        let Some(place) = self.place(link.child.chunk()) else { return Ok(None) };
        let all = self.following.entry((place, link.child.slot())).or_default();
        all.retain(|it| values.iter().all(|value| value.0 != it.0));
        all.extend(values.iter().cloned());
        let marked = chunk.head().flags(link.child.slot()).has(Flags::MARKED);
        if link.relation.passive_updates {
            // Its row has changed by itself when a statement of ours gets there.
            changes.rekey((place, link.child.slot()), mapper, all);
            if !marked {
                self.followers.push(Follower { at: link.child, values: values.clone() });
            }
        } else {
            let parent = core.chunk(link.parent).map(|it| Mapper::of(it.meta()).group);
            let behind = parent == Some(mapper.group);
            self.refer_existing(changes, link.child, values.iter().cloned().collect(), behind)?;
        }
        let columns: Columns = values.iter().map(|it| it.0).collect();
        Ok(meet(&columns, mapper.referred()).then_some(columns))
    }
}
