//! Columns that are loaded on demand: which of them rows have, and what a query can say of it.

use std::sync::Arc;

use aludel_core::{
    expr::{Column, Node},
    value::{Absent, ColumnType, Deferred, Layout},
};

use super::{ColumnMeta, EntityMeta, Mapped, Property};
use crate::{object::chunk::Columns, session::AnyAttribute};

/// When a [`Deferred`] column is loaded, where a query says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// The columns of one group are loaded together.
    pub group: Option<&'static str>,
    /// Whether it is loaded with the row.
    pub loaded: bool,
    /// Whether it is never loaded on demand, but by a query's `undefer` alone.
    pub raises: bool,
}

impl Deferral {
    /// When it is asked for, by itself.
    pub const ON_DEMAND: Self = Self { group: None, loaded: false, raises: false };

    /// By a query's expression alone.
    const BY_QUERY: Self = Self { group: None, loaded: false, raises: true };
}

/// An entity's columns that can be left out of a row.
#[derive(Debug)]
pub(crate) struct Deferrals {
    /// What rows have where a query says nothing.
    pub(crate) layout: Arc<Layout>,
    width: u16,
    columns: &'static [Deferrable],
}

#[derive(Debug)]
struct Deferrable {
    at: u16,
    deferral: &'static Deferral,
    /// Whether only a query's expression fills it.
    by_query: bool,
    lazy: Absent,
    raising: Absent,
}

/// What a query says of an entity's columns.
#[derive(Clone, Debug)]
pub(crate) enum ColumnWish {
    /// They are loaded with the row: `undefer`.
    Load(Columns),
    /// So are those of a group: `undefer_group`.
    Group(&'static str),
    /// They aren't: `defer`. May they be loaded later?
    LeaveOut(Columns, bool),
    /// They are, and all others that can be left out aren't: `load_only`.
    Only(Columns, bool),
    /// A query's expression stands for it: `with_expression`.
    Fill(u16, Node),
}

/// What becomes of a column that can be left out.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Loaded,
    Lazy,
    Raising,
}

impl Deferral {
    fn fate(&self) -> Fate {
        match (self.loaded, self.raises) {
            (true, _) => Fate::Loaded,
            (false, false) => Fate::Lazy,
            (false, true) => Fate::Raising,
        }
    }
}

impl ColumnMeta {
    /// Whether rows have it where a query says nothing.
    pub(super) fn is_present(&self) -> bool {
        match self.property {
            Some(Property::ByQuery) => false,
            _ => self.deferral.is_none_or(|it| it.loaded),
        }
    }
}

impl Deferrals {
    /// Those of an entity; `None` where rows have all columns, whatever is said.
    pub(super) fn of(meta: &'static EntityMeta) -> Option<Box<Self>> {
        let absent = |field, raises| Absent { entity: meta.name, field, raises };
        let deferrable = meta.columns.iter().enumerate().filter_map(|(at, column)| {
            Some(Deferrable {
                at: at as u16,
                deferral: match column.property {
                    Some(Property::ByQuery) => &Deferral::BY_QUERY,
                    _ => column.deferral?,
                },
                by_query: matches!(column.property, Some(Property::ByQuery)),
                lazy: absent(column.field, false),
                raising: absent(column.field, true),
            })
        });
        let columns: Vec<Deferrable> = deferrable.collect();
        if columns.is_empty() {
            return None;
        }
        // They stay as long as the program, as the mapper does: values say what they are without.
        let columns: &'static [Deferrable] = columns.leak();
        let width = meta.columns.len() as u16;
        let fates = columns.iter().map(|it| it.deferral.fate());
        let layout = Arc::new(layout(width, columns, fates));
        Some(Box::new(Self { layout, width, columns }))
    }

    /// What rows have by what a query says; the last word counts.
    pub(crate) fn layout_by<'a>(
        &self,
        wishes: impl IntoIterator<Item = &'a ColumnWish>,
    ) -> Arc<Layout> {
        let mut fates: Vec<Fate> = self.columns.iter().map(|it| it.deferral.fate()).collect();
        let later = |raises: bool| if raises { Fate::Raising } else { Fate::Lazy };
        for wish in wishes {
            for (fate, column) in fates.iter_mut().zip(self.columns) {
                *fate = match wish {
                    ColumnWish::Load(_) | ColumnWish::Group(_) if column.by_query => *fate,
                    ColumnWish::Load(columns) if columns.contains(&column.at) => Fate::Loaded,
                    ColumnWish::Group(name) if column.deferral.group == Some(*name) => Fate::Loaded,
                    ColumnWish::LeaveOut(columns, raises) if columns.contains(&column.at) => {
                        later(*raises)
                    }
                    ColumnWish::Only(columns, _)
                        if columns.contains(&column.at) && !column.by_query =>
                    {
                        Fate::Loaded
                    }
                    ColumnWish::Fill(filled, _) if *filled == column.at => Fate::Loaded,
                    // What only a query's expression fills is there with that alone.
                    ColumnWish::Only(..) if column.by_query => *fate,
                    ColumnWish::Only(_, raises) => later(*raises),
                    _ => *fate,
                };
            }
        }
        Arc::new(layout(self.width, self.columns, fates))
    }

    /// The names of its groups.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter_map(|it| it.deferral.group)
    }

    /// The columns that are loaded together with one.
    pub(crate) fn together(&self, column: u16) -> Columns {
        let group = self.columns.iter().find(|it| it.at == column).map(|it| it.deferral.group);
        match group.flatten() {
            None => Columns::from_slice(&[column]),
            Some(group) => {
                let of_group = self.columns.iter().filter(|it| it.deferral.group == Some(group));
                of_group.map(|it| it.at).collect()
            }
        }
    }

    /// All that can be left out.
    pub(crate) fn all(&self) -> impl Iterator<Item = u16> {
        self.columns.iter().map(|it| it.at)
    }
}

/// Columns that are loaded on demand, and the others.
pub(crate) fn split_deferred(meta: &EntityMeta, columns: &[u16]) -> (Columns, Columns) {
    columns.iter().copied().partition(|it| meta.columns[usize::from(*it)].deferral.is_some())
}

fn layout(
    width: u16,
    columns: &'static [Deferrable],
    fates: impl IntoIterator<Item = Fate>,
) -> Layout {
    let left_out = columns.iter().zip(fates).filter_map(|(column, fate)| match fate {
        Fate::Loaded => None,
        Fate::Lazy => Some((column.at, Some(&column.lazy))),
        Fate::Raising => Some((column.at, Some(&column.raising))),
    });
    Layout::new(width, left_out)
}

/// Columns of one entity that can be left out of a load: a [`Deferred`] column of its constant, or a
/// tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be left out of a load",
    label = "not a `Deferred` column",
    note = "a column that is loaded on demand is declared as such: `body: Deferred<String>`; with \
            `#[column(deferred = false)]` it is loaded unless a query leaves it out",
    note = "for a narrower read select the columns themselves: `select((Doc.id, Doc.title))`"
)]
pub trait DeferredColumns {
    /// The entity.
    type Mapped: Mapped;

    /// Their positions.
    #[doc(hidden)]
    fn positions(self) -> Vec<u16>;
}

impl<E: Mapped, T: ColumnType> DeferredColumns for Column<E, Deferred<T>> {
    type Mapped = E;

    fn positions(self) -> Vec<u16> {
        vec![AnyAttribute::from(self).column()]
    }
}

macro_rules! tuples {
    ($($first:ident $($name:ident)*;)*) => {$(
        impl<$first: DeferredColumns, $($name: DeferredColumns<Mapped = $first::Mapped>),*> DeferredColumns
            for ($first, $($name,)*)
        {
            type Mapped = $first::Mapped;

            fn positions(self) -> Vec<u16> {
                #[expect(non_snake_case, reason = "a tuple's fields are named by their types")]
                let ($first, $($name,)*) = self;
                [$first.positions(), $($name.positions()),*].concat()
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D F;
    A B C D F G;
    A B C D F G H;
    A B C D F G H I;
}
