//! One object by its primary key.

use std::{any::Any, sync::Arc};

use aludel_core::{
    expr::{Expr, Node, Select},
    value::{Columns as Row, Cursor, Value},
};
use aludel_engine::{
    Result as EngineResult,
    driver::{self, Flow, Params, Run, Step, Want, Work},
};
use smallvec::smallvec;

use super::query::Query;
use crate::{
    Error, Result,
    error::StaleData,
    mapping::{EntityConst, Mapped, Mapper, statements::Purpose},
    object::{
        Obj, Raw,
        anchor::Anchor,
        chunk::{Chunk, Slot, next_id},
        cohort::{AnyCohort, key_of},
        graph::Graph,
        log::Event,
        reference::Ref,
        state::{Cause, Flags, State},
    },
    session::{
        Key,
        core::Core,
        identity::{fingerprint, same_value},
        key::key_values,
        transaction::no_connection,
    },
};

/// The script of one row by its key, and what takes it. Where the type is known, that is a value and
/// no cohort: a cold `get` is short.
pub(crate) struct GetWork<F> {
    opening: Vec<Step>,
    run: Option<Run>,
    found: F,
}

/// What takes the row.
pub(crate) trait Found: Send + 'static {
    fn take(&mut self, row: &dyn Row) -> EngineResult<()>;
}

impl<T: Mapped> Found for Option<T> {
    fn take(&mut self, row: &dyn Row) -> EngineResult<()> {
        let value = T::decode(&mut Cursor::new(row));
        *self = Some(value.map_err(|it| aludel_core::Error::from(it.of_entity(T::meta().name)))?);
        Ok(())
    }
}

impl Found for Box<dyn AnyCohort> {
    fn take(&mut self, row: &dyn Row) -> EngineResult<()> {
        self.push(&mut Cursor::new(row)).map_err(aludel_core::Error::from)?;
        Ok(())
    }
}

impl<F: Found> Work for GetWork<F> {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        let Some(run) = self.run.take() else { return Ok(Flow::Done) };
        out.append(&mut self.opening);
        out.push(Step::Run(run));
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        self.found.take(row)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// How far a `get` came without waiting. In boxes, so that what is done is small.
pub(crate) enum Early<T: Mapped> {
    /// It is done.
    Done(Result<Option<Obj<T>>>),
    /// The database refused; the session has yet to learn of it.
    Failed(aludel_engine::Error),
    /// It must wait for its row, and for nothing else.
    Ready(Box<GetWork<Option<T>>>),
    /// It must do something else first.
    Later(Box<Key>),
}

impl Core {
    /// The object of a key, where nothing needs to be waited for: the session holds it, or the
    /// connection reads rows here and now, and nothing is to be flushed or begun before.
    pub(crate) fn get_early<T: Mapped>(&mut self, key: Key) -> Early<T> {
        if self.in_flight.is_none()
            && self.failed.is_none()
            && let Some(object) = self.held::<T>(&key)
        {
            // Should the row of an expired one be gone, there is more to do.
            return match object.raw().flags().has(Flags::EXPIRED) {
                false => Early::Done(Ok(Some(object))),
                true => Early::Later(Box::new(key)),
            };
        }
        let waits = self.in_flight.is_some() || self.check().is_err();
        let must_flush = || self.options.autoflush && !self.is_clean();
        if waits
            || self.transaction.begun.is_none()
            || self.opens_level()
            || key.iter().any(Value::is_null)
            || self.is_metered()
            || !self.executes().is_empty()
            || must_flush()
        {
            return Early::Later(Box::new(key));
        }
        let dialect = self.engine.dialect();
        let Some(connection) = self.connection.as_mut().filter(|it| !it.is_under_way()) else {
            return Early::Later(Box::new(key));
        };
        let mapper = Mapper::of(T::meta());
        let Ok(statement) = mapper.statement(Purpose::Get, dialect) else {
            return Early::Later(Box::new(key));
        };
        let run = Run { statement, params: Params::Values(key), want: Want::Rows };
        #[cfg(debug_assertions)]
        self.repeats.get(self.called_at, mapper);
        let mut work = GetWork { opening: Vec::new(), run: Some(run), found: None::<T> };
        match connection.run_inline(&mut work) {
            None => Early::Ready(Box::new(work)),
            Some(Err(error)) => Early::Failed(error),
            Some(Ok(())) => Early::Done(self.found(mapper, work.found)),
        }
    }

    /// What an early `get` has only to wait for.
    pub(crate) async fn get_ready<T: Mapped>(
        &mut self,
        work: Box<GetWork<Option<T>>>,
    ) -> Result<Option<Obj<T>>> {
        let connection = self.connection.as_mut().ok_or_else(no_connection)?;
        self.in_flight = Some(|_, _| ());
        let (result, work) = driver::run_boxed(&mut **connection, work).await;
        self.in_flight = None;
        match result {
            Ok(()) => self.found(Mapper::of(T::meta()), work.found),
            Err(error) => Err(Box::pin(self.run_failed(error)).await),
        }
    }

    fn found<T: Mapped>(
        &mut self,
        mapper: &'static Mapper,
        value: Option<T>,
    ) -> Result<Option<Obj<T>>> {
        value.map(|it| self.land_one(mapper, it)).transpose()
    }

    /// The object of a key: from the identity map without SQL, or from its row.
    pub(crate) async fn get<T: Mapped>(&mut self, key: Key) -> Result<Option<Obj<T>>> {
        self.settle().await;
        self.check()?;
        self.enter_joined()?;
        let held = self.held::<T>(&key);
        if let Some(object) = held {
            let flags = object.raw().flags();
            // Of one that is expired in part, the original leaves that to who reads the part.
            let in_part = || {
                let at = object.raw().reference();
                self.options.sqlalchemy && self.tables(|it| it.expired_columns(at).is_some())
            };
            if flags.has(Flags::MARKED) || !flags.has(Flags::EXPIRED) || in_part() {
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
        #[cfg(debug_assertions)]
        self.repeats.get(self.called_at, mapper);
        let value = self.read::<Option<T>>(mapper, key.clone(), None).await?;
        if value.is_none() {
            self.vanish(mapper, &key);
        }
        self.found(mapper, value)
    }

    /// Whether a row of an entity has this key.
    pub(crate) fn has_key<T: Mapped>(&self, entity: T::Entity, key: &Key) -> Expr<bool> {
        let mapper = Mapper::of(T::meta());
        let columns = mapper.meta.primary_key.iter().zip(key);
        let equal = columns.map(|(column, key)| {
            let column = Node::Column(mapper.column(*column, entity.source()));
            column.equals(Node::Bind(key.clone()))
        });
        Expr::new(Node::all(equal).unwrap_or(Node::Bind(false.into())))
    }

    /// The object of a key: as it is held, unless the statement is to be sent in any case; from the
    /// statement's row otherwise (IDM-9).
    pub(crate) async fn get_selected<T: Mapped>(
        &mut self,
        key: Key,
        select: Select<Obj<T>>,
    ) -> Result<Option<Obj<T>>> {
        let is_forced = select.execution().populate_existing || select.query().for_update.is_some();
        if !is_forced && self.held::<T>(&key).is_some() {
            return self.get(key).await;
        }
        let locks = select.query().for_update.is_some();
        let query = Query::select(select)?;
        let query = if locks { query.checking_versions() } else { query };
        let found = self.fetch(query).await?.pop();
        if found.is_none() {
            self.vanish(Mapper::of(T::meta()), &key);
        }
        Ok(found)
    }

    /// Refuses rows whose objects the session holds in another version (VER-7): who locks a row is about to
    /// change it, by what is known of it.
    pub(super) fn compare_versions(&mut self, cohort: &dyn AnyCohort) -> Result<()> {
        let mapper = Mapper::of(cohort.meta());
        let Some((column, _)) = mapper.version else { return Ok(()) };
        for position in 0..cohort.len() {
            let (mut key, mut now) = (Key::new(), Value::Null);
            cohort.with(position, &mut |it| {
                (key, now) = (key_values(mapper.meta, it), it.get(column).to_value());
            });
            let Some(at) = self.find_held(mapper, &key) else { continue };
            let Some(chunk) = self.chunk(at) else { continue };
            let is_expired = chunk.head().flags(at.slot()).has(Flags::EXPIRED)
                && self.tables(|it| it.expired_columns(at).is_none_or(|it| it.contains(&column)));
            let mut seen = Value::Null;
            chunk.loaded(at.slot(), &mut |it| seen = it.get(column).to_value())?;
            if is_expired || same_value(seen.as_ref(), now.as_ref()) {
                continue;
            }
            let subject = self.subject(at);
            let (entity, key) = (subject.entity, subject.key);
            let (version, action) = (Some(seen.to_string()), "get");
            let stale = StaleData { entity, key, version, action, expected: 1, matched: 0 };
            return Err(Error::StaleData(Box::new(stale)));
        }
        Ok(())
    }

    /// Reads the row of an object again, by a statement with options.
    pub(crate) async fn refresh_selected<T: Mapped>(
        &mut self,
        at: Ref,
        select: Select<Obj<T>>,
    ) -> Result<()> {
        self.expire_to_refresh(at)?;
        match self.fetch(Query::select(select)?).await?.is_empty() {
            false => Ok(()),
            true => Err(Error::ObjectDeleted(self.subject(at))),
        }
    }

    /// The row of an object that the session holds is gone: so is the object (IDM-8).
    fn vanish(&mut self, mapper: &'static Mapper, key: &Key) {
        let Some(at) = self.find_held(mapper, key) else { return };
        let Some(chunk) = self.chunk(at) else { return };
        let old = chunk.head().flags(at.slot());
        if old.state() != State::Persistent || old.has(Flags::TOUCHED) {
            return;
        }
        let fingerprint = fingerprint(key.iter().map(Value::as_ref));
        self.store(mapper).remove(fingerprint, at);
        chunk.head().set_flags(at.slot(), old.by(Cause::Delete).without(Flags::MARKED));
        self.ledger(|it| {
            it.log.push(Event::Unmapped { mapper: mapper.number, fingerprint, object: at });
            it.log.push(Event::Flags { object: at, old });
            it.moved(at, State::Persistent, State::Deleted);
        });
        self.announce_states();
    }

    /// Reads a row by its key into the session; whether there is one.
    pub(crate) async fn read_by_key(&mut self, mapper: &'static Mapper, key: Key) -> Result<bool> {
        let mut cohort = self.read(mapper, key, (mapper.meta.ops.cohort)()).await?;
        if cohort.len() == 0 {
            return Ok(false);
        }
        self.land(&mut *cohort, false)?;
        self.landed();
        self.sweep(false);
        Ok(true)
    }

    async fn read<F: Found>(&mut self, mapper: &'static Mapper, key: Key, found: F) -> Result<F> {
        let hooks = self.executes();
        let run = hooks.run(mapper, Purpose::Get, None, key, self.engine.dialect())?;
        let work = GetWork { opening: self.open(false).await?, run: Some(run), found };
        Ok(self.run(work, |_, _| ()).await?.found)
    }

    /// Brings one loaded value into the session: into the object that holds its key, or a new one.
    pub(crate) fn land_one<T: Mapped>(
        &mut self,
        mapper: &'static Mapper,
        value: T,
    ) -> Result<Obj<T>> {
        let fp = key_of(mapper, &value);
        let same = |it: &dyn crate::object::chunk::Fields| {
            T::PRIMARY_KEY.iter().all(|at| it.get(*at) == value.get(*at))
        };
        if let Some(hit) = self.store(mapper).find(fp, same)
            && let Some(raw) = Raw::<T>::from_any(hit.anchor, hit.slot)
        {
            let flags = raw.flags();
            if flags.has(Flags::EXPIRED) {
                raw.renew(self.id, value, self.level_wrote())?;
                self.note_landed(mapper, raw.reference(), true);
            }
            return Ok(Obj::from_raw(raw));
        }
        let slots = smallvec![Slot::new(Some(value))];
        let chunk = Arc::new(Chunk::new(slots, next_id(), self.id, Flags::PERSISTENT));
        let graph = Graph::root(&self.graph).clone();
        let anchor = Arc::new(Anchor::with_graph(chunk.clone(), graph));
        let weak = Arc::downgrade(&anchor) as _;
        self.tables(|it| it.insert_held(chunk.clone(), weak));
        let store = self.store(mapper);
        store.adopt(chunk.head().id, anchor.clone());
        store.insert(fp, chunk.head().reference(0));
        let object = Obj::from_raw(Raw::new(anchor, 0));
        self.note_landed(mapper, chunk.head().reference(0), false);
        self.sweep(false);
        Ok(object)
    }
}
