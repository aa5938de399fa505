//! Rust values and the form in which drivers exchange them: what is cut off, and what is refused.
//! That each reads back as itself on every database is tested with the facade.

use std::ops::Bound;

use aludel_core::value::{
    ArrayValue, Date, Decimal, Inet, Range, RangeValue, Scalar, SqlType, Value, ValueRef,
};

fn text<T: Scalar>(text: &str) -> Option<T> {
    T::from_ref(ValueRef::Text(text))
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
fn moment(text: &str) -> aludel_core::value::DateTime {
    aludel_core::value::DateTime::parse(text).unwrap()
}

#[test]
fn whole_numbers_without_a_sign() {
    let decimal = |it| Decimal::parse(it).map(ValueRef::Decimal).and_then(u64::from_ref);
    assert_eq!(u64::TYPE, SqlType::Numeric(20, 0));
    assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
    assert_eq!((decimal("7.00"), decimal("-0")), (Some(7), Some(0)));
    for it in ["18446744073709551616", "-1", "7.5"] {
        assert_eq!((decimal(it), text::<u64>(it)), (None, None), "{it}");
    }
    assert_eq!(u64::from_ref(ValueRef::Int(7)), Some(7));
    assert_eq!(u64::from_ref(ValueRef::Int(-7)), None);
}

#[test]
fn hosts_aren_t_networks() {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    assert_eq!(text::<Ipv4Addr>("10.0.0.1/32"), Some(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!((text::<IpAddr>("10.0.0.0/8"), text::<Ipv4Addr>("::1")), (None, None));
    assert_eq!(text::<Ipv6Addr>("10.0.0.1"), None);
}

#[test]
fn arrays() {
    let array = ArrayValue { element: SqlType::Int, items: vec![Value::Int(1), Value::Null] };
    let array = ValueRef::Array(&array);
    assert_eq!(Vec::<Option<i32>>::from_ref(array), Some(vec![Some(1), None]));
    assert_eq!((Vec::<i32>::from_ref(array), Vec::<Option<String>>::from_ref(array)), (None, None));
    assert_eq!(Vec::<i32>::TYPE, SqlType::Array(&SqlType::Int));
    assert_eq!(Vec::<u8>::TYPE, SqlType::Bytes);
    // What is kept of the same elements is the same value, whoever holds them.
    assert_eq!(array.to_value(), Value::from(vec![Some(1_i64), None]));
    assert_ne!(array.to_value(), Value::from(vec![1_i64]));
}

#[test]
fn ranges_of_the_same_values_are_equal() {
    assert_eq!(Range::from(1..=4), Range::from(1..5));
    assert_eq!(Range::new(Bound::Excluded(0), Bound::Included(4)), Range::from(1..5));
    assert_eq!(Range::new(Bound::Excluded(1), Bound::Excluded(2)), Range::EMPTY);
    assert_eq!(Range::new(Bound::Excluded(i32::MAX), Bound::Unbounded), Range::EMPTY);
    #[allow(clippy::reversed_empty_ranges, reason = "it is empty")]
    let backwards = Range::from(5..1);
    assert!(backwards.is_empty() && !backwards.contains(&3));
    let last = Range::from(i32::MAX..=i32::MAX);
    assert!(last.contains(&i32::MAX) && last.upper() == Bound::Included(&i32::MAX));

    let half = Decimal::parse("0.5").unwrap();
    let (open, closed) = (Bound::Excluded(half), Bound::Included(half));
    assert_eq!(Range::new(closed, closed).to_string(), "[0.5,0.5]");
    for (lower, upper) in [(open, closed), (closed, open), (open, open)] {
        assert_eq!(Range::new(lower, upper), Range::EMPTY);
    }
    let (from, to) = (Date::parse("2024-02-28").unwrap(), Date::parse("2024-02-29").unwrap());
    assert_eq!(Range::from(from..=to).to_string(), "[2024-02-28,2024-03-01)");
    assert_eq!(
        (Range::<i64>::EMPTY.to_string(), Range::from(..7).to_string()),
        ("empty".into(), "(,7)".into())
    );

    // From a driver: bounds as they are in the database.
    let bounds = Some((Bound::Excluded(Value::Int(0)), Bound::Included(Value::Int(4))));
    let range = RangeValue { element: SqlType::Int, bounds };
    assert_eq!(Range::<i32>::from_ref(ValueRef::Range(&range)), Some(Range::from(1..5)));
    assert_eq!(Range::<Date>::from_ref(ValueRef::Range(&range)), None);
    assert_eq!(Range::<i32>::TYPE, SqlType::Range(&SqlType::Int));
}

#[test]
fn networks_are_read_from_text() {
    let network = text::<Inet>("10.0.0.0/8");
    assert_eq!(network.map(|it| it.to_string()).as_deref(), Some("10.0.0.0/8"));
    assert_eq!(text::<Inet>("10.0.0.0/99"), None);
}

#[cfg(feature = "chrono")]
#[test]
fn chrono_is_cut_to_microseconds() {
    use chrono::{DateTime as Zoned, NaiveTime, Utc};
    let fine = NaiveTime::from_hms_nano_opt(23, 59, 59, 123_456_789).unwrap();
    assert_eq!(fine.to_ref().to_string(), "23:59:59.123456");
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
    assert_eq!(leap.to_ref().to_string(), "23:59:59.999999");
    let offset = Zoned::parse_from_rfc3339("2024-01-01T00:30:00.0000019+01:00").unwrap();
    assert_eq!(offset.to_ref(), ValueRef::Instant(moment("2023-12-31 23:30:00.000001")));
    // Databases without moments keep them as what they are in UTC.
    let read = Zoned::<Utc>::from_ref(ValueRef::DateTime(moment("2023-12-31 23:30:00")));
    assert_eq!(read.map(|it| it.timestamp()), Some(1_704_065_400));
    assert_eq!(text::<Zoned<Utc>>("2023-12-31 23:30:00+00"), read);
    assert_eq!(text::<Zoned<Utc>>("2023-02-30 23:30:00"), None);
}

#[cfg(feature = "time")]
#[test]
fn time_is_cut_to_microseconds() {
    use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
    let fine = Time::from_hms_nano(23, 59, 59, 123_456_789).unwrap();
    assert_eq!(fine.to_ref().to_string(), "23:59:59.123456");
    // The last moments of the crate's calendar may be another year's in UTC.
    let west = UtcOffset::from_hms(-25, -59, -59).unwrap();
    let last = OffsetDateTime::new_in_offset(Date::MAX, fine, west);
    assert_eq!(last.to_ref(), ValueRef::Instant(moment("10000-01-02 01:59:58.123456")));
    assert_eq!(OffsetDateTime::from_ref(last.to_ref()), None);
    let first = OffsetDateTime::new_in_offset(Date::MIN, Time::MIDNIGHT, -west);
    assert_eq!(first.to_ref(), ValueRef::Instant(moment("-10000-12-30 22:00:01")));
    let day = Date::from_calendar_date(9999, Month::December, 30).unwrap();
    let inside = OffsetDateTime::new_in_offset(day, Time::MIDNIGHT, -west);
    assert_eq!(inside.to_ref(), ValueRef::Instant(moment("9999-12-28 22:00:01")));
}

#[cfg(feature = "jiff")]
#[test]
fn jiff_is_cut_to_microseconds() {
    use jiff::{Timestamp, civil};
    assert_eq!(civil::time(23, 59, 59, 123_456_789).to_ref().to_string(), "23:59:59.123456");
    let before = Timestamp::new(-1, -1_999).unwrap();
    assert_eq!(before.to_ref(), ValueRef::Instant(moment("1969-12-31 23:59:58.999998")));
    assert_eq!(Timestamp::MAX.to_ref().to_string(), "9999-12-30 22:00:00.999999Z");
    assert_eq!(text::<civil::Date>("10000-01-01"), None);
}

#[cfg(feature = "uuid")]
#[test]
fn uuids_are_read_in_every_form() {
    let uuid = uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
    for form in ["67e5504410b1426f9247bb680e5fe0c8", "67E55044-10B1-426F-9247-BB680E5FE0C8"] {
        assert_eq!(text::<uuid::Uuid>(form), Some(uuid));
    }
    assert_eq!(uuid::Uuid::from_ref(ValueRef::Bytes(uuid.as_bytes())), Some(uuid));
    assert_eq!(
        (text::<uuid::Uuid>("x"), uuid::Uuid::from_ref(ValueRef::Bytes(&[1]))),
        (None, None)
    );
    assert_eq!(uuid.to_ref().to_string(), uuid.to_string());
}

#[cfg(feature = "serde_json")]
#[test]
fn json_of_what_json_has_no_form_for() {
    use aludel_core::value::JsonOf;
    let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
    let error = JsonOf::new(keys).unwrap_err().to_string();
    assert_eq!(error, "the value can't be written as JSON: key must be a string");
    // The database may have another spelling; nothing seems to have changed.
    let read = text::<JsonOf<Vec<i32>>>("[1,  2]").unwrap();
    assert_eq!((&*read, read.text()), (&vec![1, 2], "[1,2]"));
    assert_eq!(read, JsonOf::new(vec![1, 2]).unwrap());
    assert!(text::<JsonOf<Vec<i32>>>("{}").is_none());
    assert_eq!(text::<serde_json::Value>("{"), None);
}
