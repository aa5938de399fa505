//! Queries in FROM in a table's place, what follows from itself, window functions, and conditions on a table.

use aludel_core::{
    compile::compile,
    dialect::Sqlite,
    expr::{
        DerivedTable, Expression, FromItem, Join, JoinKind, Node, OrderBy, Query, SelectItem,
        Source, TableName, exists, func, select,
    },
    value::SqlType,
};
use expect_test::expect;

use crate::{check, entities::*, sqlite};

const USERS: FromItem = FromItem { table: TableName::new("user_account"), source: Source::Anon(1) };

fn column(from: FromItem, name: &'static str) -> Node {
    let (ty, nullable) = (SqlType::BigInt, false);
    Node::Column(aludel_core::expr::ColumnRef { from, name, ty, nullable })
}

fn inner() -> Query {
    let mut query = select(User.id).filter(User.name.eq("x")).limit(3).into_query();
    query.items[0].label = Some("id");
    query
}

fn with(derived: DerivedTable) -> Query {
    Query {
        items: vec![SelectItem::new(column(USERS, "id"))],
        derived_tables: vec![derived],
        ..Query::default()
    }
}

#[test]
fn a_query_stands_in_from() {
    check(
        with(DerivedTable { item: USERS, query: inner(), recursive: None }),
        expect![[r#"
        sqlite   SELECT user_account_1.id FROM (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? LIMIT ?) AS user_account_1
        postgres SELECT user_account_1.id FROM (SELECT user_account.id AS id FROM user_account WHERE user_account.name = $1 LIMIT $2) AS user_account_1
        mysql    SELECT user_account_1.id FROM (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? LIMIT ?) AS user_account_1
    "#]],
    );
}

#[test]
fn a_query_follows_from_itself() {
    let mut first = inner();
    let mut follows = select(User.id).into_query();
    follows.items[0].label = Some("id");
    let on = column(USERS, "id").equals(User.id.into_node());
    follows.from = vec![FromItem { table: USERS.table, source: Source::Table }];
    follows.joins.push(Join { kind: JoinKind::Inner, target: USERS, on });
    let table = |query| DerivedTable { item: USERS, query, recursive: Some(follows.clone()) };
    let error = compile(&with(table(first.clone())).into(), &Sqlite).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the statement can't be compiled: a query that follows from itself has no order and no limit: give them to \
         the query that reads it"
    );
    first.limit = None;
    check(
        with(table(first)),
        expect![[r#"
            sqlite   WITH RECURSIVE user_account_1 AS (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? UNION SELECT user_account.id AS id FROM user_account JOIN user_account_1 ON user_account_1.id = user_account.id) SELECT user_account_1.id FROM user_account_1
            postgres WITH RECURSIVE user_account_1 AS (SELECT user_account.id AS id FROM user_account WHERE user_account.name = $1 UNION SELECT user_account.id AS id FROM user_account JOIN user_account_1 ON user_account_1.id = user_account.id) SELECT user_account_1.id FROM user_account_1
            mysql    WITH RECURSIVE user_account_1 AS (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? UNION SELECT user_account.id AS id FROM user_account JOIN user_account_1 ON user_account_1.id = user_account.id) SELECT user_account_1.id FROM user_account_1
        "#]],
    );
}

#[test]
fn a_function_over_a_window() {
    let over = Node::Over {
        function: Box::new(Node::call("row_number", Vec::new(), Some(SqlType::BigInt))),
        partition_by: vec![Address.user_id.into_node()],
        order_by: vec![OrderBy::asc(Address.email_address.into_node()).descending().nulls_last()],
    };
    let query = Query { items: vec![SelectItem::labelled(over, "place")], ..Query::default() };
    check(
        query,
        expect![[r#"
        sqlite   SELECT row_number() OVER (PARTITION BY address.user_id ORDER BY address.email_address DESC NULLS LAST) AS place FROM address
        postgres SELECT row_number() OVER (PARTITION BY address.user_id ORDER BY address.email_address DESC NULLS LAST) AS place FROM address
        mysql    SELECT row_number() OVER (PARTITION BY address.user_id ORDER BY address.email_address DESC) AS place FROM address
    "#]],
    );
}

// Nothing in it speaks of the query around it, whatever tables that has.
#[test]
fn a_query_in_from_is_by_itself() {
    let mut query = with(DerivedTable { item: USERS, query: inner(), recursive: None });
    query.items.push(SelectItem::new(User.id.into_node()));
    expect!["SELECT user_account_1.id, user_account.id FROM (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? LIMIT ?) AS user_account_1, user_account"].assert_eq(&sqlite(query));
}

#[test]
fn a_condition_wherever_a_table_stands() {
    let condition = User.active.into_node();
    let restricted = |query: Query| {
        let mut query = query;
        query.restrict(USERS.table, &condition);
        query
    };
    let boss = User.aliased("boss");
    let joined = select((User.name, func::coalesce(boss.name, "")))
        .outer_join_on(boss, boss.id.eq(User.id))
        .filter(User.id.gt(1));
    expect!["SELECT user_account.name, coalesce(boss.name, ?) FROM user_account LEFT OUTER JOIN user_account AS boss ON boss.id = user_account.id AND boss.active = 1 WHERE user_account.id > ? AND user_account.active = 1"].assert_eq(&sqlite(restricted(joined.into_query())));
    let within =
        select(Address.id).filter(exists(&select(User.id).filter(User.id.eq(Address.user_id))));
    expect!["SELECT address.id FROM address WHERE EXISTS (SELECT 1 FROM user_account WHERE user_account.id = address.user_id AND user_account.active = 1)"].assert_eq(&sqlite(restricted(within.into_query())));
    // A correlated table is restricted where it stands, and not again within.
    let around =
        select(User.id).filter(exists(&select(Address.id).filter(User.id.eq(Address.user_id))));
    expect!["SELECT user_account.id FROM user_account WHERE EXISTS (SELECT 1 FROM address WHERE user_account.id = address.user_id) AND user_account.active = 1"].assert_eq(&sqlite(restricted(around.into_query())));
    let derived = with(DerivedTable { item: USERS, query: inner(), recursive: None });
    expect!["SELECT user_account_1.id FROM (SELECT user_account.id AS id FROM user_account WHERE user_account.name = ? AND user_account.active = 1 LIMIT ?) AS user_account_1"].assert_eq(&sqlite(restricted(derived)));
    let other = select(func::count(Address.id)).into_query();
    assert_eq!(restricted(other.clone()), other);
}
