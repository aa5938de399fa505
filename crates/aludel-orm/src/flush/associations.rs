//! Association rows of many-to-many relationships: deleted, then inserted, each once.

use std::sync::Arc;

use aludel_core::{
    compile::{bulk, compile},
    expr::{Delete, Insert, Node},
};
use aludel_engine::driver::{Statement, Want};

use super::{
    plan::{CellRows, FlushAction, Rows, Step},
    run::Planner,
};
use crate::{
    Result,
    mapping::{Mapper, Relation, Secondary},
    object::chunk::Columns,
};

impl Planner {
    /// Makes the steps of association rows.
    pub(super) fn association_steps(&mut self) -> Result<()> {
        let pairs = std::mem::take(&mut self.gathered.pairs);
        if pairs.is_empty() {
            return Ok(());
        }
        // Behind the INSERTs of both ends.
        let wave = self.next_wave();
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
                let columns = columns(secondary);
                let mut cells = Vec::new();
                for (pair, net) in &pairs {
                    let wanted = (*net > 0) == (action == FlushAction::Link);
                    if !wanted || !std::ptr::eq(pair.relation, relation) {
                        continue;
                    }
                    let (owner, target) = (&secondary.owner, &secondary.target);
                    cells.extend(owner.iter().map(|it| self.value_of(pair.owner, it.0)));
                    cells.extend(target.iter().map(|it| self.value_of(pair.member, it.0)));
                }
                if cells.is_empty() {
                    continue;
                }
                let rows = CellRows {
                    width: columns.len(),
                    cells,
                    objects: Vec::new(),
                    columns: Columns::new(),
                    shared: self.placeholder.clone(),
                };
                self.plan.steps.push(Step {
                    mapper,
                    action,
                    wave,
                    statement: self.association_statement(mapper, &columns, action)?,
                    want: if action == FlushAction::Link { Want::Nothing } else { Want::Count },
                    rows: Rows::Cells(rows.into()),
                });
            }
        }
        Ok(())
    }

    fn association_statement(
        &self,
        mapper: &'static Mapper,
        columns: &[u16],
        action: FlushAction,
    ) -> Result<Statement> {
        let name = |it: &u16| mapper.meta.columns[usize::from(*it)].name;
        let table = mapper.meta.table;
        if action == FlushAction::Link {
            let rows = vec![columns.iter().map(|_| Node::Hole).collect()];
            let columns = columns.iter().map(name).collect();
            let insert = Insert { table, columns, rows, on_conflict: None, returning: Vec::new() };
            let pieces = bulk(&insert, self.dialect)?.map(Arc::new);
            let sql = compile(&insert.into(), self.dialect)?.sql;
            return Ok(Statement::new(sql).with_bulk(pieces));
        }
        let filter = Node::all(columns.iter().map(|it| mapper.node(*it).equals(Node::Hole)));
        let delete = Delete { table, filter, returning: Vec::new() };
        Ok(Statement::new(compile(&delete.into(), self.dialect)?.sql))
    }
}

/// The association's columns: the owner's side, then the target's.
fn columns(secondary: &Secondary) -> Vec<u16> {
    secondary.owner.iter().chain(&secondary.target).map(|it| it.1).collect()
}
