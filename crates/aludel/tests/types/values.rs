//! Values of every type, within what a database can keep.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    ops::Bound,
};

use aludel::value::{Date, DateTime, Decimal as Neutral, Inet, Range, RangeBound, Time};
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use proptest::{collection::vec, prelude::*};
use rust_decimal::Decimal;

use crate::databases::Database;

pub(crate) fn f32(database: &Database) -> impl Strategy<Value = f32> + use<> {
    let (infinite, zero) = (database.infinite, database.negative_zero);
    any::<f32>()
        .prop_filter("kept", move |it| it.is_finite() || infinite && it.is_infinite())
        .prop_map(move |it| if zero { it } else { it + 0.0 })
}

pub(crate) fn f64(database: &Database) -> impl Strategy<Value = f64> + use<> {
    let (infinite, zero) = (database.infinite, database.negative_zero);
    any::<f64>()
        .prop_filter("kept", move |it| it.is_finite() || infinite && it.is_infinite())
        .prop_map(move |it| if zero { it } else { it + 0.0 })
}

pub(crate) fn text(database: &Database) -> impl Strategy<Value = String> + use<> {
    let nul = database.nul;
    any::<String>().prop_map(move |it| if nul { it } else { it.replace('\0', "") })
}

/// Each end of the calendar, and what is between them.
fn year(years: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = i32> + use<> {
    let (first, last) = years.clone().into_inner();
    prop_oneof![6 => years, 6 => 1900..2100, 1 => Just(first), 1 => Just(last)]
}

fn date_in(
    database: &Database,
    calendar: std::ops::RangeInclusive<i32>,
) -> impl Strategy<Value = Date> + use<> {
    let day = prop_oneof![3 => (1..=12_u8, 1..=28_u8), 1 => Just((1, 1)), 1 => Just((12, 31))];
    (year(database.years(calendar)), day).prop_map(|(year, (month, day))| Date { year, month, day })
}

pub(crate) fn neutral_date(database: &Database) -> impl Strategy<Value = Date> + use<> {
    date_in(database, i32::MIN..=i32::MAX)
}

pub(crate) fn neutral_time() -> impl Strategy<Value = Time> {
    let midnight = Time { hour: 0, minute: 0, second: 0, micros: 0 };
    let last = Time { hour: 23, minute: 59, second: 59, micros: 999_999 };
    let micros = prop_oneof![2 => Just(0), 3 => 0..1_000_000_u32];
    let any = (0..24_u8, 0..60_u8, 0..60_u8, micros)
        .prop_map(|(hour, minute, second, micros)| Time { hour, minute, second, micros });
    prop_oneof![1 => Just(midnight), 1 => Just(last), 6 => any]
}

pub(crate) fn neutral_date_time(database: &Database) -> impl Strategy<Value = DateTime> + use<> {
    (neutral_date(database), neutral_time()).prop_map(|(date, time)| DateTime { date, time })
}

pub(crate) fn neutral_decimal() -> impl Strategy<Value = Neutral> {
    (any::<u64>(), any::<u32>(), 0..=28_u8, any::<bool>())
        .prop_map(|(low, high, scale, negative)| Neutral { low, high, scale, negative })
}

pub(crate) fn decimal() -> impl Strategy<Value = Decimal> {
    let digits = prop_oneof![any::<i64>().prop_map(i128::from), -(1_i128 << 96) + 1..1 << 96];
    (digits, 0..=28_u32).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

pub(crate) fn chrono_date(database: &Database) -> impl Strategy<Value = chrono::NaiveDate> + use<> {
    date_in(database, -262_143..=262_142).prop_map(|it| {
        chrono::NaiveDate::from_ymd_opt(it.year, it.month.into(), it.day.into()).unwrap()
    })
}

pub(crate) fn chrono_time() -> impl Strategy<Value = chrono::NaiveTime> {
    neutral_time().prop_map(|it| {
        let (hour, minute, second) = (it.hour.into(), it.minute.into(), it.second.into());
        chrono::NaiveTime::from_hms_micro_opt(hour, minute, second, it.micros).unwrap()
    })
}

pub(crate) fn chrono_date_time(
    database: &Database,
) -> impl Strategy<Value = chrono::NaiveDateTime> + use<> {
    (chrono_date(database), chrono_time()).prop_map(|(date, time)| date.and_time(time))
}

pub(crate) fn chrono_utc(
    database: &Database,
) -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> + use<> {
    chrono_date_time(database).prop_map(|it| it.and_utc())
}

pub(crate) fn chrono_offset(
    database: &Database,
) -> impl Strategy<Value = chrono::DateTime<chrono::FixedOffset>> + use<> {
    (chrono_utc(database), -86_399..=86_399)
        .prop_map(|(it, east)| it.with_timezone(&chrono::FixedOffset::east_opt(east).unwrap()))
}

pub(crate) fn time_date(database: &Database) -> impl Strategy<Value = time::Date> + use<> {
    date_in(database, -9999..=9999).prop_map(|it| {
        time::Date::from_calendar_date(it.year, it.month.try_into().unwrap(), it.day).unwrap()
    })
}

pub(crate) fn time_time() -> impl Strategy<Value = time::Time> {
    neutral_time().prop_map(|it| {
        time::Time::from_hms_micro(it.hour, it.minute, it.second, it.micros).unwrap()
    })
}

pub(crate) fn time_primitive(
    database: &Database,
) -> impl Strategy<Value = time::PrimitiveDateTime> + use<> {
    (time_date(database), time_time()).prop_map(|(date, time)| date.with_time(time))
}

pub(crate) fn time_utc(database: &Database) -> impl Strategy<Value = time::UtcDateTime> + use<> {
    time_primitive(database).prop_map(|it| it.as_utc())
}

pub(crate) fn time_offset(
    database: &Database,
) -> impl Strategy<Value = time::OffsetDateTime> + use<> {
    (time_utc(database), -93_599..=93_599).prop_map(|(it, seconds)| {
        let utc = it.to_offset(time::UtcOffset::UTC);
        let offset = time::UtcOffset::from_whole_seconds(seconds).unwrap();
        utc.checked_to_offset(offset).unwrap_or(utc)
    })
}

pub(crate) fn jiff_date(database: &Database) -> impl Strategy<Value = jiff::civil::Date> + use<> {
    date_in(database, -9999..=9999)
        .prop_map(|it| jiff::civil::date(it.year as i16, it.month as i8, it.day as i8))
}

pub(crate) fn jiff_time() -> impl Strategy<Value = jiff::civil::Time> {
    neutral_time().prop_map(|it| {
        let (hour, minute, second) = (it.hour as i8, it.minute as i8, it.second as i8);
        jiff::civil::time(hour, minute, second, it.micros as i32 * 1_000)
    })
}

pub(crate) fn jiff_date_time(
    database: &Database,
) -> impl Strategy<Value = jiff::civil::DateTime> + use<> {
    (jiff_date(database), jiff_time()).prop_map(|(date, time)| date.to_datetime(time))
}

/// The crate's moments end a day before its calendar does.
pub(crate) fn jiff_timestamp(
    database: &Database,
) -> impl Strategy<Value = jiff::Timestamp> + use<> {
    jiff_date_time(database).prop_map(|it| {
        let utc = jiff::tz::Offset::UTC;
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let nearest = if it.year() < 0 { first } else { last };
        let it = utc.to_timestamp(it).unwrap_or(nearest);
        jiff::Timestamp::new(it.as_second(), it.subsec_microsecond() * 1_000).unwrap()
    })
}

/// Floating-point numbers that are few digits in any base: JSON's are kept as text or as decimals.
pub(crate) fn json(database: &Database) -> impl Strategy<Value = serde_json::Value> + use<> {
    use serde_json::Value;
    let plain = || text(database);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|it| Value::from(f64::from(it) / 8.0)),
        plain().prop_map(Value::from),
    ];
    let key = text(database).boxed();
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let pairs = vec((key.clone(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

pub(crate) fn inet() -> impl Strategy<Value = Inet> {
    network().prop_map(|it| Inet { addr: it.ip(), prefix: it.prefix() })
}

pub(crate) fn network() -> impl Strategy<Value = IpNetwork> {
    prop_oneof![network4().prop_map(IpNetwork::V4), network6().prop_map(IpNetwork::V6)]
}

pub(crate) fn network4() -> impl Strategy<Value = Ipv4Network> {
    (any::<Ipv4Addr>(), 0..=32_u8).prop_map(|(ip, bits)| Ipv4Network::new(ip, bits).unwrap())
}

pub(crate) fn network6() -> impl Strategy<Value = Ipv6Network> {
    (any::<Ipv6Addr>(), 0..=128_u8).prop_map(|(ip, bits)| Ipv6Network::new(ip, bits).unwrap())
}

/// Of all kinds; but databases can't include the last whole number, as it has no next one.
pub(crate) fn range<T, S>(values: S) -> impl Strategy<Value = Range<T>>
where
    T: RangeBound + std::fmt::Debug,
    S: Strategy<Value = T> + 'static,
{
    let values = values.boxed();
    let bound = || {
        prop_oneof![
            2 => values.clone().prop_map(Bound::Included),
            2 => values.clone().prop_map(Bound::Excluded),
            1 => Just(Bound::Unbounded),
        ]
    };
    (bound(), bound())
        .prop_map(|(lower, upper)| Range::new(lower, upper))
        .prop_filter("has a next value", |it| {
            !(T::DISCRETE && matches!(it.upper(), Bound::Included(_)))
        })
}
