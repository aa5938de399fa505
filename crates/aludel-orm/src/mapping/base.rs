//! [`DeclarativeBase`] and the default [`Base`].

use std::{
    any::TypeId,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aludel_core::{schema::MetaData, value::TypeMap};

use super::{EntityMeta, Linked, Mapped, Registry, linked::closure, metadata::add_tables};
use crate::Result;

/// The base of a family of mapped structs, `#[table("user", base = Base)]`: its schema, its types, and how
/// constraints are called.
///
/// ```
/// # use aludel_orm::mapping as aludel;
/// # use aludel_core::{dialect, value::{TypeMap, sql}};
/// use aludel::DeclarativeBase;
///
/// struct Base;
///
/// impl DeclarativeBase for Base {
///     fn type_map() -> TypeMap {
///         let text = sql::Text.with_variant(sql::VarChar(255), [dialect::MYSQL, dialect::MARIADB]);
///         TypeMap::new().set::<String>(text).annotated("bigint", sql::BigInt)
///     }
/// }
///
/// Base::configure()?;
/// assert!(Base::registry().mappers().is_empty());
/// # Ok::<(), aludel_orm::Error>(())
/// ```
pub trait DeclarativeBase: Sized + 'static {
    /// The schema of tables that name none: part of their names in every statement.
    const SCHEMA: Option<&'static str> = None;

    /// The tables. A base of your own may say how constraints are called:
    /// `MetaData::new().naming_convention(…).mapped_by::<Self>()`.
    ///
    /// A crate of models that the program never names is not linked, and so not here.
    fn metadata() -> MetaData {
        MetaData::new().mapped_by::<Self>()
    }

    /// The types of columns, where they aren't what their Rust types say.
    fn type_map() -> TypeMap {
        TypeMap::new()
    }

    /// The mapped structs.
    fn registry() -> Registry {
        Registry::of::<Self>()
    }

    /// Checks every mapped struct of this base: worth a test of its own.
    ///
    /// # Errors
    /// As [`Registry::configure`].
    fn configure() -> Result<()> {
        Self::registry().configure()
    }
}

/// The base of mapped structs that name none.
#[derive(Debug)]
pub enum Base {}

impl DeclarativeBase for Base {}

/// Mapped structs that are named explicitly: `(User, Address)`, or tuples of such tuples where there are many.
pub trait Entities {
    /// Their descriptions.
    fn metas(self) -> Vec<&'static EntityMeta>;
}

/// `MetaData::of((User, Address))`: the tables of these mapped structs and whatever they relate to,
/// where link-time registration isn't available or wanted.
pub trait MetaDataOf: Sized {
    /// The tables of these mapped structs, and of whatever they relate to.
    fn of<E: Entities>(entities: E) -> Self;

    /// The same, with the tables of a base's mapped structs: the end of that base's own
    /// [`metadata`](DeclarativeBase::metadata).
    #[must_use]
    fn mapped_by<B: DeclarativeBase>(self) -> Self;
}

impl MetaDataOf for MetaData {
    fn of<E: Entities>(entities: E) -> Self {
        let mut metadata = Self::new();
        tell(&add_tables(&mut metadata, &closure(entities.metas())));
        metadata
    }

    fn mapped_by<B: DeclarativeBase>(self) -> Self {
        mapped_by(TypeId::of::<B>(), self)
    }
}

/// What was made of a base's mapped structs: a program asks for it time and again, and it is always the same.
struct Made {
    base: TypeId,
    /// What it was added to.
    to: MetaData,
    metadata: MetaData,
    problems: Vec<String>,
}

static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

fn made() -> MutexGuard<'static, Vec<Made>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mapped_by(base: TypeId, to: MetaData) -> MetaData {
    if let Some(made) = made().iter().find(|it| it.base == base && it.to == to) {
        tell(&made.problems);
        return made.metadata.clone();
    }
    let mut metadata = to.clone();
    let problems = add_tables(&mut metadata, &Linked::global().of_base(base));
    tell(&problems);
    metadata.set_mapped(base, problems.is_empty());
    let mut made = made();
    made.retain(|it| it.base != base);
    made.reserve_exact(1);
    made.push(Made { base, to, metadata: metadata.clone(), problems });
    metadata
}

/// What `configure` tells as an error.
fn tell(problems: &[String]) {
    for problem in problems {
        tracing::error!(target: "aludel::mapping", problem, "a table makes no sense");
    }
}

impl<C: super::EntityConst> Entities for C {
    fn metas(self) -> Vec<&'static EntityMeta> {
        vec![C::Mapped::meta()]
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Entities),+> Entities for ($($name,)+) {
            #[allow(non_snake_case, reason = "each is called as its type")]
            fn metas(self) -> Vec<&'static EntityMeta> {
                let ($($name,)+) = self;
                [$($name.metas()),+].concat()
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
