//! [`Stream`]: rows as they are read, a portion at a time, each with what is loaded beside it: memory is flat
//! however many there are.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use aludel_core::{expr::Select, value::Columns as Row};
use aludel_engine::{
    Engine, EngineFace, Error as EngineError, Result as EngineResult,
    blocking::{Engine as BlockingEngine, block_on},
    driver::{Chunks, Reading, Run, Step, Want},
};

use super::{
    eager::Eager,
    fetch::KEYS,
    query::{Existing, Held, Query, set_layouts, take_row},
    shown::Shown,
};
use crate::{
    Error, Result,
    object::cohort::Part,
    session::{core::Core, transaction::Steps},
};

/// How many rows are read at a time where nothing is said. With relationships, as many as one statement
/// takes keys.
const PORTION: usize = 512;

/// The rows of a query as they are read: a `Stream` in async programs, an `Iterator` in others. It
/// borrows the session; objects that nobody holds are let go of on the way.
#[must_use = "nothing is read before the first row is asked for"]
pub struct Stream<'s, F: EngineFace, R: Send + 'static> {
    core: &'s mut Core,
    reading: Reading<Collect<R>>,
    rows: std::vec::IntoIter<R>,
    existing: Existing,
    /// Whether there was an error, which ends it.
    failed: bool,
    face: PhantomData<F>,
}

/// Some of the rows, and what is loaded beside them.
struct Portion<R> {
    buffer: Held<R>,
    eager: Eager,
}

/// Collects rows to portions, where the connection lives.
struct Collect<R> {
    empty: Empty<R>,
    size: usize,
    portion: Portion<R>,
}

/// What portions are made of.
struct Empty<R> {
    select: Select<R>,
    repeats: bool,
    /// The entities of the rows.
    shown: Vec<Shown>,
    /// What is loaded beside them.
    eager: Eager,
}

impl<R: Send + 'static> Empty<R> {
    fn portion(&self) -> Portion<R> {
        let mut buffer = self.select.buffer();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                part.0.set_repeats(self.repeats);
            }
        });
        set_layouts(&mut *buffer, &self.shown);
        Portion { buffer: Held(buffer), eager: self.eager.fresh() }
    }
}

impl<R: Send + 'static> Collect<R> {
    fn new(select: Select<R>, query: Query<R>, eager: Eager) -> Self {
        let size = match select.execution().yield_per {
            Some(size) => size,
            None if eager.asks() => KEYS,
            None => PORTION,
        };
        let empty = Empty { select, repeats: query.repeats, shown: query.shown, eager };
        let portion = empty.portion();
        Self { empty, size, portion }
    }

    /// Takes what there is, and begins anew.
    fn take(&mut self) -> Portion<R> {
        std::mem::replace(&mut self.portion, self.empty.portion())
    }
}

impl<R: Send + 'static> Chunks for Collect<R> {
    type Chunk = Portion<R>;

    fn row(&mut self, row: &dyn Row) -> EngineResult<Option<Portion<R>>> {
        let Portion { buffer, eager } = &mut self.portion;
        take_row(buffer, eager, row)?;
        Ok((buffer.0.len() >= self.size).then(|| self.take()))
    }

    fn rest(&mut self) -> Option<Portion<R>> {
        (!self.portion.buffer.0.is_empty()).then(|| self.take())
    }

    fn at_once(&self) -> usize {
        self.empty.select.execution().yield_per.unwrap_or(usize::MAX)
    }

    fn wave(&mut self, portion: &mut Portion<R>, out: &mut Vec<Step>) -> EngineResult<()> {
        let Portion { buffer, eager } = portion;
        eager.next(buffer, out).map(drop).map_err(EngineError::from)
    }

    fn row_beside(
        &mut self,
        portion: &mut Portion<R>,
        step: usize,
        row: &dyn Row,
    ) -> EngineResult<()> {
        portion.eager.row(step, row)
    }
}

impl Core {
    /// Begins to read a query's rows portion by portion.
    pub(crate) async fn stream<F: EngineFace, R: Send + 'static>(
        &mut self,
        select: Select<R>,
    ) -> Result<Stream<'_, F, R>> {
        self.before_hooks().await?;
        let mut query = Query::select(select.clone())?.streaming();
        let hooks = self.executes();
        if query.see(&hooks)?.is_some() {
            let text = "a hook answers a stream, which it can't";
            return Err(Error::InvalidRequest(text.into()));
        }
        if select.execution().yield_per == Some(0) {
            let text = "`yield_per(0)`: a stream reads one row at a time at least";
            return Err(Error::InvalidRequest(text.into()));
        }
        self.before_query(select.execution().autoflush).await?;
        let (run, eager) = query.prepare(self.engine.dialect())?;
        let run = Run { want: Want::Stream, ..run };
        self.charge(&run)?;
        let opening = self.open(false).await?;
        if !opening.is_empty() {
            self.run(Steps(opening), |_, _| ()).await?;
        }
        let existing = query.existing();
        let collect = Collect::new(select, query, eager.seen_by(hooks));
        let reading = Reading::new(run, collect, |work| self.metered_behind(work));
        let rows = Vec::new().into_iter();
        Ok(Stream { core: self, reading, rows, existing, failed: false, face: PhantomData })
    }
}

impl<F: EngineFace, R: Send + 'static> Stream<'_, F, R> {
    /// The next row, where there is one; brings portions into the session on the way.
    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            let Some(connection) = self.core.connection.as_mut().filter(|_| !self.failed) else {
                return Poll::Ready(None);
            };
            let taken = match self.reading.poll_chunk(&mut **connection, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Ok(portion))) => self.take(portion),
                Poll::Ready(Some(Err(error))) => Err(self.core.stream_failed(error)),
            };
            if let Err(error) = taken {
                self.failed = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Brings a portion into the session.
    fn take(&mut self, mut portion: Portion<R>) -> Result<()> {
        // Rows that were handed out are the caller's now; the last portion's are let go of first.
        self.rows = Vec::new().into_iter();
        self.core.sweep(false);
        self.core.take_in(&mut portion.buffer, &mut portion.eager, self.existing)?;
        self.rows = portion.buffer.0.drain().into_iter();
        Ok(())
    }
}

impl<R: Send + 'static> futures_core::Stream for Stream<'_, Engine, R> {
    type Item = Result<R>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        self.get_mut().poll_row(cx)
    }
}

impl<R: Send + 'static> Unpin for Stream<'_, Engine, R> {}

impl<R: Send + 'static> Iterator for Stream<'_, BlockingEngine, R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        if let Some(row) = self.rows.next() {
            return Some(Ok(row));
        }
        block_on(std::future::poll_fn(|cx| self.poll_row(cx)))
    }
}
