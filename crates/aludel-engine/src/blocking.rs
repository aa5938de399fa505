//! The blocking face: the same futures, polled to completion on the caller's thread.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

pub use crate::engine::BlockingEngine as Engine;

/// Polls a future to completion on this thread, which sleeps in between.
///
/// A future that is ready at once (everything on a blocking connection to SQLite) costs nothing but
/// its poll.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    if let Poll::Ready(it) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return it;
    }
    let waker = thread_waker();
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(it) => return it,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// A waker that unparks this thread.
pub(crate) fn thread_waker() -> Waker {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }

        fn wake_by_ref(self: &Arc<Self>) {
            self.0.unpark();
        }
    }

    Waker::from(Arc::new(Unpark(std::thread::current())))
}
