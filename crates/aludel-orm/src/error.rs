//! What the ORM can refuse, and what a database refused, with the objects it concerns.

use std::{fmt, panic::Location, sync::Arc};

use aludel_engine::{DatabaseError, Integrity, Kind};

use crate::mapping::{EntityMeta, Relation};

/// A result of Aludel.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong. Variants bear SQLAlchemy's names where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database or the way to it failed.
    #[error(transparent)]
    Engine(Box<aludel_engine::Error>),
    /// A constraint refused a change that a flush or a statement made.
    #[error(transparent)]
    Integrity(Box<IntegrityError>),
    /// Mapped structs that make no sense together; every mistake of one entity, with its cure.
    #[error("{0}")]
    Mapping(Box<MappingError>),
    /// An object is borrowed where its values are needed.
    #[error(
        "{0} is borrowed: drop the guard before (a `borrow_mut()` held over a flush or a query)"
    )]
    Borrowed(Box<Subject>),
    /// A relationship was read that is not loaded.
    #[error(
        "{0} is not loaded: call `.load(&mut session)` first, or load it with the query by an option \
         (`selectinload`, `joinedload`)"
    )]
    NotLoaded(Box<Attribute>),
    /// A relationship was loaded that a `raiseload` forbids.
    #[error("{0} may not be loaded here (`raiseload`): load it with the query by an option")]
    RaiseLoad(Box<Attribute>),
    /// An object was removed from a collection that doesn't hold it.
    #[error("the object is not a member of {0}")]
    NotMember(Box<Attribute>),
    /// An object of another session.
    #[error("{0} belongs to another session: expunge it there first")]
    OtherSession(Box<Subject>),
    /// An object whose row was deleted.
    #[error("{0} was deleted: `make_transient` makes it one that can be added again")]
    Deleted(Box<Subject>),
    /// A relationship that fills a part of an object's primary key was cleared.
    #[error("{0}")]
    BlankedKey(Box<BlankedKey>),
    /// An object was given a second owner by a relationship that allows but one.
    #[error(
        "{0} is `single_parent`, and the object has another owner already: take it from there first \
         (`remove`, `clear`), or drop `single_parent`"
    )]
    SingleParent(Box<Attribute>),
    /// The session already holds another object for the same key.
    #[error("the session holds another object for {0}: use that one")]
    IdentityConflict(Box<Subject>),
    /// An object without a row where one with a row is needed.
    #[error("{0} is not persisted: flush it first")]
    NotPersistent(Box<Subject>),
    /// An object that is in no session where a session is needed.
    #[error("{0} is in no session: add it first")]
    Detached(Box<Subject>),
    /// The row of an object that is read again is gone.
    #[error("the row of {0} is gone: somebody deleted it; `expunge` the object")]
    ObjectDeleted(Box<Subject>),
    /// A statement changed another number of rows than objects were sent.
    #[error("{0}")]
    StaleData(Box<StaleData>),
    /// Objects depend on each other in a circle.
    #[error(
        "these objects can't be put in order, as they refer to each other in a circle: {0}; \
         `#[relationship(post_update)]` on one of the relationships breaks it"
    )]
    CircularDependency(Box<str>),
    /// A query that should give a row gave none.
    #[error("no row was found{0}")]
    NoResultFound(Box<str>),
    /// A query that should give one row gave more.
    #[error("more than one row was found where one was expected (`first` takes the first of them)")]
    MultipleResultsFound,
    /// The session's transaction failed and waits for `rollback()`.
    #[error(
        "the transaction failed and must be rolled back before the session is used on: call `rollback()` (it failed with: {0})"
    )]
    PendingRollback(Arc<str>),
    /// Something was used that has ended, such as a savepoint; the text says what.
    #[error("{0}")]
    ResourceClosed(&'static str),
    /// A hook refused.
    #[error(transparent)]
    Hook(Box<HookFailed>),
    /// A flush, or the flushes of a commit, that find no end; the text says why.
    #[error("{0}")]
    Flush(Box<str>),
    /// More statements than were promised by [`Session::budget`](crate::session::Session::budget).
    #[error("{0}")]
    Budget(Box<BudgetExceeded>),
    /// A call that makes no sense as things stand; the text says why, and what does.
    #[error("{0}")]
    InvalidRequest(Box<str>),
}

/// An object, named for a person: entity and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The entity.
    pub entity: &'static str,
    /// The key's values; empty where there is none yet.
    pub key: String,
}

/// A relationship or column of an entity, named for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The entity.
    pub entity: &'static str,
    /// The field.
    pub name: &'static str,
}

/// Mapped structs that make no sense together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError {
    /// The entity.
    pub entity: &'static str,
    /// Every mistake, with its cure.
    pub problems: Vec<String>,
}

/// A relationship that fills a part of an object's primary key was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlankedKey {
    /// The object.
    pub subject: Subject,
    /// The key's column that would become NULL.
    pub column: &'static str,
}

/// A statement that changed another number of rows than objects were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleData {
    /// The entity.
    pub entity: &'static str,
    /// The key of the object, where it is one.
    pub key: String,
    /// The version that the row was expected to have, where the entity has one.
    pub version: Option<String>,
    /// What was tried: `UPDATE` or `DELETE`.
    pub action: &'static str,
    /// How many rows were expected.
    pub expected: u64,
    /// How many were matched.
    pub matched: u64,
}

/// More statements than were promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetExceeded {
    /// How many were promised.
    pub limit: usize,
    /// The statement that would have been the first too many; it was not sent.
    pub sql: Arc<str>,
    /// Where the promise was made.
    pub promised_at: &'static Location<'static>,
    /// Where the program called what needs it.
    pub called_at: &'static Location<'static>,
}

/// A hook refused.
#[derive(Debug)]
pub struct HookFailed {
    /// The event.
    pub hook: &'static str,
    /// The object, where the event is one of an object's.
    pub subject: Option<Subject>,
    /// What the hook gave.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A constraint refused a change.
#[derive(Debug)]
pub struct IntegrityError {
    /// Which kind of constraint.
    pub kind: Integrity,
    /// The entity, where the change came from a flush.
    pub entity: Option<&'static str>,
    /// The table, where it is known.
    pub table: Option<String>,
    /// The columns, where they are known.
    pub columns: Vec<String>,
    /// The constraint's name, where the database names it.
    pub constraint: Option<String>,
    /// The statement.
    pub sql: Option<Arc<str>>,
    /// The engine's error, and through it the driver's.
    pub source: Box<aludel_engine::Error>,
}

impl Error {
    /// What kind of failure the database or the way to it reported, under the same name on all
    /// databases; `None` if it was neither's.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Engine(error) => error.kind(),
            Self::Integrity(error) => Some(Kind::Integrity(error.kind)),
            _ => None,
        }
    }

    /// Whether the whole transaction may be run again with a chance of success: a serialization
    /// failure, a deadlock, a busy database.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_retryable())
    }

    /// What kind of constraint refused a change, if one did.
    pub fn integrity(&self) -> Option<Integrity> {
        match self {
            Self::Integrity(error) => Some(error.kind),
            _ => None,
        }
    }

    /// Objects depend on each other in a circle, each on the next.
    #[cold]
    pub(crate) fn circular(path: impl ExactSizeIterator<Item = &'static str>) -> Self {
        let objects = path.len().saturating_sub(1);
        let mut names: Vec<_> = path.take(9).map(String::from).collect();
        if objects > 8 {
            names.push(format!("… ({objects} objects)"));
        }
        Self::CircularDependency(names.join(" → ").into())
    }

    /// An error that Core carried for us.
    pub(crate) fn from_settle(error: aludel_core::expr::SettleError) -> Self {
        aludel_engine::Error::Script(error).into()
    }

    #[cold]
    pub(crate) fn subject(meta: Option<&'static EntityMeta>) -> Box<Subject> {
        Box::new(Subject { entity: meta.map_or("the object", |it| it.name), key: String::new() })
    }

    /// What was said without a look at the object learns its key.
    pub(crate) fn with_subject(mut self, subject: Box<Subject>) -> Self {
        if let Self::OtherSession(it) | Self::Deleted(it) = &mut self {
            *it = subject;
        }
        self
    }

    /// The same once more, for who asks what a flush would refuse; what a hook said, as text.
    pub(crate) fn foretold(&self) -> Self {
        match self {
            Self::OtherSession(it) => Self::OtherSession(it.clone()),
            Self::Deleted(it) => Self::Deleted(it.clone()),
            Self::NotLoaded(it) => Self::NotLoaded(it.clone()),
            Self::SingleParent(it) => Self::SingleParent(it.clone()),
            other => Self::Flush(other.to_string().into()),
        }
    }

    #[cold]
    pub(crate) fn other_session(meta: Option<&'static EntityMeta>) -> Self {
        Self::OtherSession(Self::subject(meta))
    }

    #[cold]
    pub(crate) fn not_loaded(relation: &Relation) -> Self {
        Self::NotLoaded(Box::new(Attribute { entity: relation.owner.name, name: relation.name }))
    }

    #[cold]
    pub(crate) fn single_parent(relation: &Relation) -> Self {
        Self::SingleParent(Box::new(Attribute { entity: relation.owner.name, name: relation.name }))
    }

    #[cold]
    pub(crate) fn nothing_merged<T: crate::mapping::Mapped>() -> Self {
        Self::ObjectDeleted(Self::subject(Some(T::meta())))
    }

    #[cold]
    pub(crate) fn deleted(meta: Option<&'static EntityMeta>) -> Self {
        Self::Deleted(Self::subject(meta))
    }
}

impl From<aludel_core::Error> for Error {
    fn from(error: aludel_core::Error) -> Self {
        Self::Engine(Box::new(error.into()))
    }
}

impl From<aludel_engine::Error> for Error {
    fn from(error: aludel_engine::Error) -> Self {
        match error {
            // An error of a script of ours came through the driver unchanged.
            aludel_engine::Error::Script(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Self::Engine(Box::new(aludel_engine::Error::Script(error))),
            },
            aludel_engine::Error::Database(error) => match error.kind {
                Kind::Integrity(kind) => {
                    Self::Integrity(Box::new(IntegrityError::new(kind, error)))
                }
                _ => Self::Engine(Box::new(aludel_engine::Error::Database(error))),
            },
            other => Self::Engine(Box::new(other)),
        }
    }
}

impl From<Error> for aludel_engine::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine(error) => *error,
            other => Self::Script(Box::new(other)),
        }
    }
}

impl IntegrityError {
    fn new(kind: Integrity, error: Box<DatabaseError>) -> Self {
        Self {
            kind,
            entity: None,
            table: error.table.clone(),
            columns: error.columns.clone(),
            constraint: error.constraint.clone(),
            sql: error.sql.clone(),
            source: Box::new(aludel_engine::Error::Database(error)),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(self.entity),
            key => write!(f, "{} {key}", self.entity),
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.name)
    }
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mapping of `{}` makes no sense:", self.entity)?;
        self.problems.iter().try_for_each(|it| write!(f, "\n  {it}"))
    }
}

impl fmt::Display for BlankedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} would lose its primary key: `{}` is a part of it, and the relationship that fills it \
             was cleared; delete the object, or make the relationship `delete_orphan`",
            self.subject, self.column
        )
    }
}

impl fmt::Display for StaleData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entity, key, version, action, expected, matched } = self;
        write!(f, "{action} of {entity} {key} ")?;
        if let Some(version) = version {
            write!(f, "in version {version} ")?;
        }
        write!(f, "expected to match {expected} row(s), but matched {matched}: ")?;
        f.write_str(
            "the row was changed or deleted by somebody else; refresh the object and try again",
        )
    }
}

impl fmt::Display for IntegrityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entity) = self.entity {
            write!(f, "{entity}: ")?;
        }
        self.source.fmt(f)
    }
}

impl fmt::Display for BudgetExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, sql, promised_at, called_at } = self;
        write!(
            f,
            "the call at {called_at} needs more than the {limit} statement(s) that were promised at \
             {promised_at}: {sql}; load what it reads with fewer (`selectinload`, `joinedload`, \
             `.load()`), or promise more"
        )
    }
}

impl fmt::Display for HookFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hook)?;
        if let Some(subject) = &self.subject {
            write!(f, " of {subject}")?;
        }
        write!(f, " refused: {}", self.source)
    }
}

impl std::error::Error for HookFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

impl std::error::Error for IntegrityError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
