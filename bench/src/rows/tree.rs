//! Rows of a table that refers to itself: sorted object by object, in time that grows with their number
//! and with nothing else.

use std::time::Duration;

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
    schema::MetaData,
};

use super::Row;
use crate::{
    harness::{Options, Result, duel, time},
    models::Branch,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "tree",
    about: "sort, insert and delete trees of 10,000 and 100,000 nodes: the time for each node",
    run,
    probe: None,
};

const FEW: usize = 10_000;
const MANY: usize = 100_000;
/// What a node of the larger tree may take more: caches are what they are, but the square of ten would
/// be ten.
const MOST: f64 = 2.0;

/// The place of a node's parent.
type Shape = fn(usize) -> usize;

/// What is measured of a tree: sorting it, inserting it, deleting it.
type Part = fn(Shape, usize) -> Result<Duration>;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let bushy: Shape = |it| (it - 1) / 10;
    let chain: Shape = |it| it - 1;
    let parts: [(&str, Shape, Part); 6] = [
        ("a plan for a new tree, ten children each", bushy, plan),
        ("inserting it", bushy, insert),
        ("deleting it", bushy, delete),
        ("a plan for a new chain", chain, plan),
        ("inserting it", chain, insert),
        ("deleting it", chain, delete),
    ];
    let mut verdicts = Vec::new();
    for (what, shape, part) in parts {
        let duel =
            duel(options, || Ok(part(shape, FEW)? * (MANY / FEW) as u32), || part(shape, MANY))?;
        let (few, many) = duel.medians();
        let each = |it: f64| it * 1e9 / MANY as f64;
        let detail =
            format!("10,000: {:.0} ns, 100,000: {:.0} ns for each node", each(few), each(many));
        verdicts.push(Verdict::ratio(what, duel.ratio(), MOST, detail));
    }
    Ok(verdicts)
}

/// A session with a new tree, its leaves first.
fn tree(shape: Shape, nodes: usize) -> Result<(Session, Vec<Obj<Branch>>)> {
    let engine = Engine::new("sqlite::memory:")?;
    MetaData::of((Branch,)).create_all(&engine)?;
    let mut session = Session::new(&engine);
    let branch =
        || Branch { id: Auto::UNSET, parent_id: None, parent: One::new(), children: Many::new() };
    let mut all: Vec<Obj<Branch>> = (0..nodes).map(|_| session.add(branch())).collect();
    all.reverse();
    for (at, node) in all.iter().enumerate().skip(1) {
        node.parent().set(&all[shape(at)]);
    }
    Ok((session, all))
}

fn plan(shape: Shape, nodes: usize) -> Result<Duration> {
    let (session, _all) = tree(shape, nodes)?;
    let (took, plan) = time(|| Ok(session.flush_plan()?))?;
    let planned: usize = plan.steps.iter().map(|it| it.rows).sum();
    if planned == nodes { Ok(took) } else { Err("nodes are missing in the plan".into()) }
}

fn insert(shape: Shape, nodes: usize) -> Result<Duration> {
    let (mut session, _all) = tree(shape, nodes)?;
    Ok(time(|| Ok(session.flush()?))?.0)
}

fn delete(shape: Shape, nodes: usize) -> Result<Duration> {
    let (mut session, all) = tree(shape, nodes)?;
    session.commit()?;
    let (took, ()) = time(|| {
        session.delete(&all[0])?;
        Ok(session.flush()?)
    })?;
    let gone = all.iter().all(|it| inspect(it).state == aludel::State::Deleted);
    if gone { Ok(took) } else { Err("nodes are left".into()) }
}
