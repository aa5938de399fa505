//! Functions, CASE and CAST, and the types of their results.

use aludel_core::{
    expr::{Expression, Select, case, func, lit, select, sql_expr},
    value::DateTime,
};
use expect_test::expect;

use crate::{check, entities::*, sqlite};

// SEL-17
#[test]
fn generic_functions_are_mapped() {
    check(
        select((func::now(), func::count_all(), func::length(User.name))).group_by(User.name),
        expect![[r#"
            sqlite   SELECT CURRENT_TIMESTAMP, count(*), length(user_account.name) FROM user_account GROUP BY user_account.name
            postgres SELECT LOCALTIMESTAMP, count(*), length(user_account.name) FROM user_account GROUP BY user_account.name
            mysql    SELECT CURRENT_TIMESTAMP(6), count(*), char_length(user_account.name) FROM user_account GROUP BY user_account.name
        "#]],
    );
}

#[test]
fn aggregates_have_honest_types() {
    let stmt: Select<(i64, i64, Option<i64>, Option<i32>, Option<String>, Option<f64>)> = select((
        func::count(User.id),
        func::count_distinct(User.name),
        func::sum(User.age),
        func::min(User.age),
        func::max(User.name),
        func::avg(User.age),
    ));
    expect!["SELECT count(user_account.id), count(DISTINCT user_account.name), sum(user_account.age), min(user_account.age), max(user_account.name), avg(user_account.age) FROM user_account"].assert_eq(&sqlite(stmt));
}

#[test]
fn scalars_keep_their_nullability() {
    let stmt: Select<(String, Option<String>, Option<i64>, String, Option<i32>, Option<i32>)> =
        select((
            func::lower(User.name),
            func::upper(User.email),
            func::length(User.email),
            func::coalesce(User.email, "none"),
            func::abs(User.age),
            func::nullif(User.age, 0),
        ));
    expect!["SELECT lower(user_account.name), upper(user_account.email), length(user_account.email), coalesce(user_account.email, ?), abs(user_account.age), nullif(user_account.age, ?) FROM user_account"].assert_eq(&sqlite(stmt));
    let _: Select<(i64, String, Option<i32>, DateTime)> =
        select((User.id, User.name, User.age, User.created));
    let _: Select<(Option<i32>, Option<String>)> = select((User.age + 1, User.name + User.email));
}

// SEL-17
#[test]
fn case_and_cast() {
    let by_age = case(User.age.lt(13), "child").when(User.active, User.name).otherwise("adult");
    let stmt: Select<(String, Option<i64>, Option<f64>)> =
        select((by_age, case(User.active, 1_i64).end(), User.age.cast::<f64>()));
    check(
        stmt,
        expect![[r#"
            sqlite   SELECT CASE WHEN user_account.age < ? THEN ? WHEN user_account.active = 1 THEN user_account.name ELSE ? END, CASE WHEN user_account.active = 1 THEN ? END, CAST(user_account.age AS REAL) FROM user_account
            postgres SELECT CASE WHEN user_account.age < $1 THEN $2 WHEN user_account.active THEN user_account.name ELSE $3 END, CASE WHEN user_account.active THEN CAST($4 AS BIGINT) END, CAST(user_account.age AS DOUBLE PRECISION) FROM user_account
            mysql    SELECT CASE WHEN user_account.age < ? THEN ? WHEN user_account.active = 1 THEN user_account.name ELSE ? END, CASE WHEN user_account.active = 1 THEN CAST(? AS SIGNED) END, CAST(user_account.age AS DOUBLE) FROM user_account
            mariadb  SELECT CASE WHEN user_account.age < ? THEN ? WHEN user_account.active = 1 THEN user_account.name ELSE ? END, CASE WHEN user_account.active = 1 THEN ? END, CAST(user_account.age AS DOUBLE) FROM user_account
        "#]],
    );
}

#[test]
fn literals_and_text() {
    let stmt: Select<(i32, String, Option<i64>)> =
        select((lit(1), lit("x"), sql_expr::<Option<i64>>("max(a, b)")));
    assert_eq!(sqlite(stmt), "SELECT ?, ?, max(a, b)");
}

#[test]
fn numbers_are_of_the_type_that_is_read() {
    check(
        select((func::sum(User.age), func::avg(User.age), func::round(func::avg(User.id), 2))),
        expect![[r#"
            sqlite   SELECT sum(user_account.age), avg(user_account.age), round(avg(user_account.id), ?) FROM user_account
            postgres SELECT CAST(sum(user_account.age) AS BIGINT), avg(CAST(user_account.age AS DOUBLE PRECISION)), CAST(round(CAST(avg(CAST(user_account.id AS DOUBLE PRECISION)) AS NUMERIC), $1) AS DOUBLE PRECISION) FROM user_account
            mysql    SELECT CAST(sum(user_account.age) AS SIGNED), avg(CAST(user_account.age AS DOUBLE)), round(avg(CAST(user_account.id AS DOUBLE)), ?) FROM user_account
        "#]],
    );
    check(
        select((User.age / 2 * User.id % 7, User.age.cast::<f64>() / 2.0)),
        expect![[r#"
            sqlite   SELECT user_account.age / ? * user_account.id % ?, CAST(user_account.age AS REAL) / ? FROM user_account
            postgres SELECT user_account.age / $1 * user_account.id % $2, CAST(user_account.age AS DOUBLE PRECISION) / $3 FROM user_account
            mysql    SELECT user_account.age DIV ? * user_account.id % ?, CAST(user_account.age AS DOUBLE) / ? FROM user_account
        "#]],
    );
    check(
        select((User.active.cast::<i64>(), User.active.cast::<i32>(), User.id.cast::<bool>())),
        expect![[r#"
            sqlite   SELECT CAST(user_account.active AS INTEGER), CAST(user_account.active AS INTEGER), CAST(user_account.id AS INTEGER) FROM user_account
            postgres SELECT CAST(CAST(user_account.active AS INTEGER) AS BIGINT), CAST(user_account.active AS INTEGER), user_account.id <> 0 FROM user_account
            mysql    SELECT CAST(user_account.active AS SIGNED), CAST(user_account.active AS SIGNED), CAST(user_account.id AS SIGNED) FROM user_account
        "#]],
    );
}

// DIA-7
#[test]
fn a_parameter_of_no_known_type_says_its_own() {
    check(
        select((lit(1), lit("x"), lit(2.5) + lit(1.0), case(User.active, 1).otherwise(2))),
        expect![[r#"
            sqlite   SELECT ?, ?, ? + ?, CASE WHEN user_account.active = 1 THEN ? ELSE ? END FROM user_account
            postgres SELECT CAST($1 AS BIGINT), $2, CAST($3 AS DOUBLE PRECISION) + CAST($4 AS DOUBLE PRECISION), CASE WHEN user_account.active THEN CAST($5 AS BIGINT) ELSE CAST($6 AS BIGINT) END FROM user_account
            mysql    SELECT CAST(? AS SIGNED), ?, CAST(? AS DOUBLE) + CAST(? AS DOUBLE), CASE WHEN user_account.active = 1 THEN CAST(? AS SIGNED) ELSE CAST(? AS SIGNED) END FROM user_account
            mariadb  SELECT ?, ?, ? + ?, CASE WHEN user_account.active = 1 THEN ? ELSE ? END FROM user_account
        "#]],
    );
    check(
        select((lit("7").cast::<i64>(), lit(7).cast::<i64>(), -lit(3), lit("x").is_null())),
        expect![[r#"
            sqlite   SELECT CAST(? AS INTEGER), CAST(? AS INTEGER), -?, ? IS NULL
            postgres SELECT CAST(CAST($1 AS TEXT) AS BIGINT), CAST($2 AS BIGINT), -CAST($3 AS BIGINT), CAST($4 AS TEXT) IS NULL
            mysql    SELECT CAST(CAST(? AS CHAR) AS SIGNED), CAST(? AS SIGNED), -CAST(? AS SIGNED), CAST(? AS CHAR) IS NULL
            mariadb  SELECT CAST(? AS SIGNED), CAST(? AS SIGNED), -?, ? IS NULL
        "#]],
    );
    check(
        select(User.id).filter(lit(3).between(User.id, 9) & lit(1).eq(1)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE ? BETWEEN user_account.id AND ? AND ? = ?
            postgres SELECT user_account.id FROM user_account WHERE CAST($1 AS BIGINT) BETWEEN user_account.id AND $2 AND CAST($3 AS BIGINT) = CAST($4 AS BIGINT)
            mysql    SELECT user_account.id FROM user_account WHERE CAST(? AS SIGNED) BETWEEN user_account.id AND ? AND CAST(? AS SIGNED) = CAST(? AS SIGNED)
            mariadb  SELECT user_account.id FROM user_account WHERE ? BETWEEN user_account.id AND ? AND ? = ?
        "#]],
    );
}
