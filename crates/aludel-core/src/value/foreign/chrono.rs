//! `chrono`'s dates, times and moments.

use chrono::{
    DateTime as Zoned, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc,
};

use super::macros::{days, moments, scalars};
use crate::value::{Date, DateTime, Time};

fn date(it: NaiveDate) -> Date {
    Date { year: it.year(), month: it.month() as u8, day: it.day() as u8 }
}

fn time(it: NaiveTime) -> Time {
    // A leap second is kept as the last microsecond of its minute: databases have no form for it.
    let micros = (it.nanosecond() / 1_000).min(999_999);
    Time { hour: it.hour() as u8, minute: it.minute() as u8, second: it.second() as u8, micros }
}

fn date_time(it: NaiveDateTime) -> DateTime {
    DateTime { date: date(it.date()), time: time(it.time()) }
}

fn naive_date(it: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(it.year, u32::from(it.month), u32::from(it.day))
}

fn naive_time(it: Time) -> Option<NaiveTime> {
    NaiveTime::from_hms_micro_opt(
        u32::from(it.hour),
        u32::from(it.minute),
        u32::from(it.second),
        it.micros,
    )
}

fn naive_date_time(it: DateTime) -> Option<NaiveDateTime> {
    Some(naive_date(it.date)?.and_time(naive_time(it.time)?))
}

fn utc(it: DateTime) -> Option<Zoned<Utc>> {
    Some(naive_date_time(it)?.and_utc())
}

scalars! {
    NaiveDate: Date as Date, Date::parse; date, naive_date;
    NaiveTime: Time as Time, Time::parse; time, naive_time;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    NaiveDateTime: DateTime as DateTime, DateTime::parse; date_time, naive_date_time;
    /// Whole microseconds are stored; the rest of a nanosecond is dropped.
    Zoned<Utc>: TimestampTz as Instant | DateTime, DateTime::parse_utc;
        |it: Self| date_time(it.naive_utc()), utc;
    /// The moment is stored, the offset isn't: it comes back as UTC's.
    Zoned<FixedOffset>: TimestampTz as Instant | DateTime, DateTime::parse_utc;
        |it: Self| date_time(it.naive_utc()), |it| utc(it).map(|it| it.fixed_offset());
}

days!(NaiveDate; date, naive_date);
moments!(NaiveDateTime, Zoned<Utc>, Zoned<FixedOffset>);
