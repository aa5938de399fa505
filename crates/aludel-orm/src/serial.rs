//! Objects to and from what serde knows: JSON and the like.
//!
//! An object is written as its struct writes itself, and beside the columns stand the relationships that
//! are set or loaded. What is read is a new object, with others where relationships are given; `merge`
//! brings them into a session.

mod read;
mod write;

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error, Result,
    mapping::{Mapped, Relation},
    object::AnyObj,
};

/// Copies an object's columns to be written. A copy, as it may be long under way to a client, and a guard
/// would keep others waiting.
pub type Write = fn(&AnyObj) -> Result<Box<dyn erased_serde::Serialize>>;

/// Reads an object without its relationships. It is in a graph, so that others can be linked with it.
pub type Read<'de> =
    fn(&mut dyn erased_serde::Deserializer<'de>) -> Result<AnyObj, erased_serde::Error>;

/// The same, whatever lifetime there is.
pub type ReadAny =
    for<'de> fn(&mut dyn erased_serde::Deserializer<'de>) -> Result<AnyObj, erased_serde::Error>;

/// How deep objects may stand in each other; more would be too much for a thread's stack.
const DEEPEST: usize = 100;

/// How objects of an entity are written and read, as far as its struct is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial {
    write: Option<Write>,
    read: Option<ReadAny>,
}

/// Asks whether a struct can be written and read: [`Serde::WRITE`] is that of [`NoSerde`] where it can't.
pub struct Serde<T>(PhantomData<T>);

impl<T: Mapped + Serialize> Serde<T> {
    /// How it is written.
    pub const WRITE: Option<Write> = Some(write::columns::<T>);
}

impl<T: Mapped + DeserializeOwned> Serde<T> {
    /// How it is read.
    pub const READ: Option<ReadAny> = Some(|from| read::columns::<T>(from));
}

/// What holds of a struct that has no trait of serde's.
pub trait NoSerde {
    /// It isn't written.
    const WRITE: Option<Write> = None;
    /// It isn't read.
    const READ: Option<ReadAny> = None;
}

impl<T> NoSerde for Serde<T> {}

impl Serial {
    /// Of what [`Serde`] says.
    pub const fn new(write: Option<Write>, read: Option<ReadAny>) -> Self {
        Self { write, read }
    }
}

/// How the other end of a relationship is written and read.
fn other_end(relation: &Relation) -> Serial {
    relation.target.ops.serial
}

fn check_depth(depth: usize) -> Result<()> {
    match depth > DEEPEST {
        true => {
            let text = format!("objects stand in each other more than {DEEPEST} deep");
            Err(Error::InvalidRequest(text.into()))
        }
        false => Ok(()),
    }
}
