//! [`Session`]: the public face, one body for async and blocking programs.

use std::marker::PhantomData;

use aludel_core::expr::{Select, Selectable, select};
use aludel_engine::{Engine, EngineFace, driver::Begin};

use super::{IntoKey, Savepoint, SessionOptions, core::Core, merge::Source};
use crate::{
    Error, FlushPlan, Result,
    loading::{
        Execute, Fetch, Rows, Stream,
        get::{Early, Later},
    },
    mapping::{EntityConst, IntoNew, Mapped},
    object::Obj,
};

/// A conversation with the database: change objects, commit, done.
///
/// One session is one task's: it is used through `&mut`, which the compiler checks. It begins a
/// transaction at its first statement and keeps every object that it loads once, however often it
/// is loaded.
///
/// `aludel::Session` is for async programs, `aludel::blocking::Session` for those without a
/// runtime: the same methods, without `.await`.
pub struct Session<F: EngineFace = Engine> {
    core: Core,
    face: PhantomData<F>,
}

impl<F: EngineFace> Session<F> {
    /// A session on an engine. Nothing is sent before the first statement.
    pub fn new(engine: &F) -> Self {
        Self::with_options(engine, SessionOptions::default())
    }

    /// The same, with options.
    pub fn with_options(engine: &F, options: SessionOptions) -> Self {
        Self { core: Core::new(engine.core().clone(), options), face: PhantomData }
    }

    pub(crate) fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    pub(crate) fn core_ref(&self) -> &Core {
        &self.core
    }

    /// Adds an object: a value, a finished builder, or an existing object. With it come all that its
    /// save-update cascades reach. It is inserted by the next flush.
    ///
    /// What may be wrong with an existing object (deleted, another session's, a second one for the
    /// same key) is reported by the next flush; [`Session::try_add`] reports it at once.
    // `T` rather than `N::Entity` in what it returns: with the latter the compiler's message about an
    // unfinished builder points at `add` and not at the builder.
    pub fn add<N: IntoNew<Entity = T>, T: Mapped>(&mut self, new: N) -> Obj<T> {
        let object = self.core.add(new);
        self.core.announce_states();
        object
    }

    /// Adds several objects.
    pub fn add_all<N: IntoNew<Entity = T>, T: Mapped>(
        &mut self,
        new: impl IntoIterator<Item = N>,
    ) -> Vec<Obj<T>> {
        new.into_iter().map(|it| self.add(it)).collect()
    }

    /// Adds an existing object, and says at once what is wrong with it.
    ///
    /// # Errors
    /// [`Error::OtherSession`], [`Error::Deleted`] or [`Error::IdentityConflict`]; the object stays
    /// as it is.
    pub fn try_add<T: Mapped>(&mut self, object: &Obj<T>) -> Result<Obj<T>> {
        let added = self.core.try_add(object);
        self.core.announce_states();
        added.map(|()| object.clone())
    }

    /// Marks an object for deletion, with all that its delete cascades reach; what these need is
    /// loaded now. The next flush deletes the rows.
    ///
    /// # Errors
    /// [`Error::NotPersistent`] for an object without a row; [`Error::OtherSession`]; or the
    /// database refuses a load.
    #[track_caller]
    pub fn delete<T: Mapped>(
        &mut self,
        object: &Obj<T>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, T, F>> {
        self.core.called();
        let object = object.clone();
        F::run(async move {
            self.core.settle().await;
            let at = self.core.before_delete(&object)?;
            self.core.flush_for_cascades(at).await?;
            let deleted = self.core.delete(vec![at]).await;
            self.core.announce_states();
            deleted
        })
    }

    /// Copies what comes from outside (a detached object with all that is linked with it, an object of
    /// another session, a plain value or a finished builder) onto this session's own object of the same
    /// key, which is loaded if need be, and gives that one. Where there is no such row, or no key, it is
    /// a new object, which the next flush inserts. The argument itself stays outside.
    ///
    /// Columns that are set are copied: those that a builder was given; of other objects all but an `Auto`
    /// without a value, and those that are expired.
    /// Relationships that are set, or loaded, follow where their cascade has `merge`, as it has by
    /// default; a collection is replaced as a whole, so that members that are missing leave it.
    ///
    /// # Errors
    /// [`Error::ObjectDeleted`] if an expired object of the session is to be merged onto, whose row is
    /// gone; [`Error::Borrowed`], with nothing changed; or the database refuses a load.
    pub fn merge<N: IntoNew<Entity = T>, T: Mapped>(
        &mut self,
        source: N,
    ) -> F::Out<impl Future<Output = Result<Obj<T>>> + Send + use<'_, N, T, F>> {
        let source = crate::object::to_obj(source);
        F::run(async move {
            let merged = self.core.merge(vec![Source::of(&source)]).await?;
            self.core.announce_states();
            drop(source);
            self.core.own_handles(&merged).pop().ok_or_else(Error::nothing_merged::<T>)
        })
    }

    /// As [`Session::merge`], for several objects: what must be loaded is loaded for all of them at
    /// once.
    ///
    /// # Errors
    /// As [`Session::merge`].
    pub fn merge_all<N: IntoNew<Entity = T>, T: Mapped>(
        &mut self,
        sources: impl IntoIterator<Item = N>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<T>>>> + Send> {
        let sources: Vec<Obj<T>> = sources.into_iter().map(crate::object::to_obj).collect();
        F::run(async move {
            let merged = self.core.merge(sources.iter().map(Source::of).collect()).await?;
            self.core.announce_states();
            drop(sources);
            Ok(self.core.own_handles(&merged))
        })
    }

    /// Copies a detached object, or one of another session, with all that is linked with it, into this
    /// session as if it had been loaded here: nothing is sent. For objects of a cache.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if an object of it has no row, or changes that were not flushed;
    /// nothing is done then.
    pub fn merge_loaded<T: Mapped>(&mut self, source: &Obj<T>) -> Result<Obj<T>> {
        let merged = self.core.merge_loaded(vec![Source::of(source)])?;
        self.core.own_handles(&merged).pop().ok_or_else(Error::nothing_merged::<T>)
    }

    /// The object of a primary key: from the identity map without SQL if it is there, or from its
    /// row; `None` if there is no such row.
    ///
    /// # Errors
    /// The database refuses, or a value isn't of its type.
    #[track_caller]
    pub fn get<C: EntityConst>(
        &mut self,
        entity: C,
        key: impl IntoKey<<C::Mapped as Mapped>::Key>,
    ) -> F::Out<impl Future<Output = Result<Option<Obj<C::Mapped>>>> + Send> {
        self.core.called();
        let _ = entity;
        let early = self.core.get_early::<C::Mapped>(key);
        F::run_after(early, |early| async move {
            // In boxes, so that what is done already moves no more than it must.
            match early {
                Early::Break(result) => result,
                Early::Continue(Later::Failed(error)) => {
                    Err(Box::pin(self.core.run_failed(error)).await)
                }
                Early::Continue(Later::Ready(work)) => self.core.get_ready(work).await,
                Early::Continue(Later::Key(key)) => {
                    Box::pin(self.core.get::<C::Mapped>(*key)).await
                }
            }
        })
    }

    /// As [`Session::get`], with options for the SELECT that it may come to: `with` adds them to the
    /// statement. An object that the session holds is given as it is, without SQL; only
    /// `populate_existing` and `with_for_update` have it read again. With a lock, an object that is held in
    /// another version than its row has is [`Error::StaleData`](crate::Error::StaleData), unless it is
    /// expired or overwritten.
    ///
    /// ```
    /// # use aludel_core::expr::{ForUpdate, Selectable};
    /// # use aludel_orm::{mapping::EntityConst, object::Obj, session::{IntoKey, Session}};
    /// # async fn example<C, M>(session: &mut Session, User: C) -> aludel_orm::Result<()>
    /// # where
    /// #     C: EntityConst<Mapped = M> + Selectable<Row = Obj<M>>,
    /// #     M: aludel_orm::mapping::Mapped<Entity = C>,
    /// #     i64: IntoKey<M::Key>,
    /// # {
    /// let user = session.get_with(User, 1, |it| it.with_for_update(ForUpdate::new())).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::get`].
    #[track_caller]
    pub fn get_with<C: EntityConst + Selectable<Row = Obj<C::Mapped>>>(
        &mut self,
        entity: C,
        key: impl IntoKey<<C::Mapped as Mapped>::Key>,
        with: impl FnOnce(Select<Obj<C::Mapped>>) -> Select<Obj<C::Mapped>>,
    ) -> F::Out<impl Future<Output = Result<Option<Obj<C::Mapped>>>> + Send> {
        self.core.called();
        let key = key.into_key();
        let select = with(select(entity).filter(self.core.has_key::<C::Mapped>(entity, &key)));
        F::run(async move { self.core.get_selected(key, select).await })
    }

    /// As [`Session::get`], where a missing row is an error.
    ///
    /// # Errors
    /// [`Error::NoResultFound`] with entity and key; and as [`Session::get`].
    #[track_caller]
    pub fn get_one<C: EntityConst>(
        &mut self,
        entity: C,
        key: impl IntoKey<<C::Mapped as Mapped>::Key>,
    ) -> F::Out<impl Future<Output = Result<Obj<C::Mapped>>> + Send> {
        self.core.called();
        let _ = entity;
        let key = key.into_key();
        F::run(async move {
            let text: Vec<_> = key.iter().map(ToString::to_string).collect();
            self.core.get::<C::Mapped>(key).await?.ok_or_else(|| {
                let text = format!(": {} {}", C::Mapped::meta().name, text.join(", "));
                Error::NoResultFound(text.into())
            })
        })
    }

    /// Runs a query whose rows are one thing each: `.all()`, `.one()`, `.one_or_none()`, `.first()`
    /// say what to do with them.
    #[track_caller]
    pub fn scalars<Q: Fetch>(&mut self, query: Q) -> Rows<'_, F, Q::Row> {
        self.core.called();
        let query = query.query(self.core.engine.dialect());
        Rows::new(&mut self.core, query)
    }

    /// Executes a statement. A query gives rows as [`Session::scalars`] does; a change gives how
    /// many rows it matched, and the objects that the session holds follow an `update` or a `delete`
    /// as its `synchronize_session` says.
    #[track_caller]
    pub fn execute<X: Execute>(&mut self, statement: X) -> X::Running<'_, F> {
        self.core.called();
        statement.execute(self)
    }

    /// The first column of a query's first row, if there is one.
    ///
    /// # Errors
    /// As [`Rows::all`].
    #[track_caller]
    pub fn scalar<Q: Fetch>(
        &mut self,
        query: Q,
    ) -> F::Out<impl Future<Output = Result<Option<Q::Row>>> + Send> {
        self.scalars(query).first()
    }

    /// Reads a query's rows as they come, a portion at a time: memory is flat however many there are.
    /// A portion has as many rows as `yield_per` says, otherwise 512; what options or the mapping say of
    /// relationships is loaded for each portion, by statements of its own (then 500 rows).
    ///
    /// MariaDB and MySQL can't execute a statement while the rows of another are on their way: there, a
    /// stream whose portions need statements reads all of its own rows first, and only what is loaded
    /// beside them comes portion by portion.
    ///
    /// ```
    /// # use aludel_core::expr::Select;
    /// # use aludel_engine::blocking::Engine;
    /// # use aludel_orm::{Result, mapping::Mapped, object::Obj, session::Session};
    /// # fn example<User: Mapped>(session: &mut Session<Engine>, users: Select<Obj<User>>) -> Result<()> {
    /// for user in session.stream_scalars(&users.yield_per(100))? {
    ///     println!("{:?}", user?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The statement makes no sense, or the database refuses it; [`Error::InvalidRequest`] for options that
    /// need all rows at once: `subqueryload`, and `joinedload` or `contains_eager` of a collection.
    #[track_caller]
    pub fn stream_scalars<'s, R: Send + 'static>(
        &'s mut self,
        select: &Select<R>,
    ) -> F::Out<impl Future<Output = Result<Stream<'s, F, R>>> + Send + use<'s, R, F>> {
        self.core.called();
        let select = select.clone();
        F::run(async move { self.core.stream(select).await })
    }

    /// Writes what changed, in dependency order, without ending the transaction.
    ///
    /// # Errors
    /// What the database refuses, with entity and constraint; the transaction is rolled back, objects
    /// are as before it, and the session answers [`Error::PendingRollback`] until
    /// [`Session::rollback`]. [`Error::Borrowed`] changes nothing.
    #[track_caller]
    pub fn flush(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        self.core.called();
        F::run(self.core.flush())
    }

    /// What a flush would do now: the statements in order, and how they depend on each other.
    ///
    /// # Errors
    /// What a flush would refuse by itself, such as objects that depend on each other in a circle.
    pub fn flush_plan(&self) -> Result<FlushPlan> {
        self.core.flush_plan()
    }

    /// Flushes, and ends the first phase of a transaction that is committed in two
    /// ([`SessionOptions::twophase`]): the database promises that it can commit. `commit` and `rollback`
    /// end the second, and can be called again where that fails: the connection may be lost, what is
    /// prepared is not. A session that is dropped in between leaves that to somebody else.
    ///
    /// # Errors
    /// As [`Session::flush`]; [`Error::InvalidRequest`] if the session doesn't commit in two phases.
    #[track_caller]
    pub fn prepare(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        self.core.called();
        F::run(self.core.prepare())
    }

    /// Flushes and ends the transaction.
    ///
    /// # Errors
    /// As [`Session::flush`].
    #[track_caller]
    pub fn commit(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        self.core.called();
        F::run(self.core.commit())
    }

    /// Ends the transaction and takes back all that was changed in it: values, states, keys and
    /// relationships are as when it began, without SQL but the ROLLBACK. Objects are expired: the
    /// next read through the session reloads them.
    ///
    /// # Errors
    /// [`Error::Borrowed`] if an object that it restores is borrowed; nothing is done then. A
    /// connection that can't roll back is closed, which rolls back, too.
    pub fn rollback(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        F::run(self.core.rollback())
    }

    /// Begins a transaction explicitly: its place among the writers is taken at its first statement,
    /// so that what it reads is what it changes.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if one is under way.
    pub fn begin(&mut self) -> Result<()> {
        self.core.begin(Begin::IMMEDIATE)
    }

    /// Begins a transaction explicitly that only reads: no writer waits for it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if one is under way.
    pub fn begin_read_only(&mut self) -> Result<()> {
        self.core.begin(Begin::new().read_only())
    }

    /// Begins a transaction of this kind explicitly: how isolated it is, whether it only reads. Its
    /// first statement begins it on the database, which may refuse then.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if one is under way.
    pub fn begin_with(&mut self, begin: Begin) -> Result<()> {
        self.core.begin(begin)
    }

    /// Begins a savepoint within the transaction, which begins by that if there is none: what is done
    /// from now on can be kept or taken back by itself, objects included. Changes made so far are
    /// written first. On the database it begins with the next statement, and not at all without one.
    ///
    /// Savepoints may stand in each other. [`Session::commit`] and [`Session::rollback`] end the whole
    /// transaction, and with it all of them. A block with a savepoint of its own is `savepoint!`, and
    /// in blocking programs the function `savepoint`.
    ///
    /// # Errors
    /// As [`Session::flush`].
    pub fn begin_nested(
        &mut self,
    ) -> F::Out<impl Future<Output = Result<Savepoint>> + Send + use<'_, F>> {
        F::run(self.core.begin_nested())
    }

    /// Ends a savepoint, and those within it, and keeps what was done: it belongs to the savepoint or
    /// transaction around from now on. Nothing is expired.
    ///
    /// # Errors
    /// As [`Session::flush`]: what fails is the innermost savepoint, which waits for
    /// [`Session::rollback_nested`] then, and the transaction around can go on.
    /// [`Error::ResourceClosed`] if it has ended already.
    pub fn commit_nested(
        &mut self,
        savepoint: Savepoint,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        F::run(self.core.commit_nested(savepoint))
    }

    /// Ends a savepoint, and those within it, and takes back what was done since it began: values,
    /// states, keys and relationships. Objects that were changed since are expired; others keep what
    /// is known of them. What was not flushed before is kept, as it was written when the savepoint began.
    ///
    /// # Errors
    /// [`Error::ResourceClosed`] if it has ended already; [`Error::PendingRollback`] if the whole
    /// transaction failed; [`Error::Borrowed`] if an object that it restores is borrowed, and nothing is
    /// done then.
    pub fn rollback_nested(
        &mut self,
        savepoint: Savepoint,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        F::run(self.core.rollback_nested(savepoint))
    }

    /// Whether a transaction is under way: begun by hand, or by the first thing that was done.
    pub fn in_transaction(&self) -> bool {
        self.core.in_transaction()
    }

    /// Whether a savepoint is open.
    pub fn in_nested_transaction(&self) -> bool {
        !self.core.transaction.levels.is_empty()
    }

    /// For comparisons with SQLAlchemy: how the links of an object behave is this session's business before it
    /// comes in.
    #[doc(hidden)]
    pub fn __know<T: Mapped>(&mut self, object: &Obj<T>) {
        self.core.know(object);
    }

    /// For comparisons with SQLAlchemy: a query that loads at once goes by no `raiseload` of another. What was
    /// forbidden of an object; these numbers are forbidden from now on.
    #[doc(hidden)]
    pub fn __forbid<T: Mapped>(&mut self, object: &Obj<T>, numbers: u64) -> u64 {
        let at = object.raw().reference();
        self.core.tables(|it| it.replace_forbidden(at, numbers))
    }

    /// For comparisons with SQLAlchemy: it reads who stood in one-to-one relationships before these changed when it
    /// is asked whether they did.
    ///
    /// # Errors
    /// Those of a query.
    #[doc(hidden)]
    pub fn __look<T: Mapped>(
        &mut self,
        object: &Obj<T>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, T, F>> {
        let owner = object.raw().reference();
        F::run(self.core.load_replaced_of(owner))
    }

    /// For comparisons with SQLAlchemy: it looks for who stands in a many-to-one before that changes, as far as
    /// that needs no query.
    ///
    /// # Errors
    /// The object is borrowed.
    #[doc(hidden)]
    pub fn __recall<T: Mapped>(&mut self, object: &Obj<T>, name: &str) -> Result<()> {
        self.core.recall(object, name)
    }

    /// For comparisons with SQLAlchemy: what a query loaded at once is loaded again with an object that is read again.
    #[doc(hidden)]
    pub fn __load_again<T: Mapped>(&mut self, object: &Obj<T>, name: &str) {
        let relations = &crate::mapping::Mapper::of(T::meta()).relationships;
        if let Some(relation) = relations.iter().find(|it| it.name == name) {
            self.core.tables(|it| it.load_one_again(object.raw().reference(), relation));
        }
    }

    /// For `savepoint!`: itself, of a session or of what leads to one.
    #[doc(hidden)]
    pub fn __this(&mut self) -> &mut Self {
        self
    }

    /// Whether a flush would find an attribute of an object changed: values are compared, so that one
    /// set to what it was isn't. An object without a row is, once anything is set on it. Collections
    /// count; [`Inspection::is_modified`](super::Inspection::is_modified) leaves them out.
    pub fn is_modified<T: Mapped>(&self, object: &Obj<T>) -> bool {
        super::inspect(object).attributes().iter().any(|it| it.modified)
            || self.core.is_unwritten(object)
    }

    /// Takes an object out of the session: a pending one is transient again, a persistent one
    /// detached. Its unflushed changes stay with it.
    ///
    /// # Errors
    /// [`Error::Detached`] or [`Error::OtherSession`] if it isn't this session's.
    pub fn expunge<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        let expunged = self.core.expunge(object);
        self.core.announce_states();
        expunged
    }

    /// Takes every object out of the session.
    pub fn expunge_all(&mut self) {
        self.core.expunge_all();
    }

    /// Whether an object is pending or persistent in this session.
    pub fn contains<T: Mapped>(&self, object: &Obj<T>) -> bool {
        self.core.contains(object)
    }

    /// Ends the session: the transaction is rolled back and every object detached; loaded values
    /// stay readable. It may be used on afterwards, unless [`SessionOptions::close_resets_only`] says no.
    ///
    /// # Errors
    /// The database can't roll back; the connection is closed then, which rolls back, too.
    pub fn close(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        F::run(self.core.close(!self.core.options.close_resets_only))
    }

    /// Does what [`Session::close`] does, and never for good: the session is as a new one. One that was
    /// closed for good stays so.
    ///
    /// # Errors
    /// As [`Session::close`].
    pub fn reset(&mut self) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, F>> {
        F::run(self.core.close(false))
    }

    /// Whether the transaction is usable: not after a failed flush, before `rollback()`.
    pub fn is_active(&self) -> bool {
        self.core.failed.is_none()
    }

    /// Whether an error was met that running the whole transaction again may cure.
    pub(crate) fn is_retryable(&self) -> bool {
        self.core.retryable
    }
}

impl<F: EngineFace> std::fmt::Debug for Session<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("active", &self.is_active()).finish_non_exhaustive()
    }
}
