//! What the database computes: SQL expressions in INSERT and UPDATE, and what an UPDATE brings along.

use aludel_core::{
    compile::{Param, compile},
    dialect::Dialect,
    expr::{Insert, Node, Statement as Tree, Update},
    value::Value,
};
use aludel_engine::driver::Statement;

use super::{changes::Changes, plan::Fill, run::Planner};
use crate::{
    Result,
    mapping::{Mapper, statements::Inserted},
    object::{
        assigned::To,
        chunk::Columns,
        reference::Ref,
        state::{Flags, State},
    },
};

/// Columns and the expressions that they are set to.
pub(crate) type Expressions = Vec<(u16, Node)>;

/// Stands among a statement's columns for a parameter within an expression.
pub(crate) const WITHIN: u16 = u16::MAX;

/// A statement with expressions in it, and where its parameters come from: columns, and values within the
/// expressions.
pub(crate) struct Inline {
    pub(crate) statement: Statement,
    pub(crate) columns: Columns,
    /// By place in `columns`.
    pub(crate) within: Vec<(usize, Value)>,
}

impl Inline {
    /// `columns` are those that are bound, in order; the key's stand behind.
    pub(crate) fn new(tree: &Tree, columns: &[u16], dialect: &dyn Dialect) -> Result<Self> {
        let compiled = compile(tree, dialect)?;
        let mut inline = Self {
            statement: Statement::new(compiled.sql),
            columns: Columns::new(),
            within: Vec::new(),
        };
        let mut bound = columns.iter();
        for param in compiled.params {
            match param {
                Param::Hole => inline.columns.extend(bound.next().copied()),
                Param::Value(value) => {
                    inline.within.push((inline.columns.len(), value));
                    inline.columns.push(WITHIN);
                }
            }
        }
        Ok(inline)
    }

    /// The value of a place that is no column.
    pub(crate) fn fixed(&self, place: usize) -> Option<&Value> {
        self.within.iter().find(|it| it.0 == place).map(|it| &it.1)
    }

    /// An INSERT of one row with expressions.
    pub(crate) fn insert(
        mapper: &'static Mapper,
        inserted: &Inserted,
        expressions: &Expressions,
        dialect: &dyn Dialect,
    ) -> Result<Self> {
        let insert = mapper.insert(inserted, dialect);
        let bound = inserted.columns.iter().map(|it| (*it, Node::Hole));
        let mut all: Expressions = bound.chain(expressions.iter().cloned()).collect();
        all.sort_by_key(|it| it.0);
        let columns = all.iter().map(|it| mapper.meta.columns[usize::from(it.0)].name).collect();
        let rows = vec![all.into_iter().map(|it| it.1).collect()];
        let insert = Insert { columns, rows, ..insert };
        Self::new(&insert.into(), &inserted.columns, dialect)
    }
}

impl Planner {
    /// An UPDATE of one row with expressions.
    pub(super) fn inline_update(
        &self,
        mapper: &'static Mapper,
        columns: &Columns,
        expressions: &Expressions,
        returning: &[u16],
    ) -> Result<Inline> {
        let bound = columns.iter().map(|it| (*it, Node::Hole));
        let mut all: Expressions = bound.chain(expressions.iter().cloned()).collect();
        all.sort_by_key(|it| it.0);
        let name = |it: u16| mapper.meta.columns[usize::from(it)].name;
        let update = Update {
            table: mapper.meta.table,
            set: all.into_iter().map(|it| (name(it.0), it.1)).collect(),
            filter: mapper.by_version(),
            returning: mapper.returning_updated(returning),
        };
        Inline::new(&update.into(), columns, self.dialect)
    }

    /// What `session.set` said of persistent objects: expressions, and columns that are written though they
    /// may be as they were (UOW-9, UOW-20).
    pub(super) fn place_assigned(&mut self, changes: &mut Changes) -> Result<()> {
        for assigned in std::mem::take(&mut self.gathered.assigned) {
            let Some((place, mapper)) = self.to_update(assigned.object)? else { continue };
            let (at, mut kind) = self.row(changes, place, assigned.object, mapper)?;
            match (assigned.to, kind.columns.binary_search(&assigned.column)) {
                // Another value was set since.
                (_, Ok(_)) => continue,
                (To::Value(_), Err(at)) => kind.columns.insert(at, assigned.column),
                (To::Expression(node), Err(_)) => kind.expressions.push((assigned.column, node)),
            }
            self.check_assigned(changes, at, &mut kind)?;
            changes.set_kind(at, kind);
        }
        Ok(())
    }

    /// Where the object of a row to update is; none where it will not be updated.
    pub(super) fn to_update(&self, object: Ref) -> Result<Option<(u32, &'static Mapper)>> {
        let Some(place) = self.place(object.chunk()) else { return Ok(None) };
        let chunk = &self.shared.chunks[place as usize];
        let flags = chunk.head().flags(object.slot());
        let deleted = flags.has(Flags::MARKED) || self.is_doomed(object);
        if flags.state() != State::Persistent || deleted {
            return Ok(None);
        }
        Ok(Some((place, Mapper::checked(chunk.meta())?)))
    }

    /// What comes along with each UPDATE, for columns that it doesn't set (DEF-3).
    pub(super) fn set_on_update(&mut self, changes: &mut Changes) {
        if changes.kinds.iter().all(|it| it.mapper.on_update.is_empty()) {
            return;
        }
        for at in 0..changes.len() {
            let kind = changes.kind_of(at);
            let mapper = kind.mapper;
            let is_nothing = kind.columns.is_empty() && kind.expressions.is_empty();
            if is_nothing || mapper.on_update.is_empty() {
                continue;
            }
            let mut kind = kind.clone();
            let sets = |it: u16| {
                kind.columns.contains(&it) || kind.expressions.iter().any(|set| set.0 == it)
            };
            let brought = mapper.brought_along(sets);
            let by_server: Columns = mapper.changed_by_server(sets).collect();
            kind.expires.extend(by_server);
            for (column, node) in brought {
                match node {
                    Node::Bind(value) => changes.fill(at, &mut kind, column, Fill::Value(value)),
                    node => kind.expressions.push((column, node)),
                }
            }
            changes.set_kind(at, kind);
        }
    }
}
