//! [`Shown`]: an entity in a statement's rows, and which of its columns they have.

use std::sync::Arc;

use aludel_core::{
    expr::{FromItem, Node, Query, SelectItem, Source},
    value::Layout,
};

use crate::{
    Error, Result,
    mapping::{ColumnWish, EntityMeta, Mapper, Property},
};

/// An entity in a statement's rows.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) meta: &'static EntityMeta,
    /// Which of its columns are there; none where all are.
    pub(super) layout: Option<Arc<Layout>>,
    /// Expressions of the query's that stand for columns, under the table's own name.
    fills: Vec<(u16, Node)>,
}

impl Shown {
    /// As rows are where a query says nothing.
    pub(super) fn by_default(meta: &'static EntityMeta) -> Self {
        Self { meta, layout: Mapper::of(meta).layout().cloned(), fills: Vec::new() }
    }

    /// As a query says.
    ///
    /// # Errors
    /// A group that the entity doesn't have.
    pub(super) fn by(meta: &'static EntityMeta, wishes: &[ColumnWish]) -> Result<Self> {
        let mapper = Mapper::of(meta);
        let Some(deferrals) = mapper.deferrals.as_deref().filter(|_| !wishes.is_empty()) else {
            return no_group(meta, wishes, &[]).map(|()| Self::by_default(meta));
        };
        no_group(meta, wishes, &deferrals.groups().collect::<Vec<_>>())?;
        let mut fills: Vec<(u16, Node)> = Vec::new();
        for wish in wishes {
            let ColumnWish::Fill(column, node) = wish else { continue };
            let filled = &meta.columns[usize::from(*column)];
            if !matches!(filled.property, Some(Property::ByQuery)) {
                let text = format!(
                    "`{}.{}` has {} of its own: `with_expression` is for an attribute that is declared with \
                     `#[column(query_expression)]`",
                    meta.name,
                    filled.field,
                    if filled.property.is_some() { "an expression" } else { "a column" },
                );
                return Err(Error::InvalidRequest(text.into()));
            }
            // The last word counts.
            fills.retain(|it| it.0 != *column);
            fills.push((*column, node.clone()));
        }
        Ok(Self { meta, layout: Some(deferrals.layout_by(wishes)), fills })
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.layout.as_deref().map_or(self.meta.columns.len(), Layout::width)
    }

    /// The columns that are there, in order.
    pub(super) fn present(&self) -> impl Iterator<Item = u16> {
        let columns = 0..self.meta.columns.len() as u16;
        columns.filter(|it| self.layout.as_deref().is_none_or(|layout| layout.has(*it)))
    }

    /// Where a column stands in a row that begins with the entity.
    pub(super) fn place(&self, column: u16) -> usize {
        self.layout.as_deref().map_or(usize::from(column), |it| it.place(column))
    }

    /// The columns of an appearance of the table.
    pub(super) fn items(&self, source: Source) -> impl Iterator<Item = SelectItem> {
        let (mapper, table) = (Mapper::of(self.meta), self.meta.table);
        self.present().map(move |column| {
            let Some((_, node)) = self.fills.iter().find(|it| it.0 == column) else {
                return mapper.item(column, source);
            };
            let mut node = node.clone();
            node.retarget(FromItem { table, source: Source::Table }, FromItem { table, source });
            SelectItem::new(node)
        })
    }

    /// The columns by their names, as a derived table of such rows has them.
    pub(super) fn columns_of(&self, source: Source) -> impl Iterator<Item = SelectItem> {
        let mapper = Mapper::of(self.meta);
        self.present().map(move |it| SelectItem::new(Node::Column(mapper.column(it, source))))
    }

    /// Where an entity's columns begin in a query's rows, and of which appearance they are; behind
    /// `start`.
    pub(super) fn find_in(&self, query: &Query, start: usize) -> Option<(usize, Source)> {
        let (width, table) = (self.width(), self.meta.table);
        // A key is always there, and stands for its appearance.
        let key = *self.meta.primary_key.first()?;
        let (place, name) = (self.place(key), self.meta.columns[usize::from(key)].name);
        let last = query.items.len().checked_sub(width)?;
        (start..=last).find_map(|start| match &query.items[start + place].node {
            Node::Column(column) if column.from.table == table && column.name == name => {
                let (source, found) = (column.from.source, &query.items[start..start + width]);
                let same = self.items(source).zip(found).all(|(one, other)| one.node == other.node);
                same.then_some((start, source))
            }
            _ => None,
        })
    }
}

/// Refuses the name of a group that there isn't.
fn no_group(meta: &EntityMeta, wishes: &[ColumnWish], known: &[&'static str]) -> Result<()> {
    let unknown = wishes.iter().find_map(|it| match it {
        ColumnWish::Group(name) if !known.contains(name) => Some(*name),
        _ => None,
    });
    let Some(name) = unknown else { return Ok(()) };
    let mut known = known.to_vec();
    known.sort_unstable();
    known.dedup();
    let known = if known.is_empty() { "none".into() } else { known.join(", ") };
    let text = format!(
        "`undefer_group(\"{name}\")`: `{}` has no such group (known: {known}); a column says which it is in \
         by `#[column(deferred_group = \"{name}\")]`",
        meta.name
    );
    Err(Error::InvalidRequest(text.into()))
}
