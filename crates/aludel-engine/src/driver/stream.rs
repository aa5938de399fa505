//! [`ChunkStream`]: rows read as they are taken, in chunks that are decoded on the connection's
//! side.
//!
//! The script of a stream hands each full chunk over and has room for one row more only while fewer
//! than two chunks wait, so memory is flat however long the result is. It runs where every other
//! unit runs: within the transaction that is open, and on the one connection of `:memory:`, too.
//! While it is open, it borrows the connection, so nothing else can run in between.

use std::{
    any::Any,
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use aludel_core::value::Columns;
use futures_core::Stream;

use super::{Connection, Flow, Run, Step, Want, Work};
use crate::{Result, blocking::block_on, driver::settle};

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
}

/// The chunks of a result that is being read: a [`Stream`] and an [`Iterator`].
///
/// Dropping it ends the reading and leaves an open transaction open. After an error or the last
/// chunk it is at its end.
pub struct ChunkStream<'c, C: Chunks> {
    connection: &'c mut dyn Connection,
    hand_off: Arc<HandOff<C::Chunk>>,
    state: State,
}

enum State {
    /// To be started when it is first polled.
    New(Option<Box<dyn Work>>),
    Reading,
    Ended,
}

impl<'c, C: Chunks> ChunkStream<'c, C> {
    /// Makes a stream of a statement's rows; nothing is sent before it is first polled.
    pub fn new(connection: &'c mut dyn Connection, run: Run, chunks: C) -> Self {
        let hand_off = Arc::new(HandOff { inner: Mutex::new(Inner::default()) });
        let step = Step::Run(Run { want: Want::Stream, ..run });
        let work = Reader { step: Some(step), chunks, hand_off: Arc::clone(&hand_off) };
        Self { connection, hand_off, state: State::New(Some(Box::new(work))) }
    }

    /// The next chunk.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<C::Chunk>>> {
        if let State::New(work) = &mut self.state {
            if self.connection.is_under_way() {
                // Of an earlier, dropped future.
                let mut settled = std::pin::pin!(settle(self.connection));
                if settled.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
            if let Some(work) = work.take() {
                self.connection.start(work);
            }
            self.state = State::Reading;
        }
        if let Some(chunk) = self.hand_off.take(cx) {
            return Poll::Ready(Some(Ok(chunk)));
        }
        if matches!(self.state, State::Ended) {
            return Poll::Ready(None);
        }
        // This also drives a connection that lives in the task; it may fill the hand-off.
        let Poll::Ready((result, _)) = self.connection.poll_done(cx) else {
            return match self.hand_off.take(cx) {
                Some(chunk) => Poll::Ready(Some(Ok(chunk))),
                None => Poll::Pending,
            };
        };
        self.state = State::Ended;
        if let Err(error) = result {
            self.hand_off.close();
            return Poll::Ready(Some(Err(error)));
        }
        Poll::Ready(self.hand_off.take(cx).map(Ok))
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

impl<C: Chunks> Drop for ChunkStream<'_, C> {
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

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut inner = self.lock();
        if inner.closed {
            return Poll::Ready(false);
        }
        if inner.chunks.len() < WAITING {
            return Poll::Ready(true);
        }
        inner.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// The script of a stream.
struct Reader<C: Chunks> {
    step: Option<Step>,
    chunks: C,
    hand_off: Arc<HandOff<C::Chunk>>,
}

impl<C: Chunks> Work for Reader<C> {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        if let Some(step) = self.step.take() {
            out.push(step);
            return Ok(Flow::More);
        }
        if let Some(chunk) = self.chunks.rest() {
            self.hand_off.push(chunk);
        }
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Columns) -> Result<()> {
        if let Some(chunk) = self.chunks.row(row)? {
            self.hand_off.push(chunk);
        }
        Ok(())
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        self.hand_off.poll_room(cx)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
