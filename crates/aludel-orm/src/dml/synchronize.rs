//! [`Sync`]: which objects of the session a statement means: by its conditions, evaluated in memory,
//! or by keys that the database tells.

use aludel_core::{
    dialect::{Dialect, SetOrder, Texts},
    expr::{Cells, Delete, Evaluator, Node, Statement as Tree, Synchronize, TableName, Update},
    value::ValueRef,
};

use crate::{
    Error, Result,
    mapping::{ColumnDefault, EntityMeta, Mapper},
    object::{
        chunk::{AnyChunk, Columns, Fields},
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

/// What a statement does to the objects that the session holds.
pub(super) struct Sync {
    pub(super) parts: Vec<Part>,
    /// Whether the database tells the keys.
    by_key: bool,
    pub(super) deletes: bool,
}

/// The objects of one entity.
pub(super) struct Part {
    pub(super) mapper: &'static Mapper,
    /// What columns are set to, where that can be evaluated.
    pub(super) set: Vec<(u16, Option<Evaluator>)>,
    filter: Option<Evaluator>,
    pub(super) matched: Vec<Ref>,
    /// Objects of which only the database can tell.
    pub(super) doubtful: Vec<Ref>,
}

/// A statement's parts, whichever it is.
struct Parts<'t> {
    table: TableName,
    set: &'t [(&'static str, Node)],
    filter: Option<&'t Node>,
    deletes: bool,
}

impl<'t> Parts<'t> {
    fn of(tree: &'t Tree) -> Option<Self> {
        match tree {
            Tree::Update(Update { table, set, filter, .. }) => {
                Some(Self { table: *table, set, filter: filter.as_ref(), deletes: false })
            }
            Tree::Delete(Delete { table, filter, .. }) => {
                Some(Self { table: *table, set: &[], filter: filter.as_ref(), deletes: true })
            }
            _ => None,
        }
    }
}

/// The columns of an object as conditions see them.
pub(super) struct Held<'f> {
    pub(super) fields: &'f dyn Fields,
    pub(super) meta: &'static EntityMeta,
    pub(super) expired: &'f Expired,
}

/// The columns of an object that are expired.
pub(super) enum Expired {
    None,
    Some(Columns),
    /// All of them: what is known is the key.
    All,
}

impl Cells for Held<'_> {
    fn cell(&self, column: u16) -> Option<ValueRef<'_>> {
        let unknown = match self.expired {
            Expired::None => false,
            Expired::Some(columns) => columns.contains(&column),
            Expired::All => !self.meta.primary_key.contains(&column),
        };
        if unknown || !self.fields.is_unset(column) {
            return (!unknown).then(|| self.fields.get(column));
        }
        // What nobody set is NULL in its row, unless the database has a default for it.
        let default = &self.meta.columns[usize::from(column)].default;
        matches!(default, ColumnDefault::None).then_some(ValueRef::Null)
    }
}

/// The position of a column by its SQL name.
fn position(meta: &EntityMeta, name: &str) -> Option<u16> {
    meta.columns.iter().position(|it| it.name == name).map(|it| it as u16)
}

fn evaluator(
    node: &Node,
    meta: &EntityMeta,
    texts: Texts,
) -> std::result::Result<Evaluator, &'static str> {
    Evaluator::new(node, texts, &mut |column| position(meta, column.name))
}

impl Sync {
    /// The columns by which the database tells the objects, if it must.
    pub(super) fn asks_for(&self) -> Option<Vec<Node>> {
        let first = self.parts.first().filter(|_| self.by_key)?;
        let key = first.mapper.meta.primary_key.iter();
        Some(key.map(|it| first.mapper.node(*it)).collect())
    }

    /// Whether the statement changes the columns by which objects are told.
    pub(super) fn changes_keys(&self) -> bool {
        self.parts.iter().any(Part::changes_keys)
    }
}

impl Part {
    pub(super) fn changes_keys(&self) -> bool {
        self.set.iter().any(|it| self.mapper.meta.primary_key.contains(&it.0))
    }

    fn new(
        parts: &Parts<'_>,
        mapper: &'static Mapper,
        dialect: &dyn Dialect,
        texts: Texts,
    ) -> Self {
        let meta = mapper.meta;
        let in_order = dialect.capability().dml.set == SetOrder::LeftToRight;
        let mut set = Vec::new();
        for (index, (name, node)) in parts.set.iter().enumerate() {
            let Some(column) = position(meta, name) else { continue };
            let before = &parts.set[..index];
            let sees_new = in_order && node.any_column(&|it| before.iter().any(|b| b.0 == it.name));
            let value = evaluator(node, meta, texts).ok().filter(|_| !sees_new);
            set.push((column, value));
        }
        // What the database changes with each UPDATE is not known.
        if !parts.deletes {
            let said: Columns = set.iter().map(|it| it.0).collect();
            set.extend(mapper.changed_by_server(|it| said.contains(&it)).map(|it| (it, None)));
        }
        Self { mapper, set, filter: None, matched: Vec::new(), doubtful: Vec::new() }
    }

    /// Finds the objects that the conditions are true for.
    fn scan(&mut self, core: &Core, chunk: &dyn AnyChunk) -> Result<()> {
        let (head, meta) = (chunk.head(), self.mapper.meta);
        // A guard of another thread is waited for; only one of this thread would be for ever.
        let keeps_expired = core.options.sqlalchemy && self.set.is_empty();
        let ousted = core.tables(|it| it.ousted.clone());
        let may_be_borrowed = !self.set.is_empty() && crate::object::is_guarding();
        for slot in 0..head.used() {
            let flags = head.flags(slot);
            if flags.state() != State::Persistent || ousted.contains(&head.reference(slot)) {
                continue;
            }
            let mut matches = Some(true);
            let expired = core.expired(head.reference(slot), flags);
            if let Some(filter) = &self.filter {
                let mut see = |fields: &dyn Fields| {
                    matches = filter.matches(&Held { fields, meta, expired: &expired });
                };
                match core.options.sqlalchemy {
                    // There, by what it shows.
                    true => chunk.with(slot, &mut see)?,
                    // What its row holds: a change that no flush has written isn't there.
                    false => chunk.loaded(slot, &mut see)?,
                }
            }
            match matches {
                // There, what is expired as a whole is kept.
                Some(true) if keeps_expired && matches!(expired, Expired::All) => {
                    self.doubtful.push(head.reference(slot));
                }
                Some(true) if may_be_borrowed => {
                    chunk.write(slot, &mut |_| ())?;
                    self.matched.push(head.reference(slot));
                }
                Some(true) => self.matched.push(head.reference(slot)),
                Some(false) => {}
                None => self.doubtful.push(head.reference(slot)),
            }
        }
        Ok(())
    }
}

impl Core {
    /// What is expired of an object.
    pub(super) fn expired(&self, at: Ref, flags: Flags) -> Expired {
        if !flags.has(Flags::EXPIRED) {
            return Expired::None;
        }
        let columns = self.tables(|it| it.expired_columns(at).map(Columns::from_slice));
        columns.map_or(Expired::All, Expired::Some)
    }

    /// How texts are compared in memory.
    fn texts(&self) -> Texts {
        match self.options.sqlalchemy {
            true => Texts::Bytes,
            false => self.engine.dialect().capability().types.texts,
        }
    }

    /// Refuses, before anything is sent, conditions that are to be evaluated in memory and can't be
    /// (DML-7).
    pub(super) fn check_evaluable(&self, tree: &Tree, how: Synchronize) -> Result<()> {
        let filter = Parts::of(tree).and_then(|it| it.filter);
        let Some(filter) = filter.filter(|_| how == Synchronize::Evaluate) else { return Ok(()) };
        match Evaluator::new(filter, self.texts(), &mut |_| Some(0)) {
            Ok(_) => Ok(()),
            Err(what) => Err(not_evaluable(what)),
        }
    }

    /// Finds the objects that a statement means, or how to find them.
    pub(super) fn synchronize(&mut self, tree: &Tree, how: Synchronize) -> Result<Option<Sync>> {
        let Some(parts) = Parts::of(tree).filter(|_| how != Synchronize::Off) else {
            return Ok(None);
        };
        let (dialect, texts) = (self.engine.dialect(), self.texts());
        let metas: Vec<_> = self.stores.iter().map(|it| it.meta()).collect();
        let mut sync =
            Sync { parts: Vec::new(), by_key: how == Synchronize::Fetch, deletes: parts.deletes };
        for meta in metas.into_iter().filter(|it| it.table == parts.table) {
            let mapper = Mapper::checked(meta)?;
            let mut part = Part::new(&parts, mapper, dialect, texts);
            match parts.filter.filter(|_| !sync.by_key).map(|it| evaluator(it, meta, texts)) {
                None => {}
                Some(Ok(filter)) if how == Synchronize::Evaluate || filter.is_exact() => {
                    part.filter = Some(filter);
                }
                Some(Err(what)) if how == Synchronize::Evaluate => {
                    return Err(not_evaluable(what));
                }
                Some(_) => sync.by_key = true,
            }
            sync.parts.push(part);
        }
        let first = sync.parts.first().map(|it| it.mapper);
        for part in &mut sync.parts {
            let stores = self.stores.iter();
            let store = stores.filter(|it| it.meta().is(part.mapper.meta));
            let mut chunks = store.flat_map(|it| it.chunks());
            if !sync.by_key {
                chunks.try_for_each(|it| part.scan(self, &*it))?;
            } else if first.is_some_and(|it| !same_key(it.meta, part.mapper.meta)) {
                // Another entity of the table, with a key of its own.
                part.filter = None;
                chunks.try_for_each(|it| part.scan(self, &*it))?;
                part.doubtful.append(&mut part.matched);
            }
        }
        let has_objects = |it: &Part| !it.matched.is_empty() || !it.doubtful.is_empty();
        let idle = match sync.by_key {
            true => sync.parts.is_empty(),
            false => !sync.parts.iter().any(has_objects),
        };
        Ok((!idle).then_some(sync))
    }
}

fn same_key(a: &EntityMeta, b: &EntityMeta) -> bool {
    let name = |meta: &EntityMeta, at: &u16| meta.columns[usize::from(*at)].name;
    let (left, right) = (a.primary_key.iter(), b.primary_key.iter());
    left.map(|it| name(a, it)).eq(right.map(|it| name(b, it)))
}

#[cold]
fn not_evaluable(what: &str) -> Error {
    let text = format!(
        "{what} can't be evaluated in memory: synchronize the session by `Synchronize::Fetch`, or leave \
         the choice to `Synchronize::Auto`"
    );
    Error::InvalidRequest(text.into())
}
