//! What follows a version.

use aludel_core::value::{Auto, Date, DateTime, SqlType, Time, Value, ValueRef};

use super::{
    behind, date_of, days_before, first_version, moment, next, next_version_by, of_micros,
};

#[test]
fn integers_are_counted_from_one() {
    assert_eq!(next::<i64>(ValueRef::Null), Value::Int(1));
    assert_eq!(next::<Auto<i32>>(ValueRef::Int(1)), Value::Int(2));
    // Behind the last one of the type comes the first.
    assert_eq!(next::<i8>(ValueRef::Int(127)), Value::Int(1));
    assert_eq!(next::<i64>(ValueRef::Int(i64::MAX)), Value::Int(1));
    assert_eq!(first_version::<u16>(), 1);
    assert_eq!(first_version::<Auto<i64>>(), 1);
}

#[test]
fn a_moment_comes_after_the_last_one() {
    let ValueRef::DateTime(first) = next::<DateTime>(ValueRef::Null).as_ref() else {
        panic!("a moment")
    };
    assert!(first.date.year >= 2025, "{first}");
    // A clock that is behind, or stands still.
    let later = DateTime { date: Date { year: 9000, month: 12, day: 31 }, time: last_of_day() };
    let new_year = DateTime {
        date: Date { year: 9001, month: 1, day: 1 },
        time: Time { hour: 0, minute: 0, second: 0, micros: 0 },
    };
    assert_eq!(moment(Some(later)), new_year);
    assert_eq!(next::<DateTime>(ValueRef::DateTime(later)), Value::DateTime(new_year));
}

fn last_of_day() -> Time {
    Time { hour: 23, minute: 59, second: 59, micros: 999_999 }
}

#[test]
fn days_are_counted_both_ways() {
    let day = |year, month, day| Date { year, month, day };
    assert_eq!(date_of(0), day(1970, 1, 1));
    assert_eq!(date_of(20_000), day(2024, 10, 4));
    assert_eq!(date_of(11_016), day(2000, 2, 29));
    assert_eq!(date_of(-1), day(1969, 12, 31));
    for days in (-800_000..3_000_000).step_by(37) {
        assert_eq!(days_before(date_of(days)), days);
    }
    let moment = of_micros(1_700_000_000_000_001);
    assert_eq!(moment.to_string(), "2023-11-14 22:13:20.000001");
    assert_eq!(behind(moment), of_micros(1_700_000_000_000_002));
}

#[test]
fn uuids_differ() {
    let uuids: std::collections::HashSet<_> = (0..10_000).map(|_| super::uuid()).collect();
    assert_eq!(uuids.len(), 10_000);
    assert!(uuids.iter().all(|it| it[6] >> 4 == 4 && it[8] >> 6 == 2));
}

#[test]
fn functions_of_the_program() {
    let next = |old: Option<String>| old.map_or("a".into(), |it| it + "a");
    assert_eq!(next_version_by::<String>(ValueRef::Null, next), "a".into());
    assert_eq!(next_version_by::<Auto<String>>(ValueRef::Text("a"), next), "aa".into());
}

#[test]
fn types_that_have_a_next_value() {
    assert!(super::has_next(SqlType::Uuid) && super::has_next(SqlType::SmallInt));
    assert!(!super::has_next(SqlType::Text) && !super::has_next(SqlType::Bool));
}
