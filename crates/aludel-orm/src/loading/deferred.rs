//! [`DeferredAccess`]: an object's column that is loaded on demand, for it and its siblings.

use std::{any::Any, marker::PhantomData, sync::Arc};

use aludel_core::{
    DecodeError,
    value::{ColumnType, Columns as Row, Deferred, Value},
};
use aludel_engine::{
    EngineFace, Result as EngineResult,
    driver::{Flow, Step, Work},
};
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::fetch::KEYS;
use crate::{
    Error, Result,
    error::Attribute,
    mapping::{Mapped, Mapper, Property, statements::Purpose},
    object::{
        Obj, Raw,
        chunk::{AnyChunk, Columns},
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::{
        Key, Session,
        core::Core,
        identity::{fingerprint, same_value},
        key::key_values,
    },
};

/// An object's column that is loaded on demand.
///
/// ```
/// # use aludel_orm::{loading::DeferredAccess, mapping::Mapped, object::Obj, session::Session};
/// # trait Body<T: Mapped> { fn body(&self) -> DeferredAccess<'_, T, String>; }
/// # async fn example<T: Mapped>(
/// #     doc: &impl Body<T>, session: &mut Session<aludel_engine::Engine>,
/// # ) -> aludel_orm::Result<()> {
/// let body: String = doc.body().load(session).await?;
/// # Ok(())
/// # }
/// ```
pub struct DeferredAccess<'a, E: Mapped, T> {
    owner: &'a Raw<E>,
    index: u16,
    value: PhantomData<fn() -> T>,
}

impl<E: Mapped, T> std::fmt::Debug for DeferredAccess<'_, E, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeferredAccess({})", self.index)
    }
}

/// The accessor of a field's column; the derive calls it where the field's type is `Deferred`.
#[doc(hidden)]
pub trait DeferredField {
    /// What an object's accessor gives.
    type Access<'a, E: Mapped>;

    /// The accessor of an object's column.
    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> Self::Access<'_, E>;
}

impl<T: ColumnType> DeferredField for Deferred<T> {
    type Access<'a, E: Mapped> = DeferredAccess<'a, E, T>;

    fn access<E: Mapped>(raw: &Raw<E>, index: u16) -> DeferredAccess<'_, E, T> {
        DeferredAccess::new(raw, index)
    }
}

impl<'a, E: Mapped, T: ColumnType> DeferredAccess<'a, E, T> {
    fn new(owner: &'a Raw<E>, index: u16) -> Self {
        Self { owner, index, value: PhantomData }
    }

    /// Whether the value is loaded, or assigned. `false` of an object that is mutably borrowed.
    pub fn is_loaded(self) -> bool {
        let value = self.owner.chunk().read(self.owner.slot());
        value.is_ok_and(|it| !it.is_unset(self.index))
    }

    /// The value, loaded if need be: for this object and all that came with it from the same result, with
    /// the other columns of its group, in one query for each 500 of them. What is loaded or assigned
    /// already needs no query.
    ///
    /// # Errors
    /// The object is in no session or in another ([`Error::Detached`], [`Error::OtherSession`]), a
    /// `raiseload` forbids it ([`Error::RaiseLoad`]), its row is gone ([`Error::ObjectDeleted`]), or the
    /// database refuses.
    #[track_caller]
    pub fn load<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<T>> + Send + use<'s, E, T, F>> {
        session.core().called();
        F::run(load(session.core(), self.owner.clone(), self.index, true))
    }

    /// As [`DeferredAccess::load`], for this object alone.
    ///
    /// # Errors
    /// As [`DeferredAccess::load`].
    #[track_caller]
    pub fn load_one<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<T>> + Send + use<'s, E, T, F>> {
        session.core().called();
        F::run(load(session.core(), self.owner.clone(), self.index, false))
    }
}

async fn load<E: Mapped, T: ColumnType>(
    core: &mut Core,
    owner: Raw<E>,
    index: u16,
    siblings: bool,
) -> Result<T> {
    let object = Obj::from_raw(owner);
    let column = &E::meta().columns[usize::from(index)];
    let mapped = column.deferral.is_some_and(|it| it.raises);
    // An object that is expired as a whole may hold what isn't so any more.
    let found = |core: &Core| {
        let raw = object.raw();
        let at = raw.reference();
        let is_expired =
            raw.flags().has(Flags::EXPIRED) && core.tables(|it| it.expired_columns(at).is_none());
        let value = raw.chunk().read(raw.slot())?;
        // What the query said goes before what the mapping says.
        let raises = value.left_out(index).map_or(mapped, |it| it.raises);
        let is_set = !value.is_unset(index);
        let loaded = is_set.then(|| T::from_ref(value.get(index))).flatten();
        Ok::<_, Error>((loaded, raises, is_expired))
    };
    let (value, raises, is_expired) = found(core)?;
    if let Some(value) = value.filter(|_| !is_expired) {
        return Ok(value);
    }
    let at = core.own(&object)?;
    let by_query = matches!(column.property, Some(Property::ByQuery));
    if raises || by_query {
        let attribute = Attribute { entity: E::meta().name, name: column.field };
        return Err(Error::RaiseLoad(Box::new(attribute)));
    }
    core.before_query(None).await?;
    if is_expired {
        core.freshen(at).await?;
    }
    core.load_columns(Mapper::checked(E::meta())?, index, at, siblings).await?;
    let gone = || Error::ObjectDeleted(core.subject(at));
    found(core)?.0.ok_or_else(gone)
}

/// The script of columns that are loaded on demand.
struct ColumnsWork {
    steps: Vec<Step>,
    keys: usize,
    width: usize,
    rows: Vec<(Key, Vec<Value>)>,
}

impl Work for ColumnsWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.steps);
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        let values = |range: std::ops::Range<usize>| range.map(|it| row.get(it).to_value());
        let key = values(0..self.keys).collect();
        self.rows.push((key, values(self.keys..self.width).collect()));
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// An object that columns are read for.
struct Wanting {
    key: Key,
    chunk: Arc<dyn AnyChunk>,
    slot: u32,
}

impl Core {
    /// Loads a column, and those of its group, of an object; of its siblings, too, if asked to.
    pub(crate) async fn load_columns(
        &mut self,
        mapper: &'static Mapper,
        column: u16,
        at: Ref,
        siblings: bool,
    ) -> Result<()> {
        let columns = match mapper.deferrals.as_deref() {
            Some(deferrals) => deferrals.together(column),
            None => Columns::from_slice(&[column]),
        };
        let wanting = self.wanting(mapper, &columns, at, siblings)?;
        if wanting.is_empty() {
            return Ok(());
        }
        let (dialect, hooks) = (self.engine.dialect(), self.executes());
        let mut steps = self.open(false).await?;
        for wanting in wanting.chunks(KEYS) {
            // Few sizes, so that few statements are prepared: the last key fills up the list.
            let n = wanting.len().next_power_of_two().min(KEYS);
            let padding = std::iter::repeat_n(wanting.last(), n - wanting.len()).flatten();
            let keys = wanting.iter().chain(padding).flat_map(|it| it.key.iter().cloned());
            let purpose = Purpose::Columns(columns.clone(), n);
            steps.push(Step::Run(hooks.run(mapper, purpose, None, keys.collect(), dialect)?));
        }
        let keys = mapper.meta.primary_key.len();
        let width = keys + columns.len();
        let work = ColumnsWork { steps, keys, width, rows: Vec::new() };
        let rows = self.run(work, |_, _| ()).await?.rows;
        self.take_columns(mapper, &columns, &wanting, rows)
    }

    /// The objects whose columns aren't all loaded: this one, and the live ones of its load.
    fn wanting(
        &self,
        mapper: &Mapper,
        columns: &[u16],
        at: Ref,
        siblings: bool,
    ) -> Result<Vec<Wanting>> {
        let Some(own) = self.chunk(at) else { return Ok(Vec::new()) };
        let mut chunks = self.tables(|tables| {
            let batch = own.head().batch;
            let is_sibling = |it: &Arc<dyn AnyChunk>| siblings && it.head().batch == batch;
            let all = tables.chunks.values().map(|it| &it.chunk);
            all.filter(|it| is_sibling(it)).cloned().collect::<Vec<_>>()
        });
        chunks.retain(|it| it.head().id != at.chunk());
        chunks.sort_unstable_by_key(|it| it.head().id);
        let mut found = Vec::new();
        let mut look = |chunk: &Arc<dyn AnyChunk>, slot: u32| {
            let mut wants = false;
            chunk.with(slot, &mut |it| wants = columns.iter().any(|at| it.is_unset(*at)))?;
            if wants {
                let mut key = Key::new();
                chunk.loaded(slot, &mut |it| key = key_values(mapper.meta, it))?;
                found.push(Wanting { key, chunk: chunk.clone(), slot });
            }
            Ok(())
        };
        look(&own, at.slot())?;
        if siblings {
            chunks.insert(0, own);
        }
        for chunk in &chunks {
            for slot in 0..chunk.head().used() {
                let flags = chunk.head().flags(slot);
                let is_left_out = flags.has(Flags::MARKED) || flags.has(Flags::EXPIRED);
                if flags.state() != State::Persistent
                    || is_left_out
                    || chunk.head().reference(slot) == at
                {
                    continue;
                }
                // One that is borrowed is loaded when it is asked itself.
                match look(chunk, slot) {
                    Err(Error::Borrowed(_)) => {}
                    other => other?,
                }
            }
        }
        Ok(found)
    }

    /// Takes what was read where nothing is loaded or assigned.
    fn take_columns(
        &mut self,
        mapper: &'static Mapper,
        columns: &[u16],
        wanting: &[Wanting],
        rows: Vec<(Key, Vec<Value>)>,
    ) -> Result<()> {
        let print = |key: &Key| fingerprint(key.iter().map(Value::as_ref));
        let mut by_key: HashMap<u64, Vec<usize>, RandomState> = HashMap::default();
        for (place, wanting) in wanting.iter().enumerate() {
            by_key.entry(print(&wanting.key)).or_default().push(place);
        }
        let nested = self.level_wrote();
        for (key, values) in rows {
            let same = |it: &&usize| {
                let own = wanting[**it].key.iter();
                own.zip(&key).all(|(one, other)| same_value(one.as_ref(), other.as_ref()))
            };
            let places = by_key.get(&print(&key)).map_or(&[][..], Vec::as_slice);
            let Some(place) = places.iter().find(same) else { continue };
            let Wanting { chunk, slot, .. } = &wanting[*place];
            let mut misfit = None;
            chunk.write(*slot, &mut |fields| {
                for (column, value) in columns.iter().zip(&values) {
                    let fits =
                        !fields.is_unset(*column) || fields.put(*column, Some(value.as_ref()));
                    misfit = misfit.or((!fits).then_some(*column));
                }
            })?;
            if let Some(column) = misfit {
                let meta = &mapper.meta.columns[usize::from(column)];
                let place = columns.iter().position(|it| *it == column).unwrap_or_default();
                let found = values[place].as_ref();
                let (ty, nullable) = (meta.ty, meta.nullable);
                let error = DecodeError::new(place + key.len(), meta.name, ty, nullable, found);
                return Err(aludel_core::Error::from(error.of_entity(mapper.entity())).into());
            }
            if nested {
                // The rollback of a savepoint may take back what was read in it.
                let object = chunk.head().reference(*slot);
                self.ledger(|it| it.log.push(Event::Renewed { object }));
            }
        }
        Ok(())
    }
}
