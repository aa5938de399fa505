//! [`ChunkStream`]: rows read as they are taken, in chunks that are decoded on the connection's
//! side.
//!
//! The script of a stream hands each full chunk over and has room for one row more only while fewer
//! than two chunks wait, so memory is flat however long the result is. It runs where every other
//! unit runs: within the transaction that is open, and on the one connection of `:memory:`, too.
//! While it is open, nothing else can run on the connection, but for statements of its own: those that a
//! chunk needs before it is handed over.

use std::{
    any::Any,
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use aludel_core::value::Columns;
use futures_core::Stream;

use super::{Connection, Flow, Room, Run, Step, Want, Work};
use crate::{Error, Result, blocking::block_on, driver::settle};

/// How many chunks may wait to be taken.
const WAITING: usize = 2;

/// Collects rows to chunks, on the connection's side.
pub trait Chunks: Send + 'static {
    /// Several rows, decoded.
    type Chunk: Send + 'static;

    /// Takes a row; gives a chunk away when it is full.
    ///
    /// # Errors
    /// The row isn't what was expected.
    fn row(&mut self, row: &dyn Columns) -> Result<Option<Self::Chunk>>;

    /// What is left when there are no more rows.
    fn rest(&mut self) -> Option<Self::Chunk>;

    /// How many rows are to be in memory at once before they are shown, at the most.
    fn at_once(&self) -> usize {
        usize::MAX
    }

    /// The next wave of statements that a full chunk needs before it is handed over; nothing if it is
    /// complete.
    ///
    /// # Errors
    /// They can't be made.
    fn wave(&mut self, chunk: &mut Self::Chunk, out: &mut Vec<Step>) -> Result<()> {
        let _ = (chunk, out);
        Ok(())
    }

    /// Takes a row that one of these statements gives: the one at place `step` of its wave.
    ///
    /// # Errors
    /// As [`Chunks::row`].
    fn row_beside(
        &mut self,
        chunk: &mut Self::Chunk,
        step: usize,
        row: &dyn Columns,
    ) -> Result<()> {
        let _ = (chunk, step, row);
        Ok(())
    }
}

/// The chunks of a result that is being read: a [`Stream`] and an [`Iterator`].
///
/// Dropping it ends the reading and leaves an open transaction open. After an error or the last
/// chunk it is at its end.
pub struct ChunkStream<'c, C: Chunks> {
    connection: &'c mut dyn Connection,
    reading: Reading<C>,
}

impl<'c, C: Chunks> ChunkStream<'c, C> {
    /// Makes a stream of a statement's rows; nothing is sent before it is first polled.
    pub fn new(connection: &'c mut dyn Connection, run: Run, chunks: C) -> Self {
        Self { connection, reading: Reading::new(run, chunks, |work| work) }
    }

    /// The next chunk.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<C::Chunk>>> {
        self.reading.poll_chunk(self.connection, cx)
    }
}

impl<C: Chunks> Stream for ChunkStream<'_, C> {
    type Item = Result<C::Chunk>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_chunk(cx)
    }
}

/// For the blocking face: waits on this thread.
impl<C: Chunks> Iterator for ChunkStream<'_, C> {
    type Item = Result<C::Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(std::future::poll_fn(|cx| self.poll_chunk(cx)))
    }
}

/// A [`ChunkStream`] without its connection, for whoever owns that; each call must be given the same.
///
/// Dropping it ends the reading: no more rows are asked for, and whoever uses the connection next waits for
/// that.
pub struct Reading<C: Chunks> {
    hand_off: Arc<HandOff<C::Chunk>>,
    state: State,
}

enum State {
    /// To be started when it is first polled.
    New(Option<Box<dyn Work>>),
    Reading,
    /// What is left is in the hand-off, and then there is this error.
    Ended(Option<Error>),
}

impl<C: Chunks> Reading<C> {
    /// Of a statement's rows; `watched` may put something around the script.
    pub fn new(run: Run, chunks: C, watched: impl FnOnce(Box<dyn Work>) -> Box<dyn Work>) -> Self {
        let hand_off = Arc::new(HandOff { inner: Mutex::new(Inner::default()) });
        let step = Step::Run(Run { want: Want::Stream, ..run });
        let work = Reader {
            step: Some(step),
            chunks,
            full: None,
            steps: Vec::new(),
            hand_off: Arc::clone(&hand_off),
        };
        Self { hand_off, state: State::New(Some(watched(Box::new(work)))) }
    }

    /// The next chunk.
    pub fn poll_chunk(
        &mut self,
        connection: &mut dyn Connection,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<C::Chunk>>> {
        if let State::New(work) = &mut self.state {
            if connection.is_under_way() {
                // Of an earlier, dropped future.
                let mut settled = std::pin::pin!(settle(connection));
                if settled.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
            if let Some(work) = work.take() {
                connection.start(work);
            }
            self.state = State::Reading;
        }
        if let Some(chunk) = self.hand_off.take(cx) {
            return Poll::Ready(Some(Ok(chunk)));
        }
        // This also drives a connection that lives in the task; it may fill the hand-off.
        if let State::Reading = self.state {
            match connection.poll_done(cx) {
                Poll::Ready((result, _)) => self.state = State::Ended(result.err()),
                Poll::Pending => {
                    return match self.hand_off.take(cx) {
                        Some(chunk) => Poll::Ready(Some(Ok(chunk))),
                        None => Poll::Pending,
                    };
                }
            }
        }
        if let Some(chunk) = self.hand_off.take(cx) {
            return Poll::Ready(Some(Ok(chunk)));
        }
        match &mut self.state {
            State::Ended(error) => Poll::Ready(error.take().map(Err)),
            _ => Poll::Pending,
        }
    }
}

impl<C: Chunks> Drop for Reading<C> {
    fn drop(&mut self) {
        // No cancel: that would roll the transaction back. The reader ends at its next row, and
        // whoever uses the connection next waits for it.
        self.hand_off.close();
    }
}

/// What the reader and the stream share.
struct HandOff<T> {
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    chunks: VecDeque<T>,
    closed: bool,
    reader: Option<Waker>,
    taker: Option<Waker>,
}

impl<T> Default for Inner<T> {
    fn default() -> Self {
        Self { chunks: VecDeque::with_capacity(WAITING), closed: false, reader: None, taker: None }
    }
}

impl<T> HandOff<T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, chunk: T) {
        let mut inner = self.lock();
        if inner.closed {
            drop(inner);
            return drop(chunk);
        }
        inner.chunks.push_back(chunk);
        let taker = inner.taker.take();
        drop(inner);
        taker.into_iter().for_each(Waker::wake);
    }

    fn take(&self, cx: &mut Context<'_>) -> Option<T> {
        let mut inner = self.lock();
        let chunk = inner.chunks.pop_front();
        if chunk.is_none() && !inner.taker.as_ref().is_some_and(|it| it.will_wake(cx.waker())) {
            inner.taker = Some(cx.waker().clone());
        }
        let reader = if chunk.is_some() { inner.reader.take() } else { None };
        drop(inner);
        reader.into_iter().for_each(Waker::wake);
        chunk
    }

    fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let (chunks, reader) = (std::mem::take(&mut inner.chunks), inner.reader.take());
        drop(inner);
        drop(chunks);
        reader.into_iter().for_each(Waker::wake);
    }

    fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Room> {
        let mut inner = self.lock();
        if inner.closed {
            return Poll::Ready(Room::Nothing);
        }
        if inner.chunks.len() < WAITING {
            return Poll::Ready(Room::Row);
        }
        inner.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// The script of a stream.
struct Reader<C: Chunks> {
    step: Option<Step>,
    chunks: C,
    /// A chunk that needs statements before it can be handed over.
    full: Option<C::Chunk>,
    /// The next of these.
    steps: Vec<Step>,
    hand_off: Arc<HandOff<C::Chunk>>,
}

impl<C: Chunks> Reader<C> {
    /// Hands a chunk over once it has what it needs.
    fn go_on_with(&mut self, mut chunk: C::Chunk) -> Result<()> {
        self.chunks.wave(&mut chunk, &mut self.steps)?;
        match self.steps.is_empty() {
            true => self.hand_off.push(chunk),
            false => self.full = Some(chunk),
        }
        Ok(())
    }
}

impl<C: Chunks> Work for Reader<C> {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        if let Some(step) = self.step.take() {
            out.push(step);
            return Ok(Flow::More);
        }
        if self.hand_off.is_closed() {
            return Ok(Flow::Done);
        }
        if self.steps.is_empty() {
            // Its statements are answered, or there are no more rows.
            let chunk = self.full.take().or_else(|| self.chunks.rest());
            if let Some(chunk) = chunk {
                self.go_on_with(chunk)?;
            }
        }
        out.append(&mut self.steps);
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        if let Some(chunk) = &mut self.full {
            return self.chunks.row_beside(chunk, step, row);
        }
        match self.chunks.row(row)? {
            Some(chunk) => self.go_on_with(chunk),
            None => Ok(()),
        }
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        match self.hand_off.poll_room(cx) {
            // It has its place already.
            Poll::Ready(Room::Row) if self.full.is_some() => Poll::Ready(Room::Wave),
            polled => polled,
        }
    }

    fn at_once(&self) -> usize {
        self.chunks.at_once()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
