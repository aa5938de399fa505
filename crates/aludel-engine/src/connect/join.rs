//! [`Joint`]: the transaction of one connection as an engine of its own, so that sessions and
//! connections which know nothing of it work within it.

use std::{
    any::Any,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use aludel_core::{dialect::Dialect, value::Columns};

use crate::{
    EngineCore, Error, Pooled, Result, Url,
    driver::{
        Begin, ConnectOptions, Connecting, Connection, Control, Done, Driver, Flow, Room, Step,
        Work,
    },
};

/// What the ends of transactions do to the transaction that they are joined into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum JoinMode {
    /// Each transaction is a savepoint of it: a commit keeps what was done for the transaction
    /// around, and a rollback takes back no more than was done since the begin.
    #[default]
    CreateSavepoint,
    /// A rollback rolls it back; a commit does nothing to it, nor does closing or dropping.
    RollbackOnly,
    /// It is the joined one's own: a commit commits it, a rollback rolls it back, and what comes
    /// after that begins another.
    ControlFully,
}

/// One connection and its open transaction, as an engine of its own with a pool of one.
///
/// It is what a session that joins a connection works on, and a test sandbox. Drop what was made
/// of the engine first; what is still open then is rolled back when it goes.
#[derive(Debug)]
pub struct Joint {
    seat: Arc<Seat>,
    engine: EngineCore,
}

/// Where the connection is while nobody uses it, and what is known of what is joined.
#[derive(Debug)]
struct Seat {
    mode: JoinMode,
    /// How many savepoints were open when it was joined.
    depth: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    home: Option<Pooled>,
    /// Nobody may join it any more.
    closed: bool,
    /// Whether a joined transaction is open, as far as what is joined knows.
    open: bool,
    /// Whether one is prepared.
    prepared: bool,
    /// Whether the unit under way ends a transaction by a commit.
    commits: bool,
    /// Whether it is to stop.
    cancelled: bool,
}

impl Seat {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, for somebody to use.
    fn leave(&self) -> Result<Pooled> {
        let mut state = self.lock();
        if state.closed {
            return Err(over("it was closed"));
        }
        state.home.take().ok_or_else(|| over("the connection was lost"))
    }

    fn steps_aside(&self) -> bool {
        self.mode == JoinMode::RollbackOnly
    }

    /// The control of the transaction around that one of the joined transaction's comes to, if any.
    fn translate(&self, control: Control, around: bool) -> Result<Option<Control>> {
        use JoinMode::{ControlFully, CreateSavepoint, RollbackOnly};
        let mut state = self.lock();
        let own = self.depth + 1;
        let inner = |n| self.depth + n + u32::from(self.mode == CreateSavepoint);
        Ok(match control {
            Control::Savepoint(n) => Some(Control::Savepoint(inner(n))),
            Control::Release(n) => Some(Control::Release(inner(n))),
            Control::RollbackTo(n) => Some(Control::RollbackTo(inner(n))),
            Control::Begin(_) => {
                state.open = true;
                match self.mode {
                    CreateSavepoint => Some(Control::Savepoint(own)),
                    ControlFully if !around => Some(Control::Begin(Begin::IMMEDIATE)),
                    RollbackOnly | ControlFully => None,
                }
            }
            Control::Commit | Control::Rollback if !mem::take(&mut state.open) => None,
            Control::Commit => {
                state.commits = true;
                match self.mode {
                    CreateSavepoint => Some(Control::Release(own)),
                    RollbackOnly => None,
                    ControlFully => Some(Control::Commit),
                }
            }
            Control::Rollback => Some(self.undo()),
            Control::BeginTwoPhase(_) if self.mode == CreateSavepoint => {
                state.open = true;
                Some(Control::Savepoint(own))
            }
            // It is nobody else's before the transaction around ends.
            Control::Prepare(_) if self.mode == CreateSavepoint && state.open => {
                (state.open, state.prepared) = (false, true);
                None
            }
            Control::CommitPrepared(_) if mem::take(&mut state.prepared) => {
                Some(Control::Release(own))
            }
            Control::RollbackPrepared(_) if mem::take(&mut state.prepared) => Some(self.undo()),
            Control::BeginTwoPhase(_)
            | Control::Prepare(_)
            | Control::CommitPrepared(_)
            | Control::RollbackPrepared(_) => {
                return Err(Error::InvalidRequest(
                    "the transaction is joined into another, which alone could be prepared".into(),
                ));
            }
        })
    }

    /// What undoes a joined transaction.
    fn undo(&self) -> Control {
        match self.mode {
            JoinMode::CreateSavepoint => Control::RollbackTo(self.depth + 1),
            JoinMode::RollbackOnly | JoinMode::ControlFully => Control::Rollback,
        }
    }
}

impl Joint {
    /// Makes an engine of a connection with so many open savepoints.
    pub(crate) fn new(pooled: Pooled, engine: &EngineCore, mode: JoinMode, depth: u32) -> Self {
        let state = State { home: Some(pooled), ..State::default() };
        let seat = Arc::new(Seat { mode, depth, state: Mutex::new(state) });
        let driver = JoinedDriver { dialect: engine.dialect(), seat: Arc::clone(&seat) };
        Self { seat, engine: engine.around(Arc::new(driver)) }
    }

    /// Makes an engine of a transaction of its own, which ends with it.
    ///
    /// # Errors
    /// The database can't be reached, or doesn't let it begin.
    pub async fn begin(engine: &EngineCore) -> Result<Self> {
        let mut pooled = engine.checkout().await?;
        let begin = Step::Control(Control::Begin(Begin::IMMEDIATE));
        crate::driver::once(&mut *pooled, [begin]).await?;
        Ok(Self::new(pooled, engine, JoinMode::CreateSavepoint, 0))
    }

    /// The engine.
    pub fn engine(&self) -> &EngineCore {
        &self.engine
    }

    /// Whether the ends of what is joined do nothing to the transaction around, unless it is a rollback.
    pub fn steps_aside(&self) -> bool {
        self.seat.steps_aside()
    }

    /// What is joined is done with: where it has no say in how the transaction around ends, nothing
    /// is rolled back for its sake.
    pub fn let_be(&self) {
        if self.seat.steps_aside() {
            self.seat.lock().open = false;
        }
    }

    /// Closes the engine: the connection, if nobody uses it any more. Who does keeps it until then.
    pub fn close(&self) -> Option<Pooled> {
        self.engine.dispose();
        let mut state = self.seat.lock();
        state.closed = true;
        state.home.take()
    }
}

/// Hands out the one connection.
#[derive(Debug)]
struct JoinedDriver {
    dialect: &'static dyn Dialect,
    seat: Arc<Seat>,
}

impl Driver for JoinedDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn connect(&self, _: &Url, _: &ConnectOptions) -> Connecting {
        let seat = Arc::clone(&self.seat);
        Box::pin(async move {
            let mut inner = seat.leave()?;
            crate::driver::settle(&mut *inner).await;
            let connection = JoinedConnection { inner: Some(inner), seat, undoing: None };
            if !connection.is_usable() {
                return Err(over("a statement's future was dropped, or the database ended it"));
            }
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn max_connections(&self, _: &Url) -> Option<usize> {
        Some(1)
    }
}

#[cold]
fn over(why: &str) -> Error {
    let text = format!("the transaction that this one is joined into is over: {why}");
    Error::InvalidRequest(text.into())
}

/// The one connection, as what is joined sees it.
struct JoinedConnection {
    /// There until the drop.
    inner: Option<Pooled>,
    seat: Arc<Seat>,
    /// What was cancelled, while it is undone.
    undoing: Option<Box<dyn Work>>,
}

impl JoinedConnection {
    fn inner(&self) -> &dyn Connection {
        &**self.inner.as_ref().expect("there until the drop")
    }

    fn inner_mut(&mut self) -> &mut dyn Connection {
        &mut **self.inner.as_mut().expect("there until the drop")
    }
}

impl Connection for JoinedConnection {
    fn start(&mut self, work: Box<dyn Work>) {
        let around = self.inner().in_transaction();
        let seat = Arc::clone(&self.seat);
        let mut state = seat.lock();
        (state.commits, state.cancelled) = (false, false);
        drop(state);
        let joined = JoinedWork { work, seat, around, places: Vec::new() };
        self.inner_mut().start(Box::new(joined));
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        let Poll::Ready((result, work)) = self.inner_mut().poll_done(cx) else {
            return Poll::Pending;
        };
        if let Some(work) = self.undoing.take() {
            return Poll::Ready((Err(Error::Cancelled), work));
        }
        let work = match work.into_any().downcast::<JoinedWork>() {
            Ok(joined) => joined.work,
            Err(_) => unreachable!("a driver hands back the script that it was given"),
        };
        let around = self.inner().in_transaction();
        let mut state = self.seat.lock();
        if result.is_err() && mem::take(&mut state.commits) && around {
            // It didn't get that far.
            state.open = true;
        }
        if result.is_ok() || !mem::take(&mut state.cancelled) {
            return Poll::Ready((result, work));
        }
        let undo = (mem::take(&mut state.open) && around).then(|| self.seat.undo());
        drop(state);
        let Some(undo) = undo else { return Poll::Ready((Err(Error::Cancelled), work)) };
        self.undoing = Some(work);
        self.inner_mut().start(Box::new(Undo(Some(undo))));
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    // The connection itself would be rolled back as a whole: the unit stops before its next wave.
    fn cancel(&mut self) {
        self.seat.lock().cancelled = true;
    }

    fn detach(&mut self) {
        self.inner_mut().detach();
    }

    fn is_under_way(&self) -> bool {
        self.inner().is_under_way()
    }

    fn in_transaction(&self) -> bool {
        self.seat.lock().open && self.inner().in_transaction()
    }

    fn is_failed(&self) -> bool {
        self.inner().is_failed()
    }

    fn is_usable(&self) -> bool {
        let inner = self.inner();
        let around = self.seat.mode == JoinMode::ControlFully
            || inner.is_under_way()
            || inner.in_transaction();
        around && inner.is_usable() && !self.seat.lock().closed
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self.inner_mut().as_any()
    }
}

impl Drop for JoinedConnection {
    fn drop(&mut self) {
        let mut state = self.seat.lock();
        let inner = self.inner.take().filter(|_| !state.closed);
        state.home = inner;
    }
}

/// A script whose transactions are parts of the one around.
struct JoinedWork {
    work: Box<dyn Work>,
    seat: Arc<Seat>,
    /// Whether the transaction around was open when it began.
    around: bool,
    /// Where each step of the wave stood before those that come to nothing were left out; empty if
    /// none was.
    places: Vec<usize>,
}

impl JoinedWork {
    fn place(&self, step: usize) -> usize {
        self.places.get(step).copied().unwrap_or(step)
    }

    fn translate(&mut self, out: &mut Vec<Step>) -> Result<()> {
        self.places.clear();
        if !out.iter().any(|it| matches!(it, Step::Control(_))) {
            return Ok(());
        }
        for (place, step) in mem::take(out).into_iter().enumerate() {
            let step = match step {
                Step::Control(control) => {
                    self.seat.translate(control, self.around)?.map(Step::Control)
                }
                run => Some(run),
            };
            match &step {
                Some(Step::Control(Control::Begin(_))) => self.around = true,
                Some(Step::Control(Control::Commit | Control::Rollback)) => self.around = false,
                _ => {}
            }
            if let Some(step) = step {
                out.push(step);
                self.places.push(place);
            }
        }
        Ok(())
    }
}

impl Work for JoinedWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        loop {
            let state = self.seat.lock();
            // Behind a commit that went through there is only the end.
            if state.cancelled && !state.commits {
                return Err(Error::Cancelled);
            }
            drop(state);
            let flow = self.work.wave(out)?;
            self.translate(out)?;
            if !out.is_empty() || flow == Flow::Done {
                return Ok(flow);
            }
        }
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        self.work.row(self.place(step), row)
    }

    fn key(&mut self, step: usize, run: usize, key: i64) -> Result<()> {
        self.work.key(self.place(step), run, key)
    }

    fn keys(&mut self, step: usize, first: usize, keys: &[i64]) -> Result<()> {
        self.work.keys(self.place(step), first, keys)
    }

    fn count(&mut self, step: usize, run: usize, rows: u64) -> Result<()> {
        self.work.count(self.place(step), run, rows)
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        if self.seat.lock().cancelled {
            return Poll::Ready(Room::Nothing);
        }
        self.work.poll_room(cx)
    }

    fn at_once(&self) -> usize {
        self.work.at_once()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The script that undoes what was cancelled.
struct Undo(Option<Control>);

impl Work for Undo {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.extend(self.0.take().map(Step::Control));
        Ok(Flow::Done)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
