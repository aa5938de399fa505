//! The picture of a schema.

use aludel_core::{
    schema::{Column, ForeignKey, MetaData, Table},
    value::SqlType,
};
use expect_test::expect;

#[test]
fn ends_keys_and_names() {
    let mut metadata = MetaData::new();
    let id = |table: &str| {
        Table::new(table).column(Column::new("id", SqlType::BigInt)).primary_key(["id"])
    };
    metadata.add(id("Käse \"fein\"").schema("app")).unwrap();
    let mut refers = ForeignKey::new(["2nd key", "maker"], "Käse \"fein\"", ["id", "id"]);
    refers.schema = Some("app".into());
    let part = id("part")
        .column(Column::new("2nd key", SqlType::Numeric(10, 2)).nullable())
        .column(Column::new("maker", SqlType::TimestampTz))
        .unique(["maker"])
        .foreign_key(refers)
        .foreign_key(ForeignKey::new(["id"], "part", ["id"]));
    metadata.add(part).unwrap();
    let pair = Table::new("pair")
        .column(Column::new("a", SqlType::BigInt))
        .column(Column::new("b", SqlType::BigInt))
        .primary_key(["a", "b"])
        .foreign_key(ForeignKey::new(["a"], "part", ["id"]))
        .foreign_key(ForeignKey::new(["b"], "part", ["id"]));
    metadata.add(pair).unwrap();
    expect![[r#"
        erDiagram
            "app.Käse 'fein'" {
                BIGINT id PK
            }
            "part" {
                BIGINT id PK, FK
                NUMERIC(10_2) c2nd_key FK "NULL"
                TIMESTAMP_WITH_TIME_ZONE maker FK, UK
            }
            "pair" {
                BIGINT a PK, FK
                BIGINT b PK, FK
            }
            "app.Käse 'fein'" |o--o| "part" : "2nd key, maker"
            "part" ||--o| "part" : "id"
            "part" ||--o{ "pair" : "a"
            "part" ||--o{ "pair" : "b"
    "#]]
    .assert_eq(&metadata.to_mermaid());
    assert_eq!(MetaData::new().to_mermaid(), "erDiagram\n");
}
