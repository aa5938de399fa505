//! The plan of a flush: its steps in order, as data.

use std::{collections::HashMap, fmt, sync::Arc};

use aludel_core::value::Value;
use aludel_engine::driver::{Statement, Want};

use crate::{
    mapping::Mapper,
    object::{
        chunk::{AnyChunk, Columns},
        reference::Ref,
    },
};

/// Where a parameter's value comes from. Values are read when they are bound, where they live.
#[derive(Clone, Debug)]
pub(crate) enum Fill {
    /// The object's own column.
    Own,
    /// A value known when the plan was made.
    Value(Value),
    /// The integer key that the database generates for a new object.
    Key(u32),
    /// A column that comes back with a new object's INSERT, or a default that is made right before it.
    Returned(u32, u16),
    /// A column of another object.
    Field { chunk: u32, slot: u32, column: u16 },
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FlushAction {
    /// `SELECT` of who stands in a to-one relationship that was changed before it was loaded, or of what
    /// follows a key that changes (`passive_updates = false`): what it finds is let go of, deleted or updated
    /// by steps that the plan can't know yet.
    Load,
    /// `UPDATE` of objects' rows.
    Update,
    /// `INSERT` of new objects.
    Insert,
    /// `SELECT` of what the database filled in, where its `INSERT` or `UPDATE` can't return it.
    Fetch,
    /// `DELETE` of a many-to-many's association rows.
    Unlink,
    /// `INSERT` of a many-to-many's association rows.
    Link,
    /// `DELETE` of objects' rows.
    Delete,
}

/// A step: one statement, executed for its rows.
pub(crate) struct Step {
    pub(crate) mapper: &'static Mapper,
    pub(crate) action: FlushAction,
    /// Steps of one wave don't depend on each other.
    pub(crate) wave: u32,
    pub(crate) statement: Statement,
    pub(crate) want: Want,
    pub(crate) rows: Rows,
}

/// The rows of a step.
pub(crate) enum Rows {
    /// New objects, inserted from where they live.
    Objects(Arc<ObjectRows>),
    /// Changed objects, whose values are all their own.
    Edits(Arc<EditRows>),
    /// Rows of single values.
    Cells(Arc<CellRows>),
}

/// New objects to insert.
pub(crate) struct ObjectRows {
    pub(crate) columns: Columns,
    pub(crate) returning: Columns,
    /// The ordinal of each row's object.
    pub(crate) ordinals: Vec<u32>,
    /// Whether all values come from the objects themselves.
    pub(crate) plain: bool,
    /// By column's place in `columns`: values that don't come from the object itself.
    pub(crate) fills: Vec<Option<Vec<Fill>>>,
    /// Defaults that wait for the keys in front of them: the row's place in `ordinals`, and the column.
    pub(crate) late: Vec<(usize, u16)>,
    /// The columns that the database fills in, and nobody reads.
    pub(crate) expires: Columns,
    pub(crate) shared: Arc<Shared>,
}

/// Changed objects whose values are all their own, key included.
pub(crate) struct EditRows {
    /// The columns that the UPDATE sets, then those of the key.
    pub(crate) columns: Columns,
    /// Place in `shared.chunks`, and slot.
    pub(crate) objects: Vec<(u32, u32)>,
    pub(crate) shared: Arc<Shared>,
}

/// Rows of single values, all of one width.
pub(crate) struct CellRows {
    pub(crate) width: usize,
    pub(crate) cells: Vec<Fill>,
    /// Whose rows they are, where they are objects'; for errors and for what is written back.
    pub(crate) objects: Vec<Ref>,
    /// The columns that an UPDATE sets; parameters within expressions stand among them.
    pub(crate) columns: Columns,
    /// The columns that an UPDATE leaves to the database: nobody knows their values.
    pub(crate) expires: Columns,
    /// Those whose values come back: with the UPDATE, or read behind it.
    pub(crate) returning: Columns,
    pub(crate) shared: Arc<Shared>,
}

/// What the steps of one flush share.
#[derive(Default)]
pub(crate) struct Shared {
    /// Chunks that values are read from.
    pub(crate) chunks: Vec<Arc<dyn AnyChunk>>,
    /// New objects by ordinal: place in `chunks`, and slot.
    pub(crate) objects: Vec<(u32, u32)>,
    pub(crate) keys: Keys,
}

/// What the database generates, filled in as answers come.
#[derive(Default)]
pub(crate) struct Keys {
    /// By ordinal.
    pub(crate) integers: Vec<std::sync::atomic::AtomicI64>,
    pub(crate) others: std::sync::Mutex<HashMap<(u32, u16), Value>>,
    /// What came back of rows that were updated.
    pub(crate) updated: std::sync::Mutex<HashMap<(Ref, u16), Value>>,
}

/// A flush's plan.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

impl Step {
    /// Whether each of its rows is to come back: that of an INSERT can't be missing.
    pub(crate) fn gives_rows(&self) -> bool {
        let is_read = matches!(self.action, FlushAction::Update | FlushAction::Fetch);
        self.want == Want::Rows && is_read
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Objects(it) => it.ordinals.len(),
            Self::Edits(it) => it.objects.len(),
            Self::Cells(it) => it.cells.len().checked_div(it.width).unwrap_or_default(),
        }
    }
}

/// What a flush would do: `session.flush_plan()`. It can be printed, compared and drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushPlan {
    /// The steps, in the order in which they are sent.
    pub steps: Vec<FlushStep>,
}

/// One step of a [`FlushPlan`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushStep {
    /// What it does.
    pub action: FlushAction,
    /// The entity.
    pub entity: &'static str,
    /// The table.
    pub table: &'static str,
    /// How many rows.
    pub rows: usize,
    /// The statement, executed once for each row.
    pub sql: Arc<str>,
    /// Steps of one wave don't depend on each other: a network database gets them at once.
    pub wave: u32,
    /// The tables whose rows must be there first, among those of this plan.
    pub after: Vec<&'static str>,
}

impl FlushPlan {
    pub(crate) fn new(plan: &Plan) -> Self {
        let tables: Vec<&str> = plan.steps.iter().map(|it| it.mapper.table()).collect();
        let steps = plan.steps.iter().map(|step| {
            let mut after: Vec<&'static str> = Vec::new();
            for target in step.mapper.foreign_keys.iter().flat_map(|it| &it.references) {
                let known =
                    plan.steps.iter().map(|it| it.mapper.table()).find(|it| *it == target.table);
                if let Some(table) = known
                    && tables.contains(&table)
                    && !after.contains(&table)
                {
                    after.push(table);
                }
            }
            FlushStep {
                action: step.action,
                entity: step.mapper.entity(),
                table: step.mapper.table(),
                rows: step.rows.len(),
                sql: step.statement.sql.clone(),
                wave: step.wave,
                after,
            }
        });
        Self { steps: steps.collect() }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Which step waits for which: positions of the earlier and of the later one.
    pub fn edges(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for (later, step) in self.steps.iter().enumerate() {
            for (earlier, other) in self.steps.iter().enumerate().take(later) {
                let needs = match step.action {
                    FlushAction::Delete => {
                        other.after.contains(&step.table) || other.table == step.table
                    }
                    _ => step.after.contains(&other.table),
                };
                if needs && other.wave < step.wave {
                    edges.push((earlier, later));
                }
            }
        }
        edges
    }

    /// The graph of steps as Mermaid text.
    pub fn to_mermaid(&self) -> String {
        use fmt::Write as _;
        let mut text = String::from("flowchart LR\n");
        for (index, step) in self.steps.iter().enumerate() {
            let rows = if step.rows == 1 { "row" } else { "rows" };
            let _ = writeln!(
                text,
                "    s{index}[\"{} {}<br/>{} {rows}\"]",
                step.action, step.table, step.rows
            );
        }
        for (earlier, later) in self.edges() {
            let _ = writeln!(text, "    s{earlier} --> s{later}");
        }
        text
    }
}

/// One line a step: wave, action, table, number of rows, statement.
impl fmt::Display for FlushPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return f.write_str("nothing to flush\n");
        }
        for step in &self.steps {
            let rows = if step.rows == 1 { "row " } else { "rows" };
            let FlushStep { wave, action, table, rows: n, sql, .. } = step;
            writeln!(f, "{wave:>2}. {action:<6} {table:<16} {n:>6} {rows}  {sql}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FlushAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Load => "LOAD",
            Self::Update => "UPDATE",
            Self::Insert => "INSERT",
            Self::Fetch => "FETCH",
            Self::Unlink => "UNLINK",
            Self::Link => "LINK",
            Self::Delete => "DELETE",
        })
    }
}
