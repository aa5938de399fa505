//! The fixed statements of a mapper, compiled once for each dialect.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use aludel_core::{
    compile::{Compiled, Param, bulk, compile},
    dialect::{Dialect, GeneratedKeys},
    expr::{
        Delete, FromItem, Insert, Join, JoinKind, Node, Query, SelectItem, Source,
        Statement as Tree, Update,
    },
    value::Value,
};
use aludel_engine::driver::{Params, Run, Statement, Want};
use foldhash::fast::FixedState;

use super::{Mapper, Relation, relation::Finds};
use crate::{Result, object::chunk::Columns, session::Key};

/// Compiled statements by dialect and purpose.
#[derive(Default)]
pub(crate) struct Statements {
    /// The one statement that every program wants fast.
    get: OnceLock<(CacheKey, Statement)>,
    others: Mutex<HashMap<(CacheKey, Purpose), Fixed, FixedState>>,
}

/// A fixed statement.
#[derive(Clone)]
struct Fixed {
    statement: Statement,
    /// Its parameters, where the mapping says some of them: by a condition, or by an expression.
    said: Option<Arc<[Param]>>,
}

/// A dialect, and the schemas that tables stand in.
type CacheKey = (&'static str, u32);

/// What a fixed statement is for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// One row by primary key.
    Get,
    /// A row.
    Insert(Inserted),
    /// These columns of one row, by primary key and version; which come back, behind the key.
    Update(Columns, Columns),
    /// One row by primary key and version.
    Delete,
    /// The primary key, and these columns behind it, of the rows of so many keys.
    Columns(Columns, usize),
    /// Some columns (the second) of one row by its primary key (the first).
    Fetch(Columns, Columns),
    /// Rows whose key columns are among so many keys.
    Keys(Columns, usize),
    /// The members of a relationship for so many owners: the owner's columns stand behind.
    Members(u16, usize),
}

/// What an INSERT of one row says, and what is wanted of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Inserted {
    /// The columns with a value.
    pub(crate) columns: Columns,
    /// The columns that come back.
    pub(crate) returning: Columns,
    /// Whether the database generates the integer key, which is then the first that comes back.
    pub(crate) generates: bool,
}

impl Purpose {
    /// Whether the rows of several executions can be told apart when they come back at once: by the
    /// key that the database generates for them in order, or because nothing comes back.
    fn is_orderly(&self) -> bool {
        matches!(self, Self::Insert(it) if it.generates || it.returning.is_empty())
    }
}

impl fmt::Debug for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Statements")
    }
}

impl Mapper {
    /// The statement of a `get`, compiled at first use.
    pub(crate) fn get_statement(
        &'static self,
        dialect: &'static dyn Dialect,
    ) -> Result<Cow<'static, Statement>> {
        match self.statements.get.get() {
            Some((key, statement)) if is(*key, dialect.cache_key()) => Ok(Cow::Borrowed(statement)),
            _ => self.statement(Purpose::Get, dialect).map(Cow::Owned),
        }
    }

    /// The statement for a purpose, compiled at first use.
    pub(crate) fn statement(
        &'static self,
        purpose: Purpose,
        dialect: &'static dyn Dialect,
    ) -> Result<Statement> {
        self.fixed(purpose, dialect).map(|it| it.statement)
    }

    /// The execution of such a statement, for its rows.
    pub(crate) fn run(
        &'static self,
        purpose: Purpose,
        values: Key,
        dialect: &'static dyn Dialect,
    ) -> Result<Run> {
        let Fixed { statement, said } = self.fixed(purpose, dialect)?;
        let values = match said {
            None => values,
            Some(said) => filled(said.iter().cloned(), values),
        };
        Ok(Run { statement, params: Params::Values(values), want: Want::Rows })
    }

    fn fixed(&'static self, purpose: Purpose, dialect: &'static dyn Dialect) -> Result<Fixed> {
        let key = (dialect.cache_key(), purpose);
        let mut others = self.statements.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fixed) = others.get(&key) {
            return Ok(fixed.clone());
        }
        let tree = self.tree(&key.1, dialect);
        let Compiled { sql, params } = compile(&tree, dialect)?;
        let is_said = params.iter().any(|it| matches!(it, Param::Value(_)));
        let pieces = match &tree {
            Tree::Insert(insert) if key.1.is_orderly() => bulk(insert, dialect)?,
            _ => None,
        };
        let statement = Statement::new(sql).with_bulk(pieces.map(Arc::new));
        if key.1 == Purpose::Get {
            let _ = self.statements.get.set((dialect.cache_key(), statement.clone()));
        }
        let fixed = Fixed { statement, said: is_said.then(|| params.into()) };
        others.insert(key, fixed.clone());
        Ok(fixed)
    }

    pub(crate) fn tree(&'static self, purpose: &Purpose, dialect: &dyn Dialect) -> Tree {
        let table = self.meta.table;
        let equal = |it: &u16| self.node(*it).equals(Node::Hole);
        let by_key = || Node::all(self.meta.primary_key.iter().map(equal));
        match purpose {
            Purpose::Get => Query { filter: by_key(), ..self.query(Source::Table) }.into(),
            Purpose::Fetch(key, columns) => {
                let items = columns.iter().map(|it| SelectItem::new(self.node(*it)));
                let filter = Node::all(key.iter().map(equal));
                Query { items: items.collect(), filter, ..Query::default() }.into()
            }
            Purpose::Delete => {
                Delete { table, filter: self.by_version(), returning: Vec::new() }.into()
            }
            Purpose::Insert(inserted) => self.insert(inserted, dialect).into(),
            Purpose::Update(columns, returning) => Update {
                table,
                set: self.names(columns).into_iter().map(|it| (it, Node::Hole)).collect(),
                filter: self.by_version(),
                returning: self.returning_updated(returning),
            }
            .into(),
            Purpose::Keys(columns, n) => {
                let subject: Vec<_> = columns.iter().map(|it| self.node(*it)).collect();
                let mut query = self.query(Source::Table);
                query.filter = Some(among(subject, *n));
                query.into()
            }
            Purpose::Columns(columns, n) => {
                let key = self.meta.primary_key;
                let items = key.iter().chain(columns).map(|it| self.item(*it, Source::Table));
                let subject = key.iter().map(|it| self.node(*it)).collect();
                let filter = Some(among(subject, *n));
                Query { items: items.collect(), filter, ..Query::default() }.into()
            }
            Purpose::Members(relation, n) => {
                let relation = &self.relationships[usize::from(*relation)];
                members_query(relation, *n).into()
            }
        }
    }

    /// A row in the version that was read: what may be changed and deleted.
    pub(crate) fn by_version(&self) -> Option<Node> {
        let columns = self.meta.primary_key.iter().chain(self.version.iter().map(|it| &it.0));
        Node::all(columns.map(|it| self.node(*it).equals(Node::Hole)))
    }

    /// What an UPDATE gives back: the key, and columns that the database has made something of.
    pub(crate) fn returning_updated(&self, columns: &[u16]) -> Vec<Node> {
        match columns {
            [] => Vec::new(),
            _ => self.meta.primary_key.iter().chain(columns).map(|it| self.node(*it)).collect(),
        }
    }

    /// An INSERT of one row.
    pub(crate) fn insert(&self, inserted: &Inserted, dialect: &dyn Dialect) -> Insert {
        let Inserted { columns, returning, generates } = inserted;
        let by_returning = dialect.capability().dml.generated_keys == GeneratedKeys::Returning;
        let key = match self.meta.primary_key {
            [key] if *generates && returning.is_empty() && by_returning => Some(key),
            _ => None,
        };
        Insert {
            table: self.meta.table,
            columns: self.names(columns),
            rows: vec![columns.iter().map(|_| Node::Hole).collect()],
            on_conflict: None,
            returning: key.into_iter().chain(returning).map(|it| self.node(*it)).collect(),
        }
    }

    /// A SELECT of all columns but those that are loaded on demand.
    pub(crate) fn query(&self, source: Source) -> Query {
        let items = self.present().map(|it| self.item(it, source));
        Query { items: items.collect(), ..Query::default() }
    }

    /// A column of the table under its own name.
    pub(crate) fn node(&self, column: u16) -> Node {
        Node::Column(self.column(column, Source::Table))
    }

    fn names(&self, columns: &[u16]) -> Vec<&'static str> {
        columns.iter().map(|it| self.meta.columns[usize::from(*it)].name).collect()
    }
}

/// A statement's values: those that it says itself, and, where it leaves them out, the others in order.
pub(crate) fn filled(params: impl IntoIterator<Item = Param>, values: Key) -> Key {
    let mut values = values.into_iter();
    let value = |it| match it {
        Param::Value(value) => value,
        Param::Hole => values.next().unwrap_or(Value::Null),
    };
    params.into_iter().map(value).collect()
}

/// Whether two keys are one: of names, those of the same place are.
fn is(one: CacheKey, other: CacheKey) -> bool {
    std::ptr::eq(one.0, other.0) && one.1 == other.1
}

/// `a IN (?, …)` or `(a, b) IN ((?, ?), …)`.
pub(crate) fn among(mut subject: Vec<Node>, n: usize) -> Node {
    let width = subject.len();
    let (subject, item): (Node, Box<dyn Fn() -> Node>) = if width == 1 {
        (subject.swap_remove(0), Box::new(|| Node::Hole))
    } else {
        let row = move || Node::Tuple((0..width).map(|_| Node::Hole).collect());
        (Node::Tuple(subject), Box::new(row))
    };
    Node::In { subject: Box::new(subject), list: (0..n).map(|_| item()).collect(), negated: false }
}

/// The members of a relationship for `n` owners.
pub(crate) fn members_query(relation: &'static Relation, n: usize) -> Query {
    let LinkedMembers { mut query, owner_columns, .. } = linked_members(relation);
    query.filter = Node::all([among(owner_columns, n)].into_iter().chain(query.filter.take()));
    query
}

/// The members of a relationship, of all owners: the columns of the target, then, unless they are the
/// target's own, those that say whose they are; sorted as the relationship says.
pub(crate) struct LinkedMembers {
    pub(crate) query: Query,
    /// The columns that hold the owner's key.
    pub(crate) owner_columns: Vec<Node>,
    /// The owner, where only its own row says that it has these members: it is joined last.
    pub(crate) owner: Option<FromItem>,
}

impl LinkedMembers {
    /// Lets another appearance of the owner's table take the place of the one that is joined.
    pub(crate) fn with_owner(mut self, item: FromItem) -> Self {
        if let Some(own) = self.owner.take() {
            self.query.joins.pop();
            let items = self.query.items.iter_mut().map(|it| &mut it.node);
            items.chain(&mut self.owner_columns).for_each(|it| it.retarget(own, item));
        }
        self
    }
}

pub(crate) fn linked_members(relation: &'static Relation) -> LinkedMembers {
    let target = Mapper::of(relation.target);
    let mut query = target.query(Source::Table);
    let from = FromItem { table: relation.target.table, source: Source::Table };
    let join = |query: &mut Query, target, on| {
        query.from = vec![from];
        query.joins.push(Join { kind: JoinKind::Inner, target, on });
    };
    // The association stands under an alias, in case it is the target as well.
    let between = Source::Anon(1);
    if let Some(it) = &relation.secondary {
        let on = relation.on_target(it, between, Source::Table);
        join(&mut query, FromItem { table: it.meta.table, source: between }, on);
    }
    let mut owner = None;
    let owner_columns: Vec<Node> = match (relation.finds(), &relation.secondary) {
        (Finds::By(pairs), None) => pairs.iter().map(|it| target.node(it.1)).collect(),
        (Finds::By(pairs), Some(it)) => {
            let association = Mapper::of(it.meta);
            pairs.iter().map(|it| Node::Column(association.column(it.1, between))).collect()
        }
        (Finds::Joined(key), secondary) => {
            let source = Source::Anon(query.joins.len() as u32 + 1);
            let on = match secondary {
                None => relation.on(source, Source::Table),
                Some(it) => relation.on_association(it, source, between),
            };
            let item = FromItem { table: relation.owner.table, source };
            join(&mut query, item, on);
            owner = Some(item);
            let mapper = Mapper::of(relation.owner);
            key.iter().map(|it| Node::Column(mapper.column(*it, source))).collect()
        }
    };
    if !query.joins.is_empty() {
        // Otherwise, the target's own columns say whose the rows are.
        query.items.extend(owner_columns.iter().cloned().map(SelectItem::new));
    }
    query.filter = relation.rest(Source::Table, between);
    query.order_by = relation.meta.order_by.map(|it| it()).unwrap_or_default();
    LinkedMembers { query, owner_columns, owner }
}
