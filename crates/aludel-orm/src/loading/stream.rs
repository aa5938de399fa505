//! [`Stream`]: rows as they are read, in chunks of 512: memory is flat however many there are.

use std::{
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aludel_core::{
    expr::{RowBuffer, Select},
    value::Columns as Row,
};
use aludel_engine::{
    Engine, EngineFace, Result as EngineResult,
    blocking::Engine as BlockingEngine,
    driver::{ChunkStream, Chunks, Run, Want},
};

use super::{
    entity::Settle,
    options::Path,
    query::{Query, set_layouts},
    shown::Shown,
};
use crate::{
    Error, Result,
    events::{HookSet, hooks_of, landed, load_hooks_anywhere},
    object::graph::Graph,
    session::{
        core::{Core, sweep},
        identity::Stores,
        transaction::Steps,
    },
};

/// How many rows are read at a time.
const CHUNK: usize = 512;

/// The rows of a query as they are read: a `Stream` in async programs, an `Iterator` in others. It
/// borrows the session; objects that nobody holds are let go of on the way.
#[must_use = "nothing is read before the first row is asked for"]
pub struct Stream<'s, F: EngineFace, R: Send + 'static> {
    chunks: ChunkStream<'s, Collect<R>>,
    rows: std::vec::IntoIter<R>,
    session: u64,
    graph: Arc<Graph>,
    stores: &'s mut Stores,
    nested: bool,
    hooks: Vec<Arc<HookSet>>,
    face: PhantomData<F>,
}

/// Collects rows to chunks, where the connection lives.
struct Collect<R> {
    select: Select<R>,
    buffer: Box<dyn RowBuffer<R>>,
    repeats: bool,
    /// The entities of the rows.
    shown: Vec<Shown>,
}

impl<R: Send + 'static> Collect<R> {
    fn fresh(&self) -> Box<dyn RowBuffer<R>> {
        let mut buffer = self.select.buffer();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<crate::object::cohort::Part>() {
                part.0.set_repeats(self.repeats);
            }
        });
        set_layouts(&mut *buffer, &self.shown);
        buffer
    }
}

impl<R: Send + 'static> Chunks for Collect<R> {
    type Chunk = Box<dyn RowBuffer<R>>;

    fn row(&mut self, row: &dyn Row) -> EngineResult<Option<Self::Chunk>> {
        self.buffer.push(row).map_err(aludel_core::Error::from)?;
        if self.buffer.len() < CHUNK {
            return Ok(None);
        }
        let fresh = self.fresh();
        Ok(Some(std::mem::replace(&mut self.buffer, fresh)))
    }

    fn rest(&mut self) -> Option<Self::Chunk> {
        let fresh = self.fresh();
        let rest = std::mem::replace(&mut self.buffer, fresh);
        (!rest.is_empty()).then_some(rest)
    }
}

impl Core {
    /// Begins to read a query's rows one by one.
    pub(crate) async fn stream<F: EngineFace, R: Send + 'static>(
        &mut self,
        select: Select<R>,
    ) -> Result<Stream<'_, F, R>> {
        self.before_hooks().await?;
        let mut query = Query::select(select.clone())?.streaming();
        if query.see(&self.executes())?.is_some() {
            let text = "a hook answers a stream, which it can't";
            return Err(Error::InvalidRequest(text.into()));
        }
        self.before_query(select.execution().autoflush).await?;
        if select.options().iter().any(|it| it.is::<Path>()) {
            let text = "a stream takes no loader options: load relationships chunk by chunk with \
                        `.load()`, or run the query with `.all()`";
            return Err(Error::InvalidRequest(text.into()));
        }
        let repeats = !select.query().joins.is_empty() || select.query().roots().len() > 1;
        let (run, _) = query.prepare(self.engine.dialect())?;
        let run = Run { want: Want::Stream, ..run };
        self.charge(&run)?;
        let opening = self.open(false).await?;
        if !opening.is_empty() {
            self.run(Steps(opening), |_, _| ()).await?;
        }
        let (session, nested) = (self.id, self.level_wrote());
        let hooks = if load_hooks_anywhere() { hooks_of(self) } else { Vec::new() };
        let graph = Graph::root(&self.graph).clone();
        let Self { connection: Some(connection), stores, .. } = self else {
            return Err(Error::InvalidRequest("the session has no connection".into()));
        };
        let mut collect = Collect { buffer: select.buffer(), select, repeats, shown: query.shown };
        collect.buffer = collect.fresh();
        let chunks = ChunkStream::new(&mut **connection, run, collect);
        Ok(Stream {
            chunks,
            rows: Vec::new().into_iter(),
            session,
            graph,
            stores,
            nested,
            hooks,
            face: PhantomData,
        })
    }
}

impl<F: EngineFace, R: Send + 'static> Stream<'_, F, R> {
    /// Brings a chunk's objects into the session.
    fn take(&mut self, mut chunk: Box<dyn RowBuffer<R>>) -> Result<()> {
        // Rows that were handed out are the caller's now; the last chunk's are let go of first.
        self.rows = Vec::new().into_iter();
        sweep(&self.graph, self.stores, false);
        let (session, graph) = (self.session, self.graph.clone());
        let stores = std::mem::take(self.stores);
        let nested = self.nested;
        let mut context = Settle { session, graph, stores, overwrite: false, nested };
        let result = chunk.settle(&mut context);
        *self.stores = context.stores;
        result.map_err(Error::from_settle)?;
        if load_hooks_anywhere() {
            landed(&self.hooks, &self.graph, self.stores);
        }
        self.rows = chunk.drain().into_iter();
        Ok(())
    }
}

impl<R: Send + 'static> futures_core::Stream for Stream<'_, Engine, R> {
    type Item = Result<R>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        let this = self.get_mut();
        loop {
            if let Some(row) = this.rows.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            match this.chunks.poll_chunk(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(Some(Ok(chunk))) => {
                    if let Err(error) = this.take(chunk) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

impl<R: Send + 'static> Unpin for Stream<'_, Engine, R> {}

impl<R: Send + 'static> Iterator for Stream<'_, BlockingEngine, R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            let taken = match self.chunks.next()? {
                Ok(chunk) => self.take(chunk),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = taken {
                return Some(Err(error));
            }
        }
    }
}
