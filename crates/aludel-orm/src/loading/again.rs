//! In a session that does as SQLAlchemy: what a query loads beside an object is loaded again once that expired and
//! is read by its key.

use std::{future::Future, pin::Pin};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{
    eager::{Eager, Parts},
    hop::{Along, Hop, How},
    wishes::Wish,
};
use crate::{
    Result,
    mapping::{Relation, Strategy},
    object::{
        cohort::{AnyCohort, Met, Part},
        graph::Tables,
        reference::Ref,
    },
    session::core::Core,
};

/// The objects that a query read, as they are met: of whom is noted what is loaded again.
struct Fresh {
    /// By which of the query's statements each was met last.
    objects: HashMap<Ref, Option<u32>, RandomState>,
    /// Whether each statement reads them anew.
    anew: bool,
    statements: u32,
}

impl Fresh {
    /// Whether a row is the first of an object that the query knows of it, or that the statement reads anew.
    fn is_met(&mut self, object: Ref, statement: u32) -> bool {
        let Some(last) = self.objects.get_mut(&object) else { return false };
        let is_first = last.is_none_or(|it| self.anew && it != statement);
        if is_first {
            *last = Some(statement);
        }
        is_first
    }

    fn next(&mut self) -> u32 {
        self.statements += 1;
        self.statements
    }
}

impl Tables {
    /// What is loaded of an object once it is read again is this.
    fn load_again(&mut self, object: Ref, again: &[Wish]) {
        match again.is_empty() {
            true => drop(self.again.remove(&object)),
            false => drop(self.again.insert(object, again.to_vec())),
        }
    }

    /// The same of one relationship, beside what is known already.
    pub(crate) fn load_one_again(&mut self, object: Ref, relation: &'static Relation) {
        let strategy = Strategy::Selectin;
        let hop = Hop::new(Along::One(relation), How::By(strategy));
        let wish = Wish { relation, strategy, hop, behind: Vec::new() };
        self.again.entry(object).or_default().push(wish);
    }

    /// A copy of an object is loaded as the object is.
    pub(crate) fn load_again_as(&mut self, copy: Ref, object: Ref) {
        let again = self.again.get(&object).cloned().unwrap_or_default();
        self.load_again(copy, &again);
    }
}

impl Eager {
    /// Notes what is loaded again of the objects that came with a query, and of those that it read anew.
    #[cold]
    pub(super) fn note_again(&self, core: &Core, buffer: &mut dyn Parts, anew: Option<&[Ref]>) {
        let held = anew.unwrap_or_default().iter().map(|it| (*it, None));
        let mut objects: HashMap<_, _, RandomState> = held.collect();
        let mut see = |cohort: &dyn AnyCohort| {
            let mut met = Met::default();
            cohort.add_met(&mut met);
            let all: Vec<Ref> = (0..cohort.len()).filter_map(|it| cohort.reference(it)).collect();
            let new = all.iter().filter(|it| !met.contains_key(*it));
            objects.extend(new.map(|it| (*it, None)));
            all
        };
        let mut parts = Vec::new();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                parts.push(see(&*part.0));
            }
        });
        self.cohorts(&mut |it| drop(see(it)));
        let mut fresh = Fresh { objects, anew: anew.is_some(), statements: 0 };
        core.tables(|tables| {
            for (place, objects) in parts.into_iter().enumerate() {
                let again = self.wishes_of_part(place);
                tables.note_again(&objects, &again, 0, &mut fresh);
            }
        });
    }
}

impl Tables {
    /// Notes what is loaded again of objects that came with a statement, and of those that came with them.
    fn note_again(&mut self, objects: &[Ref], again: &[Wish], statement: u32, fresh: &mut Fresh) {
        // A subquery brings in all of its own with the first row, and another statement behind the last.
        let (first, rest) = objects.split_at(objects.len().min(1));
        first.iter().for_each(|it| self.note_joined_again(*it, again, statement, fresh));
        let by_subquery = |it: &&Wish| it.strategy == Strategy::Subquery;
        for load in again.iter().filter(by_subquery) {
            self.note_behind_again(objects, load, fresh.next(), fresh);
        }
        rest.iter().for_each(|it| self.note_joined_again(*it, again, statement, fresh));
        for load in again.iter().filter(|it| !by_subquery(it)) {
            let is_joined = load.strategy == Strategy::Joined;
            let statement = if is_joined { statement } else { fresh.next() };
            self.note_behind_again(objects, load, statement, fresh);
        }
    }

    fn note_behind_again(
        &mut self,
        objects: &[Ref],
        load: &Wish,
        statement: u32,
        fresh: &mut Fresh,
    ) {
        let mut members = Vec::new();
        self.related(load.relation, objects, &mut members);
        self.note_again(&members, &load.behind, statement, fresh);
    }

    fn note_joined_again(&mut self, at: Ref, again: &[Wish], statement: u32, fresh: &mut Fresh) {
        if fresh.is_met(at, statement) {
            self.load_again(at, again);
        }
        for load in again.iter().filter(|it| it.strategy == Strategy::Joined) {
            let mut members = Vec::new();
            self.related(load.relation, &[at], &mut members);
            for member in members {
                self.note_joined_again(member, &load.behind, statement, fresh);
            }
        }
    }
}

impl Core {
    /// Loads what the queries said that loaded these objects, which were read again by their keys.
    pub(crate) fn load_again<'a>(
        &'a mut self,
        objects: &'a [Ref],
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            for at in objects {
                let again = self.tables(|it| it.again.get(at).cloned());
                if let Some(again) = again {
                    self.load_all(&[*at], &again).await?;
                }
            }
            Ok(())
        })
    }

    /// Loads relationships of objects, and what lies behind them; what is loaded stays.
    fn load_all<'a>(
        &'a mut self,
        objects: &'a [Ref],
        again: &'a [Wish],
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            for load in again.iter() {
                let relation = load.relation;
                let mut owners = objects.to_vec();
                owners.retain(|at| {
                    let meta = self.tables(|it| it.meta(*at));
                    meta.is_some_and(|it| it.is(relation.owner))
                });
                match load.strategy {
                    Strategy::NoLoad => self.tables(|it| {
                        owners.retain(|at| !it.is_loaded(*at, relation));
                        owners.iter().for_each(|at| it.fill(relation, *at, &[]));
                    }),
                    Strategy::Selectin | Strategy::Joined | Strategy::Subquery => {
                        let (strategy, hop) = (Strategy::Selectin, load.hop.clone());
                        let wish = Wish { relation, strategy, hop, behind: Vec::new() };
                        self.load_wish(wish, &owners).await?;
                        if !load.behind.is_empty() {
                            let mut members = Vec::new();
                            self.tables(|it| it.related(relation, &owners, &mut members));
                            self.load_all(&members, &load.behind).await?;
                        }
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }
}
