//! Expiring objects and reading them again, whole or attribute by attribute.

use aludel_core::expr::{Select, Selectable, select};
use aludel_engine::EngineFace;

use super::{
    AnyAttribute, Attributes, Session,
    attributes::Place,
    core::Core,
    key::{Key, key_values},
};
use crate::{
    Error, Result,
    mapping::{Cascade, Direction, EntityConst, Mapped, Mapper, Relation, split_deferred},
    object::{
        Obj,
        chunk::{AnyChunk as _, Columns},
        reference::Ref,
        state::{Flags, State},
    },
};

impl<F: EngineFace> Session<F> {
    /// Expires an object: its unflushed changes are forgotten, its relationships are no longer loaded,
    /// and its columns show what was last known until the next read through the session: a query that
    /// meets it, `get`, [`Session::fresh`]. So are the persistent members that its refresh-expire
    /// cascades reach. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::NotPersistent`], [`Error::Detached`], [`Error::OtherSession`]; [`Error::Borrowed`] if
    /// it is borrowed mutably.
    pub fn expire<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        let at = self.core().own_persistent(object)?;
        self.core().check_ousted(object, false)?;
        self.core().expire(at)
    }

    /// Expires some columns and relationships of an object; changes of others stay.
    ///
    /// ```
    /// # use aludel_orm::{session::Session, object::Obj};
    /// # use aludel_core::expr::Column;
    /// # struct Entity<T> { name: Column<T, String>, email: Column<T, Option<String>> }
    /// # fn example<T: aludel_orm::mapping::Mapped, F: aludel_engine::EngineFace>(
    /// #     session: &mut Session<F>, user: Obj<T>, User: Entity<T>,
    /// # ) -> aludel_orm::Result<()> {
    /// session.expire_attributes(&user, (User.name, User.email))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::expire`].
    pub fn expire_attributes<T: Mapped>(
        &mut self,
        object: &Obj<T>,
        attributes: impl Attributes<T>,
    ) -> Result<()> {
        let at = self.core().own_persistent(object)?;
        self.core().check_ousted(object, false)?;
        let (columns, relations) = split(attributes.attributes());
        self.core().expire_some(at, &columns, &relations)
    }

    /// Expires every object of the session.
    ///
    /// # Errors
    /// [`Error::Borrowed`] if one that was changed is borrowed; those before it are expired.
    pub fn expire_all(&mut self) -> Result<()> {
        let all = self.core().persistent();
        all.into_iter().try_for_each(|it| self.core().expire_one(it))
    }

    /// Reads an object's row again. Its own unflushed changes are forgotten; others are flushed.
    ///
    /// # Errors
    /// [`Error::NotPersistent`] of an object without a row; [`Error::ObjectDeleted`] if the row is gone;
    /// [`Error::Detached`], [`Error::OtherSession`].
    #[track_caller]
    pub fn refresh<T: Mapped>(
        &mut self,
        object: &Obj<T>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, T, F>> {
        self.core().called();
        let object = object.clone();
        F::run(async move {
            let read = self.core().before_reading(&object).await;
            if let (Err(Error::PendingRollback(_)), true) = (&read, self.core().options.sqlalchemy)
            {
                // There, changes are forgotten all the same.
                let at = self.core().own_persistent(&object)?;
                self.core().expire_to_refresh(at)?;
            }
            self.core().refresh(read?).await
        })
    }

    /// As [`Session::refresh`], with options for the SELECT: `with` adds them to the statement, such as a
    /// lock or what is to be loaded along. The object gets the version that its row has, whichever it had.
    ///
    /// # Errors
    /// As [`Session::refresh`].
    #[track_caller]
    pub fn refresh_with<T: Mapped<Entity: Selectable<Row = Obj<T>>>>(
        &mut self,
        object: &Obj<T>,
        with: impl FnOnce(Select<Obj<T>>) -> Select<Obj<T>>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send> {
        self.core().called();
        let (object, entity) = (object.clone(), T::Entity::TABLE);
        let (chunk, slot) = (object.raw().chunk(), object.raw().slot());
        let mut key = Key::new();
        let read = chunk.loaded(slot, &mut |it| key = key_values(T::meta(), it));
        let select = with(select(entity).filter(self.core().has_key::<T>(entity, &key)));
        F::run(async move {
            read?;
            self.core().settle().await;
            let at = self.core().own_persistent(&object)?;
            self.core().check()?;
            self.core().refresh_selected(at, select).await
        })
    }

    /// Refreshes an object only if it is expired: after a rollback, or a commit that expires.
    ///
    /// # Errors
    /// As [`Session::refresh`].
    #[track_caller]
    pub fn fresh<T: Mapped>(
        &mut self,
        object: &Obj<T>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send + use<'_, T, F>> {
        self.core().called();
        let object = object.clone();
        F::run(async move {
            let at = self.core().before_reading(&object).await?;
            match object.raw().flags().has(Flags::EXPIRED) {
                true => self.core().freshen(at).await,
                false => Ok(()),
            }
        })
    }

    /// Reads some columns and relationships of an object again, which are named; their unflushed
    /// changes are forgotten, and others stay. Columns are one SELECT, each relationship its own.
    ///
    /// # Errors
    /// As [`Session::refresh`].
    #[track_caller]
    pub fn refresh_attributes<T: Mapped>(
        &mut self,
        object: &Obj<T>,
        attributes: impl Attributes<T>,
    ) -> F::Out<impl Future<Output = Result<()>> + Send> {
        self.core().called();
        let object = object.clone();
        let (columns, relations) = split(attributes.attributes());
        F::run(async move {
            let at = self.core().before_reading(&object).await?;
            self.core().refresh_some(at, &columns, &relations).await
        })
    }
}

/// Columns, in order, and relationships.
fn split<T>(attributes: Vec<AnyAttribute<T>>) -> (Columns, Vec<u16>) {
    let (mut columns, mut relations) = (Columns::new(), Vec::new());
    for attribute in attributes {
        match attribute.place {
            Place::Column(at) => columns.push(at),
            Place::Relationship(at) => relations.push(at),
        }
    }
    columns.sort_unstable();
    columns.dedup();
    (columns, relations)
}

impl Core {
    /// The address of a persistent object of this session.
    fn own_persistent<T: Mapped>(&self, object: &Obj<T>) -> Result<Ref> {
        match crate::object::state_of(object.raw()) {
            State::Persistent | State::Detached => self.own(object),
            State::Transient | State::Pending | State::Deleted => {
                Err(Error::NotPersistent(self.subject_of(object)))
            }
        }
    }

    /// What comes before an object is read again: its address, if it is a persistent one of a session
    /// that can read.
    async fn before_reading<T: Mapped>(&mut self, object: &Obj<T>) -> Result<Ref> {
        self.settle().await;
        let at = self.own_persistent(object)?;
        self.check_ousted(object, false)?;
        self.check()?;
        Ok(at)
    }

    /// Expires an object with all that its cascades reach (EXP-1, CAS-16).
    fn expire(&mut self, start: Ref) -> Result<()> {
        let mut reached = vec![(start, None)];
        let mut seen = std::collections::HashSet::from([start]);
        let mut at = 0;
        while let Some((object, _)) = reached.get(at).copied() {
            at += 1;
            let Some(mapper) = self.tables(|it| it.meta(object)).map(Mapper::of) else { continue };
            for relation in &mapper.relationships {
                if !relation.cascade.has(Cascade::REFRESH_EXPIRE) {
                    continue;
                }
                let mut members = Vec::new();
                self.tables(|it| it.related(relation, &[object], &mut members));
                members.retain(|it| seen.insert(*it));
                reached.extend(members.into_iter().map(|it| (it, Some(relation))));
            }
        }
        for (object, by) in reached {
            let state = self.tables(|it| it.state(object));
            match (state, by) {
                (State::Persistent, _) => self.expire_one(object)?,
                // It drops out of the collection, and leaves the session only as an orphan.
                (State::Pending, Some(relation)) => {
                    self.tables(|it| it.drop_pending_orphan(relation, object));
                }
                // There, what is known of it is forgotten, too.
                (State::Deleted, Some(_)) if self.options.sqlalchemy => self.expire_one(object)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What is forgotten now was done in a transaction.
    pub(super) fn note_entered(&mut self) {
        if !self.transaction.entered {
            self.transaction.entered = self.in_transaction();
        }
    }

    /// Expires one object as a whole.
    pub(crate) fn expire_one(&mut self, at: Ref) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        self.note_entered();
        let head = chunk.head();
        chunk.restore_one(at.slot());
        if head.flags(at.slot()).has(Flags::TOUCHED) {
            return Err(Error::Borrowed(self.subject(at)));
        }
        head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::EXPIRED));
        let all: Vec<u16> = (0..chunk.meta().relationships.len() as u16).collect();
        let id = self.id;
        self.tables(|it| {
            it.forget_expired(at);
            it.forget_parents(at);
            it.forget_assigned(id, at, None);
            it.expire_cells(id, at, &all);
        });
        Ok(())
    }

    /// Expires some attributes of an object (EXP-2).
    pub(crate) fn expire_some(
        &mut self,
        at: Ref,
        columns: &[u16],
        relations: &[u16],
    ) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        self.note_entered();
        let (head, id) = (chunk.head(), self.id);
        if head.flags(at.slot()).has(Flags::TOUCHED) {
            chunk.restore_columns(at.slot(), columns)?;
        }
        let (unloaded, columns) = split_deferred(chunk.meta(), columns);
        if !unloaded.is_empty() {
            // What is loaded on demand is, the next time that it is asked for.
            chunk
                .write(at.slot(), &mut |it| unloaded.iter().for_each(|at| _ = it.put(*at, None)))?;
        }
        let columns = &columns[..];
        let flags = head.flags(at.slot());
        let whole = columns.len() + unloaded.len() == chunk.meta().columns.len();
        self.tables(|tables| {
            // What is expired as a whole stays so.
            match whole || tables.is_expired(at) {
                true => tables.forget_expired(at),
                false if columns.is_empty() => {}
                false => tables.expire_columns(at, columns),
            }
            tables.forget_assigned(id, at, Some(columns));
            tables.forget_assigned(id, at, Some(&unloaded));
            tables.expire_cells(id, at, relations);
        });
        if !columns.is_empty() {
            head.set_flags(at.slot(), flags.with(Flags::EXPIRED));
        }
        Ok(())
    }

    /// Reads an object's row again; its own unflushed changes are forgotten (AF-7), and the members
    /// that its cascades reach are expired.
    pub(crate) async fn refresh(&mut self, at: Ref) -> Result<()> {
        let mapper = self.expire_to_refresh(at)?;
        self.read_again(mapper, at).await
    }

    /// Expires an object that is about to be read again.
    pub(crate) fn expire_to_refresh(&mut self, at: Ref) -> Result<&'static Mapper> {
        let Some(chunk) = self.chunk(at) else { return Err(Error::Detached(Error::subject(None))) };
        let mapper = Mapper::checked(chunk.meta())?;
        self.enter_joined()?;
        // A many-to-one that nobody changed goes by the row that comes.
        let as_original = self.options.sqlalchemy;
        let kept: Vec<(u16, u64)> = self.tables(|tables| {
            let is_kept = |it: &&Relation| {
                !as_original
                    && it.direction == Direction::ManyToOne
                    && tables.net(at, it.index).before.is_none()
            };
            let kept = mapper.relationships.iter().filter(is_kept);
            kept.map(|it| (it.index, tables.one(at, it.index))).collect()
        });
        self.expire(at)?;
        self.tables(|tables| {
            for (relation, cell) in kept {
                tables.refill_one(at, relation, cell);
            }
        });
        Ok(mapper)
    }

    /// Reads an expired object again. What was changed since then stays a change.
    pub(crate) async fn freshen(&mut self, at: Ref) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Err(Error::Detached(Error::subject(None))) };
        let mapper = Mapper::checked(chunk.meta())?;
        self.enter_joined()?;
        if self.options.autoflush {
            self.flush().await?;
            // The flush may have read it.
            if !chunk.head().flags(at.slot()).has(Flags::EXPIRED) {
                return Ok(());
            }
        }
        // A many-to-one goes by the row that comes.
        let others = mapper.relationships.iter().filter(|it| it.direction != Direction::ManyToOne);
        let others: Vec<u16> = others.map(|it| it.index).collect();
        let id = self.id;
        self.tables(|tables| {
            // There, what was loaded since it expired stays.
            if tables.expired_columns(at).is_none() && !tables.is_as_original() {
                tables.forget_cells(id, at, &others);
            }
        });
        self.read_again(mapper, at).await
    }

    /// Reads some attributes of an object again (EXP-3).
    async fn refresh_some(&mut self, at: Ref, columns: &[u16], relations: &[u16]) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Err(Error::Detached(Error::subject(None))) };
        let mapper = Mapper::checked(chunk.meta())?;
        self.enter_joined()?;
        self.expire_some(at, columns, relations)?;
        let (deferred, columns) = split_deferred(mapper.meta, columns);
        if !columns.is_empty() {
            self.read_again(mapper, at).await?;
        } else if self.options.autoflush {
            self.flush().await?;
        }
        for column in deferred {
            self.load_columns(mapper, column, at, false).await?;
            let mut is_gone = false;
            chunk.with(at.slot(), &mut |it| is_gone = it.is_unset(column))?;
            if is_gone {
                return Err(Error::ObjectDeleted(self.subject(at)));
            }
        }
        for relation in relations {
            let relation = &mapper.relationships[usize::from(*relation)];
            self.load_members(relation, &[at], false).await?;
        }
        Ok(())
    }

    /// Reads the row of an expired object.
    async fn read_again(&mut self, mapper: &'static Mapper, at: Ref) -> Result<()> {
        if self.options.autoflush {
            self.flush().await?;
        }
        let Some(chunk) = self.chunk(at) else { return Err(Error::Detached(Error::subject(None))) };
        let mut key = Key::new();
        chunk.loaded(at.slot(), &mut |it| key = key_values(mapper.meta, it))?;
        match self.read_by_key(mapper, key).await? {
            true => Ok(()),
            false => Err(Error::ObjectDeleted(self.subject(at))),
        }
    }
}
