//! What a declaration means: types, nullability, references by name, directions of relationships.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(missing_docs, reason = "the models speak for themselves")]

use aludel::{DeclarativeBase, Mapper, SqlType, prelude::*, schema::Table};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

enum Own {}

impl DeclarativeBase for Own {}

#[derive(SqlNewtype, Clone, Debug, PartialEq)]
pub struct Grams(i64);

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    Solid,
    #[sql_enum(rename = "wet")]
    Liquid,
}

#[derive(Mapped)]
#[table("kinds", base = Own)]
pub struct Kinds {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub flag: bool,
    pub small: i16,
    pub int: i32,
    pub text: String,
    pub bytes: Vec<u8>,
    pub day: NaiveDate,
    pub hour: NaiveTime,
    pub moment: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub real: f64,
    pub money: rust_decimal::Decimal,
    pub uuid: uuid::Uuid,
    pub json: serde_json::Value,
    pub phase: Phase,
    pub grams: Grams,
    pub maybe: Option<Grams>,
    #[column(nullable = false)]
    pub must: Auto<Option<String>>,
}

/// Refers to itself and to others: by field, and by name.
#[derive(Mapped)]
#[table("part", base = Own)]
pub struct Piece {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = "part.id")]
    pub above_id: Option<i64>,
    #[column(foreign_key = "kinds.id")]
    pub kinds_id: Auto<i64>,
    #[relationship(back_populates = "below", remote_side = Piece.id)]
    pub above: One<Piece>,
    #[relationship(back_populates = "above")]
    pub below: Many<Piece>,
    #[relationship]
    pub kinds: One<Kinds>,
}

fn table(name: &str) -> Table {
    Own::metadata().table(name).unwrap().clone()
}

// MAP-3, MAP-5: a newtype has its own type's, as long as the type map says nothing else.
#[test]
fn types_by_rust_types() {
    let table = table("kinds");
    let ty = |name: &str| table.find_column(name).unwrap().ty;
    let types = [
        ("flag", SqlType::Bool),
        ("small", SqlType::SmallInt),
        ("int", SqlType::Int),
        ("id", SqlType::BigInt),
        ("text", SqlType::Text),
        ("bytes", SqlType::Bytes),
        ("day", SqlType::Date),
        ("hour", SqlType::Time),
        ("moment", SqlType::DateTime),
        ("instant", SqlType::TimestampTz),
        ("real", SqlType::Double),
        ("money", SqlType::Decimal),
        ("uuid", SqlType::Uuid),
        ("json", SqlType::Json),
        ("grams", SqlType::BigInt),
        ("maybe", SqlType::BigInt),
    ];
    for (name, expected) in types {
        assert_eq!(ty(name), expected, "{name}");
    }
    let SqlType::Enum(labels) = ty("phase") else { panic!("labels") };
    assert_eq!((labels.name, labels.labels), ("phase", &["solid", "wet"][..]));
}

// MAP-4
#[test]
fn null_by_rust_types() {
    let table = table("kinds");
    let nullable = |name: &str| table.find_column(name).unwrap().nullable;
    assert!(nullable("maybe"));
    assert!(!nullable("grams") && !nullable("id") && !nullable("must"));
}

// MAP-10: names in quotes are found when somebody asks, among all mapped structs.
#[test]
fn references_by_name() {
    Own::configure().unwrap();
    let keys = table("part").foreign_keys;
    let targets: Vec<_> = keys.iter().map(|it| (it.table.as_str(), &*it.references[0])).collect();
    assert_eq!(targets, [("part", "id"), ("kinds", "id")]);
}

// MAP-12: where the foreign key is says which way a relationship leads.
#[test]
fn directions() {
    let mapper: &Mapper = inspect(Piece);
    let found: Vec<_> =
        mapper.relationships.iter().map(|it| (it.name, format!("{:?}", it.direction))).collect();
    let of = |name, direction: &str| (name, direction.to_owned());
    let expected = [of("above", "ManyToOne"), of("below", "OneToMany"), of("kinds", "ManyToOne")];
    assert_eq!(found, expected);
}
