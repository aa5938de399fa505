//! Parents with their children: two or three queries, and every object linked both ways.

use std::collections::HashMap;

use aludel::{
    LoadOption,
    blocking::{Engine, Session},
    prelude::*,
};
use rusqlite::{Connection, params_from_iter};

use super::Row;
use crate::{
    fixture,
    harness::{Duel, Options, Result, duel, time},
    models::{Child, Parent},
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "selectin",
    about: "load 1,000 parents with 10 children each, both sides linked, by selectin and by a join",
    run,
    probe: None,
};

const PARENTS: usize = 1_000;
const CHILDREN: usize = 10_000;
/// Keys in one `IN` list, as the loader does it.
const KEYS: usize = 500;

struct PlainParent {
    id: i64,
    name: String,
    children: Vec<usize>,
}

struct PlainChild {
    id: i64,
    parent_id: i64,
    name: String,
    parent: usize,
}

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, raw) = fixture::databases()?;
    fixture::both(
        &engine,
        &raw,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO parent (id, name) SELECT i, 'name of parent ' || i FROM n",
    )?;
    fixture::both(
        &engine,
        &raw,
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
         INSERT INTO child (id, parent_id, name) SELECT i + 1, i / 10 + 1, 'name of child ' || i FROM n",
    )?;
    let selectin = sides(options, &engine, &raw, plain, || selectinload(Parent.children))?;
    let joined = sides(options, &engine, &raw, plain_joined, || joinedload(Parent.children))?;
    Ok(vec![
        selectin.verdict("load 1,000 × 10, linked both ways", PARENTS + CHILDREN, 1.15),
        joined.verdict("the same by a join", PARENTS + CHILDREN, 1.3),
    ])
}

/// Both sides, ours by an option.
fn sides(
    options: Options,
    engine: &Engine,
    raw: &Connection,
    plain: fn(&Connection) -> Result<Family>,
    option: impl Fn() -> LoadOption<Parent, Child>,
) -> Result<Duel> {
    duel(
        options,
        || {
            let (time, found) = time(|| plain(raw))?;
            found.check()?;
            Ok(time)
        },
        || {
            let (time, (session, parents)) = time(|| {
                let mut session = Session::new(engine);
                let parents: Vec<Obj<Parent>> =
                    session.scalars(select(Parent).options(option())).all()?;
                Ok((session, parents))
            })?;
            // As on the other side, dropping isn't measured.
            let whole = parents[7].children().len()? == CHILDREN / PARENTS;
            drop(session);
            match parents.len() == PARENTS && whole {
                true => Ok(time),
                false => Err("not all parents, or not all children".into()),
            }
        },
    )
}

/// What the hand-written side loads.
struct Family {
    parents: Vec<PlainParent>,
    children: Vec<PlainChild>,
}

impl Family {
    fn check(&self) -> Result<()> {
        let linked = self.parents.iter().all(|parent| {
            parent.children.iter().all(|&child| self.children[child].parent_id == parent.id)
        });
        let back =
            self.children.iter().all(|child| self.parents[child.parent].id == child.parent_id);
        let texts = self.parents.iter().all(|it| !it.name.is_empty())
            && self.children.iter().all(|it| it.id > 0 && !it.name.is_empty());
        match self.parents.len() == PARENTS
            && self.children.len() == CHILDREN
            && linked
            && back
            && texts
        {
            true => Ok(()),
            false => Err("the raw side loaded something else".into()),
        }
    }
}

fn plain(raw: &Connection) -> Result<Family> {
    let transaction = raw.unchecked_transaction()?;
    let mut parents: Vec<PlainParent> = raw
        .prepare_cached("SELECT id, name FROM parent")?
        .query_map([], |row| {
            Ok(PlainParent { id: row.get(0)?, name: row.get(1)?, children: Vec::new() })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let place: HashMap<i64, usize> =
        parents.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
    let mut children = Vec::new();
    let ids: Vec<i64> = parents.iter().map(|it| it.id).collect();
    for keys in ids.chunks(KEYS) {
        let marks = vec!["?"; keys.len()].join(", ");
        let sql = format!("SELECT id, parent_id, name FROM child WHERE parent_id IN ({marks})");
        let mut statement = raw.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(keys))?;
        while let Some(row) = rows.next()? {
            let parent_id = row.get(1)?;
            let parent = *place.get(&parent_id).ok_or("a child without a parent")?;
            parents[parent].children.push(children.len());
            children.push(PlainChild { id: row.get(0)?, parent_id, name: row.get(2)?, parent });
        }
    }
    transaction.commit()?;
    Ok(Family { parents, children })
}

fn plain_joined(raw: &Connection) -> Result<Family> {
    let transaction = raw.unchecked_transaction()?;
    let mut parents: Vec<PlainParent> = Vec::new();
    let mut place: HashMap<i64, usize> = HashMap::new();
    let mut children = Vec::new();
    let mut statement = raw.prepare_cached(
        "SELECT parent.id, parent.name, child.id, child.parent_id, child.name FROM parent \
         LEFT OUTER JOIN child ON parent.id = child.parent_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let parent = match place.get(&id) {
            Some(parent) => *parent,
            None => {
                place.insert(id, parents.len());
                parents.push(PlainParent { id, name: row.get(1)?, children: Vec::new() });
                parents.len() - 1
            }
        };
        if let Some(child) = row.get(2)? {
            parents[parent].children.push(children.len());
            let (parent_id, name) = (row.get(3)?, row.get(4)?);
            children.push(PlainChild { id: child, parent_id, name, parent });
        }
    }
    drop(rows);
    drop(statement);
    transaction.commit()?;
    Ok(Family { parents, children })
}
