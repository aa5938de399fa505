//! LIKE and its relatives, concatenation.

use aludel_core::expr::{Expression, select};
use expect_test::expect;

use crate::{check, entities::*, params};

// SEL-12
#[test]
fn values_are_escaped_and_bound() {
    let stmt = select(User.id).filter(
        User.name.contains("50%_/") & User.name.starts_with("a") & User.name.ends_with("z"),
    );
    assert_eq!(params(&stmt), [r#""%50/%/_//%""#, r#""a%""#, r#""%z""#]);
    check(
        stmt,
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.name LIKE ? ESCAPE '/' AND user_account.name LIKE ? ESCAPE '/' AND user_account.name LIKE ? ESCAPE '/'
            postgres SELECT user_account.id FROM user_account WHERE user_account.name LIKE $1 ESCAPE '/' AND user_account.name LIKE $2 ESCAPE '/' AND user_account.name LIKE $3 ESCAPE '/'
            mysql    SELECT user_account.id FROM user_account WHERE user_account.name LIKE ? ESCAPE '/' AND user_account.name LIKE ? ESCAPE '/' AND user_account.name LIKE ? ESCAPE '/'
        "#]],
    );
}

// SEL-12
#[test]
fn expressions_are_concatenated() {
    check(
        select(User.id).filter(User.name.contains(User.email)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.name LIKE '%' || user_account.email || '%'
            postgres SELECT user_account.id FROM user_account WHERE user_account.name LIKE '%' || user_account.email || '%'
            mysql    SELECT user_account.id FROM user_account WHERE user_account.name LIKE concat('%', user_account.email, '%')
        "#]],
    );
    check(
        select(User.id).filter(User.name.starts_with(User.email)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.name LIKE user_account.email || '%'
            postgres SELECT user_account.id FROM user_account WHERE user_account.name LIKE user_account.email || '%'
            mysql    SELECT user_account.id FROM user_account WHERE user_account.name LIKE concat(user_account.email, '%')
        "#]],
    );
}

// SEL-12
#[test]
fn case_is_ignored_as_the_dialect_can() {
    check(
        select(User.id).filter(User.name.ilike("a%")),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE lower(user_account.name) LIKE lower(?)
            postgres SELECT user_account.id FROM user_account WHERE user_account.name ILIKE $1
            mysql    SELECT user_account.id FROM user_account WHERE lower(user_account.name) LIKE lower(?)
        "#]],
    );
}

// SEL-13
#[test]
fn plus_concatenates_texts() {
    check(
        select(User.name + " <" + User.email + ">"),
        expect![[r#"
            sqlite   SELECT user_account.name || ? || user_account.email || ? FROM user_account
            postgres SELECT user_account.name || $1 || user_account.email || $2 FROM user_account
            mysql    SELECT concat(user_account.name, ?, user_account.email, ?) FROM user_account
        "#]],
    );
}
