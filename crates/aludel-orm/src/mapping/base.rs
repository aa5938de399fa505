//! [`DeclarativeBase`] and the default [`Base`].

use std::{any::TypeId, cell::RefCell};

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
        let entities = closure(entities.metas().into_iter());
        let mut metadata = Self::new();
        tell(&add_tables(&mut metadata, entities.into_iter()));
        metadata
    }

    fn mapped_by<B: DeclarativeBase>(mut self) -> Self {
        let own = TypeId::of::<B>();
        let linked = Linked::global().entities().iter().copied();
        let problems = add_tables(&mut self, linked.filter(|it| (it.base)().id == own));
        tell(&problems);
        MAPPED.with_borrow_mut(|it| *it = Some((own, !problems.is_empty())));
        self
    }
}

thread_local! {
    /// Whose tables were made last, and whether something was wrong with them: so that `configure` needn't make
    /// them again to know.
    static MAPPED: RefCell<Option<(TypeId, bool)>> = const { RefCell::new(None) };
}

/// A base's own tables, and whether something is wrong with them; `None` if it doesn't make them of its structs.
pub(super) fn told_of(base: TypeId, metadata: fn() -> MetaData) -> (MetaData, Option<bool>) {
    MAPPED.take();
    let declared = metadata();
    let told = MAPPED.take().filter(|it| it.0 == base);
    (declared, told.map(|it| it.1))
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
