//! Writing: an object's columns as its struct writes them, and the relationships that are set or loaded.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};

use super::{Write, check_depth, other_end};
use crate::{
    Result,
    mapping::{Mapped, Mapper, Relation},
    object::{AnyObj, Obj, any_objects, graph::Graph, reference::Ref},
    session::merge::snapshot_of,
};

pub(super) fn columns<T: Mapped + Serialize>(
    object: &AnyObj,
) -> Result<Box<dyn erased_serde::Serialize>> {
    Ok(Box::new(snapshot_of::<T>(&*object.chunk(), object.slot())?))
}

/// The columns as the struct writes them, and beside them the relationships that are set or loaded, by the
/// names of their fields.
///
/// Left out are relationships that are not loaded; those to structs that have no `Serialize`; and those
/// that lead back, to an object that this one stands in.
///
/// It is an error if an object is mutably borrowed, and if objects stand in each other more than 100 deep.
impl<T: Mapped + Serialize> Serialize for Obj<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = &AnyObj::from(self);
        Node { object, write: columns::<T>, above: None, depth: 1 }.serialize(serializer)
    }
}

/// An object that is written.
struct Node<'a> {
    object: &'a AnyObj,
    write: Write,
    /// The object that it stands in.
    above: Option<&'a Node<'a>>,
    depth: usize,
}

/// An object's columns and relationships, side by side.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    columns: Box<dyn erased_serde::Serialize>,
    #[serde(flatten)]
    held: Held<'a>,
}

/// What is written of an object's relationships.
struct Held<'a> {
    node: &'a Node<'a>,
    relationships: Vec<(&'static Relation, Write, Vec<AnyObj>)>,
}

/// The objects of one relationship.
struct Members<'a> {
    node: &'a Node<'a>,
    many: bool,
    write: Write,
    members: &'a [AnyObj],
}

impl Node<'_> {
    /// Whether this is the object, or one that it stands in.
    fn is_within(&self, object: Ref) -> bool {
        self.object.reference() == object || self.above.is_some_and(|it| it.is_within(object))
    }

    /// What its relationships hold; `None` where nothing of them is ever written.
    fn held(&self) -> Result<Option<Held<'_>>> {
        let mapper = Mapper::checked(self.object.mapper().meta)?;
        let relations = mapper.relationships.iter();
        let mut written = relations.filter_map(|it| Some((it, other_end(it).write?))).peekable();
        if written.peek().is_none() {
            return Ok(None);
        }
        let mut relationships = Vec::new();
        if let Some(graph) = self.object.graph() {
            for (relation, write) in written {
                let at = self.object.reference();
                let cells = Graph::with(&graph, |it, _| it.set_cells(at, relation));
                let Some(cells) = cells else { continue };
                let members: Vec<_> = cells.into_iter().filter_map(Ref::from_cell).collect();
                // Not without those members: what is there of a collection is all of it.
                if !members.iter().any(|it| self.is_within(*it)) {
                    relationships.push((relation, write, any_objects(&graph, &members)));
                }
            }
        }
        Ok(Some(Held { node: self, relationships }))
    }

    fn columns(&self) -> Result<Box<dyn erased_serde::Serialize>> {
        check_depth(self.depth)?;
        (self.write)(self.object)
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.columns().map_err(S::Error::custom)?;
        match self.held().map_err(S::Error::custom)? {
            Some(held) => Whole { columns, held }.serialize(serializer),
            None => columns.serialize(serializer),
        }
    }
}

impl Serialize for Held<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.relationships.len()))?;
        for (relation, write, members) in &self.relationships {
            let (node, many, write) = (self.node, relation.many, *write);
            map.serialize_entry(relation.meta.key, &Members { node, many, write, members })?;
        }
        map.end()
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (write, above, depth) = (self.write, Some(self.node), self.node.depth + 1);
        let mut nodes = self.members.iter().map(|object| Node { object, write, above, depth });
        match self.many {
            true => serializer.collect_seq(nodes),
            false => nodes.next().serialize(serializer),
        }
    }
}
