//! Lists whose members have a column with their place in it: `ordering_list`. Where a list changes, its
//! members are numbered anew at once; what isn't loaded, or is borrowed, waits for the flush.

use std::sync::Arc;

use aludel_core::value::ValueRef;

use super::{
    chunk::AnyChunk,
    graph::{Graph, Tables},
    log::Event,
    reference::Ref,
    state::Flags,
};
use crate::{Error, Result, mapping::Relation};

/// A list that changed since its members were numbered.
#[derive(Clone, Copy)]
pub(crate) struct Disorder {
    pub(crate) owner: Ref,
    pub(crate) relation: &'static Relation,
    /// Whether members only came at its end.
    at_end: bool,
}

/// Members to number.
struct Row {
    disorder: Disorder,
    /// The place of the first of them.
    first: usize,
    members: Vec<(Arc<dyn AnyChunk>, u32)>,
}

impl Tables {
    /// A list changed, and its members may stand at other places.
    pub(super) fn disorder(&mut self, owner: Ref, relation: &'static Relation, at_end: bool) {
        if relation.ordering.is_none() {
            return;
        }
        match self.disordered.last_mut() {
            Some(it) if it.owner == owner && std::ptr::eq(it.relation, relation) => {
                it.at_end &= at_end;
            }
            _ => self.disordered.push(Disorder { owner, relation, at_end }),
        }
    }

    /// The list at the other end of a to-one relationship changed.
    pub(super) fn disorder_back(&mut self, relation: &Relation, owner: Ref, at_end: bool) {
        if relation.back.is_some_and(|it| it.ordered)
            && let Some(back) = relation.back_relation()
        {
            self.disorder(owner, back, at_end);
        }
    }

    /// Moves a member of a list that is loaded to another place; whether it was there.
    pub(crate) fn place(
        &mut self,
        owner: Ref,
        relation: &'static Relation,
        member: Ref,
        to: usize,
    ) -> bool {
        let cells = self.relation_mut(owner.chunk(), relation.index);
        let Some(list) = cells.and_then(|it| it.own(owner.slot())) else { return false };
        let Some(at) = list.remove(member.cell()) else { return false };
        list.insert(to, member.cell());
        let (index, at) = (relation.index, at as u32);
        // It came and went for the flush; a rollback finds where it was.
        self.note(owner, Event::Removed { owner, relation: index, member, at });
        self.note(owner, Event::Added { owner, relation: index, member });
        self.disorder(owner, relation, false);
        true
    }

    /// The members of lists that changed; those that aren't loaded wait.
    fn take_disordered(&mut self) -> Vec<Row> {
        let all = std::mem::take(&mut self.disordered);
        let mut rows = Vec::new();
        for disorder in all {
            let Disorder { owner, relation, at_end } = disorder;
            let members = match self.member_slice(owner, relation.index) {
                Some(members) => members,
                None => {
                    self.disordered.push(Disorder { at_end: false, ..disorder });
                    continue;
                }
            };
            // Where only the end changed, the last but one says whether all before stand right.
            let first = if at_end { members.len().saturating_sub(2) } else { 0 };
            let cells = members[first..].iter().filter_map(|it| Ref::from_cell(*it));
            let members = cells.filter_map(|it| Some((self.chunk(it)?.clone(), it.slot())));
            rows.push(Row { disorder, first, members: members.collect() });
        }
        rows
    }

    /// An object was touched, which its session's next flush has to know.
    fn announce(&mut self, at: Ref) {
        let session = self.session_of(at).unwrap_or_default();
        if let Some(ledger) = self.ledger(session) {
            ledger.dirty.push(at.chunk());
        }
    }

    /// Lists of a session's that changed before they were loaded.
    pub(crate) fn disordered_of(&self, session: u64) -> Vec<(&'static Relation, Ref)> {
        let own = self.disordered.iter().filter(|it| {
            self.session_of(it.owner) == Some(session)
                && self.member_slice(it.owner, it.relation.index).is_none()
        });
        own.map(|it| (it.relation, it.owner)).collect()
    }

    /// A rollback puts lists and places back.
    pub(crate) fn forget_disordered(&mut self, session: u64) {
        if !self.disordered.is_empty() {
            let all = std::mem::take(&mut self.disordered);
            let others = all.into_iter().filter(|it| self.session_of(it.owner) != Some(session));
            self.disordered = others.collect();
        }
    }
}

impl Row {
    /// Numbers the members; whether the first of several stood right. Those that a flush has to look at go to
    /// `touched`.
    fn number(&self, touched: &mut Vec<Ref>) -> Result<bool> {
        let Some(ordering) = self.disorder.relation.ordering else { return Ok(true) };
        let mut stands = true;
        for (place, (chunk, slot)) in self.members.iter().enumerate() {
            let position = ordering.position(self.first + place);
            let (mut is_there, mut fits) = (false, true);
            chunk.with(*slot, &mut |it| {
                is_there = !it.is_unset(ordering.column)
                    && it.get(ordering.column) == ValueRef::Int(position);
            })?;
            if is_there {
                continue;
            }
            if place == 0 && self.members.len() > 1 {
                stands = false;
            }
            chunk.change(*slot, &mut |it| {
                fits = it.put(ordering.column, Some(ValueRef::Int(position)));
            })?;
            let head = chunk.head();
            if head.flags(*slot).has(Flags::TOUCHED) && head.announce() {
                touched.push(head.reference(*slot));
            }
            if !fits {
                let text = format!(
                    "`{}` has more members than `{}` can number",
                    self.disorder.relation.place(),
                    chunk.meta().columns[usize::from(ordering.column)].field
                );
                return Err(Error::InvalidRequest(text.into()));
            }
        }
        Ok(stands)
    }
}

/// Numbers the members of lists that changed, as far as they are loaded.
///
/// # Errors
/// One of them is borrowed, or its column is too small; its list is still to be numbered then.
pub(crate) fn number(graph: &Arc<Graph>) -> Result<()> {
    let mut result = Ok(());
    let mut rows = Graph::with(graph, |it, _| it.take_disordered());
    while let Some(row) = rows.pop() {
        let Disorder { owner, relation, .. } = row.disorder;
        let mut touched = Vec::new();
        let outcome = row.number(&mut touched);
        Graph::with(graph, |it, _| touched.into_iter().for_each(|at| it.announce(at)));
        let again = match outcome {
            Ok(true) => continue,
            // Others before it don't stand right either.
            Ok(false) => row.first > 0,
            Err(error) => {
                result = Err(error);
                Graph::with(graph, |it, _| it.disorder(owner, relation, false));
                continue;
            }
        };
        if again {
            rows.extend(Graph::with(graph, |it, _| {
                let others = std::mem::take(&mut it.disordered);
                it.disorder(owner, relation, false);
                let rows = it.take_disordered();
                it.disordered.extend(others);
                rows
            }));
        }
    }
    result
}

/// The same after a change of the program's, which the flush reports about.
pub(super) fn number_now(graph: &Arc<Graph>, is_needed: bool) {
    if is_needed {
        let _ = number(graph);
    }
}
