//! [`Object`]: an object of any entity, and what a scenario does with it by name.

use aludel::{AnyObj, Obj, Result, State, blocking::Session, inspect};
use serde_json::Value as Json;

use crate::{
    entities::with_entities,
    known::{Failed, Known},
    model::Model as _,
    models::*,
};

macro_rules! objects {
    ($($Model:ident [$($key:ident)*] {
        $($column:ident)*;
        $(many $many:ident: $Many:ident;)*
        $(one $one:ident: $One:ident;)*
    })*) => {
        /// An object of any entity.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Object {
            $(
                #[doc = concat!("One of `", stringify!($Model), "`.")]
                $Model(Obj<$Model>),
            )*
        }

        impl Object {
            /// A transient object with these columns.
            pub fn new(class: &str, values: &serde_json::Map<String, Json>) -> Option<Self> {
                match class {
                    $(stringify!($Model) => {
                        let mut value = $Model::default();
                        values.iter().all(|(name, it)| value.set_named(name, it)).then_some(())?;
                        Some(Self::$Model(Obj::new(value)))
                    })*
                    _ => None,
                }
            }

            /// The entity's name.
            pub fn class(&self) -> &'static str {
                match self {
                    $(Self::$Model(_) => stringify!($Model),)*
                }
            }

            /// Its columns, in the order of the table.
            pub fn columns(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$Model(_) => $Model::COLUMNS,)*
                }
            }

            /// The columns of its primary key.
            pub fn keys(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$Model(_) => &[$(stringify!($key)),*],)*
                }
            }

            /// Its relationships: names, and whether they are collections.
            pub fn relationships(&self) -> &'static [(&'static str, bool)] {
                match self {
                    $(Self::$Model(_) => &[
                        $((stringify!($many), true),)*
                        $((stringify!($one), false),)*
                    ],)*
                }
            }

            /// What is known of it.
            pub fn inspect(&self) -> Known {
                match self {
                    $(Self::$Model(it) => Known::of(it),)*
                }
            }

            /// Whether a column's value is only the one last known.
            pub fn is_expired(&self, name: &str) -> bool {
                match self {
                    $(Self::$Model(it) => {
                        inspect(it).attribute(name).is_some_and(|it| it.expired)
                    })*
                }
            }

            /// Whether a flush would find an attribute changed.
            pub fn is_changed(&self, name: &str) -> bool {
                match self {
                    $(Self::$Model(it) => {
                        inspect(it).attribute(name).is_some_and(|it| it.modified)
                    })*
                }
            }

            /// Whether the object of another handle is this one.
            pub fn is(&self, other: &AnyObj) -> bool {
                match self {
                    $(Self::$Model(it) => other == it,)*
                }
            }

            /// An object of whatever entity.
            pub fn of(object: &AnyObj) -> Option<Self> {
                match object.entity() {
                    $(stringify!($Model) => object.downcast($Model).map(Self::$Model),)*
                    _ => None,
                }
            }

            /// `is_modified`.
            pub fn is_modified(&self, session: &Session) -> bool {
                match self {
                    $(Self::$Model(it) => session.is_modified(it),)*
                }
            }

            /// `expire`, whole or these attributes.
            pub fn expire(&self, session: &mut Session, names: Option<&[&str]>) -> Result<(), Failed> {
                match (self, names) {
                    $((Self::$Model(it), None) => session.expire(it)?,
                    (Self::$Model(it), Some(names)) => {
                        session.expire_attributes(it, $Model::attributes(names)?)?;
                    })*
                }
                Ok(())
            }

            /// `refresh` of these attributes.
            pub fn refresh_some(&self, session: &mut Session, names: &[&str]) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(it) => {
                        session.refresh_attributes(it, $Model::attributes(names)?)?;
                    })*
                }
                Ok(())
            }

            /// A column's value, if it was set.
            pub fn show(&self, name: &str) -> Option<Json> {
                match self {
                    $(Self::$Model(it) => it.borrow().show(name),)*
                }
            }

            /// `set` of a column.
            pub fn set(&self, session: &mut Session, name: &str, value: &Json) -> Result<(), Failed> {
                match self {
                    $(Self::$Model(it) => {
                        let column = $Model::column(name).ok_or(Failed::NoSuchAttribute)?;
                        column.set(session, it, value)?;
                    })*
                }
                Ok(())
            }

            /// Lets a session say how its links behave.
            pub fn know(&self, session: &mut Session) {
                match self {
                    $(Self::$Model(it) => session.__know(it),)*
                }
            }

            /// Reads who stood in one-to-one relationships that changed.
            pub fn look(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.__look(it),)*
                }
            }

            /// Forbids loads; what was forbidden before.
            pub fn forbid(&self, session: &mut Session, numbers: u64) -> u64 {
                match self {
                    $(Self::$Model(it) => session.__forbid(it, numbers),)*
                }
            }

            /// Says that a relationship is loaded again with it.
            pub fn load_again(&self, session: &mut Session, name: &str) {
                match self {
                    $(Self::$Model(it) => session.__load_again(it, name),)*
                }
            }

            /// Fills a many-to-one by what the session holds.
            pub fn recall(&self, session: &mut Session, name: &str) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.__recall(it, name),)*
                }
            }

            /// `add`.
            pub fn add(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.try_add(it).map(drop),)*
                }
            }

            /// `delete`.
            pub fn delete(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.delete(it),)*
                }
            }

            /// `merge`, or `merge_loaded`.
            pub fn merge(&self, session: &mut Session, load: bool) -> Result<Self> {
                Ok(match self {
                    $(Self::$Model(it) => Self::$Model(match load {
                        true => session.merge(it)?,
                        false => session.merge_loaded(it)?,
                    }),)*
                })
            }

            /// `expunge`.
            pub fn expunge(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.expunge(it),)*
                }
            }

            /// `refresh`.
            pub fn refresh(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.refresh(it),)*
                }
            }

            /// `fresh`.
            pub fn fresh(&self, session: &mut Session) -> Result<()> {
                match self {
                    $(Self::$Model(it) => session.fresh(it),)*
                }
            }

            /// `contains`.
            pub fn is_in(&self, session: &Session) -> bool {
                match self {
                    $(Self::$Model(it) => session.contains(it),)*
                }
            }
        }

        /// Runs code for the entity of a name.
        macro_rules! of_class {
            ($class:expr, $M:ident => $body:expr, else $none:expr) => {
                match $class {
                    $(stringify!($Model) => {
                        type $M = $crate::models::$Model;
                        $body
                    })*
                    _ => $none,
                }
            };
        }
    };
}

with_entities!(objects);

pub(crate) use of_class;

impl Object {
    /// How many of its columns are set.
    pub fn columns_set(&self) -> usize {
        self.columns().iter().filter(|it| self.show(it).is_some()).count()
    }

    /// Its state's name.
    pub fn state(&self) -> State {
        self.inspect().state
    }
}
