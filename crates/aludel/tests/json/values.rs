//! Values of columns.

use std::{fmt::Debug, ops::Bound};

use aludel::{
    SqlSet,
    prelude::*,
    value::{Date, DateTime, Decimal, Inet, Range, Time, TsVector},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, from_value, json, to_value};

#[derive(SqlEnum, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
enum Phase {
    Solid,
    #[serde(rename = "wet")]
    Liquid,
}

#[track_caller]
fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, written: Value) {
    assert_eq!(to_value(&value).unwrap(), written);
    assert_eq!(from_value::<T>(written).unwrap(), value);
}

#[test]
fn each_type_goes_there_and_back() {
    both_ways(Auto::new(7), json!(7));
    both_ways(Auto::<i64>::UNSET, json!(null));
    both_ways(Auto::new(Some("ß".to_owned())), json!("ß"));
    both_ways(Date::parse("2026-05-01").unwrap(), json!("2026-05-01"));
    both_ways(Time::parse("23:59:58.5").unwrap(), json!("23:59:58.500000"));
    both_ways(DateTime::parse("2026-05-01 12:30:00").unwrap(), json!("2026-05-01T12:30:00"));
    both_ways(Decimal::parse("-12.340").unwrap(), json!("-12.340"));
    both_ways(Inet::parse("10.0.0.0/8").unwrap(), json!("10.0.0.0/8"));
    both_ways(TsVector::new("'a':1"), json!("'a':1"));
    both_ways(SqlSet::from([Phase::Liquid, Phase::Solid]), json!(["Solid", "wet"]));
    both_ways(Range::from(1..=7), json!([{"Included": 1}, {"Excluded": 8}]));
    both_ways(
        Range::new(Bound::Unbounded, Bound::Excluded(2)),
        json!(["Unbounded", {"Excluded": 2}]),
    );
    both_ways(Range::<i32>::EMPTY, json!(null));
    #[cfg(feature = "serde_json")]
    both_ways(aludel::Json::new(vec![1, 2]).unwrap(), json!([1, 2]));
}

#[test]
fn what_is_no_value_is_refused() {
    let error = |it: Result<Date, serde_json::Error>| it.unwrap_err().to_string();
    assert_eq!(
        error(from_value(json!("2026-13-01"))),
        "invalid value: string \"2026-13-01\", expected a day: 2026-05-01"
    );
    assert!(from_value::<Decimal>(json!(1.5)).is_err(), "a float isn't exact");
    assert!(from_value::<Auto<i64>>(json!("1")).is_err());
}
