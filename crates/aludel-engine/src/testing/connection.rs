//! A connection of [`PendingDriver`]: hands a unit on wave by wave, and pends in between.

use std::{
    any::Any,
    collections::VecDeque,
    sync::atomic::Ordering,
    task::{Context, Poll, Waker},
};

use super::{
    PendingDriver,
    answers::{Answer, Answers},
    wave::Wave,
};
use crate::{
    DatabaseError, Error, Kind, Result,
    driver::{Connection, Control, Done, Flow, Room, Step, Work},
};

pub(super) struct PendingConnection {
    driver: PendingDriver,
    inner: Box<dyn Connection>,
    unit: Option<Unit>,
    /// Whether the next poll pends, whatever there is to do.
    pend: bool,
    /// How often all connections had been killed when this one was opened.
    born: u64,
    /// It was killed, and knows.
    lost: bool,
}

struct Unit {
    work: Box<dyn Work>,
    /// What is left of the wave, and the number of its first step.
    steps: VecDeque<Step>,
    next: usize,
    /// What the wave that is on its way has answered so far.
    coming: Answers,
    /// What is reported: the wave's answers once all are there, and before that a stream's in portions.
    answers: VecDeque<Answer>,
    /// What the script said to an answer of a wave that is still on its way.
    refused: Option<Error>,
    /// How the wave ended.
    outcome: Result<()>,
    last: bool,
    /// What waits while a stream's script has other statements done: its own answers, and whether that
    /// was the last wave.
    aside: Option<(VecDeque<Answer>, bool)>,
    /// A COMMIT went through: whatever happens now, that is the truth.
    committed: bool,
    cancelled: bool,
    took_back: bool,
    ended: Option<Result<()>>,
}

impl PendingConnection {
    pub(super) fn new(driver: PendingDriver, inner: Box<dyn Connection>) -> Self {
        let born = driver.faults.kills.load(Ordering::Relaxed);
        Self { driver, inner, unit: None, pend: true, born, lost: false }
    }

    /// Does the next thing; `true` while there is more to do.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(unit) = &mut self.unit else { return Poll::Pending };
        if unit.ended.is_some() {
            return Poll::Ready(false);
        }
        if self.inner.is_under_way() {
            let Poll::Ready((result, wave)) = self.inner.poll_done(cx) else {
                return unit.pass_on(cx).map(|()| true);
            };
            unit.sent(result, wave.into_any().downcast().ok().map(|it| *it));
            return Poll::Ready(true);
        }
        if unit.cancelled && !unit.committed {
            return Poll::Ready(self.take_back());
        }
        if !unit.steps.is_empty() && unit.outcome.is_ok() {
            if self.born < self.driver.faults.kills.load(Ordering::Relaxed) {
                self.lost = true;
                let lost = DatabaseError::new(Kind::ConnectionLost, "the server was stopped");
                unit.outcome = Err(lost.into());
                return Poll::Ready(true);
            }
            let wave = unit.chunk(&self.driver);
            self.send(wave);
            return Poll::Ready(true);
        }
        match unit.report(cx) {
            Poll::Pending => return Poll::Pending,
            // All that is on its way has come: what waits is put aside for other statements.
            Poll::Ready(Ok(true)) => {
                let answers = std::mem::take(&mut unit.answers);
                unit.aside = Some((answers, std::mem::replace(&mut unit.last, false)));
            }
            Poll::Ready(Ok(false)) => {}
            Poll::Ready(Err(error)) => {
                unit.ended = Some(Err(error));
                return Poll::Ready(false);
            }
        }
        if unit.last
            && unit.outcome.is_ok()
            && let Some((answers, last)) = unit.aside.take()
        {
            (unit.answers, unit.last) = (answers, last);
            return Poll::Ready(true);
        }
        if unit.last || unit.outcome.is_err() {
            unit.ended = Some(std::mem::replace(&mut unit.outcome, Ok(())));
            return Poll::Ready(false);
        }
        let mut steps = Vec::new();
        match unit.work.wave(&mut steps) {
            Err(error) => unit.outcome = Err(error),
            Ok(flow) => {
                unit.last = flow == Flow::Done;
                unit.next = 0;
                unit.steps = steps.into();
                if !unit.steps.is_empty() {
                    self.driver.faults.waves.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Poll::Ready(true)
    }

    /// Does steps here and now where that can be, or sends them on their way.
    fn send(&mut self, mut wave: Wave) {
        let Some(unit) = &mut self.unit else { return };
        let inline = if wave.is_stream() { None } else { self.inner.run_inline(&mut wave) };
        match inline {
            None => {
                unit.coming = wave.answers.clone();
                self.inner.start(Box::new(wave));
            }
            Some(result) => unit.sent(result, Some(wave)),
        }
    }

    /// Of a unit that was cancelled: rolls back, and ends it once that is done.
    fn take_back(&mut self) -> bool {
        let failed = self.unit.as_ref().is_none_or(|it| it.took_back && it.outcome.is_err());
        if !failed && self.inner.is_usable() && self.inner.in_transaction() {
            if let Some(unit) = &mut self.unit {
                unit.took_back = true;
            }
            self.send(Wave::new(0, vec![Step::Control(Control::Rollback)], None));
            return true;
        }
        if let Some(unit) = &mut self.unit {
            unit.answers.clear();
            unit.ended = Some(Err(Error::Cancelled));
        }
        false
    }
}

impl Unit {
    fn new(work: Box<dyn Work>) -> Self {
        Self {
            work,
            steps: VecDeque::new(),
            next: 0,
            coming: Answers::default(),
            answers: VecDeque::new(),
            refused: None,
            outcome: Ok(()),
            last: false,
            aside: None,
            committed: false,
            cancelled: false,
            took_back: false,
            ended: None,
        }
    }

    /// The next steps to be sent together, up to one that is to fail.
    fn chunk(&mut self, driver: &PendingDriver) -> Wave {
        let size = if driver.single { 1 } else { self.steps.len() };
        let (good, fault) = driver.count(size);
        let first = self.next;
        self.next += good;
        Wave::new(first, self.steps.drain(..good).collect(), fault)
    }

    /// What was sent has ended.
    fn sent(&mut self, result: Result<()>, wave: Option<Wave>) {
        let Some(wave) = wave else {
            self.outcome = result.and(Err(Error::Cancelled));
            return;
        };
        self.committed |= wave.commits && result.is_ok();
        self.outcome = match self.refused.take() {
            Some(error) => Err(error),
            None => {
                self.answers.extend(wave.answers.take());
                result.and(wave.fault.map_or(Ok(()), Err))
            }
        };
    }

    /// Of a wave that is on its way: takes a portion of a stream's rows, and reports it.
    fn pass_on(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.cancelled || self.refused.is_some() || self.coming.is_wide() {
            return Poll::Pending;
        }
        if self.answers.is_empty() {
            return self.coming.poll_portion(cx).map(|portion| self.answers = portion);
        }
        self.report(cx).map(|reported| match reported {
            // They are sent when nothing else is on its way.
            Ok(wants_more) => {
                if wants_more {
                    self.coming.widen();
                }
            }
            Err(error) => {
                self.answers.clear();
                self.refused = Some(error);
                self.coming.close();
            }
        })
    }

    /// Reports the answers that are there; whether statements are to go before the rest.
    fn report(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
        while let Some(answer) = self.answers.front() {
            if let Answer::Row { step, stream: true, .. } = answer {
                let step = *step;
                match self.work.poll_room(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Room::Row) => {}
                    Poll::Ready(Room::Wave) => return Poll::Ready(Ok(true)),
                    Poll::Ready(Room::Nothing) => {
                        let of =
                            |it: &Answer| matches!(it, Answer::Row { step: of, .. } if *of == step);
                        self.answers.retain(|it| !of(it));
                        self.coming.close();
                        continue;
                    }
                }
            }
            let reported = match self.answers.pop_front() {
                Some(Answer::Row { step, row, .. }) => self.work.row(step, &row),
                Some(Answer::Key { step, run, key }) => self.work.key(step, run, key),
                Some(Answer::Count { step, run, rows }) => self.work.count(step, run, rows),
                None => Ok(()),
            };
            if let Err(error) = reported {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(false))
    }
}

impl Connection for PendingConnection {
    fn start(&mut self, work: Box<dyn Work>) {
        self.unit = Some(Unit::new(work));
        self.pend = true;
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        self.driver.faults.polls.fetch_add(1, Ordering::Relaxed);
        if std::mem::replace(&mut self.pend, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.advance(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(true) => {
                // What is on its way must be polled, so that it wakes this task.
                self.pend = !self.inner.is_under_way();
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(false) => match self.unit.take() {
                Some(Unit { work, ended: Some(result), .. }) => Poll::Ready((result, work)),
                unit => {
                    self.unit = unit;
                    Poll::Pending
                }
            },
        }
    }

    /// What can be cleaned up at once is; the rest goes on where the inner connection lives.
    fn cancel(&mut self) {
        let Some(unit) = &mut self.unit else { return };
        unit.cancelled = true;
        if self.inner.is_under_way() {
            self.inner.cancel();
        }
        let mut cx = Context::from_waker(Waker::noop());
        while self.advance(&mut cx) == Poll::Ready(true) {}
    }

    /// The wave that is on its way gets on by itself; one behind it waits for the next poll.
    fn detach(&mut self) {
        self.pend = false;
        let mut cx = Context::from_waker(Waker::noop());
        while self.advance(&mut cx) == Poll::Ready(true) {}
        if self.inner.is_under_way() {
            self.inner.detach();
        }
    }

    fn is_under_way(&self) -> bool {
        self.unit.is_some()
    }

    fn in_transaction(&self) -> bool {
        !self.lost && self.inner.in_transaction()
    }

    fn is_failed(&self) -> bool {
        self.inner.is_failed()
    }

    fn is_usable(&self) -> bool {
        !self.lost && self.inner.is_usable()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
