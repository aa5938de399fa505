//! Association rows of many-to-many relationships: deleted, then inserted, each once.

use std::collections::HashSet;

use aludel_core::{
    compile::compile,
    expr::{Delete, Node, Update},
};
use aludel_engine::driver::{Statement, Want};

use super::{
    follow::Relink,
    gather::Pair,
    links::Link,
    plan::{CellRows, Fill, FlushAction, Rows, Step},
    run::Planner,
};
use crate::{
    Result,
    mapping::{Mapper, Relation, Secondary},
    object::{chunk::Columns, reference::Ref},
};

impl Planner {
    /// Makes the steps of association rows.
    pub(super) fn association_steps(&mut self) -> Result<()> {
        let pairs = std::mem::take(&mut self.gathered.pairs);
        if pairs.is_empty() && self.relinks.is_empty() {
            return Ok(());
        }
        // Behind the INSERTs of both ends.
        let wave = self.next_wave();
        self.relink_steps(&pairs, wave)?;
        for action in [FlushAction::Unlink, FlushAction::Link] {
            let mut relations: Vec<&'static Relation> = Vec::new();
            for (pair, _) in &pairs {
                if !relations.iter().any(|it| std::ptr::eq(*it, pair.relation)) {
                    relations.push(pair.relation);
                }
            }
            relations.sort_by_key(|it| (it.owner.table, it.index));
            for relation in relations {
                let Some(secondary) = &relation.secondary else { continue };
                let mapper = Mapper::checked(secondary.meta)?;
                let keys = columns(secondary);
                let link = match action {
                    FlushAction::Link => Some(Link::new(mapper, &keys, self.dialect)?),
                    _ => None,
                };
                let mut cells = Vec::new();
                for (pair, net) in &pairs {
                    let wanted = (*net > 0) == (action == FlushAction::Link);
                    if !wanted || !std::ptr::eq(pair.relation, relation) {
                        continue;
                    }
                    let (owner, target) = (&secondary.owner, &secondary.target);
                    // A row that goes holds the old keys, unless the database keeps it in step.
                    let old = action == FlushAction::Unlink && !relation.passive_updates;
                    let value = |object: Ref, column: u16| match old {
                        true => self.former_of(object, column),
                        false => self.value_of(object, column),
                    };
                    // More than once only in a session that does as SQLAlchemy: the database refuses it.
                    for _ in 0..net.unsigned_abs().max(1) {
                        let owners = owner.iter().map(|it| value(pair.owner, it.0));
                        let row = owners.chain(target.iter().map(|it| value(pair.member, it.0)));
                        match &link {
                            Some(link) => cells.extend(link.row(row.collect(), self)?),
                            None => cells.extend(row),
                        }
                    }
                }
                if cells.is_empty() {
                    continue;
                }
                let rows = CellRows {
                    width: link.as_ref().map_or(keys.len(), Link::width),
                    cells,
                    objects: Vec::new(),
                    columns: Columns::new(),
                    expires: Columns::new(),
                    returning: Columns::new(),
                    shared: self.placeholder.clone(),
                };
                self.plan.steps.push(Step {
                    mapper,
                    action,
                    wave,
                    statement: match link {
                        Some(link) => link.into_statement(),
                        None => self.unlink_statement(mapper, &keys)?,
                    },
                    want: if action == FlushAction::Link { Want::Nothing } else { self.count() },
                    rows: Rows::Cells(rows.into()),
                });
            }
        }
        Ok(())
    }

    /// Makes the steps of association rows that follow a changed key (FK-6).
    fn relink_steps(&mut self, pairs: &[(Pair, i32)], wave: u32) -> Result<()> {
        let mut relinks = std::mem::take(&mut self.relinks);
        if relinks.is_empty() {
            return Ok(());
        }
        // What comes with this flush has no row yet.
        let new: HashSet<_> = pairs.iter().filter(|it| it.1 > 0).map(|it| it.0.key()).collect();
        relinks.retain(|it| {
            let Relink { relation, owner, member } = *it;
            !new.contains(&Pair { relation, owner, member }.canonical().key())
                && self.ordinal(member).is_none()
        });
        relinks.sort_by_key(|it| (it.relation.owner.table, it.relation.index));
        for group in relinks.chunk_by(|a, b| std::ptr::eq(a.relation, b.relation)) {
            let Some(secondary) = &group[0].relation.secondary else { continue };
            let mapper = Mapper::checked(secondary.meta)?;
            let mut cells = Vec::new();
            for Relink { owner, member, .. } in group {
                let (owners, targets) = (&secondary.owner, &secondary.target);
                cells.extend(owners.iter().map(|it| self.value_of(*owner, it.0)));
                cells.extend(owners.iter().map(|it| self.former_of(*owner, it.0)));
                cells.extend(targets.iter().map(|it| self.former_of(*member, it.0)));
            }
            let name = |it: &u16| mapper.meta.columns[usize::from(*it)].name;
            let columns: Columns = secondary.owner.iter().map(|it| it.1).collect();
            let keys = self::columns(secondary);
            let update = Update {
                table: mapper.meta.table,
                set: columns.iter().map(|it| (name(it), Node::Hole)).collect(),
                filter: Node::all(keys.iter().map(|it| mapper.node(*it).equals(Node::Hole))),
                returning: Vec::new(),
            };
            let rows = CellRows {
                expires: Columns::new(),
                returning: Columns::new(),
                width: columns.len() + keys.len(),
                cells,
                objects: Vec::new(),
                columns,
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper,
                action: FlushAction::Update,
                wave,
                statement: Statement::new(compile(&update.into(), self.dialect)?.sql),
                want: self.count(),
                rows: Rows::Cells(rows.into()),
            });
        }
        Ok(())
    }

    /// What a column of an object held before this flush, where others refer to it.
    fn former_of(&self, object: Ref, column: u16) -> Fill {
        let former = self.former.get(&object).and_then(|it| it.iter().find(|it| it.0 == column));
        former.map_or_else(|| self.value_of(object, column), |it| Fill::Value(it.1.clone()))
    }

    fn unlink_statement(&self, mapper: &'static Mapper, columns: &[u16]) -> Result<Statement> {
        let table = mapper.meta.table;
        let filter = Node::all(columns.iter().map(|it| mapper.node(*it).equals(Node::Hole)));
        let delete = Delete { table, filter, returning: Vec::new() };
        Ok(Statement::new(compile(&delete.into(), self.dialect)?.sql))
    }
}

/// The association's columns: the owner's side, then the target's.
fn columns(secondary: &Secondary) -> Vec<u16> {
    secondary.owner.iter().chain(&secondary.target).map(|it| it.1).collect()
}
