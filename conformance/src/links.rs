//! What a scenario does with an object's relationships by name.

use aludel::{Result, blocking::Session};

use crate::{entities::with_entities, known::Failed, model::Model as _, models::*, object::Object};

macro_rules! links {
    ($($Model:ident [$($key:ident)*] {
        $($column:ident)*;
        $(many $many:ident: $Many:ident;)*
        $(one $one:ident: $One:ident;)*
    })*) => {
        impl Object {
            /// Loads a relationship, where it isn't loaded.
            pub fn load(&self, session: &mut Session, name: &str) -> Result<Vec<Self>, Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let members = _it.$many().load_one(session)?;
                            Ok(members.into_iter().map(Object::$Many).collect())
                        })*
                        $(stringify!($one) => {
                            let other = _it.$one().load_one(session)?;
                            Ok(other.into_iter().map(Object::$One).collect())
                        })*
                        _ => Err(Failed::NoSuchAttribute),
                    },)*
                }
            }

            /// What is in memory of a relationship, if it is loaded.
            pub fn loaded(&self, name: &str) -> Option<Vec<Self>> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            _it.$many().is_loaded().then_some(())?;
                            Some(_it.$many().iter().ok()?.map(Object::$Many).collect())
                        })*
                        $(stringify!($one) => {
                            _it.$one().is_loaded().then_some(())?;
                            Some(_it.$one().get().ok()?.into_iter().map(Object::$One).collect())
                        })*
                        _ => None,
                    },)*
                }
            }

            /// Sets a to-one relationship.
            pub fn set_ref(&self, name: &str, other: Option<&Self>) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($one) => match other {
                            None => _it.$one().clear(),
                            Some(other) => {
                                let other = $One::unwrap(other).ok_or(Failed::NoSuchAttribute)?;
                                _it.$one().set(other);
                            }
                        },)*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Adds a member to a collection.
            pub fn push(&self, name: &str, member: &Self) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let member = $Many::unwrap(member).ok_or(Failed::NoSuchAttribute)?;
                            _it.$many().push(member);
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Removes a member of a collection.
            pub fn remove(&self, name: &str, member: &Self) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let member = $Many::unwrap(member).ok_or(Failed::NoSuchAttribute)?;
                            _it.$many().remove(member)?;
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }

            /// Replaces a collection.
            pub fn set_coll(&self, name: &str, members: &[Self]) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(_it) => match name {
                        $(stringify!($many) => {
                            let members: Option<Vec<_>> =
                                members.iter().map(|it| $Many::unwrap(it).cloned()).collect();
                            _it.$many().set(members.ok_or(Failed::NoSuchAttribute)?);
                        })*
                        _ => return Err(Failed::NoSuchAttribute),
                    },)*
                }
                Ok(())
            }
        }

    };
}

with_entities!(links);
