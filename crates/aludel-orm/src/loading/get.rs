//! One object by its primary key.

use std::{any::Any, ops::ControlFlow};

use aludel_core::{
    expr::{Expr, Node, Select},
    value::{Columns as Row, Cursor, Value},
};
use aludel_engine::{
    Result as EngineResult,
    driver::{self, Flow, Params, Run, Step, Want, Work},
};

use super::query::Query;
use crate::{
    Error, Result,
    error::StaleData,
    mapping::{EntityConst, Mapped, Mapper, statements::Purpose},
    object::{
        Obj, Raw,
        cohort::{AnyCohort, key_of},
        graph::{Entered, Graph},
        log::Event,
        reference::Ref,
        state::{Cause, Flags, State},
    },
    session::{
        IntoKey, Key,
        core::Core,
        identity::{fingerprint, same_value},
        key::key_values,
        lone::Loner,
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
        let mut row = Cursor::new(row);
        let value = match Mapper::of(T::meta()).layout() {
            None => T::decode(&mut row),
            Some(layout) => T::decode(&mut row.laid_out(layout)),
        };
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

/// How far a `get` came without waiting: its result, or what is left to do.
pub(crate) type Early<T> = ControlFlow<Result<Option<Obj<T>>>, Later<T>>;

/// What is left of a `get` to do. In boxes, so that what is done is small.
pub(crate) enum Later<T> {
    /// The database refused; the session has yet to learn of it.
    Failed(aludel_engine::Error),
    /// It must wait for its row, and for nothing else.
    Ready(Box<GetWork<Option<T>>>),
    /// It must do something else first.
    Key(Box<Key>),
}

impl Core {
    /// The object of a key, where nothing needs to be waited for: the session holds it, or the
    /// connection reads rows here and now, and nothing is to be flushed or begun before.
    #[inline]
    pub(crate) fn get_early<T: Mapped>(&mut self, key: impl IntoKey<T::Key>) -> Early<T> {
        let usable = self.in_flight.is_none() && self.failed.is_none();
        let mapper = Mapper::of(T::meta());
        // Should the row of an expired one be gone, there is more to do.
        let mut expired = false;
        let mut current = |it: Obj<T>| {
            expired = it.raw().flags().has(Flags::EXPIRED);
            (!expired).then_some(it)
        };
        let key = match key.find_or_key(|it| {
            let hit = self.existing_store(mapper).filter(|_| usable)?.find_integer(it)?;
            current(Obj::from_raw(Raw::from_any(hit.anchor, hit.slot)?))
        }) {
            Ok(object) => return Early::Break(Ok(Some(object))),
            Err(key) => key,
        };
        if usable
            && !mapper.integer_key
            && let Some(object) = self.held::<T>(&key).and_then(current)
        {
            return Early::Break(Ok(Some(object)));
        }
        match expired {
            true => Early::Continue(Later::Key(Box::new(key))),
            false => self.read_early(mapper, key),
        }
    }

    /// The object of a key that the session doesn't hold, where nothing needs to be waited for.
    fn read_early<T: Mapped>(&mut self, mapper: &'static Mapper, key: Key) -> Early<T> {
        let later = |key| Early::Continue(Later::Key(Box::new(key)));
        let waits = self.in_flight.is_some() || self.check().is_err();
        let must_flush = || self.options.autoflush && !self.is_clean();
        if waits
            || self.transaction.begun.is_none()
            || self.opens_level()
            || key.iter().any(Value::is_null)
            || self.is_metered()
            || self.has_executes()
            || mapper.binds
            || must_flush()
        {
            return later(key);
        }
        let dialect = self.engine.dialect();
        let Some(connection) = self.connection.as_mut().filter(|it| !it.is_under_way()) else {
            return later(key);
        };
        let Ok(statement) = mapper.get_statement(dialect) else { return later(key) };
        #[cfg(debug_assertions)]
        self.repeats.get(self.called_at, mapper);
        let missing = match (&*key, mapper.integer_key) {
            ([Value::Int(it)], true) => Some(it.cast_unsigned()),
            _ => None,
        };
        let params = Params::Values(key);
        let mut found = None::<T>;
        // The row of a key is the only one.
        let mut take = |row: &dyn Row| Found::take(&mut found, row).map(|()| Flow::Done);
        match connection.query_inline(&statement, &params, &mut take) {
            Some(Ok(())) => return Early::Break(self.land_one(mapper, &mut found, missing)),
            Some(Err(error)) => return Early::Continue(Later::Failed(error)),
            None => {}
        }
        let run = Run { statement: statement.into_owned(), params, want: Want::Rows };
        let mut work = GetWork { opening: Vec::new(), run: Some(run), found };
        match connection.run_inline(&mut work) {
            None => Early::Continue(Later::Ready(Box::new(work))),
            Some(Err(error)) => Early::Continue(Later::Failed(error)),
            Some(Ok(())) => Early::Break(self.land_one(mapper, &mut work.found, missing)),
        }
    }

    /// What an early `get` has only to wait for.
    pub(crate) async fn get_ready<T: Mapped>(
        &mut self,
        work: Box<GetWork<Option<T>>>,
    ) -> Result<Option<Obj<T>>> {
        let connection = self.connection.as_mut().ok_or_else(no_connection)?;
        self.in_flight = Some(|_, _| ());
        let (result, mut work) = driver::run_boxed(&mut **connection, work).await;
        self.in_flight = None;
        match result {
            Ok(()) => self.land_one(Mapper::of(T::meta()), &mut work.found, None),
            Err(error) => Err(Box::pin(self.run_failed(error)).await),
        }
    }

    /// The object of a key: from the identity map without SQL, or from its row.
    pub(crate) async fn get<T: Mapped>(&mut self, key: Key) -> Result<Option<Obj<T>>> {
        self.settle().await;
        self.check()?;
        self.enter_joined()?;
        let mut expired = false;
        let held = self.held::<T>(&key);
        if let Some(object) = held {
            let flags = object.raw().flags();
            // Of one that is expired in part, the original leaves that to who reads the part.
            let in_part = || {
                let at = object.raw().reference();
                self.options.sqlalchemy && self.tables(|it| it.expired_columns(at).is_some())
            };
            // One that is to be deleted is read again there, which writes that first.
            let as_it_is = flags.has(Flags::MARKED) && !self.options.sqlalchemy;
            if as_it_is || !flags.has(Flags::EXPIRED) || in_part() {
                return Ok(Some(object));
            }
            expired = self.options.sqlalchemy;
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
        let mut value = self.read::<Option<T>>(mapper, key.clone(), None).await?;
        if value.is_none() {
            self.vanish(mapper, &key);
        }
        let found = self.land_one(mapper, &mut value, None)?;
        if let (Some(object), true) = (&found, expired) {
            self.load_again(&[object.raw().reference()]).await?;
        }
        Ok(found)
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
    pub(crate) fn vanish(&mut self, mapper: &'static Mapper, key: &Key) {
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
        self.land_by_key(&mut *cohort).await?;
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
    /// `missing` is an integer key of which it is known that no object holds it. What is left of `value` is to be
    /// dropped: it isn't moved, but taken from where it was read.
    pub(crate) fn land_one<T: Mapped>(
        &mut self,
        mapper: &'static Mapper,
        value: &mut Option<T>,
        missing: Option<u64>,
    ) -> Result<Option<Obj<T>>> {
        let Some(fresh) = value.as_ref() else { return Ok(None) };
        let fp = key_of(mapper, fresh);
        let same = |it: &dyn crate::object::chunk::Fields| {
            T::PRIMARY_KEY.iter().all(|at| it.get(*at) == fresh.get(*at))
        };
        if missing != Some(fp)
            && let Some(hit) = self.store(mapper).find(fp, same)
            && let Some(raw) = Raw::<T>::from_any(hit.anchor, hit.slot)
        {
            let flags = raw.flags();
            if flags.has(Flags::EXPIRED)
                && let Some(value) = value.take()
            {
                let at = raw.reference();
                let says = self.options.sqlalchemy && self.tables(|it| it.is_expired(at));
                raw.renew(self.id, value, self.level_wrote())?;
                if says {
                    self.tables(|it| it.say_again(at));
                }
                self.note_landed(mapper, at, true);
            }
            return Ok(Some(Obj::from_raw(raw)));
        }
        let owner = self.id;
        let graph = Graph::root(&self.graph);
        let store = self.stores.of(mapper);
        let mut former = None;
        let place = store.take_oldest().map(|it| {
            former = Some((it.fp, it.object));
            (it.anchor, it.at)
        });
        let Entered { anchor, at, kept } = Graph::enter_lone(graph, place, value, owner);
        let kept = former.zip(kept);
        let has_grown = kept.is_some();
        if let Some(((fp, object), anchor)) = kept {
            store.settle(Loner { fp, object, anchor, at });
        }
        let object = anchor.chunk().head().reference(0);
        store.push_lone(Loner { fp, object, anchor: anchor.clone(), at });
        self.note_landed(mapper, object, false);
        if has_grown {
            self.sweep(false);
        }
        Ok(Some(Obj::from_raw(Raw::new(anchor, 0))))
    }
}
