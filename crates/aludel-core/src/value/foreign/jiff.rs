//! `jiff`'s dates, times and moments.

use jiff::{
    Timestamp,
    civil::{Date as Day, DateTime as Civil, Time as Clock},
    tz::Offset,
};

use super::macros::{days, moments, scalars};
use crate::value::{Date, DateTime, Time};

fn date(it: Day) -> Date {
    Date { year: it.year().into(), month: it.month() as u8, day: it.day() as u8 }
}

fn time(it: Clock) -> Time {
    let micros = it.subsec_nanosecond().unsigned_abs() / 1_000;
    Time { hour: it.hour() as u8, minute: it.minute() as u8, second: it.second() as u8, micros }
}

fn date_time(it: Civil) -> DateTime {
    DateTime { date: date(it.date()), time: time(it.time()) }
}

fn day(it: Date) -> Option<Day> {
    Day::new(it.year.try_into().ok()?, it.month.try_into().ok()?, it.day.try_into().ok()?).ok()
}

fn clock(it: Time) -> Option<Clock> {
    let (hour, minute, second) = (it.hour.try_into(), it.minute.try_into(), it.second.try_into());
    let nanos = i32::try_from(it.micros).ok()?.checked_mul(1_000)?;
    Clock::new(hour.ok()?, minute.ok()?, second.ok()?, nanos).ok()
}

fn civil(it: DateTime) -> Option<Civil> {
    Some(Civil::from_parts(day(it.date)?, clock(it.time)?))
}

scalars! {
    Day: Date as Date, Date::parse; date, day;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    Clock: Time as Time, Time::parse; time, clock;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    Civil: DateTime as DateTime, DateTime::parse; date_time, civil;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    Timestamp: TimestampTz as Instant | DateTime, DateTime::parse_utc;
        |it| date_time(Offset::UTC.to_datetime(it)),
        |it| civil(it).and_then(|it| Offset::UTC.to_timestamp(it).ok());
}

days!(Day; date, day);
moments!(Civil, Timestamp);
