//! [`NetworkConnection`]: a client between units, in one, or on its way home from one.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::sync::oneshot;
use tokio_util::sync::ReusableBoxFuture;

use super::{Boxed, Client, Home, Stop, lost};
use crate::{
    Error, Result,
    driver::{Connection, Done, Work},
};

/// How long a unit that nobody waits for may take to come to its end by itself, before the server is asked
/// to interrupt it. Most do: they stop at their next step.
const GRACE: Duration = Duration::from_millis(2);

/// How long an interrupted unit may take to come to its end, and then its rollback, before the
/// connection is given up: what a busy server needs is less, and one that can't be reached needs more.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a unit leaves behind: the client, and the outcome.
type Finished<C> = (Box<C>, Result<()>, Box<dyn Work>);

/// A connection of a network driver.
pub(crate) struct NetworkConnection<C: Client> {
    state: State<C>,
    home: Home,
    /// The memory of the last unit, for the next: units are many and short, and their futures large.
    spare: Option<(ReusableBoxFuture<'static, Finished<C>>, Arc<Stop>)>,
}

enum State<C: Client> {
    /// Nothing is under way.
    Idle(Box<C>),
    /// A unit is polled by whoever waits for it.
    Running(Unit<C>),
    /// A unit comes to its end in a task of its own.
    Settling(oneshot::Receiver<Finished<C>>),
    /// The unit was lost with its task; this is what can be said.
    Lost(Option<Box<dyn Work>>),
    /// The connection is gone.
    Gone,
}

/// A unit under way, which owns the client.
struct Unit<C> {
    future: ReusableBoxFuture<'static, Finished<C>>,
    stop: Arc<Stop>,
    interrupter: Arc<dyn Fn() -> Boxed<()> + Send + Sync>,
}

impl<C: Client> NetworkConnection<C> {
    pub(super) fn new(client: C, home: Home) -> Self {
        Self { state: State::Idle(Box::new(client)), home, spare: None }
    }

    /// Moves the unit to where it gets on by itself; `cancelled`: nobody wants its outcome.
    fn send_home(&mut self, cancelled: bool) {
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Running(unit) => {
                let (report, finished) = oneshot::channel();
                self.state = State::Settling(finished);
                self.home.spawn(Box::pin(async move {
                    let outcome = if cancelled { interrupt(unit).await } else { unit.future.await };
                    // Where the connection was dropped meanwhile, this drops the client.
                    let _ = report.send(outcome);
                }));
            }
            other => self.state = other,
        }
    }
}

/// Brings a unit to its end that nobody waits for, and undoes its transaction.
async fn interrupt<C: Client>(unit: Unit<C>) -> Finished<C> {
    let Unit { future, stop, interrupter } = unit;
    stop.cancel();
    let asked = AtomicBool::new(false);
    let nagging = async {
        let begun = tokio::time::Instant::now();
        tokio::time::sleep(GRACE).await;
        asked.store(true, Ordering::Relaxed);
        // The server may be between two statements when it is asked, so it is asked again.
        let mut pause = GRACE;
        while begun.elapsed() < PATIENCE {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let _ = tokio::time::timeout(left, interrupter()).await;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        stop.kill();
    };
    let finished = {
        let nagging = std::pin::pin!(nagging);
        match select(future, nagging).await {
            Either::Left((finished, _)) => finished,
            Either::Right((_, future)) => future.await,
        }
    };
    let (mut client, mut result, work) = finished;
    // A unit that got through its COMMIT is answered with its outcome.
    if client.is_usable() && client.in_transaction() {
        result = Err(Error::Cancelled);
        if !matches!(tokio::time::timeout(PATIENCE, client.roll_back()).await, Ok(Ok(()))) {
            client.abandon().await;
        }
    } else if !client.is_usable() || result.is_err() {
        result = Err(Error::Cancelled);
    }
    if asked.into_inner() {
        // The request may arrive late, and would hit what runs next on this connection.
        client.close();
    }
    (client, result, work)
}

impl<C: Client> Connection for NetworkConnection<C> {
    fn run_inline(&mut self, work: &mut dyn Work) -> Option<Result<()>> {
        let State::Idle(client) = &mut self.state else { return None };
        if !matches!(self.home, Home::Own(_)) {
            return None;
        }
        let stop = Stop::default();
        let ran = self.home.block_on(client.advance(work, &stop));
        Some(ran.and_then(|result| result))
    }

    fn start(&mut self, work: Box<dyn Work>) {
        self.state = match std::mem::replace(&mut self.state, State::Gone) {
            State::Idle(client) => {
                let interrupter = client.interrupter();
                let (future, stop) = match self.spare.take() {
                    Some((mut future, stop)) => {
                        future.set(run(client, work, Arc::clone(&stop)));
                        (future, stop)
                    }
                    None => {
                        let stop = Arc::new(Stop::default());
                        (ReusableBoxFuture::new(run(client, work, Arc::clone(&stop))), stop)
                    }
                };
                State::Running(Unit { future, stop, interrupter })
            }
            _ => State::Lost(Some(work)),
        };
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        // Taken out, so that a panic of the program's code leaves no half-polled future behind.
        let polled = match std::mem::replace(&mut self.state, State::Gone) {
            State::Running(mut unit) => match poll_unit(&self.home, &mut unit, cx) {
                Ok(Poll::Ready(finished)) => {
                    // Nobody stopped it: who does sends it home.
                    self.spare = Some((unit.future, unit.stop));
                    Poll::Ready(Some(finished))
                }
                Ok(Poll::Pending) => {
                    self.state = State::Running(unit);
                    return Poll::Pending;
                }
                Err(error) => return self.refuse(unit, error),
            },
            State::Settling(mut finished) => match std::pin::Pin::new(&mut finished).poll(cx) {
                Poll::Ready(outcome) => Poll::Ready(outcome.ok()),
                Poll::Pending => {
                    self.state = State::Settling(finished);
                    return Poll::Pending;
                }
            },
            State::Lost(work) => {
                self.state = State::Gone;
                return match work {
                    Some(work) => Poll::Ready((Err(lost("an earlier unit ended with it")), work)),
                    None => Poll::Pending,
                };
            }
            other => {
                self.state = other;
                return Poll::Pending;
            }
        };
        match polled {
            Poll::Ready(Some((client, result, work))) => {
                if client.is_usable() {
                    self.state = State::Idle(client);
                }
                Poll::Ready((result, work))
            }
            // The task died with its runtime, and the script with it.
            _ => Poll::Ready((Err(lost("its runtime has ended")), Box::new(Ended))),
        }
    }

    fn cancel(&mut self) {
        self.send_home(true);
    }

    fn detach(&mut self) {
        self.send_home(false);
    }

    fn is_under_way(&self) -> bool {
        matches!(self.state, State::Running(_) | State::Settling(_) | State::Lost(_))
    }

    fn in_transaction(&self) -> bool {
        matches!(&self.state, State::Idle(client) if client.in_transaction())
    }

    fn is_failed(&self) -> bool {
        matches!(&self.state, State::Idle(client) if client.is_failed())
    }

    fn is_usable(&self) -> bool {
        match &self.state {
            State::Idle(client) => client.is_usable(),
            State::Running(_) | State::Settling(_) => true,
            State::Lost(_) | State::Gone => false,
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl<C: Client> NetworkConnection<C> {
    /// The thread may not drive the unit: nothing of it is done.
    #[cold]
    fn refuse(&mut self, unit: Unit<C>, error: Error) -> Poll<Done> {
        drop(unit);
        Poll::Ready((Err(error), Box::new(Ended)))
    }
}

/// Runs a script, until it is killed.
async fn run<C: Client>(
    mut client: Box<C>,
    mut work: Box<dyn Work>,
    stop: Arc<Stop>,
) -> Finished<C> {
    let result = {
        let mut advancing = std::pin::pin!(client.advance(&mut *work, &stop));
        std::future::poll_fn(|cx| match advancing.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            // Whoever kills it polls it.
            Poll::Pending if stop.is_killed() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    match result {
        Some(result) => (client, result, work),
        None => {
            client.abandon().await;
            (client, Err(Error::Cancelled), work)
        }
    }
}

/// Polls a unit where its connection lives.
fn poll_unit<C: Client>(
    home: &Home,
    unit: &mut Unit<C>,
    cx: &mut Context<'_>,
) -> Result<Poll<Finished<C>>> {
    if let Home::Program(_) = home {
        return Ok(unit.future.poll(cx));
    }
    // Until it is done, or waits for this very thread to take rows.
    let stop = Arc::clone(&unit.stop);
    home.block_on(std::future::poll_fn(|cx| match unit.future.poll(cx) {
        Poll::Ready(finished) => Poll::Ready(Poll::Ready(finished)),
        Poll::Pending if stop.is_stalled() => Poll::Ready(Poll::Pending),
        Poll::Pending => Poll::Pending,
    }))
}

/// Stands for a script that was lost with its runtime.
struct Ended;

impl Work for Ended {
    fn wave(&mut self, _: &mut Vec<crate::driver::Step>) -> Result<crate::driver::Flow> {
        Ok(crate::driver::Flow::Done)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
