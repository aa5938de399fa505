//! One round trip for every type that a column can hold, on every database. // MAP-3, DDL-12
#![cfg(all(
    feature = "chrono",
    feature = "ipnetwork",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "serde_json",
    feature = "time",
    feature = "uuid"
))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "a test's models speak for themselves")]

#[path = "types/databases.rs"]
mod databases;
#[path = "types/rules.rs"]
mod rules;
#[path = "types/values.rs"]
mod values;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ::uuid::Uuid;
use aludel::{
    CreateAll as _, Json, Range, TsVector,
    blocking::{Engine, Session},
    prelude::*,
    schema::MetaData,
    value::{Scalar, Value},
};
use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use proptest::{
    collection::vec,
    option,
    prelude::{Strategy, any},
    sample::select as select_from,
    test_runner::{Config, TestRunner},
};
use rust_decimal::Decimal;

use databases::{Database, databases};

/// What drivers exchange reads back as the value.
fn survives<T: Scalar + PartialEq + std::fmt::Debug>(value: &T) {
    assert_eq!(T::from_ref(Value::from(value.clone()).as_ref()).as_ref(), Some(value));
    assert_eq!(T::from_ref(Value::Null.as_ref()), None);
}

/// `name "table": type = values of it, [extremes];`
macro_rules! round_trips {
    ($($name:ident $table:literal: $ty:ty = $values:expr, [$($extreme:expr),*];)*) => {$(
        mod $name {
            use super::*;

            #[derive(Mapped, Debug)]
            #[table($table)]
            pub struct Held {
                #[column(primary_key)]
                pub id: Auto<i64>,
                pub value: Option<$ty>,
            }

            #[test]
            fn round_trip() {
                for database in &databases() {
                    let engine = database.engine();
                    if database.lacks::<$ty>(&engine) {
                        refused(&engine);
                        continue;
                    }
                    MetaData::of(Held).drop_all(&engine).unwrap();
                    MetaData::of(Held).create_all(&engine).unwrap();
                    check(&engine, database, vec![$(Some($extreme), None),*]);
                    let values = vec(option::weighted(0.9, $values(database)), 1..6);
                    TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() })
                        .run(&values, |values| {
                            check(&engine, database, values);
                            Ok(())
                        })
                        .unwrap();
                    MetaData::of(Held).drop_all(&engine).unwrap();
                }
            }

            fn refused(engine: &Engine) {
                let error = MetaData::of(Held).create_all(engine).unwrap_err().to_string();
                assert!(error.contains(concat!("`", $table, ".value` is a")), "{error}");
            }

            fn check(engine: &Engine, database: &Database, values: Vec<Option<$ty>>) {
                values.iter().flatten().for_each(survives);
                let mut session = Session::new(engine);
                session.execute(delete(Held)).unwrap();
                let held = |it: &Option<$ty>| Held { id: Auto::UNSET, value: it.clone() };
                let added = session.add_all(values.iter().map(held));
                session.commit().unwrap();
                let ids: Vec<i64> = added.iter().map(|it| it.borrow().id.value().unwrap()).collect();

                // What is loaded is what was saved, and no change is seen where there is none.
                let mut session = Session::new(engine);
                let loaded = session.scalars(select(Held).order_by(Held.id)).all().unwrap();
                let read: Vec<_> = loaded.iter().map(|it| it.borrow().value.clone()).collect();
                assert_eq!(read, values);
                for (object, value) in loaded.iter().zip(&values) {
                    object.borrow_mut().value = value.clone();
                }
                assert!(session.flush_plan().unwrap().steps.is_empty());

                // A value finds itself, and NULL is found as such.
                let mut found = |condition| {
                    session.scalars(select(Held.id).filter(condition)).all().unwrap()
                };
                for (id, value) in ids.iter().zip(&values) {
                    let Some(value) = value.clone().filter(|_| database.compares::<$ty>()) else {
                        continue;
                    };
                    assert!(found(Held.value.eq(value.clone())).contains(id), "{value:?}");
                    assert!(found(Held.value.eq(&value)).contains(id));
                    assert!(found(Held.value.in_([value.clone()])).contains(id));
                    assert!(found(Held.value.is_not_distinct_from(Some(value.clone()))).contains(id));
                    assert!(!found(Held.value.ne(value)).contains(id));
                }
                let nulls = values.iter().filter(|it| it.is_none()).count();
                assert_eq!(found(Held.value.is_null()).len(), nulls);
                assert_eq!(found(Held.value.eq(None::<$ty>)).len(), nulls);

                // Each value replaces each other one.
                let mut replaced = values.clone();
                replaced.reverse();
                for (object, value) in loaded.iter().zip(&replaced) {
                    object.borrow_mut().value = value.clone();
                }
                session.commit().unwrap();
                let read = session.scalars(select(Held.value).order_by(Held.id)).all().unwrap();
                assert_eq!(read, replaced);
            }
        }
    )*};
}

/// Of the database's own type, where it has one.
#[derive(Clone, Copy, PartialEq, Debug, SqlEnum)]
#[sql_enum(name = "types_mood")]
pub enum Mood {
    Sad,
    #[sql_enum(rename = "it's \\ so-so")]
    SoSo,
    Happy,
}

/// Of arrays of it alone: tests run side by side, and each drops its type at the end.
#[derive(Clone, Copy, PartialEq, Debug, SqlEnum)]
#[sql_enum(name = "types_weather")]
pub enum Weather {
    Rain,
    #[sql_enum(rename = "{ \\\"sun\\\", NULL }")]
    Sun,
}

/// Text with a constraint.
#[derive(Clone, Copy, PartialEq, Debug, SqlEnum)]
#[sql_enum(native = false, rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Size {
    Small,
    VeryLarge,
}

round_trips! {
    mood "types_mood_column": Mood = |_| select_from(vec![Mood::Sad, Mood::SoSo, Mood::Happy]), [Mood::SoSo];
    size "types_size": Size = |_| select_from(vec![Size::Small, Size::VeryLarge]), [Size::VeryLarge];
    moods "types_moods": SqlSet<Mood> =
        |_| vec(select_from(vec![Mood::Sad, Mood::SoSo, Mood::Happy]), 0..4).prop_map(SqlSet::from_iter),
        [SqlSet::new(), SqlSet::all()];
    sizes "types_sizes": SqlSet<Size> =
        |_| vec(select_from(vec![Size::Small, Size::VeryLarge]), 0..3).prop_map(SqlSet::from_iter),
        [SqlSet::new(), SqlSet::all()];
    document "types_document": TsVector =
        |_| select_from(vec!["'cat':3 'fat':2,11A", "'größe' 'it''s':16383C", r"'a\\b':1"]).prop_map(TsVector::new),
        [TsVector::default()];
    weathers "types_weathers": Vec<Option<Weather>> =
        |_| vec(option::of(select_from(vec![Weather::Rain, Weather::Sun])), 0..4), [vec![]];
    boolean "types_bool": bool = |_| any::<bool>(), [true, false];
    i8 "types_i8": i8 = |_| any::<i8>(), [i8::MIN, i8::MAX];
    i16 "types_i16": i16 = |_| any::<i16>(), [i16::MIN, i16::MAX];
    i32 "types_i32": i32 = |_| any::<i32>(), [i32::MIN, i32::MAX];
    i64 "types_i64": i64 = |_| any::<i64>(), [i64::MIN, i64::MAX];
    u8 "types_u8": u8 = |_| any::<u8>(), [u8::MAX];
    u16 "types_u16": u16 = |_| any::<u16>(), [u16::MAX];
    u32 "types_u32": u32 = |_| any::<u32>(), [u32::MAX];
    wide "types_u64": u64 = |_| any::<u64>(), [0, u64::MAX];
    f32 "types_f32": f32 = values::f32, [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 0.1];
    f64 "types_f64": f64 = values::f64, [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 0.1];
    text "types_text": String = values::text, [String::new(), " \u{10ffff}'\"\\%_".to_owned()];
    bytes "types_bytes": Vec<u8> = |_| vec(any::<u8>(), 0..20), [vec![], vec![0, 255]];

    neutral_date "types_neutral_date": aludel::value::Date = values::neutral_date, [];
    neutral_time "types_neutral_time": aludel::value::Time = |_| values::neutral_time(), [];
    neutral_date_time "types_neutral_date_time": aludel::value::DateTime =
        values::neutral_date_time, [];
    neutral_decimal "types_neutral_decimal": aludel::value::Decimal = |_| values::neutral_decimal(), [];
    inet "types_inet": aludel::value::Inet = |_| values::inet(), [];

    chrono_date "types_chrono_date": chrono::NaiveDate = values::chrono_date, [];
    chrono_time "types_chrono_time": chrono::NaiveTime = |_| values::chrono_time(), [];
    chrono_date_time "types_chrono_date_time": chrono::NaiveDateTime =
        values::chrono_date_time, [];
    chrono_utc "types_chrono_utc": chrono::DateTime<chrono::Utc> = values::chrono_utc, [];
    chrono_offset "types_chrono_offset": chrono::DateTime<chrono::FixedOffset> =
        values::chrono_offset, [];

    time_date "types_time_date": time::Date = values::time_date, [];
    time_time "types_time_time": time::Time = |_| values::time_time(), [];
    time_primitive "types_time_primitive": time::PrimitiveDateTime = values::time_primitive, [];
    time_utc "types_time_utc": time::UtcDateTime = values::time_utc, [];
    time_offset "types_time_offset": time::OffsetDateTime = values::time_offset, [];

    jiff_date "types_jiff_date": jiff::civil::Date = values::jiff_date, [];
    jiff_time "types_jiff_time": jiff::civil::Time = |_| values::jiff_time(), [];
    jiff_date_time "types_jiff_date_time": jiff::civil::DateTime = values::jiff_date_time, [];
    jiff_timestamp "types_jiff_timestamp": jiff::Timestamp = values::jiff_timestamp, [];

    decimal "types_decimal": Decimal = |_| values::decimal(),
        [Decimal::MAX, Decimal::MIN, Decimal::ZERO, Decimal::new(-1, 28)];
    uuid "types_uuid": Uuid = |_| any::<u128>().prop_map(Uuid::from_u128), [Uuid::nil(), Uuid::max()];
    json "types_json": serde_json::Value = values::json,
        [serde_json::Value::Null, serde_json::json!({}), serde_json::json!(u64::MAX)];
    json_of "types_json_of": Json<Vec<Option<i64>>> =
        |_| vec(any::<Option<i64>>(), 0..4).prop_map(|it| Json::new(it).unwrap()),
        [Json::new(vec![Some(i64::MIN)]).unwrap()];

    ip "types_ip": IpAddr = |_| any::<IpAddr>(), [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    ipv4 "types_ipv4": Ipv4Addr = |_| any::<Ipv4Addr>(), [Ipv4Addr::BROADCAST];
    ipv6 "types_ipv6": Ipv6Addr = |_| any::<Ipv6Addr>(), [Ipv6Addr::from_bits(u128::MAX)];
    network "types_network": IpNetwork = |_| values::network(), [];
    network4 "types_network4": Ipv4Network = |_| values::network4(), [Ipv4Network::new(Ipv4Addr::UNSPECIFIED, 0).unwrap()];
    network6 "types_network6": Ipv6Network = |_| values::network6(), [Ipv6Network::new(Ipv6Addr::UNSPECIFIED, 0).unwrap()];

    integers "types_integers": Vec<i32> = |_| vec(any::<i32>(), 0..4), [vec![]];
    texts "types_texts": Vec<Option<String>> = |it| vec(option::of(values::text(it)), 0..4),
        [vec![], vec![None], vec![Some("NULL".to_owned()), Some("{\",\\ }".to_owned())]];
    blobs "types_blobs": Vec<Vec<u8>> = |_| vec(vec(any::<u8>(), 0..4), 0..4), [vec![vec![]]];
    unsigned "types_unsigned": Vec<u64> = |_| vec(any::<u64>(), 0..4), [vec![u64::MAX]];
    uuids "types_uuids": Vec<Uuid> = |_| vec(any::<u128>().prop_map(Uuid::from_u128), 0..4), [];
    documents "types_documents": Vec<serde_json::Value> = |it| vec(values::json(it), 0..3), [];
    moments "types_moments": Vec<jiff::Timestamp> = |it| vec(values::jiff_timestamp(it), 0..4), [];
    networks "types_networks": Vec<IpNetwork> = |_| vec(values::network(), 0..4), [];

    range_i32 "types_range_i32": Range<i32> = |_| values::range(any::<i32>()), [Range::EMPTY, Range::from(..), Range::from(i32::MIN..i32::MAX)];
    range_i64 "types_range_i64": Range<i64> = |_| values::range(any::<i64>()), [Range::from(i64::MIN..)];
    range_decimal "types_range_decimal": Range<Decimal> = |_| values::range(values::decimal()), [Range::from(Decimal::ONE..=Decimal::ONE)];
    range_date "types_range_date": Range<chrono::NaiveDate> = |it| values::range(values::chrono_date(it)), [];
    range_date_time "types_range_date_time": Range<chrono::NaiveDateTime> = |it| values::range(values::chrono_date_time(it)), [];
    range_moment "types_range_moment": Range<jiff::Timestamp> = |it| values::range(values::jiff_timestamp(it)), [];
}
