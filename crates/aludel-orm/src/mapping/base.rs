//! [`DeclarativeBase`] and the default [`Base`].

use std::any::TypeId;

use aludel_core::schema::MetaData;

use super::{EntityMeta, Mapped, Mapper, Registry, metadata::metadata, registry::closure};
use crate::Result;

/// The base of a family of mapped structs: `#[table("user", base = Base)]`.
pub trait DeclarativeBase: 'static {
    /// The program's registry.
    fn registry() -> &'static Registry {
        Registry::global()
    }

    /// The mappers of this base, sorted by table.
    fn mappers() -> Vec<&'static Mapper> {
        let own = |it: &&&'static EntityMeta| (it.base)() == TypeId::of::<Self>();
        Registry::global().entities().iter().filter(own).map(|it| Mapper::of(it)).collect()
    }

    /// The tables of this base's mapped structs.
    ///
    /// A crate of models that the program never names is not linked, and so not here.
    fn metadata() -> MetaData {
        metadata(Self::mappers().into_iter().map(|it| it.meta))
    }

    /// Checks every mapped struct of this base.
    ///
    /// # Errors
    /// The first entity whose relationships or keys make no sense.
    fn configure() -> Result<()> {
        Self::mappers().into_iter().try_for_each(|it| Mapper::checked(it.meta).map(drop))
    }
}

/// The base of mapped structs that name none.
#[derive(Debug)]
pub enum Base {}

impl DeclarativeBase for Base {}

/// Mapped structs that are named explicitly: `(User, Address)`.
pub trait Entities {
    /// Their descriptions.
    fn metas(self) -> Vec<&'static EntityMeta>;
}

/// `MetaData::of((User, Address))`: the tables of these mapped structs and whatever they relate to,
/// where link-time registration isn't available or wanted.
pub trait MetaDataOf: Sized {
    /// The tables of these mapped structs, and of whatever they relate to.
    fn of<E: Entities>(entities: E) -> Self;
}

impl MetaDataOf for MetaData {
    fn of<E: Entities>(entities: E) -> Self {
        metadata(closure(entities.metas().into_iter()).into_iter())
    }
}

impl<C: super::EntityConst> Entities for C {
    fn metas(self) -> Vec<&'static EntityMeta> {
        vec![C::Mapped::meta()]
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: super::EntityConst),+> Entities for ($($name,)+) {
            fn metas(self) -> Vec<&'static EntityMeta> {
                vec![$(<$name::Mapped as Mapped>::meta()),+]
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
