//! [`Pooled`]: a connection that is out.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use deadpool::managed::Object;

use super::{Manager, Shared, ledger::Ticket, member::Member};
use crate::driver::Connection;

/// A connection taken out of an engine's pool. It goes back when it is dropped; a unit under way is
/// cancelled, and an open transaction rolled back.
pub struct Pooled {
    /// The place in the pool; empty for as long as nothing is opened.
    place: Option<Object<Manager>>,
    ticket: Option<Ticket>,
    /// Whether the listeners were told.
    handed_out: bool,
}

impl Pooled {
    pub(super) fn new(place: Object<Manager>, ticket: Ticket) -> Self {
        Self { place: Some(place), ticket: Some(ticket), handed_out: false }
    }

    /// Who is in the place.
    pub(super) fn member(&mut self) -> Option<&mut Member> {
        self.place.as_mut().and_then(|place| (**place).as_mut())
    }

    /// Puts somebody into the place, and closes who was there.
    pub(super) fn put(&mut self, member: Option<Member>) {
        if let Some(place) = &mut self.place {
            **place = member;
        }
    }

    pub(super) fn hand_out(&mut self) {
        self.handed_out = true;
        if let Some(member) = self.member() {
            member.taken_out();
        }
    }

    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        if self.handed_out
            && let Some(member) = self.member()
        {
            member.given_back();
        }
        self.put(None);
    }
}

impl Deref for Pooled {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        let member = self.place.as_ref().and_then(|place| (**place).as_ref());
        member.expect("who is handed out is there until the drop")
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.member().expect("who is handed out is there until the drop")
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = self.place.as_ref().and_then(|place| (**place).as_ref());
        let under_way = member.is_some_and(|it| it.is_under_way());
        f.debug_struct("Pooled").field("under_way", &under_way).finish_non_exhaustive()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let (Some(mut place), Some(ticket)) = (self.place.take(), self.ticket.take()) else {
            return;
        };
        let Some(pool) = Object::pool(&place) else { return };
        let Shared { options, ledger, .. } = &pool.manager().shared;
        let stays = (*place).as_mut().is_some_and(|member| {
            member.come_back(options);
            if self.handed_out {
                member.given_back();
            }
            member.is_fit(options) && ticket.may_wait(options.size)
        });
        if !stays {
            // It is closed before somebody else may open another.
            *place = None;
        }
        drop(ticket);
        if stays {
            drop(place);
        } else {
            drop(Object::take(place));
        }
        if options.idle_timeout.is_some() && !options.one {
            let gone = pool.retain(|it, _| it.as_ref().is_some_and(|it| it.is_fit(options)));
            ledger.closed(gone.removed.len());
        }
    }
}
