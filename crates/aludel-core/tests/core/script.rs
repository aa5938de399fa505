//! Scripts for the databases' own clients: where a statement ends, and what stands around it.

use aludel_core::{
    dialect::{Dialect, MARIADB, MYSQL, MariaDb, MySql, Postgres, Sqlite},
    schema::{Column, Ddl, DdlTarget, MetaData, Table, create_statements},
    value::SqlType,
};

fn tag(metadata: MetaData) -> MetaData {
    let mut metadata = metadata.schema("shop");
    let tag = Table::new("tag").column(Column::new("id", SqlType::Int)).primary_key(["id"]);
    metadata.add(tag).unwrap();
    metadata
}

fn end_of(metadata: &MetaData, dialect: &dyn Dialect) -> String {
    let script = metadata.create_script(dialect).unwrap();
    script.split_once("\n)").map(|it| it.1.to_owned()).unwrap()
}

#[test]
fn bodies_have_semicolons_of_their_own() {
    let trigger = "CREATE TRIGGER t AFTER INSERT ON {fullname} BEGIN SELECT 1; // 2\nEND;";
    let metadata = tag(MetaData::new().after_create("tag", Ddl::new(trigger)));
    let plain = ";\nCREATE TRIGGER t AFTER INSERT ON shop.tag BEGIN SELECT 1; // 2\nEND;\n";
    assert_eq!(end_of(&metadata, &Sqlite), plain);
    assert_eq!(end_of(&metadata, &Postgres), plain);
    let delimited = ";\nDELIMITER ///\nCREATE TRIGGER t AFTER INSERT ON shop.tag BEGIN SELECT 1; // 2\nEND///\n\
                     DELIMITER ;\n";
    assert_eq!(end_of(&metadata, &MariaDb), delimited);
    assert_eq!(end_of(&metadata, &MySql), delimited);
}

#[test]
fn a_comment_swallows_no_end() {
    let metadata = tag(MetaData::new().after_create(DdlTarget::All, Ddl::new("SELECT 1 -- one ")));
    assert_eq!(end_of(&metadata, &Sqlite), ";\nSELECT 1 -- one\n;\n");
}

#[test]
fn only_its_own_tokens_stand_for_something() {
    let sql = "SELECT '{table}{tables}{schema}{fullname}{' || '{}'";
    let both = [MYSQL, MARIADB];
    let metadata = tag(MetaData::new()
        .after_create(("shop", "tag"), Ddl::new(sql))
        .after_create("tag", Ddl::new("SELECT 2").execute_if(both)));
    let statements = create_statements(&metadata, &Sqlite).unwrap();
    assert_eq!(statements[1..], ["SELECT 'tag{tables}shopshop.tag{' || '{}'"]);
    assert_eq!(create_statements(&metadata, &MariaDb).unwrap().len(), 3);
    let other = tag(MetaData::new().after_create(("other", "tag"), Ddl::new(sql)));
    assert!(create_statements(&other, &Sqlite).is_err());
}
