//! A driver within a runtime, so that what needs one is driven from a thread that has none.

use std::{
    any::Any,
    future::poll_fn,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use aludel::{
    dialect::Dialect,
    driver::{ConnectOptions, Connecting, Connection, Done, Driver, Result, Url, Work},
};
use tokio::runtime::{Builder, Runtime};

/// The runtime of all cases.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("threads can be started")
    })
}

/// A driver whose connections are opened, polled and dropped within the runtime.
#[derive(Debug)]
pub(crate) struct WithinRuntime(pub(crate) Arc<dyn Driver>);

impl Driver for WithinRuntime {
    fn dialect(&self) -> &'static dyn Dialect {
        self.0.dialect()
    }

    fn check(&self, url: &Url) -> Result<()> {
        self.0.check(url)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        let mut opening = {
            let _within = runtime().enter();
            self.0.connect(url, options)
        };
        Box::pin(async move {
            let opened = poll_fn(move |cx| {
                let _within = runtime().enter();
                opening.as_mut().poll(cx)
            });
            Ok(Box::new(Within(Some(opened.await?))) as Box<dyn Connection>)
        })
    }

    fn restarts_to_write(&self) -> bool {
        self.0.restarts_to_write()
    }

    fn max_connections(&self, url: &Url) -> Option<usize> {
        self.0.max_connections(url)
    }
}

/// `None` only while it is dropped.
struct Within(Option<Box<dyn Connection>>);

impl Within {
    fn get(&self) -> &dyn Connection {
        &**self.0.as_ref().expect("there until the drop")
    }

    fn within<T>(&mut self, act: impl FnOnce(&mut dyn Connection) -> T) -> T {
        let _within = runtime().enter();
        act(&mut **self.0.as_mut().expect("there until the drop"))
    }
}

impl Connection for Within {
    fn start(&mut self, work: Box<dyn Work>) {
        self.within(|it| it.start(work));
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        self.within(|it| it.poll_done(cx))
    }

    fn cancel(&mut self) {
        self.within(|it| it.cancel());
    }

    fn detach(&mut self) {
        self.within(|it| it.detach());
    }

    fn is_under_way(&self) -> bool {
        self.get().is_under_way()
    }

    fn in_transaction(&self) -> bool {
        self.get().in_transaction()
    }

    fn is_failed(&self) -> bool {
        self.get().is_failed()
    }

    fn is_usable(&self) -> bool {
        self.get().is_usable()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        let _within = runtime().enter();
        drop(self.0.take());
    }
}
