//! [`Statements`]: what a connection keeps prepared, with a bound.

use std::sync::Arc;

use futures_util::future::join_all;
use hashlink::LruCache;
use tokio_postgres::{Client, Statement as Prepared, types::Type};

use super::{
    bulk::{self, Many},
    classify::classify,
};
use crate::{
    Result,
    driver::{Params, Statement, Step, Want},
};

/// Statements that the server keeps prepared for a connection; the one that was not used for longest
/// gives way.
pub(super) struct Statements {
    /// By text; `true`: the form for many rows.
    kept: LruCache<(Arc<str>, bool), Prepared>,
    /// The one that was used last, which is often the next.
    last: Option<(Arc<str>, Prepared)>,
    /// Whether statements are prepared at all: behind PgBouncer, names don't last.
    named: bool,
}

/// Whether a step is to be executed as one statement for many rows.
fn is_bulk(statement: &Statement, runs: usize) -> bool {
    runs > 1 && statement.bulk.is_some()
}

impl Statements {
    /// Keeps at the most so many; with 0, nothing is ever prepared.
    pub(super) fn new(capacity: usize) -> Self {
        Self { kept: LruCache::new(capacity.max(1)), last: None, named: capacity > 0 }
    }

    /// The statement, if it is prepared.
    pub(super) fn get(&mut self, statement: &Statement) -> Option<Prepared> {
        if let Some((sql, prepared)) = &self.last
            && *sql == statement.sql
        {
            return Some(prepared.clone());
        }
        let prepared = self.kept.get(&(Arc::clone(&statement.sql), false))?;
        self.last = Some((Arc::clone(&statement.sql), prepared.clone()));
        Some(prepared.clone())
    }

    /// The form for many rows, if there is one.
    pub(super) fn many<'s>(&mut self, statement: &'s Statement, runs: usize) -> Option<Many<'s>> {
        if !is_bulk(statement, runs) {
            return None;
        }
        if self.named {
            let key = (Arc::clone(&statement.sql), true);
            return self.kept.get(&key).cloned().map(Many::Arrays);
        }
        statement.bulk.as_deref().map(Many::Rows)
    }

    /// The types of a prepared statement's parameters.
    pub(super) fn types(&mut self, statement: &Statement) -> Vec<Type> {
        self.get(statement).map(|it| it.params().to_vec()).unwrap_or_default()
    }

    fn wants<'s>(&self, step: &'s Step) -> Option<(&'s Statement, usize)> {
        match step {
            Step::Run(run) if self.named && run.statement.cache && run.want != Want::Stream => {
                let many = matches!(run.params, Params::Source(_));
                Some((&run.statement, if many { run.params.runs() } else { 1 }))
            }
            _ => None,
        }
    }

    /// Whether everything that a wave wants prepared is.
    pub(super) fn has_all(&mut self, steps: &[Step]) -> bool {
        steps.iter().all(|step| {
            self.wants(step).is_none_or(|(statement, runs)| {
                let single = self.get(statement).is_some();
                let bulk = !is_bulk(statement, runs)
                    || self.kept.contains_key(&(Arc::clone(&statement.sql), true))
                    || self.types(statement).iter().any(bulk::is_flattened);
                single && bulk
            })
        })
    }

    /// Prepares what a wave wants: all statements at once, then all their forms for many rows, which
    /// need to know the parameters' types.
    ///
    /// # Errors
    /// The server refuses one.
    pub(super) async fn prepare(&mut self, client: &Client, steps: &[Step]) -> Result<()> {
        let mut single: Vec<&Statement> = Vec::new();
        for (statement, _) in steps.iter().filter_map(|it| self.wants(it)) {
            let key = (Arc::clone(&statement.sql), false);
            if !self.kept.contains_key(&key) && !single.iter().any(|it| it.sql == statement.sql) {
                single.push(statement);
            }
        }
        let prepared = join_all(single.iter().map(|it| client.prepare(&it.sql))).await;
        for (statement, prepared) in single.into_iter().zip(prepared) {
            let prepared = prepared.map_err(|error| classify(error, Some(&statement.sql)))?;
            self.keep(statement, false, prepared);
        }
        let mut many: Vec<(&Statement, String)> = Vec::new();
        let wanted: Vec<_> = steps.iter().filter_map(|it| self.wants(it)).collect();
        for (statement, runs) in wanted {
            let key = (Arc::clone(&statement.sql), true);
            if is_bulk(statement, runs)
                && !self.kept.contains_key(&key)
                && !many.iter().any(|(it, _)| it.sql == statement.sql)
                && let Some(sql) = bulk::arrays(statement, &self.types(statement))
            {
                many.push((statement, sql));
            }
        }
        let prepared = join_all(many.iter().map(|(_, sql)| client.prepare(sql))).await;
        for ((statement, sql), prepared) in many.into_iter().zip(prepared) {
            let prepared = prepared.map_err(|error| classify(error, Some(&sql.into())))?;
            self.keep(statement, true, prepared);
        }
        Ok(())
    }

    fn keep(&mut self, statement: &Statement, bulk: bool, prepared: Prepared) {
        self.kept.insert((Arc::clone(&statement.sql), bulk), prepared);
    }

    /// Forgets everything: the schema has changed under it.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.last = None;
    }
}
