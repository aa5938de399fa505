//! [`Registry`]: the mapped structs of one declarative base.

use std::any::TypeId;

use aludel_core::{
    schema::MetaData,
    value::{TypeMap, short_name},
};

use super::{DeclarativeBase, EntityMeta, Linked, Mapper, base::Entities, metadata::add_tables};
use crate::{Error, Result, error::MappingError};

/// The mapped structs of one declarative base, and what holds for all of them.
///
/// [`DeclarativeBase::registry`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Registry {
    name: fn() -> &'static str,
    base: BaseMeta,
    metadata: fn() -> MetaData,
}

/// A declarative base, as its mapped structs know it.
#[derive(Clone, Copy, Debug)]
pub struct BaseMeta {
    /// Which one it is.
    pub id: TypeId,
    /// The schema of its tables that name none.
    pub schema: Option<&'static str>,
    /// Its type map.
    pub type_map: fn() -> TypeMap,
}

impl BaseMeta {
    /// That of a base.
    pub fn of<B: DeclarativeBase>() -> Self {
        Self { id: TypeId::of::<B>(), schema: B::SCHEMA, type_map: B::type_map }
    }
}

impl Registry {
    /// That of a base.
    pub fn of<B: DeclarativeBase>() -> Self {
        Self { name: short_name::<B>, base: BaseMeta::of::<B>(), metadata: B::metadata }
    }

    /// Names the program's mapped structs, of whatever base: these and whatever they relate to, and no others. A
    /// program finds its mapped structs by itself when it is linked, but not where there is no such thing, as in
    /// WebAssembly. It calls this before anything else.
    ///
    /// A list that lacks something lacks it everywhere, so tests on another machine find it.
    ///
    /// ```no_run
    /// # use aludel_orm::mapping::{EntityConst, Registry};
    /// # #[allow(non_snake_case)]
    /// # fn example<A: EntityConst, B: EntityConst, C: EntityConst>(User: A, Address: B, Tag: C) -> aludel_orm::Result<()> {
    /// Registry::install((User, Address, Tag))?; // (…, (…, …)) for more than twelve
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Mapping`]: mapped structs are in use already, and these are not among them.
    pub fn install<E: Entities>(entities: E) -> Result<()> {
        if Linked::install(&entities.metas()) {
            return Ok(());
        }
        let problem = "mapped structs are in use already, and some of these are not among them: call \
                       `Registry::install` once, with all of them, at the start of the program";
        Err(Error::Mapping(Box::new(MappingError {
            entity: "Registry",
            problems: vec![problem.into()],
        })))
    }

    fn entities(&self) -> Vec<&'static EntityMeta> {
        Linked::global().of_base(self.base.id)
    }

    /// The mappers, sorted by table.
    pub fn mappers(&self) -> Vec<&'static Mapper> {
        self.entities().into_iter().map(Mapper::of).collect()
    }

    /// The tables.
    pub fn metadata(&self) -> MetaData {
        (self.metadata)()
    }

    /// The types of columns.
    pub fn type_map(&self) -> TypeMap {
        Linked::global().types(&self.base).into_owned()
    }

    /// Checks all mapped structs: their relationships and keys, their types, and the tables together.
    ///
    /// # Errors
    /// [`Error::Mapping`] with every mistake, and its cure.
    pub fn configure(&self) -> Result<()> {
        let mut problems = Linked::global().types(&self.base).problems().to_vec();
        for mapper in self.mappers() {
            let of = |it: &String| match it.starts_with(mapper.entity()) {
                true => it.clone(),
                false => format!("{}: {it}", mapper.entity()),
            };
            problems.extend(mapper.problems.iter().map(of));
        }
        let declared = self.metadata();
        problems.extend(self.table_problems(&declared));
        if let Some(schema) = declared.default_schema().filter(|it| Some(*it) != self.base.schema) {
            problems.push(format!(
                "the tables of `{name}` have the schema that its constant `SCHEMA` says, by which queries \
                 name them, and not that of its `metadata()`: write `const SCHEMA: Option<&'static str> = \
                 Some(\"{schema}\");`",
                name = (self.name)()
            ));
        }
        if problems.is_empty() {
            return Ok(());
        }
        problems.dedup();
        Err(Error::Mapping(Box::new(MappingError { entity: (self.name)(), problems })))
    }

    /// What is wrong with the tables, by themselves and together.
    fn table_problems(&self, declared: &MetaData) -> Vec<String> {
        // As good as always, and there is nothing to be made a second time.
        if declared.mapped() == Some((self.base.id, true)) && declared.problems().is_empty() {
            return Vec::new();
        }
        let mut own = MetaData::new().naming_convention(declared.naming().clone());
        let mut problems = add_tables(&mut own, &self.entities());
        if !own.problems().is_empty() {
            // What a foreign key refers to may be another base's.
            let mut all = MetaData::new();
            add_tables(&mut all, Linked::global().entities());
            problems.extend(own.problems_among(&all));
        }
        problems
    }
}
