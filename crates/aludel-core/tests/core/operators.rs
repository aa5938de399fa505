//! Comparisons, negation, parentheses, conditions, lists.

use aludel_core::expr::{Expression, Node, all_of, any_of, func, lit, select, sql_expr};
use expect_test::expect;

use crate::{check, entities::*, params, sqlite};

/// What WHERE says, on SQLite.
#[track_caller]
fn filter(condition: impl aludel_core::expr::Predicate) -> String {
    let sql = sqlite(select(User.id).filter(condition));
    sql.replace("SELECT user_account.id FROM user_account WHERE ", "").replace("user_account.", "")
}

#[track_caller]
fn value(expression: impl Expression) -> String {
    let sql = sqlite(select(expression.label("x")));
    let sql =
        sql.replace("SELECT ", "").replace(" FROM user_account", "").replace("user_account.", "");
    sql.replace(" AS x", "")
}

#[test]
fn comparisons() {
    assert_eq!(filter(User.name.eq("x")), "name = ?");
    assert_eq!(filter(User.name.ne(String::from("x"))), "name <> ?");
    assert_eq!(filter(User.age.lt(1) & User.age.le(2)), "age < ? AND age <= ?");
    assert_eq!(filter(User.age.gt(&1) & User.age.ge(User.id)), "age > ? AND age >= id");
    assert_eq!(filter(User.age.between(1, User.age + 1)), "age BETWEEN ? AND age + ?");
    assert_eq!(filter(User.created.lt(func::now())), "created < CURRENT_TIMESTAMP");
}

// SEL-7
#[test]
fn none_is_a_question_for_null() {
    assert_eq!(filter(User.email.eq(None::<&str>)), "email IS NULL");
    assert_eq!(filter(User.email.ne(None::<&str>)), "email IS NOT NULL");
    assert_eq!(filter(User.email.eq(Some("x"))), "email = ?");
    assert_eq!(
        filter(User.email.is_null() | User.age.is_not_null()),
        "email IS NULL OR age IS NOT NULL"
    );
}

// SEL-7
#[test]
fn null_safe_equality() {
    check(
        select(User.id)
            .filter(User.email.is_not_distinct_from("x") & User.age.is_distinct_from(None::<i32>)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.email IS ? AND user_account.age IS NOT ?
            postgres SELECT user_account.id FROM user_account WHERE user_account.email IS NOT DISTINCT FROM $1 AND user_account.age IS DISTINCT FROM $2
            mysql    SELECT user_account.id FROM user_account WHERE user_account.email <=> ? AND NOT (user_account.age <=> ?)
        "#]],
    );
}

// SEL-8
#[test]
fn a_column_is_a_condition() {
    check(
        select(User.id).filter(User.active & !User.active),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.active = 1 AND user_account.active = 0
            postgres SELECT user_account.id FROM user_account WHERE user_account.active AND NOT user_account.active
            mysql    SELECT user_account.id FROM user_account WHERE user_account.active = 1 AND user_account.active = 0
        "#]],
    );
    check(
        select(User.active).filter(User.active.eq(true)),
        expect![[r#"
            sqlite   SELECT user_account.active FROM user_account WHERE user_account.active = ?
            postgres SELECT user_account.active FROM user_account WHERE user_account.active = $1
            mysql    SELECT user_account.active FROM user_account WHERE user_account.active = ?
        "#]],
    );
}

// SEL-8
#[test]
fn constants_are_folded() {
    check(
        select(User.id).filter(lit(true)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE 1 = 1
            postgres SELECT user_account.id FROM user_account WHERE TRUE
            mysql    SELECT user_account.id FROM user_account WHERE 1 = 1
        "#]],
    );
    check(
        select(User.id).filter(lit(false) | lit(false)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE 0 = 1
            postgres SELECT user_account.id FROM user_account WHERE FALSE
            mysql    SELECT user_account.id FROM user_account WHERE 0 = 1
        "#]],
    );
    assert_eq!(filter(User.age.gt(1) & lit(true)), "age > ?");
    assert_eq!(filter(lit(false) | User.active), "active = 1");
    assert_eq!(filter(User.age.gt(1) & lit(false)), "0 = 1");
    assert_eq!(filter(!(User.age.gt(1) & lit(false))), "1 = 1");
    assert_eq!(filter(!(User.age.gt(1) & lit(true))), "age <= ?");
    assert_eq!(filter(all_of(Vec::<aludel_core::expr::Expr<bool>>::new())), "1 = 1");
    assert_eq!(filter(any_of(Vec::<aludel_core::expr::Expr<bool>>::new())), "0 = 1");
    // A parameter that is supplied later keeps its place.
    let hole = aludel_core::expr::Expr::<i32>::new(Node::Hole);
    let stmt = select(User.id).filter(User.age.eq(hole) & lit(false));
    expect!["SELECT user_account.id FROM user_account WHERE user_account.age = ? AND (0 = 1)"]
        .assert_eq(&sqlite(&stmt));
    assert_eq!(params(stmt), ["hole"]);
}

// SEL-9
#[test]
fn not_flips_the_operator() {
    for (condition, expected) in [
        (!User.age.eq(1), "age <> ?"),
        (!User.age.lt(1), "age >= ?"),
        (!User.age.ge(1), "age < ?"),
        (!User.name.like("x"), "name NOT LIKE ?"),
        (!User.age.in_([1, 2]), "age NOT IN (?, ?)"),
        (!User.age.between(1, 2), "age NOT BETWEEN ? AND ?"),
        (!User.age.is_null(), "age IS NOT NULL"),
        (!!User.age.eq(1), "age = ?"),
        (!(User.age.eq(1) & User.active), "NOT (age = ? AND active = 1)"),
        (!User.email.is_distinct_from("x"), "email IS ?"),
    ] {
        assert_eq!(filter(condition), expected);
    }
}

// SEL-10
#[test]
fn parentheses_follow_precedence() {
    let (a, b, c) = (|| User.age.eq(1), || User.age.eq(2), || User.age.eq(3));
    assert_eq!(filter(a() & b() | c()), "age = ? AND age = ? OR age = ?");
    assert_eq!(filter(a() & (b() | c())), "age = ? AND (age = ? OR age = ?)");
    assert_eq!(filter(a() & (b() & c())), "age = ? AND age = ? AND age = ?");
    assert_eq!(value((User.age + 1) * 2), "(age + ?) * ?");
    assert_eq!(value(User.age + User.age * 2), "age + age * ?");
    assert_eq!(value(User.age - (User.age - 1)), "age - (age - ?)");
    assert_eq!(value(User.age - 1 - 2), "age - ? - ?");
    assert_eq!(value(User.age + (User.age + 1)), "age + age + ?");
    assert_eq!(value(User.age / (User.age / 2)), "age / (age / ?)");
    assert_eq!(value(User.age / (User.age * 2)), "age / (age * ?)");
    assert_eq!(value(-(-User.age)), "-(-age)");
    assert_eq!(value(-(User.age + 1)), "-(age + ?)");
    assert_eq!(filter(User.age.eq(1).eq(true)), "(age = ?) = ?");
    assert_eq!(filter(User.age.eq(1).is_null()), "(age = ?) IS NULL");
    assert_eq!(filter(sql_expr::<bool>("a OR b") & User.active), "(a OR b) AND active = 1");
    assert_eq!(filter(sql_expr::<i32>("x").eq(User.age)), "x = age");
}

#[test]
fn numbers_stand_on_either_side() {
    let age = User.aliased("u").age;
    assert_eq!(sqlite(select(1 + age)), "SELECT ? + u.age FROM user_account AS u");
    assert_eq!(value(2 * (10 - User.age)), "? * (? - age)");
    assert_eq!(value(User.age % 2), "age % ?");
}

// SEL-11
#[test]
fn lists() {
    check(
        select(User.id).filter(User.age.in_(vec![1, 2, 3])),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.age IN (?, ?, ?)
            postgres SELECT user_account.id FROM user_account WHERE user_account.age IN ($1, $2, $3)
            mysql    SELECT user_account.id FROM user_account WHERE user_account.age IN (?, ?, ?)
        "#]],
    );
    let none: [i32; 0] = [];
    assert_eq!(filter(User.age.in_(none)), "0 = 1");
    assert_eq!(filter(User.age.not_in(none)), "1 = 1");
    assert_eq!(filter(User.age.in_(none) | User.active), "active = 1");
    assert_eq!(
        filter(User.name.in_(["a", "b"]) & User.name.in_(&[String::from("c")])),
        "name IN (?, ?) AND name IN (?)"
    );
    assert_eq!(filter(User.age.in_(&vec![1][..])), "age IN (?)");
}

// SEL-11
#[test]
fn row_values_are_looked_up_in_values_on_sqlite() {
    let pair = || Node::Tuple(vec![User.id.into_node(), User.name.into_node()]);
    let row =
        |id: i64, name: &str| Node::Tuple(vec![Node::Bind(id.into()), Node::Bind(name.into())]);
    let list = vec![row(1, "a"), row(2, "b")];
    let condition = Node::In { subject: Box::new(pair()), list, negated: false };
    check(
        select(User.id).filter(aludel_core::expr::Expr::<bool>::new(condition)),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE (user_account.id, user_account.name) IN (VALUES (?, ?), (?, ?))
            postgres SELECT user_account.id FROM user_account WHERE (user_account.id, user_account.name) IN (($1, $2), ($3, $4))
            mysql    SELECT user_account.id FROM user_account WHERE (user_account.id, user_account.name) IN ((?, ?), (?, ?))
        "#]],
    );
}

#[test]
fn too_many_parameters_are_refused() {
    check(
        select(User.id).filter(User.age.in_((0..70_000).collect::<Vec<_>>())),
        expect![[r#"
        sqlite   error: sqlite can't do this: a statement with 70000 parameters, 32766 at the most; divide the list
        postgres error: postgres can't do this: a statement with 70000 parameters, 65535 at the most; divide the list
        mysql    error: mysql can't do this: a statement with 70000 parameters, 65535 at the most; divide the list
    "#]],
    );
}

/// As deep as SQLite itself would read it (1,000 levels), on a test's small stack.
#[test]
fn a_thousand_conditions_fit_on_the_stack() {
    let one_by_one = (0..1_000).fold(select(User.id), |it, age| it.filter(User.age.ne(age)));
    assert_eq!(params(one_by_one).len(), 1_000);
    let at_once = any_of((0..30_000).map(|age| User.age.eq(age)));
    assert_eq!(params(select(User.id).filter(at_once)).len(), 30_000);
}
