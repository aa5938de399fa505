//! Reading: a new object, and new objects at the other ends of the relationships that are given.
//!
//! A struct reads its columns by itself, and pulls them out of [`Columns`], which keeps the relationships
//! back and reads them as they come: not through the struct, so that its wrapping isn't on the stack once
//! for each level.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
};

use super::{Read, check_depth, other_end};
use crate::{
    Result, events,
    mapping::{EntityConst, Mapped, Mapper, Relation},
    object::{AnyObj, Obj, graph::Graph},
};

pub(super) fn columns<'de, T: Mapped + Deserialize<'de>>(
    from: &mut dyn erased_serde::Deserializer<'de>,
) -> Result<AnyObj, erased_serde::Error> {
    let object = Obj::of_value(T::deserialize(from)?);
    object.raw().graph_or_new();
    Ok(AnyObj::from(object))
}

/// A new object, as the struct reads itself, linked with new ones where relationships are given by the
/// names of their fields. `null` and an empty list are given, too: nothing is at the other end.
///
/// No session knows it. [`Session::merge`](crate::session::Session::merge) copies it onto the objects of
/// the same keys, so it should come from somebody who may change all of them.
impl<'de, T: Mapped + Deserialize<'de>> Deserialize<'de> for Obj<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mapper = Mapper::checked(T::meta()).map_err(D::Error::custom)?;
        let object = Object { mapper, read: columns::<T>, depth: 1 }.deserialize(deserializer)?;
        object.downcast(T::Entity::TABLE).ok_or_else(|| D::Error::custom("another entity"))
    }
}

/// Reads an object.
struct Object<'de> {
    mapper: &'static Mapper,
    read: Read<'de>,
    depth: usize,
}

/// Reads the objects of a relationship.
struct Members<'de> {
    relation: &'static Relation,
    read: Read<'de>,
    depth: usize,
}

/// What was given of relationships.
type Given = Vec<(&'static Relation, Vec<AnyObj>)>;

/// The entries of a map that the struct itself reads; relationships are put aside.
struct Columns<'a, A> {
    map: A,
    mapper: &'static Mapper,
    given: &'a mut Given,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'de> {
    type Value = AnyObj;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<AnyObj, D::Error> {
        check_depth(self.depth).map_err(D::Error::custom)?;
        if self.mapper.relationships.iter().any(|it| other_end(it).read.is_some()) {
            return deserializer.deserialize_map(self);
        }
        let mut whole = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        (self.read)(&mut whole).map_err(D::Error::custom)
    }
}

impl<'de> Visitor<'de> for Object<'de> {
    type Value = AnyObj;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mapper.meta.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AnyObj, A::Error> {
        let mut given = Given::new();
        let Self { mapper, read, depth } = self;
        let columns = MapAccessDeserializer::new(Columns { map, mapper, given: &mut given, depth });
        let mut columns = <dyn erased_serde::Deserializer<'_>>::erase(columns);
        let object = read(&mut columns).map_err(A::Error::custom)?;
        if let Some(graph) = object.graph() {
            link(&graph, &object, &given).map_err(A::Error::custom)?;
        }
        Ok(object)
    }
}

/// Links a new object with others.
fn link(graph: &Arc<Graph>, object: &AnyObj, given: &Given) -> Result<()> {
    for (relation, members) in given {
        for member in members {
            events::may_link_any(object, relation, member)?;
            member.graph().iter().for_each(|it| Graph::merge(graph, it));
        }
        let owner = object.reference();
        Graph::with(graph, |tables, _| match relation.many {
            true if members.is_empty() => tables.know_empty(owner, relation.index),
            true => members.iter().for_each(|it| tables.attach(owner, relation, it.reference())),
            false => tables.assign(owner, relation, members.first().map(AnyObj::reference)),
        });
    }
    Ok(())
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Columns<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            let relation = self.mapper.relationships.iter().find(|it| it.meta.key == key);
            let readable = relation.and_then(|it| Some((it, other_end(it).read?)));
            let Some((relation, read)) = readable else {
                return seed.deserialize(key.into_deserializer()).map(Some);
            };
            if self.given.iter().any(|it| std::ptr::eq(it.0, relation)) {
                return Err(A::Error::duplicate_field(relation.meta.key));
            }
            let members = Members { relation, read, depth: self.depth + 1 };
            let members = self.map.next_value_seed(members)?;
            self.given.push((relation, members));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

impl<'de> Members<'de> {
    fn object(&self) -> Object<'de> {
        let mapper = Mapper::of(self.relation.target);
        Object { mapper, read: self.read, depth: self.depth }
    }
}

impl<'de> DeserializeSeed<'de> for Members<'de> {
    type Value = Vec<AnyObj>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<AnyObj>, D::Error> {
        match self.relation.many {
            true => deserializer.deserialize_seq(self),
            false => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<AnyObj>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.relation.many { "a list of objects" } else { "an object or null" })
    }

    fn visit_none<E>(self) -> Result<Vec<AnyObj>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<AnyObj>, D::Error> {
        self.object().deserialize(deserializer).map(|it| vec![it])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<AnyObj>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element_seed(self.object())? {
            members.push(member);
        }
        Ok(members)
    }
}
