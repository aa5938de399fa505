//! `chrono`'s types without a time zone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::value::{Date, DateTime, Scalar, SqlType, Time, ValueRef};

fn date(it: NaiveDate) -> Date {
    Date { year: it.year(), month: it.month() as u8, day: it.day() as u8 }
}

fn time(it: NaiveTime) -> Time {
    // A leap second is kept as the last microsecond of its minute: databases have no form for it.
    let micros = (it.nanosecond() / 1_000).min(999_999);
    Time { hour: it.hour() as u8, minute: it.minute() as u8, second: it.second() as u8, micros }
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

/// Whole microseconds are stored; the rest of a nanosecond is dropped.
impl Scalar for NaiveDateTime {
    const TYPE: SqlType = SqlType::DateTime;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::DateTime(DateTime { date: date(self.date()), time: time(self.time()) })
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        let it = match value {
            ValueRef::DateTime(it) => it,
            ValueRef::Text(text) => DateTime::parse(text)?,
            _ => return None,
        };
        Some(naive_date(it.date)?.and_time(naive_time(it.time)?))
    }
}

impl Scalar for NaiveDate {
    const TYPE: SqlType = SqlType::Date;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Date(date(*self))
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Date(it) => naive_date(it),
            ValueRef::Text(text) => naive_date(Date::parse(text)?),
            _ => None,
        }
    }
}

impl Scalar for NaiveTime {
    const TYPE: SqlType = SqlType::Time;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Time(time(*self))
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Time(it) => naive_time(it),
            ValueRef::Text(text) => naive_time(Time::parse(text)?),
            _ => None,
        }
    }
}
