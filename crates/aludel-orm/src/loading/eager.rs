//! [`Eager`]: what a query loads beside its rows: relationships by further statements (`selectin`,
//! `subquery`) or by joins (`joined`), in a tree as deep as its options say.

mod finish;
mod plan;

use std::any::Any;

use aludel_core::{
    dialect::Dialect,
    expr::{Join, OrderBy, Query, SelectItem},
    value::{Columns as Row, Cursor},
};
use aludel_engine::{Result as EngineResult, driver::Step};

use super::{
    fetch::{Fetch, Key},
    hop::{Hop, How},
    options::Criteria,
    wishes::Wish,
};
use crate::{
    Result,
    events::Executes,
    mapping::{Direction, Mapper, Relation, Strategy},
    object::cohort::{AnyCohort, Part},
    session::Key as Values,
};

/// What shows the entities of a result.
pub(crate) trait Parts {
    fn parts(&mut self, visit: &mut dyn FnMut(&mut dyn Any));
}

/// What a query loads beside its rows.
pub(super) struct Eager {
    dialect: &'static dyn Dialect,
    /// What sees the further statements.
    hooks: Executes,
    nodes: Vec<EagerNode>,
    /// Conditions on tables, wherever they stand.
    pub(super) criteria: Vec<Criteria>,
    /// The nodes whose statements are under way, one for each step.
    running: Vec<usize>,
    /// Whether rows that repeat the query's entity are left out.
    pub(super) is_unique: bool,
    known: u32,
    /// The positions of the entities in the row under way. Reused.
    last: Vec<u32>,
    /// The position of each node's object in the row under way. Reused.
    positions: Vec<Option<u32>>,
}

/// One relationship to load.
struct EagerNode {
    relation: &'static Relation,
    strategy: Strategy,
    /// What else was said of it.
    hop: Hop,
    owner: Owner,
    /// Where the columns of a join begin.
    offset: usize,
    fetch: Fetch,
    /// The further statement in which the query stands as a subquery.
    query: Option<Query>,
    /// What relationships behind it add to its statement by joins.
    joined: Joined,
    /// The node whose statement brings it in by a join; none if it is the query itself.
    carrier: Option<usize>,
    /// Each owner's position and its key's place, of a further statement.
    owners: Vec<(u32, Option<u32>)>,
    asked: bool,
}

/// What joins add to a statement.
#[derive(Clone, Default)]
struct Joined {
    joins: Vec<Join>,
    items: Vec<SelectItem>,
    order_by: Vec<OrderBy>,
}

impl Joined {
    fn add_to(&self, query: &mut Query) {
        query.joins.extend_from_slice(&self.joins);
        query.items.extend_from_slice(&self.items);
        query.order_by.extend_from_slice(&self.order_by);
    }
}

/// Whose relationship it is.
#[derive(Clone, Copy)]
enum Owner {
    /// An entity of the query, by place.
    Part(usize),
    /// What another node loads.
    Node(usize),
}

impl EagerNode {
    /// The same, before anything was asked for.
    fn fresh(&self) -> Self {
        Self {
            relation: self.relation,
            strategy: self.strategy,
            hop: self.hop.clone(),
            owner: self.owner,
            offset: self.offset,
            fetch: self.fetch.fresh(),
            query: self.query.clone(),
            joined: self.joined.clone(),
            carrier: self.carrier,
            owners: Vec::new(),
            asked: false,
        }
    }

    /// Whether a further statement reads it.
    fn asks(&self) -> bool {
        matches!(self.strategy, Strategy::Selectin | Strategy::Subquery)
    }

    /// The further statements.
    fn steps(
        &self,
        criteria: &[Criteria],
        dialect: &'static dyn Dialect,
        hooks: &Executes,
        out: &mut Vec<Step>,
    ) -> Result<()> {
        if self.fetch.is_empty() {
            return Ok(());
        }
        match &self.query {
            Some(query) => {
                let mapper = Mapper::checked(self.relation.target)?;
                let mut query = query.clone();
                self.joined.add_to(&mut query);
                Criteria::apply(criteria, &mut query);
                let (tree, relation) = (query.into(), Some(self.relation));
                let run = hooks.run_tree(mapper, tree, relation, Values::new(), dialect)?;
                out.push(Step::Run(run));
                Ok(())
            }
            None if self.hop.is_plain() && self.joined.joins.is_empty() && criteria.is_empty() => {
                self.fetch.steps(dialect, hooks, out)
            }
            None => {
                let tree = |n| {
                    let mut query = self.hop.members(self.relation, n);
                    self.joined.add_to(&mut query);
                    Criteria::apply(criteria, &mut query);
                    query.into()
                };
                self.fetch.steps_of(&tree, dialect, hooks, out)
            }
        }
    }
}

impl Eager {
    pub(super) fn none(dialect: &'static dyn Dialect) -> Self {
        Self {
            dialect,
            hooks: Executes::default(),
            nodes: Vec::new(),
            criteria: Vec::new(),
            running: Vec::new(),
            is_unique: false,
            known: 0,
            last: Vec::new(),
            positions: Vec::new(),
        }
    }

    /// The same plan for other rows of the same statement.
    pub(super) fn fresh(&self) -> Self {
        Self {
            hooks: self.hooks.clone(),
            nodes: self.nodes.iter().map(EagerNode::fresh).collect(),
            criteria: self.criteria.clone(),
            is_unique: self.is_unique,
            ..Self::none(self.dialect)
        }
    }

    /// Whether it loads anything by further statements.
    pub(super) fn asks(&self) -> bool {
        self.nodes.iter().any(EagerNode::asks)
    }

    /// Has further statements seen by hooks.
    pub(super) fn seen_by(self, hooks: Executes) -> Self {
        Self { hooks, ..self }
    }

    /// Relationships that the query's own rows carry.
    fn carried(&self) -> impl Iterator<Item = &EagerNode> {
        self.nodes.iter().filter(|it| it.strategy == Strategy::Joined && it.carrier.is_none())
    }

    /// Whether rows carry columns of joins.
    pub(super) fn joins(&self) -> bool {
        self.carried().next().is_some()
    }

    /// Whether a join may repeat rows: one to one, two rows may refer to one all the same (REL-7).
    pub(super) fn joins_many(&self) -> bool {
        let repeats = |it: &Relation| it.many || it.direction == Direction::OneToMany;
        self.carried().any(|it| repeats(it.relation))
    }

    /// Reads the joins' columns of a row; whether the row itself is one of the result's.
    pub(super) fn joined_row(
        &mut self,
        buffer: &mut dyn Parts,
        row: &dyn Row,
    ) -> EngineResult<bool> {
        let mut last = std::mem::take(&mut self.last);
        last.clear();
        let mut len = 0;
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                last.push(part.0.last());
                len = part.0.len();
            }
        });
        let is_new = len != std::mem::replace(&mut self.known, len);
        self.joined_objects(None, row, |owner, positions| match owner {
            Owner::Part(place) => last.get(place).copied(),
            Owner::Node(node) => positions[node],
        })?;
        self.last = last;
        Ok(is_new || !self.is_unique)
    }

    /// Reads what a statement's row brings in by joins, and notes whose it is.
    fn joined_objects(
        &mut self,
        carrier: Option<usize>,
        row: &dyn Row,
        owner_of: impl Fn(Owner, &[Option<u32>]) -> Option<u32>,
    ) -> EngineResult<()> {
        let mut positions = std::mem::take(&mut self.positions);
        positions.clear();
        positions.resize(self.nodes.len(), None);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if node.strategy != Strategy::Joined || node.carrier != carrier {
                continue;
            }
            let Some(owner) = owner_of(node.owner, &positions) else { continue };
            let mut cursor = Cursor::new(row);
            cursor.skip(node.offset);
            positions[index] = node.fetch.joined_row(owner, &mut cursor)?;
        }
        self.positions = positions;
        Ok(())
    }

    /// Says whose members are loaded first: those of `fetch`'s keys, each owner with its key's place.
    pub(super) fn begin_with(&mut self, fetch: Fetch, owners: impl Iterator<Item = Option<u32>>) {
        if let Some(node) = self.nodes.first_mut() {
            node.fetch.take_keys(fetch);
            node.owners = (0..).zip(owners).collect();
        }
    }

    /// The statements of what is loaded first.
    pub(super) fn first(&mut self, out: &mut Vec<Step>) -> Result<()> {
        let Some(node) = self.nodes.first_mut() else { return Ok(()) };
        node.asked = true;
        let before = out.len();
        node.steps(&self.criteria, self.dialect, &self.hooks, out)?;
        self.running.extend(std::iter::repeat_n(0, out.len() - before));
        Ok(())
    }

    /// The statements of the next depth; whether there are any.
    pub(super) fn next(&mut self, buffer: &mut dyn Parts, out: &mut Vec<Step>) -> Result<bool> {
        self.running.clear();
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            let ready = match node.owner {
                Owner::Part(_) => true,
                Owner::Node(owner) => self.nodes[owner].asked && !self.running.contains(&owner),
            };
            if node.asked || !ready {
                continue;
            }
            self.nodes[index].asked = true;
            if !self.nodes[index].asks() {
                continue;
            }
            self.ask(index, buffer);
            let before = out.len();
            self.nodes[index].steps(&self.criteria, self.dialect, &self.hooks, out)?;
            self.running.extend(std::iter::repeat_n(index, out.len() - before));
        }
        // Nodes behind one that had nothing to ask are asked at once.
        let waiting = self.nodes.iter().any(|it| !it.asked);
        if out.is_empty() && waiting {
            return self.next(buffer, out);
        }
        Ok(!out.is_empty())
    }

    /// Takes the keys of a node's owners.
    fn ask(&mut self, index: usize, buffer: &mut dyn Parts) {
        let mut keys: Vec<(u32, Option<Key>)> = Vec::new();
        let fetch = Fetch::new(self.nodes[index].relation);
        let mut see = |cohort: &dyn AnyCohort| keys = fetch.keys(cohort);
        match self.nodes[index].owner {
            Owner::Node(owner) => see(&*self.nodes[owner].fetch.cohort),
            Owner::Part(place) => {
                let mut at = 0;
                buffer.parts(&mut |part| {
                    if let Some(part) = part.downcast_mut::<Part>() {
                        if at == place {
                            see(&*part.0);
                        }
                        at += 1;
                    }
                });
            }
        }
        let node = &mut self.nodes[index];
        let owners = keys.into_iter().map(|(at, key)| (at, key.map(|it| node.fetch.want(it))));
        node.owners = owners.collect();
    }

    /// Takes a row of a further statement.
    pub(super) fn row(&mut self, step: usize, row: &dyn Row) -> EngineResult<()> {
        let Some(&index) = self.running.get(step) else { return Ok(()) };
        let node = &mut self.nodes[index];
        let position = node.fetch.row(row)?;
        if node.joined.joins.is_empty() {
            return Ok(());
        }
        self.joined_objects(Some(index), row, |owner, positions| match owner {
            Owner::Node(node) if node == index => Some(position),
            Owner::Node(node) => positions[node],
            Owner::Part(_) => None,
        })
    }

    /// What was wished for of an entity of the query.
    pub(super) fn wishes_of_part(&self, place: usize) -> Vec<Wish> {
        self.wishes_of(&|it| matches!(it, Owner::Part(it) if it == place))
    }

    /// What was wished for of an owner; a join of the query's own can't be made again.
    fn wishes_of(&self, is_owner: &dyn Fn(Owner) -> bool) -> Vec<Wish> {
        let is_own =
            |it: &EagerNode| is_owner(it.owner) && !matches!(it.hop.how, How::Contained(_));
        let own = self.nodes.iter().enumerate().filter(|it| is_own(it.1));
        let strategy = |it: &EagerNode| match it.hop.how {
            How::By(strategy) => strategy,
            _ => it.strategy,
        };
        let wish = |(index, node): (usize, &EagerNode)| Wish {
            relation: node.relation,
            strategy: strategy(node),
            hop: node.hop.clone(),
            behind: self.wishes_of(&|it| matches!(it, Owner::Node(it) if it == index)),
        };
        own.map(wish).collect()
    }

    /// Shows what is loaded beside the rows.
    pub(super) fn cohorts(&self, visit: &mut dyn FnMut(&dyn AnyCohort)) {
        self.nodes.iter().for_each(|it| visit(&*it.fetch.cohort));
    }
}
