//! FROM, joins, correlation, labels, limits.

use aludel_core::expr::{Expression, all_of, exists, func, not_exists, select};
use expect_test::expect;

use crate::{check, entities::*, params, sqlite};

// SEL-1
#[test]
fn from_is_derived_in_order_of_appearance() {
    check(
        select(User.name).filter(Address.user_id.eq(User.id)),
        expect![[r#"
            sqlite   SELECT user_account.name FROM user_account, address WHERE address.user_id = user_account.id
            postgres SELECT user_account.name FROM user_account, address WHERE address.user_id = user_account.id
            mysql    SELECT user_account.name FROM user_account, address WHERE address.user_id = user_account.id
        "#]],
    );
}

// SEL-1
#[test]
fn from_begins_with_what_was_said() {
    expect!["SELECT user_account.name FROM address, user_account WHERE user_account.active = 1"]
        .assert_eq(&sqlite(select(User.name).select_from(Address).filter(User.active)));
    expect!["SELECT count(*) FROM user_account"]
        .assert_eq(&sqlite(select(func::count_all()).select_from(User)));
    expect!["SELECT CURRENT_TIMESTAMP"].assert_eq(&sqlite(select(func::now())));
}

// SEL-1
#[test]
fn a_join_replaces_its_members() {
    check(
        select((User.name, Address.email_address)).join(Addresses),
        expect![[r#"
            sqlite   SELECT user_account.name, address.email_address FROM user_account JOIN address ON user_account.id = address.user_id
            postgres SELECT user_account.name, address.email_address FROM user_account JOIN address ON user_account.id = address.user_id
            mysql    SELECT user_account.name, address.email_address FROM user_account JOIN address ON user_account.id = address.user_id
        "#]],
    );
    // Each table is followed by its own joins, so that no condition looks past a comma.
    expect![[r#"SELECT user_account.id, "order".id FROM user_account JOIN address ON user_account.id = address.user_id, "order""#]].assert_eq(&sqlite(select((User.id, Order.id)).join(Addresses)));
    let boss = User.aliased("boss");
    expect!["SELECT user_account.name FROM user_account JOIN address ON user_account.id = address.user_id LEFT OUTER JOIN user_account AS boss ON boss.id = user_account.id AND boss.active = 1"].assert_eq(&sqlite(
            select(User.name)
                .join(Addresses)
                .outer_join_on(boss, boss.id.eq(User.id) & boss.active)
        ));
}

// SEL-3
#[test]
fn aliases_stand_beside_the_table() {
    let u2 = User.aliased("u2");
    check(
        select((User.id, u2.id)).filter(User.name.eq(u2.name)),
        expect![[r#"
            sqlite   SELECT user_account.id, u2.id FROM user_account, user_account AS u2 WHERE user_account.name = u2.name
            postgres SELECT user_account.id, u2.id FROM user_account, user_account AS u2 WHERE user_account.name = u2.name
            mysql    SELECT user_account.id, u2.id FROM user_account, user_account AS u2 WHERE user_account.name = u2.name
        "#]],
    );
    // An alias that Aludel makes is not one that stands there already.
    let (one, other) = (User.anonymous(1), User.aliased("user_account_1"));
    expect!["SELECT user_account_1_.id, user_account_1.id FROM user_account AS user_account_1_, user_account AS user_account_1"].assert_eq(&sqlite(select((one.id, other.id))));
}

// SEL-4
#[test]
fn a_subquery_correlates() {
    let addresses = select(Address.id).filter(Address.user_id.eq(User.id));
    check(
        select(User.name).filter(exists(&addresses)),
        expect![[r#"
            sqlite   SELECT user_account.name FROM user_account WHERE EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id)
            postgres SELECT user_account.name FROM user_account WHERE EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id)
            mysql    SELECT user_account.name FROM user_account WHERE EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id)
        "#]],
    );
    expect!["SELECT user_account.name FROM user_account WHERE NOT EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id) AND user_account.active = 1"].assert_eq(&sqlite(select(User.name).filter(not_exists(&addresses) & User.active)));
    let count =
        select(func::count(Address.id)).filter(Address.user_id.eq(User.id)).scalar_subquery();
    expect!["SELECT user_account.name, (SELECT count(address.id) FROM address WHERE address.user_id = user_account.id) AS addresses FROM user_account"].assert_eq(&sqlite(select((User.name, count.label("addresses")))));
    // Nothing is dropped if nothing would be left.
    let oldest = select(func::max(User.age)).scalar_subquery();
    expect!["SELECT user_account.name FROM user_account WHERE user_account.age = (SELECT max(user_account.age) FROM user_account)"].assert_eq(&sqlite(select(User.name).filter(User.age.eq(oldest))));
    // Two levels up.
    let inner = select(Order.id).filter(Order.id.eq(User.id));
    let outer = select(Address.id).filter(exists(&inner));
    expect![[r#"SELECT user_account.name FROM user_account WHERE EXISTS (SELECT 1 FROM address WHERE EXISTS (SELECT 1 FROM "order" WHERE "order".id = user_account.id))"#]].assert_eq(&sqlite(select(User.name).filter(exists(&outer))));
}

#[test]
fn a_subquery_is_a_list() {
    let ids = select(Address.user_id).filter(Address.email_address.like("%@x"));
    check(
        select(User.name).filter(User.id.in_(&ids) | User.id.not_in(ids)),
        expect![[r#"
            sqlite   SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address WHERE address.email_address LIKE ?) OR user_account.id NOT IN (SELECT address.user_id FROM address WHERE address.email_address LIKE ?)
            postgres SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address WHERE address.email_address LIKE $1) OR user_account.id NOT IN (SELECT address.user_id FROM address WHERE address.email_address LIKE $2)
            mysql    SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address WHERE address.email_address LIKE ?) OR user_account.id NOT IN (SELECT address.user_id FROM address WHERE address.email_address LIKE ?)
        "#]],
    );
}

// SEL-6
#[test]
fn a_label_serves_for_order_by() {
    let count = func::count(Address.id).label("n");
    check(
        select((User.name, count.clone()))
            .join(Addresses)
            .group_by(User.name)
            .having(count.clone().gt(1))
            .order_by((count.desc(), User.name)),
        expect![[r#"
            sqlite   SELECT user_account.name, count(address.id) AS n FROM user_account JOIN address ON user_account.id = address.user_id GROUP BY user_account.name HAVING count(address.id) > ? ORDER BY n DESC, user_account.name
            postgres SELECT user_account.name, count(address.id) AS n FROM user_account JOIN address ON user_account.id = address.user_id GROUP BY user_account.name HAVING count(address.id) > $1 ORDER BY n DESC, user_account.name
            mysql    SELECT user_account.name, count(address.id) AS n FROM user_account JOIN address ON user_account.id = address.user_id GROUP BY user_account.name HAVING count(address.id) > ? ORDER BY n DESC, user_account.name
        "#]],
    );
}

#[test]
fn sort_keys() {
    expect!["SELECT user_account.id FROM user_account ORDER BY user_account.age NULLS LAST, user_account.name DESC NULLS FIRST, user_account.id"].assert_eq(&sqlite(select(User.id).order_by([User.age.nulls_last(), User.name.desc().nulls_first(), User.id.asc()])));
}

// DIA-1
#[test]
fn limit_and_offset() {
    check(
        select(User.id).limit(10),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account LIMIT ?
            postgres SELECT user_account.id FROM user_account LIMIT $1
            mysql    SELECT user_account.id FROM user_account LIMIT ?
        "#]],
    );
    check(
        select(User.id).limit(10).offset(20),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account LIMIT ? OFFSET ?
            postgres SELECT user_account.id FROM user_account LIMIT $1 OFFSET $2
            mysql    SELECT user_account.id FROM user_account LIMIT ? OFFSET ?
        "#]],
    );
    check(
        select(User.id).offset(20),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account LIMIT -1 OFFSET ?
            postgres SELECT user_account.id FROM user_account OFFSET $1
            mysql    SELECT user_account.id FROM user_account LIMIT 18446744073709551615 OFFSET ?
        "#]],
    );
    assert_eq!(params(select(User.id).limit(u64::MAX).offset(1)), ["9223372036854775807", "1"]);
}

#[test]
fn distinct_and_group_by() {
    check(
        select(User.name).distinct().group_by((User.name, User.age)),
        expect![[r#"
            sqlite   SELECT DISTINCT user_account.name FROM user_account GROUP BY user_account.name, user_account.age
            postgres SELECT DISTINCT user_account.name FROM user_account GROUP BY user_account.name, user_account.age
            mysql    SELECT DISTINCT user_account.name FROM user_account GROUP BY user_account.name, user_account.age
        "#]],
    );
}

// SEL-24
#[test]
fn calls_add_up() {
    let stmt = select(User.id).filter(User.active).filter(User.age.gt(1)).limit(1).limit(2);
    expect!["SELECT user_account.id FROM user_account WHERE user_account.active = 1 AND user_account.age > ? LIMIT ?"].assert_eq(&sqlite(&stmt));
    assert_eq!(params(stmt), ["1", "2"]);
    expect!["SELECT user_account.id FROM user_account WHERE user_account.active = ? AND user_account.age > ?"].assert_eq(&sqlite(select(User.id).filter(all_of(vec![User.active.eq(true), User.age.gt(1)]))));
}

// SEL-16
#[test]
fn names_are_quoted_as_the_dialect_does() {
    check(
        select(Order.userName).filter(Order.id.eq(1)),
        expect![[r#"
            sqlite   SELECT "order"."userName" FROM "order" WHERE "order".id = ?
            postgres SELECT "order"."userName" FROM "order" WHERE "order".id = $1
            mysql    SELECT `order`.`userName` FROM `order` WHERE `order`.id = ?
        "#]],
    );
}

#[test]
fn a_select_prints_without_its_values() {
    expect!["SELECT user_account.id FROM user_account WHERE user_account.name = ?"].assert_eq(
        &select(User.id).filter(User.name.eq("x")).to_sql(&aludel_core::dialect::Sqlite).unwrap(),
    );
}

// DIA-5
#[test]
fn nulls_stand_where_they_are_told_to() {
    check(
        select(User.id).order_by((
            User.age.asc().nulls_first(),
            User.email.asc().nulls_last(),
            User.name.desc().nulls_first(),
            User.created.desc().nulls_last(),
        )),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account ORDER BY user_account.age NULLS FIRST, user_account.email NULLS LAST, user_account.name DESC NULLS FIRST, user_account.created DESC NULLS LAST
            postgres SELECT user_account.id FROM user_account ORDER BY user_account.age NULLS FIRST, user_account.email NULLS LAST, user_account.name DESC NULLS FIRST, user_account.created DESC NULLS LAST
            mysql    SELECT user_account.id FROM user_account ORDER BY user_account.age, user_account.email IS NULL, user_account.email, user_account.name IS NULL DESC, user_account.name DESC, user_account.created DESC
        "#]],
    );
}

// SEL-11
#[test]
fn a_limited_list_stands_in_a_query_of_its_own() {
    let newest = select(Address.user_id).order_by(Address.id.desc()).limit(3);
    check(
        select(User.name).filter(User.id.in_(newest)),
        expect![[r#"
        sqlite   SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address ORDER BY address.id DESC LIMIT ?)
        postgres SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address ORDER BY address.id DESC LIMIT $1)
        mysql    SELECT user_account.name FROM user_account WHERE user_account.id IN (SELECT * FROM (SELECT address.user_id FROM address ORDER BY address.id DESC LIMIT ?) AS derived)
    "#]],
    );
}

/// A database sees that two expressions are one only where their parameters are.
#[test]
fn a_key_with_parameters_is_named_by_its_place() {
    let decade = User.age / 10;
    let stmt = select((func::count_all(), decade.clone()))
        .filter((User.age / 10).gt(1))
        .group_by((decade.clone(), User.active))
        .order_by((decade.desc().nulls_last(), User.active));
    check(
        stmt,
        expect![[r#"
        sqlite   SELECT count(*), user_account.age / ? FROM user_account WHERE user_account.age / ? > ? GROUP BY 2, user_account.active ORDER BY 2 DESC NULLS LAST, user_account.active
        postgres SELECT count(*), user_account.age / $1 FROM user_account WHERE user_account.age / $2 > $3 GROUP BY 2, user_account.active ORDER BY 2 DESC NULLS LAST, user_account.active
        mysql    SELECT count(*), user_account.age DIV ? FROM user_account WHERE user_account.age DIV ? > ? GROUP BY 2, user_account.active ORDER BY 2 DESC, user_account.active
    "#]],
    );
}
