//! The types of the crate `time`.

use time::{Date as Day, OffsetDateTime, PrimitiveDateTime, Time as Clock, UtcDateTime};

use super::macros::{days, moments, scalars};
use crate::value::{Date, DateTime, Time};

fn date(it: Day) -> Date {
    Date { year: it.year(), month: it.month().into(), day: it.day() }
}

fn time(it: Clock) -> Time {
    let (hour, minute, second, micros) = it.as_hms_micro();
    Time { hour, minute, second, micros }
}

fn day(it: Date) -> Option<Day> {
    Day::from_calendar_date(it.year, it.month.try_into().ok()?, it.day).ok()
}

fn clock(it: Time) -> Option<Clock> {
    Clock::from_hms_micro(it.hour, it.minute, it.second, it.micros).ok()
}

fn primitive(it: DateTime) -> Option<PrimitiveDateTime> {
    Some(PrimitiveDateTime::new(day(it.date)?, clock(it.time)?))
}

fn utc(it: UtcDateTime) -> DateTime {
    DateTime { date: date(it.date()), time: time(it.time()) }
}

/// In UTC. Beside the first and the last day of the crate's calendar that is another year, which
/// the crate can't say, but the neutral form can.
fn offset(it: OffsetDateTime) -> DateTime {
    if let Some(it) = it.checked_to_utc() {
        return utc(it);
    }
    let later = it.offset().whole_seconds() < 0;
    let beyond =
        if later { OffsetDateTime::replace_year(it, 9998) } else { it.replace_year(-9998) };
    let Some(shifted) = beyond.ok().and_then(OffsetDateTime::checked_to_utc) else {
        return DateTime { date: date(it.date()), time: time(it.time()) };
    };
    let mut shifted = utc(shifted);
    shifted.date.year = if later { 10_000 } else { -10_000 };
    shifted
}

scalars! {
    Day: Date as Date, Date::parse; date, day;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    Clock: Time as Time, Time::parse; time, clock;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    PrimitiveDateTime: DateTime as DateTime, DateTime::parse;
        |it: Self| DateTime { date: date(it.date()), time: time(it.time()) }, primitive;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    UtcDateTime: TimestampTz as Instant | DateTime, DateTime::parse_utc;
        utc, |it| primitive(it).map(PrimitiveDateTime::as_utc);
    /// The moment is stored, the offset isn't: it comes back as UTC's.
    OffsetDateTime: TimestampTz as Instant | DateTime, DateTime::parse_utc;
        offset, |it| primitive(it).map(PrimitiveDateTime::assume_utc);
}

days!(Day; date, day);
moments!(PrimitiveDateTime, UtcDateTime, OffsetDateTime);
