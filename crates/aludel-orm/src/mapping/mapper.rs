//! [`Mapper`]: an entity's description with every reference resolved.

use std::sync::{Arc, Once, OnceLock};

use aludel_core::{
    expr::{ColumnRef, FromItem, Node, SelectItem, Source},
    schema::{Action, Deferrable},
    value::{Layout, SqlType, Value},
};
use smallvec::{SmallVec, smallvec};

use super::{
    Deferrals, EntityMeta, Linked, OnUpdate, Property, Referred, Relation, Statements, TableArg,
    Version, linked::Place, overlaps, resolve::resolve,
};
use crate::{Error, Result, error::MappingError, events::AttributeSlot, object::chunk::Columns};

/// An entity's description with every reference resolved: its table, keys and relationships.
///
/// [`inspect(User)`](crate::session::inspect()) gives it.
#[derive(Debug)]
pub struct Mapper {
    /// The static description.
    pub meta: &'static EntityMeta,
    /// Its foreign keys.
    pub foreign_keys: &'static [ForeignKey],
    /// Its relationships, in field order.
    pub relationships: Vec<Relation>,
    /// How many tables stand above it, one referring to the next: what it refers to comes before it
    /// in a flush. The same whatever the order of linking.
    pub depth: u32,
    /// Mappers that refer to each other in a circle share a group.
    pub(crate) group: u32,
    /// Whether objects of it may depend on each other, directly or through other mappers.
    pub cyclic: bool,
    /// Whether its key is one integer: the identity map then needs no more than that number.
    pub(crate) integer_key: bool,
    /// The number by which sessions know it.
    pub(crate) number: u32,
    /// The column that is the row's version, and who makes the next.
    pub version: Option<(u16, Version)>,
    /// What UPDATEs do to columns that they don't set.
    pub on_update: Vec<(u16, OnUpdate)>,
    /// The attributes that no column of the table holds.
    pub(crate) properties: Columns,
    /// Whether what stands for them has values of the program's.
    pub(crate) binds: bool,
    /// The columns that are loaded on demand.
    pub(crate) deferrals: Option<Box<Deferrals>>,
    pub(crate) statements: Statements,
    /// The columns that relationships refer to: found when a key changes for the first time.
    pub(crate) referred: OnceLock<Columns>,
    /// Whether it was said that its versions can't be checked.
    pub(crate) unchecked: Once,
    pub(super) problems: Vec<String>,
}

/// A resolved foreign key.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The constraint's own name.
    pub name: Option<&'static str>,
    /// Positions of the referring columns.
    pub columns: SmallVec<[u16; 2]>,
    /// The columns referred to.
    pub references: SmallVec<[Target; 1]>,
    /// What the database does when the row referred to is deleted.
    pub on_delete: Action,
    /// What it does when that row's key changes.
    pub on_update: Action,
    /// Whether it is added when all tables are there.
    pub use_alter: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// A column that a foreign key refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The table's schema, if it has one.
    pub schema: Option<&'static str>,
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// The place of a mapper in its entity's static description.
#[derive(Debug, Default)]
pub struct MapperSlot {
    mapper: OnceLock<Mapper>,
    place: OnceLock<Place>,
    foreign_keys: OnceLock<Vec<ForeignKey>>,
    attributes: AttributeSlot,
}

impl MapperSlot {
    /// An empty place.
    pub const fn new() -> Self {
        Self {
            mapper: OnceLock::new(),
            place: OnceLock::new(),
            foreign_keys: OnceLock::new(),
            attributes: AttributeSlot::new(),
        }
    }

    /// The mapper, if it was made.
    pub(super) fn made(&self) -> Option<&Mapper> {
        self.mapper.get()
    }

    /// Where the entity stands among the program's, once that is known.
    pub(super) fn place(&self) -> &OnceLock<Place> {
        &self.place
    }

    /// The hooks of the entity's attributes.
    #[inline]
    pub(crate) fn attributes(&self) -> &AttributeSlot {
        &self.attributes
    }
}

impl EntityMeta {
    /// Whether both are of one entity, which has one description.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    /// A column under a source.
    pub(crate) fn column(&self, index: u16, source: Source) -> ColumnRef {
        let column = &self.columns[usize::from(index)];
        let from = FromItem { table: self.table, source };
        ColumnRef { from, name: column.name, ty: column.ty, nullable: column.nullable }
    }

    /// A column of an appearance of the table, as a statement selects it.
    pub(crate) fn item(&self, index: u16, source: Source) -> SelectItem {
        SelectItem::new(match self.columns[usize::from(index)].property {
            None => Node::Column(self.column(index, source)),
            Some(Property::ByQuery) => Node::Bind(Value::Null),
            Some(Property::Expression(expression)) => {
                let mut node = expression();
                let table = self.table;
                node.retarget(
                    FromItem { table, source: Source::Table },
                    FromItem { table, source },
                );
                node
            }
        })
    }

    /// The columns that rows have where a query says nothing, in order.
    pub(crate) fn present(&self) -> impl Iterator<Item = u16> + '_ {
        (0..).zip(self.columns).filter(|it| it.1.is_present()).map(|it| it.0)
    }
}

impl Mapper {
    /// The mapper of an entity, made at first use.
    #[inline]
    pub fn of(meta: &'static EntityMeta) -> &'static Self {
        match meta.mapper.mapper.get() {
            Some(mapper) => mapper,
            None => Self::configure(meta),
        }
    }

    #[cold]
    fn configure(meta: &'static EntityMeta) -> &'static Self {
        let mut fresh = false;
        let mapper = meta.mapper.mapper.get_or_init(|| {
            fresh = true;
            let place = Linked::global().place(meta);
            let mut problems = Vec::new();
            let foreign_keys = foreign_keys(meta);
            let relationships = meta
                .relationships
                .iter()
                .enumerate()
                .map(|(index, _)| resolve(meta, index as u16, &mut problems))
                .collect();
            let integer_key = match meta.primary_key {
                [only] => meta.columns[usize::from(*only)].ty.is_integer(),
                _ => false,
            };
            Self {
                meta,
                foreign_keys,
                relationships,
                depth: place.depth,
                group: place.group,
                cyclic: place.cyclic,
                integer_key,
                number: place.number,
                version: version(meta),
                on_update: on_update(meta),
                binds: binds(meta),
                properties: properties(meta),
                deferrals: Deferrals::of(meta),
                statements: Statements::default(),
                referred: OnceLock::new(),
                unchecked: Once::new(),
                problems,
            }
        });
        if fresh {
            overlaps::warn(mapper);
        }
        mapper
    }

    /// The mapper, if its configuration makes sense.
    ///
    /// # Errors
    /// [`Error::Mapping`] with every mistake in the entity's relationships and keys, and its cure.
    pub fn checked(meta: &'static EntityMeta) -> Result<&'static Self> {
        let mapper = Self::of(meta);
        match mapper.problems.as_slice() {
            [] => Ok(mapper),
            problems => {
                let problems = problems.to_vec();
                Err(Error::Mapping(Box::new(MappingError { entity: meta.name, problems })))
            }
        }
    }

    /// The entity's name.
    pub fn entity(&self) -> &'static str {
        self.meta.name
    }

    /// The table's name.
    pub fn table(&self) -> &'static str {
        self.meta.table.name
    }

    /// Other names of columns on the entity constant, each beside the name of the column's field.
    pub fn synonyms(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let columns = self.meta.columns.iter();
        columns.flat_map(|it| it.synonyms.iter().map(|name| (*name, it.field)))
    }

    /// A column under a source.
    pub(crate) fn column(&self, index: u16, source: Source) -> ColumnRef {
        self.meta.column(index, source)
    }

    /// A column of an appearance of the table, as a statement selects it.
    pub(crate) fn item(&self, index: u16, source: Source) -> SelectItem {
        self.meta.item(index, source)
    }

    /// Which columns rows have that give what a table's columns hold, and nothing else.
    pub(crate) fn stored_layout(&self) -> Option<Arc<Layout>> {
        if self.properties.is_empty() {
            return self.layout().cloned();
        }
        let all = self.meta.columns.len() as u16;
        let is_stored = |it: &u16| !self.properties.contains(it);
        let present: Columns = self.present().filter(is_stored).collect();
        let left_out = (0..all).filter(|it| !present.contains(it)).map(|it| (it, None));
        Some(Arc::new(Layout::new(all, left_out)))
    }

    /// Which columns rows have where a query says nothing; none where they have all.
    #[inline]
    pub(crate) fn layout(&self) -> Option<&Arc<Layout>> {
        self.deferrals.as_ref().map(|it| &it.layout)
    }

    /// The columns that rows have where a query says nothing, in order.
    pub(crate) fn present(&self) -> impl Iterator<Item = u16> {
        self.meta.present()
    }

    /// Whether the database generates the key: one integer `Auto` column that refers to nothing.
    pub(crate) fn generates_key(&self) -> bool {
        match self.meta.primary_key {
            [only] => {
                let column = &self.meta.columns[usize::from(*only)];
                column.auto && column.ty.is_integer() && !self.is_foreign(*only)
            }
            _ => false,
        }
    }

    /// Whether what the database makes of a column in an UPDATE is read at once.
    pub(crate) fn reads_back(&self, column: u16) -> bool {
        if self.properties.contains(&column) {
            return false;
        }
        let is_version = matches!(self.version, Some((at, Version::Server)) if at == column);
        is_version || self.meta.eager_defaults == Some(true)
    }

    /// Whether what the database makes of a column in an INSERT is left unread.
    pub(crate) fn leaves_unread(&self, column: u16) -> bool {
        self.meta.eager_defaults == Some(false)
            && !self.reads_back(column)
            && !self.meta.primary_key.contains(&column)
            && !self.referred().contains(&column)
    }

    /// Whether a column is part of a foreign key.
    pub(crate) fn is_foreign(&self, column: u16) -> bool {
        self.foreign_keys.iter().any(|it| it.columns.contains(&column))
    }

    /// The SQL types of the primary key's columns.
    pub fn key_types(&self) -> Vec<SqlType> {
        self.meta.primary_key.iter().map(|it| self.meta.columns[usize::from(*it)].ty).collect()
    }
}

/// The column that is an entity's version. The derive refuses a second one.
fn version(meta: &EntityMeta) -> Option<(u16, Version)> {
    let mut columns = meta.columns.iter().enumerate();
    columns.find_map(|(index, column)| Some((index as u16, column.version?)))
}

/// The attributes that no column of the table holds.
fn properties(meta: &EntityMeta) -> Columns {
    let columns = meta.columns.iter().enumerate();
    columns.filter(|it| it.1.property.is_some()).map(|it| it.0 as u16).collect()
}

/// Whether what stands for them has values of the program's.
fn binds(meta: &EntityMeta) -> bool {
    let mut by_expression = meta.columns.iter().filter_map(|it| match it.property? {
        Property::Expression(expression) => Some(expression),
        Property::ByQuery => None,
    });
    by_expression.any(|it| it().has_bind())
}

/// What UPDATEs do to columns that they don't set.
fn on_update(meta: &EntityMeta) -> Vec<(u16, OnUpdate)> {
    let columns = meta.columns.iter().enumerate();
    columns.filter_map(|(index, column)| Some((index as u16, column.on_update?))).collect()
}

/// The foreign keys that an entity's columns and table arguments declare.
pub(super) fn foreign_keys(meta: &EntityMeta) -> &[ForeignKey] {
    meta.mapper.foreign_keys.get_or_init(|| declared_keys(meta))
}

fn declared_keys(meta: &EntityMeta) -> Vec<ForeignKey> {
    let target = |it: ColumnRef| Target {
        schema: it.from.table.schema,
        table: it.from.table.name,
        column: it.name,
    };
    let single = meta.columns.iter().enumerate().filter_map(|(index, column)| {
        let key = column.foreign_key.as_ref()?;
        let references = match &key.target {
            Referred::Column(path) => target(path()),
            Referred::Named(path) => {
                // `schema.table.column`, or a table of the base's schema.
                let mut parts = path.rsplitn(3, '.');
                let (column, table) = (parts.next().unwrap_or(path), parts.next().unwrap_or(path));
                let schema = parts.next().or((meta.base)().schema);
                Target { schema, table, column }
            }
        };
        Some(ForeignKey {
            name: None,
            columns: smallvec![index as u16],
            references: smallvec![references],
            on_delete: key.on_delete,
            on_update: key.on_update,
            use_alter: key.use_alter,
            deferrable: key.deferrable,
        })
    });
    let composite = meta.args.iter().filter_map(|arg| match arg {
        TableArg::ForeignKey {
            name,
            columns,
            references,
            on_delete,
            on_update,
            use_alter,
            deferrable,
        } => Some(ForeignKey {
            name: *name,
            columns: SmallVec::from_slice(columns),
            references: references().into_iter().map(target).collect(),
            on_delete: *on_delete,
            on_update: *on_update,
            use_alter: *use_alter,
            deferrable: *deferrable,
        }),
        _ => None,
    });
    let is_composite = |it: &&TableArg| matches!(it, TableArg::ForeignKey { .. });
    // They stay as long as the program: no more room than they need.
    let count = meta.columns.iter().filter(|it| it.foreign_key.is_some()).count()
        + meta.args.iter().filter(is_composite).count();
    let mut keys = Vec::with_capacity(count);
    keys.extend(single.chain(composite));
    keys
}
