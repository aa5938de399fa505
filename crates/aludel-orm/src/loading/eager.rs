//! [`Eager`]: what a query loads beside its rows: relationships by further statements (`selectin`)
//! or by outer joins (`joined`), in a tree as deep as its options say.

use std::any::Any;

use aludel_core::{
    dialect::Dialect,
    expr::{FromItem, Join, JoinKind, Node, Query, SelectItem, Source},
    value::{Columns as Row, Cursor},
};
use aludel_engine::{Result as EngineResult, driver::Step};

use super::{
    members::{Fetch, Key},
    options::Hop,
};
use crate::{
    Error, Result,
    events::Executes,
    mapping::{Direction, EntityMeta, Mapper, Relation, Strategy, relation::equal},
    object::{
        cohort::{AnyCohort, Part},
        reference::Ref,
    },
    session::core::Core,
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
    /// The nodes whose statements are under way, one for each step.
    running: Vec<usize>,
    /// Whether rows that repeat the query's entity are left out.
    pub(super) is_unique: bool,
    keep: Vec<bool>,
    known: u32,
}

/// One relationship to load.
struct EagerNode {
    relation: &'static Relation,
    strategy: Strategy,
    owner: Owner,
    /// Where the columns of an outer join begin.
    offset: usize,
    fetch: Fetch,
    /// Each owner's position and its key's place, of a further statement.
    owners: Vec<(u32, Option<u32>)>,
    /// Each owner's position and its member's, of an outer join.
    links: Vec<(u32, u32)>,
    asked: bool,
}

/// Whose relationship it is.
#[derive(Clone, Copy)]
enum Owner {
    /// An entity of the query, by place.
    Part(usize),
    /// What another node loads.
    Node(usize),
}

/// A wish: a relationship, how, and what lies behind it.
struct Wish {
    hop: Hop,
    behind: Vec<Wish>,
}

fn wishes(paths: &[Vec<Hop>], owner: &'static EntityMeta, depth: usize) -> Vec<Wish> {
    let mut found: Vec<Wish> = Vec::new();
    for hop in paths.iter().filter_map(|it| it.first()) {
        // Later wins (LOAD-17).
        match found.iter_mut().find(|it| std::ptr::eq(it.hop.relation, hop.relation)) {
            Some(wish) => wish.hop = *hop,
            None => found.push(Wish { hop: *hop, behind: Vec::new() }),
        }
    }
    for relation in &Mapper::of(owner).relationships {
        let default = matches!(relation.strategy, Strategy::Selectin | Strategy::Joined);
        let named = found.iter().any(|it| std::ptr::eq(it.hop.relation, relation));
        // What loads itself by default would never end.
        if default && !named && depth < 8 {
            let hop = Hop { relation, strategy: relation.strategy };
            found.push(Wish { hop, behind: Vec::new() });
        }
    }
    for wish in &mut found {
        let behind: Vec<Vec<Hop>> = paths
            .iter()
            .filter(|it| it.first().is_some_and(|it| std::ptr::eq(it.relation, wish.hop.relation)))
            .map(|it| it[1..].to_vec())
            .collect();
        wish.behind = wishes(&behind, wish.hop.relation.target, depth + 1);
    }
    found
}

impl Eager {
    pub(super) fn none(dialect: &'static dyn Dialect) -> Self {
        Self {
            dialect,
            hooks: Executes::default(),
            nodes: Vec::new(),
            running: Vec::new(),
            is_unique: false,
            keep: Vec::new(),
            known: 0,
        }
    }

    /// Has further statements seen by hooks.
    pub(super) fn seen_by(self, hooks: Executes) -> Self {
        Self { hooks, ..self }
    }

    /// Plans the options of a query, and adds outer joins to it.
    pub(super) fn plan(
        query: &mut Query,
        metas: &[&'static EntityMeta],
        paths: &[Vec<Hop>],
        dialect: &'static dyn Dialect,
    ) -> Result<Self> {
        for hop in paths.iter().filter_map(|it| it.first()) {
            let owner = hop.relation.owner;
            if !metas.iter().any(|it| (it.type_id)() == (owner.type_id)()) {
                let text = format!(
                    "the option for `{}.{}` starts at an entity that the query doesn't select",
                    owner.name, hop.relation.name
                );
                return Err(Error::InvalidRequest(text.into()));
            }
        }
        let mut eager = Self::none(dialect);
        // A join would count rows for a limit, and multiply those of a tuple.
        let whole = query.limit.is_none()
            && query.offset.is_none()
            && !query.distinct
            && query.distinct_on.is_empty();
        let alone = metas.first().is_some_and(|it| it.columns.len() == query.items.len());
        let mut start = 0;
        let sources: Vec<Option<Source>> = metas
            .iter()
            .map(|meta| {
                // Entities' columns stand together, in order; others between them are skipped.
                while let Some(item) = query.items.get(start) {
                    if let Node::Column(column) = &item.node
                        && column.from.table == meta.table
                        && column.name == meta.columns[0].name
                        && query.items.len() >= start + meta.columns.len()
                    {
                        start += meta.columns.len();
                        return Some(column.from.source);
                    }
                    start += 1;
                }
                None
            })
            .collect();
        for (place, meta) in metas.iter().enumerate() {
            let own: Vec<Vec<Hop>> = paths
                .iter()
                .filter(|it| {
                    it.first().is_some_and(|it| (it.relation.owner.type_id)() == (meta.type_id)())
                })
                .cloned()
                .collect();
            let wishes = wishes(&own, meta, 0);
            // A to-one adds columns to a row, never rows.
            let context = (whole && alone, true);
            eager.add(query, wishes, Owner::Part(place), sources[place], context);
        }
        Ok(eager)
    }

    fn add(
        &mut self,
        query: &mut Query,
        wishes: Vec<Wish>,
        owner: Owner,
        source: Option<Source>,
        (many, one): (bool, bool),
    ) {
        for Wish { hop: Hop { relation, strategy }, behind } in wishes {
            let mut strategy = strategy;
            let may_join = if relation.many { many } else { one };
            let joined = strategy == Strategy::Joined && may_join;
            let mut next = None;
            let offset = query.items.len();
            match source.filter(|_| joined) {
                Some(source) => next = Some(self.join(query, relation, source)),
                None if strategy == Strategy::Joined => strategy = Strategy::Selectin,
                None => {}
            }
            let mut fetch = Fetch::new(relation);
            if joined && next.is_some() {
                fetch.cohort.set_repeats(true);
            }
            let (owners, links) = (Vec::new(), Vec::new());
            self.nodes.push(EagerNode {
                relation,
                strategy,
                owner,
                offset,
                fetch,
                owners,
                links,
                asked: false,
            });
            let node = Owner::Node(self.nodes.len() - 1);
            self.add(query, behind, node, next, (many && next.is_some(), one && next.is_some()));
        }
    }

    /// Adds an outer join for a relationship; the source under which its target stands.
    fn join(&self, query: &mut Query, relation: &'static Relation, owner: Source) -> Source {
        let next = |query: &Query| Source::Anon(query.joins.len() as u32 + 1);
        let source = next(query);
        let item = |meta: &'static EntityMeta, source| FromItem { table: meta.table, source };
        let source = match &relation.secondary {
            None => {
                let on = relation.on(owner, source);
                let target = item(relation.target, source);
                query.joins.push(Join { kind: JoinKind::Left, target, on });
                source
            }
            Some(secondary) => {
                let on = equal(&secondary.owner, relation.owner, owner, secondary.meta, source);
                let target = item(secondary.meta, source);
                query.joins.push(Join { kind: JoinKind::Left, target, on });
                let far = next(query);
                let on = equal(&secondary.target, relation.target, far, secondary.meta, source);
                query.joins.push(Join {
                    kind: JoinKind::Left,
                    target: item(relation.target, far),
                    on,
                });
                far
            }
        };
        let mapper = Mapper::of(relation.target);
        for column in 0..relation.target.columns.len() as u16 {
            let node = Node::Column(mapper.column(column, source));
            query.items.push(SelectItem { optional: true, ..SelectItem::new(node) });
        }
        let (from, to) = (item(relation.target, Source::Table), item(relation.target, source));
        for mut key in relation.meta.order_by.map(|it| it()).unwrap_or_default() {
            key.node.retarget(from, to);
            query.order_by.push(key);
        }
        source
    }

    /// Whether rows carry columns of outer joins.
    pub(super) fn joins(&self) -> bool {
        self.nodes.iter().any(|it| it.strategy == Strategy::Joined)
    }

    /// Whether an outer join may repeat rows: one to one, two rows may refer to one all the same (REL-7).
    pub(super) fn joins_many(&self) -> bool {
        let repeats = |it: &Relation| it.many || it.direction == Direction::OneToMany;
        self.nodes.iter().any(|it| it.strategy == Strategy::Joined && repeats(it.relation))
    }

    /// Which rows to keep.
    pub(super) fn keep(&mut self) -> Option<Vec<bool>> {
        self.is_unique.then(|| std::mem::take(&mut self.keep))
    }

    /// Reads the outer joins' columns of a row.
    pub(super) fn joined_row(&mut self, buffer: &mut dyn Parts, row: &dyn Row) -> EngineResult<()> {
        let mut last = Vec::new();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                last.push((part.0.last(), part.0.len()));
            }
        });
        if self.is_unique {
            let (_, len) = last.first().copied().unwrap_or_default();
            self.keep.push(len > self.known);
            self.known = len;
        }
        let mut positions: Vec<Option<u32>> = Vec::with_capacity(self.nodes.len());
        for index in 0..self.nodes.len() {
            let node = &mut self.nodes[index];
            if node.strategy != Strategy::Joined {
                positions.push(None);
                continue;
            }
            let owner = match node.owner {
                Owner::Part(place) => last.get(place).map(|it| it.0),
                Owner::Node(node) => positions[node],
            };
            let mut cursor = Cursor::new(row);
            cursor.skip(node.offset);
            let absent = node
                .relation
                .target
                .primary_key
                .iter()
                .all(|it| cursor.peek_at(usize::from(*it)).is_null());
            let Some(owner) = owner.filter(|_| !absent) else {
                positions.push(None);
                continue;
            };
            let position = node.fetch.cohort.push(&mut cursor).map_err(aludel_core::Error::from)?;
            node.links.push((owner, position));
            positions.push(Some(position));
        }
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
            if self.nodes[index].strategy != Strategy::Selectin {
                continue;
            }
            self.ask(index, buffer);
            let before = out.len();
            self.nodes[index].fetch.steps(self.dialect, &self.hooks, out)?;
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
        let mut see = |cohort: &dyn AnyCohort| {
            keys.reserve(cohort.len() as usize);
            for position in 0..cohort.len() {
                let mut key = None;
                cohort.with(position, &mut |fields| key = fetch.key(fields));
                keys.push((position, key));
            }
        };
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
        match self.running.get(step) {
            Some(node) => self.nodes[*node].fetch.row(row),
            None => Ok(()),
        }
    }

    /// Shows what is loaded beside the rows.
    pub(super) fn cohorts(&self, visit: &mut dyn FnMut(&dyn AnyCohort)) {
        self.nodes.iter().for_each(|it| visit(&*it.fetch.cohort));
    }

    /// Brings everything into the session and links it.
    pub(super) fn finish(&mut self, core: &mut Core, buffer: &mut dyn Parts) -> Result<()> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let mut references: Vec<Vec<Option<Ref>>> = Vec::new();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                references.push((0..part.0.len()).map(|it| part.0.reference(it)).collect());
            }
        });
        for index in 0..self.nodes.len() {
            core.land(&mut *self.nodes[index].fetch.cohort, false)?;
            let (before, rest) = self.nodes.split_at_mut(index);
            let Some(node) = rest.first_mut() else { continue };
            let from = node.owner;
            let owner = |position: u32| match from {
                Owner::Part(place) => references.get(place)?.get(position as usize).copied()?,
                Owner::Node(owner) => before[owner].fetch.cohort.reference(position),
            };
            let owners = match node.owner {
                Owner::Part(place) => references.get(place).map_or(0, |it| it.len() as u32),
                Owner::Node(owner) => before[owner].fetch.cohort.len(),
            };
            match node.strategy {
                Strategy::Selectin => {
                    let pairs = node.owners.iter();
                    let owners: Vec<_> =
                        pairs.filter_map(|it| Some((owner(it.0)?, it.1))).collect();
                    core.tables(|tables| node.fetch.link(tables, &owners));
                }
                Strategy::Joined => {
                    let mut members: Vec<Vec<u64>> = vec![Vec::new(); owners as usize];
                    for (owner, member) in &node.links {
                        if let Some(member) = node.fetch.cohort.reference(*member).map(Ref::cell)
                            && let Some(list) = members.get_mut(*owner as usize)
                            && !list.contains(&member)
                        {
                            list.push(member);
                        }
                    }
                    core.tables(|tables| {
                        for (position, members) in members.iter().enumerate() {
                            if let Some(owner) = owner(position as u32) {
                                tables.fill(node.relation, owner, members);
                            }
                        }
                    });
                }
                Strategy::Raise => core.tables(|tables| {
                    for position in 0..owners {
                        if let Some(owner) = owner(position) {
                            tables.forbid(owner.chunk(), node.relation.index);
                        }
                    }
                }),
                Strategy::Lazy => {}
            }
        }
        Ok(())
    }
}
