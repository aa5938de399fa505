//! What happens where a row meets an object that the session holds already.

use smallvec::SmallVec;

use super::{Raw, chunk::Slot, graph::Graph, log::Event, reference::Ref, state::Flags};
use crate::{
    Result,
    mapping::{Direction, Mapped, Mapper, Relation},
    session::identity::Hit,
};

/// A row met an object that the session holds: the object stays as it is (IDM-5), unless it is
/// expired or rows overwrite; whether so.
pub(super) fn meet<T: Mapped>(
    hit: Hit,
    slot: &mut Slot<T>,
    session: u64,
    overwrite: bool,
    nested: bool,
) -> Result<Option<(Raw<T>, bool)>> {
    let Some(raw) = Raw::<T>::from_any(hit.anchor, hit.slot) else { return Ok(None) };
    let fresh = slot.get_mut().take();
    let again = overwrite || raw.flags().has(Flags::EXPIRED);
    if again && let Some(fresh) = fresh {
        if overwrite {
            raw.chunk().drop_snapshot(raw.slot());
        }
        raw.renew(session, fresh, nested)?;
    } else if let Some(fresh) = fresh {
        raw.complete(&fresh)?;
    }
    Ok(Some((raw, again)))
}

impl<T: Mapped> Raw<T> {
    /// Takes columns that are loaded on demand from a row that has them, where they aren't loaded.
    fn complete(&self, fresh: &T) -> Result<()> {
        let Some(deferrals) = Mapper::of(T::meta()).deferrals.as_deref() else { return Ok(()) };
        let mut news: SmallVec<[u16; 8]> = deferrals.all().collect();
        news.retain(|it| !fresh.is_unset(*it));
        if !news.is_empty() {
            let held = self.chunk().read(self.slot())?;
            news.retain(|it| held.is_unset(*it));
        }
        match news.is_empty() {
            true => Ok(()),
            false => self.chunk().renew_columns(self.slot(), fresh, &news),
        }
    }

    /// Takes what was read again, and forgets a many-to-one that says otherwise; changes that no flush
    /// has seen stay. Where only some columns are expired, only they are taken.
    pub(crate) fn renew(&self, session: u64, fresh: T, nested: bool) -> Result<()> {
        let at = self.reference();
        let known = self.graph().map(|it| {
            Graph::with(it, |it, _| {
                let some = it.expired.remove(&at);
                if some.is_none() {
                    it.permit(at);
                }
                (some, it.is_as_original())
            })
        });
        let (some, as_original) = known.unwrap_or_default();
        let is_read = |it: &&Relation| match &some {
            // There, what an object was linked with is forgotten when that expires, and not by a row.
            _ if as_original => false,
            Some(columns) => it.pairs.iter().any(|it| columns.contains(&it.0)),
            None => true,
        };
        let relations = Mapper::of(T::meta()).relationships.iter();
        let ones = relations.filter(|it| it.direction == Direction::ManyToOne).filter(is_read);
        let stale: SmallVec<[u16; 8]> =
            ones.filter(|it| !self.still_refers(it, &fresh)).map(|it| it.index).collect();
        let assigned = self
            .graph()
            .map(|it| Graph::with(it, |it, _| it.ledger(session).map(|it| it.assigned_values(at))));
        let mut assigned = assigned.flatten().unwrap_or_default();
        if !assigned.is_empty() {
            // Another value may have been set since.
            let now = self.chunk().read(self.slot())?;
            assigned.retain(|it| now.get(it.0) == it.1.as_ref());
        }
        match &some {
            Some(columns) => self.chunk().renew_columns(self.slot(), &fresh, columns)?,
            None => self.chunk().renew(self.slot(), fresh)?,
        }
        for (column, value) in assigned {
            let value = (!value.is_null()).then(|| value.as_ref());
            self.chunk().edit(self.slot())?.put(column, value);
        }
        self.chunk().head().set_flags(self.slot(), self.flags().without(Flags::EXPIRED));
        if let Some(graph) = self.graph().filter(|_| nested) {
            let renewed = Event::Renewed { object: at };
            Graph::with(graph, |it, _| it.ledger(session).map(|it| it.log.push(renewed)));
        }
        if let Some(graph) = self.graph().filter(|_| !stale.is_empty()) {
            Graph::with(graph, |tables, _| tables.forget_cells(session, at, &stale));
        }
        Ok(())
    }

    /// Whether a many-to-one is what the row's foreign key says.
    fn still_refers(&self, relation: &Relation, fresh: &T) -> bool {
        // What its condition says of other columns may have changed, too.
        if relation.condition.is_some() {
            return false;
        }
        let Some(graph) = self.graph() else { return true };
        let parent = Graph::with(graph, |tables, _| {
            let parent = Ref::from_cell(tables.one(self.reference(), relation.index))?;
            Some((tables.chunk(parent)?.clone(), parent.slot()))
        });
        let Some((chunk, slot)) = parent else {
            return relation.pairs.iter().any(|it| fresh.get(it.0).is_null());
        };
        let mut same = false;
        let _ = chunk.with(slot, &mut |parent| {
            same = relation.pairs.iter().all(|(own, other)| fresh.get(*own) == parent.get(*other));
        });
        same
    }
}
