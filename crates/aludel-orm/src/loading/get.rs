//! One object by its primary key.

use std::{any::Any, sync::Arc};

use aludel_core::value::{Columns as Row, Cursor, Value};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Params, Run, Step, Want, Work},
};
use smallvec::smallvec;

use crate::{
    Result,
    mapping::{Mapped, Mapper, statements::Purpose},
    object::{
        Obj, Raw,
        anchor::Anchor,
        chunk::{Chunk, Slot, next_id},
        cohort::AnyCohort,
        graph::Graph,
        state::Flags,
    },
    session::{Key, core::Core, identity::fingerprint},
};

/// The script of one row by its key. What it reads is a value, not a cohort: a cold `get` is short.
struct GetWork<T> {
    opening: Vec<Step>,
    run: Option<Run>,
    found: Option<T>,
}

impl<T: Mapped> Work for GetWork<T> {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        let Some(run) = self.run.take() else { return Ok(Flow::Done) };
        out.append(&mut self.opening);
        out.push(Step::Run(run));
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        let value = T::decode(&mut Cursor::new(row));
        self.found =
            Some(value.map_err(|it| aludel_core::Error::from(it.of_entity(T::meta().name)))?);
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The script of one row by its key, for an entity whose type isn't known.
struct ReadWork {
    opening: Vec<Step>,
    run: Option<Run>,
    cohort: Box<dyn AnyCohort>,
}

impl Work for ReadWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        let Some(run) = self.run.take() else { return Ok(Flow::Done) };
        out.append(&mut self.opening);
        out.push(Step::Run(run));
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        self.cohort.push(&mut Cursor::new(row)).map_err(aludel_core::Error::from)?;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Core {
    /// The object of a key: from the identity map without SQL, or from its row.
    pub(crate) async fn get<T: Mapped>(&mut self, key: Key) -> Result<Option<Obj<T>>> {
        self.settle().await;
        self.check()?;
        let held = self.held::<T>(&key);
        if let Some(object) = held {
            let flags = object.raw().flags();
            if flags.has(Flags::MARKED) || !flags.has(Flags::EXPIRED) {
                return Ok(Some(object));
            }
        }
        if key.iter().any(Value::is_null) {
            return Ok(None);
        }
        if self.options.autoflush {
            self.flush().await?;
        }
        let mapper = Mapper::checked(T::meta())?;
        let run = self.run_by_key(mapper, key).await?;
        let opening = self.opening(false);
        self.opened(&opening);
        let work = GetWork::<T> { opening, run: Some(run), found: None };
        let found = self.run(work, |_, _| ()).await?.found;
        let Some(value) = found else { return Ok(None) };
        self.land_one(mapper, value).map(Some)
    }

    /// Reads a row by its key into the session; whether there is one.
    pub(crate) async fn read_by_key(&mut self, mapper: &'static Mapper, key: Key) -> Result<bool> {
        let run = self.run_by_key(mapper, key).await?;
        let opening = self.opening(false);
        self.opened(&opening);
        let cohort = (mapper.meta.ops.cohort)();
        let work = ReadWork { opening, run: Some(run), cohort };
        let mut cohort = self.run(work, |_, _| ()).await?.cohort;
        if cohort.len() == 0 {
            return Ok(false);
        }
        self.land(&mut *cohort, false)?;
        self.sweep(false);
        Ok(true)
    }

    async fn run_by_key(&mut self, mapper: &'static Mapper, key: Key) -> Result<Run> {
        let statement = mapper.statement(Purpose::Get, self.engine.dialect())?;
        self.connect().await?;
        Ok(Run { statement, params: Params::Values(key), want: Want::Rows })
    }

    /// Brings one loaded value into the session: into the object that holds its key, or a new one.
    fn land_one<T: Mapped>(&mut self, mapper: &'static Mapper, value: T) -> Result<Obj<T>> {
        let fp = fingerprint(T::PRIMARY_KEY.iter().map(|it| value.get(*it)));
        let same = |it: &dyn crate::object::chunk::Fields| {
            T::PRIMARY_KEY.iter().all(|at| it.get(*at) == value.get(*at))
        };
        if let Some(hit) = self.store(mapper).find(fp, same)
            && let Some(raw) = Raw::<T>::from_any(hit.anchor, hit.slot)
        {
            let flags = raw.flags();
            if flags.has(Flags::EXPIRED) {
                raw.chunk().drop_snapshot(raw.slot());
                raw.chunk().replace(raw.slot(), value)?;
                raw.chunk().head().set_flags(raw.slot(), raw.flags().without(Flags::EXPIRED));
            }
            return Ok(Obj::from_raw(raw));
        }
        let slots = smallvec![Slot::new(Some(value))];
        let chunk = Arc::new(Chunk::new(slots, next_id(), self.id, Flags::PERSISTENT));
        let graph = Graph::root(&self.graph).clone();
        let anchor = Arc::new(Anchor::with_graph(chunk.clone(), graph));
        let weak = Arc::downgrade(&anchor) as _;
        let due = self.tables(|it| {
            it.insert_held(chunk.clone(), weak);
            it.is_due()
        });
        let store = self.store(mapper);
        store.adopt_as(chunk.head().id, anchor.clone());
        store.insert(fp, chunk.head().reference(0));
        let object = Obj::from_raw(Raw::new(anchor, 0));
        if due {
            self.sweep(true);
        }
        Ok(object)
    }
}
