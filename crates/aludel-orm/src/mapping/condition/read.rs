//! Reads one condition between two tables: whose each column is, which equalities link the two, and what
//! else it says.

use aludel_core::{
    expr::{BinaryOp, ColumnRef, FromItem, Node, Source},
    value::SqlType,
};

use super::{FOREIGN, FOREIGN_REMOTE, REMOTE};
use crate::mapping::{EntityMeta, mapper::foreign_keys};

/// One of the two tables.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) meta: &'static EntityMeta,
    /// What it stands as in the condition.
    pub(super) source: Source,
}

impl End {
    pub(super) fn item(self) -> FromItem {
        FromItem { table: self.meta.table, source: self.source }
    }

    fn position(self, column: &ColumnRef) -> Option<u16> {
        let position = self.meta.columns.iter().position(|it| it.name == column.name)?;
        (column.from == self.item()).then_some(position as u16)
    }
}

/// How one reads a condition.
pub(super) struct Reader<'a> {
    /// Where the owner is, or the association.
    pub(super) left: End,
    /// Where the association is, or the member.
    pub(super) right: End,
    /// The columns that hold keys, where the relationship names them.
    pub(super) foreign_keys: Option<&'a [ColumnRef]>,
    /// The columns of the row at the other end, of two of one table.
    pub(super) remote_side: Option<&'a [ColumnRef]>,
    /// The table whose columns hold keys whatever the schema says.
    pub(super) association: Option<&'static EntityMeta>,
    /// Whether the relationship holds many members.
    pub(super) many: bool,
}

/// An equality of one column of each.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) columns: (u16, u16),
    pub(super) left_is_foreign: bool,
    pub(super) right_is_foreign: bool,
    /// Whether two values are equal for the program as soon as they are for a database.
    is_exact: bool,
}

impl Link {
    /// Whether rows can be told apart by it without the database.
    pub(super) fn tells(&self) -> bool {
        self.is_exact || self.left_is_foreign || self.right_is_foreign
    }
}

/// What a condition says.
pub(super) struct Said {
    pub(super) node: Node,
    pub(super) links: Vec<Link>,
    /// What else is said, of the right end alone.
    pub(super) rest: Vec<Node>,
    /// Whether something else is said of the left end.
    pub(super) of_left: bool,
}

impl Reader<'_> {
    pub(super) fn read(&self, node: Node) -> Result<Said, String> {
        let mut marks = Vec::new();
        node.clone().columns_mut(&mut |it| marks.push(it.from.source));
        let is_marked = |some: [Source; 2]| marks.iter().any(|it| some.contains(it));
        let marks_remote = is_marked([REMOTE, FOREIGN_REMOTE]);
        let marks_foreign = is_marked([FOREIGN, FOREIGN_REMOTE]);
        let mut parts = Vec::new();
        split(node, &mut parts);
        let (mut links, mut rest, mut of_left) = (Vec::new(), Vec::new(), false);
        for part in &mut parts {
            self.check(part)?;
            let ends = match part {
                Node::Binary { op: BinaryOp::Eq, left, right } => match (&**left, &**right) {
                    (Node::Column(one), Node::Column(other)) => Some((*one, *other)),
                    _ => None,
                },
                _ => None,
            };
            let is_foreign = |it: ColumnRef, other| self.is_foreign(it, other, marks_foreign);
            let foreign = ends.map(|(a, b)| (is_foreign(a, b), is_foreign(b, a)));
            let holds_key = match (ends, foreign) {
                (Some((it, _)), Some((true, false))) | (Some((_, it)), Some((false, true))) => {
                    Some(it)
                }
                _ => None,
            };
            let mut unclear = None;
            part.columns_mut(&mut |column| match self.place(column, marks_remote, holds_key) {
                Place::At(source) => column.from.source = source,
                Place::Elsewhere => {}
                Place::Unclear => unclear = Some(column.name),
            });
            if let Some(column) = unclear {
                let name = self.left.meta.name;
                return Err(format!(
                    "both rows have `{column}`: mark the columns of the row at the other end, as \
                     `remote({name}.{column})`, and leave those of its own as they are"
                ));
            }
            match self.link(part, foreign) {
                Some(link) => links.push(link),
                None if part.mentions(self.left.item()) => of_left = true,
                None => rest.push(part.clone()),
            }
        }
        let node = Node::all(parts).unwrap_or(Node::Bind(true.into()));
        Ok(Said { node, links, rest, of_left })
    }

    /// Refuses columns of other tables; in subqueries they may be.
    fn check(&self, part: &Node) -> Result<(), String> {
        let (left, right) = (self.left.meta, self.right.meta);
        let mut other = None;
        part.any_column(&|it| it.from.table != left.table && it.from.table != right.table).then(
            || {
                part.clone().columns_mut(&mut |it| {
                    if it.from.table != left.table && it.from.table != right.table {
                        other.get_or_insert(*it);
                    }
                });
            },
        );
        match other {
            Some(it) => Err(format!(
                "its condition speaks of `{}.{}`, which is neither of `{}` nor of `{}`; other tables \
                 may stand in it within `exists(…)`",
                it.from.table, it.name, left.name, right.name
            )),
            None => Ok(()),
        }
    }

    /// Whether a column holds the key that another is.
    fn is_foreign(&self, it: ColumnRef, other: ColumnRef, marked: bool) -> bool {
        let of = |meta: &EntityMeta| it.from.table == meta.table;
        if marked {
            return matches!(it.from.source, FOREIGN | FOREIGN_REMOTE);
        }
        if self.association.is_some_and(of) {
            return true;
        }
        if let Some(named) = self.foreign_keys {
            return named.iter().any(|key| same(key, &it));
        }
        let Some(end) = [self.left, self.right].into_iter().find(|it| of(it.meta)) else {
            return false;
        };
        foreign_keys(end.meta).iter().any(|key| {
            let mut pairs = key.columns.iter().zip(&key.references);
            pairs.any(|(column, target)| {
                end.meta.columns[usize::from(*column)].name == it.name
                    && (target.schema, target.table)
                        == (other.from.table.schema, other.from.table.name)
                    && target.column == other.name
            })
        })
    }

    /// Whose a column is. Of two rows of one table, those at the other end are marked, or named by
    /// `remote_side`, or it follows from which of two holds the other's key.
    fn place(&self, it: &ColumnRef, marked: bool, holds_key: Option<ColumnRef>) -> Place {
        let is_remote = matches!(it.from.source, REMOTE | FOREIGN_REMOTE);
        if it.from.source != Source::Table && !is_remote && it.from.source != FOREIGN {
            return Place::Elsewhere;
        }
        let of = |end: End| it.from.table == end.meta.table;
        let remote = match (of(self.left), of(self.right)) {
            (false, false) => return Place::Elsewhere,
            (true, false) => false,
            (false, true) => true,
            (true, true) => match (self.remote_side, holds_key) {
                _ if marked => is_remote,
                (Some(named), _) => named.iter().any(|column| same(column, it)),
                (None, Some(key)) => same(&key, it) == self.many,
                (None, None) => return Place::Unclear,
            },
        };
        Place::At(if remote { self.right.source } else { self.left.source })
    }

    /// An equality that links the two.
    fn link(&self, part: &Node, foreign: Option<(bool, bool)>) -> Option<Link> {
        let Node::Binary { left, right, .. } = part else { return None };
        let (Node::Column(one), Node::Column(other)) = (&**left, &**right) else { return None };
        let (one_is_foreign, other_is_foreign) = foreign?;
        let ends =
            |a: &ColumnRef, b: &ColumnRef| Some((self.left.position(a)?, self.right.position(b)?));
        let is_exact = |it: SqlType| it.is_integer() || matches!(it, SqlType::Uuid | SqlType::Bool);
        let is_exact = is_exact(one.ty) && is_exact(other.ty);
        let link = |columns, left_is_foreign, right_is_foreign| Link {
            columns,
            left_is_foreign,
            right_is_foreign,
            is_exact,
        };
        ends(one, other)
            .map(|it| link(it, one_is_foreign, other_is_foreign))
            .or_else(|| ends(other, one).map(|it| link(it, other_is_foreign, one_is_foreign)))
    }
}

/// Whose a column is.
enum Place {
    At(Source),
    /// A subquery's.
    Elsewhere,
    Unclear,
}

/// Whether two are one column, however they are marked.
fn same(one: &ColumnRef, other: &ColumnRef) -> bool {
    one.name == other.name && one.from.table == other.from.table
}

/// The parts between the ANDs.
fn split(node: Node, out: &mut Vec<Node>) {
    match node {
        Node::Binary { op: BinaryOp::And, left, right } => {
            split(*left, out);
            split(*right, out);
        }
        part => out.push(part),
    }
}
