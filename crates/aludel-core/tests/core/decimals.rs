//! Exact decimals on SQLite: functions and a collation in place of operators.

use aludel_core::expr::{Expression, Select, case, func, select};
use expect_test::expect;
use rust_decimal::Decimal;

use crate::{check, entities::*, params, refusal, sqlite};

#[test]
fn arithmetic_is_exact() {
    let total: Select<Option<Decimal>> =
        select(func::sum(Item.price * Item.quantity - Item.discount));
    check(
        total,
        expect![[r#"
            sqlite   SELECT decimal_sum(decimal_sub(decimal_mul(item.price, item.quantity), item.discount)) FROM item
            postgres SELECT sum(item.price * item.quantity - item.discount) FROM item
            mysql    SELECT sum(item.price * item.quantity - item.discount) FROM item
        "#]],
    );
    expect!["SELECT decimal_sub('0', item.price) FROM item"]
        .assert_eq(&sqlite(select(-Item.price)));
    expect!["SELECT CASE WHEN item.price COLLATE decimal < '0' THEN decimal_sub('0', item.price) ELSE item.price END FROM item"].assert_eq(&sqlite(select(func::abs(Item.price))));
    assert_eq!(
        sqlite(select(Decimal::new(5, 1) + Item.price)),
        "SELECT decimal_add(?, item.price) FROM item"
    );
}

#[test]
fn comparisons_are_by_value() {
    let limit = Decimal::new(1050, 2);
    check(
        select(Item.id).filter(Item.price.gt(limit) & Item.price.in_([limit])),
        expect![[r#"
            sqlite   SELECT item.id FROM item WHERE item.price COLLATE decimal > ? AND item.price COLLATE decimal IN (?)
            postgres SELECT item.id FROM item WHERE item.price > $1 AND item.price IN ($2)
            mysql    SELECT item.id FROM item WHERE item.price > CAST(? AS DECIMAL(65, 2)) AND item.price IN (CAST(? AS DECIMAL(65, 2)))
        "#]],
    );
    expect![
        "SELECT item.id FROM item WHERE item.price COLLATE decimal BETWEEN ? AND item.discount"
    ]
    .assert_eq(&sqlite(select(Item.id).filter(Item.price.between(limit, Item.discount))));
    let stmt = select(Item.id).filter(Item.price.ge(Item.quantity));
    expect![
        "SELECT item.id FROM item WHERE item.price COLLATE decimal >= CAST(item.quantity AS TEXT)"
    ]
    .assert_eq(&sqlite(stmt));
    let sum = func::sum(Item.price);
    let stmt = select(Item.quantity).group_by(Item.quantity).having(sum.gt(limit));
    assert_eq!(params(&stmt), ["10.50"]);
    expect!["SELECT item.quantity FROM item GROUP BY item.quantity HAVING decimal_sum(item.price) COLLATE decimal > ?"].assert_eq(&sqlite(stmt));
}

#[test]
fn order_is_by_value() {
    let total = func::sum(Item.price).label("total");
    check(
        select((Item.price, func::max(Item.price), total.clone()))
            .group_by(Item.price)
            .order_by((Item.price.desc(), total)),
        expect![[r#"
            sqlite   SELECT item.price, max(item.price COLLATE decimal), decimal_sum(item.price) AS total FROM item GROUP BY item.price COLLATE decimal ORDER BY item.price COLLATE decimal DESC, total COLLATE decimal
            postgres SELECT item.price, max(item.price), sum(item.price) AS total FROM item GROUP BY item.price ORDER BY item.price DESC, total
            mysql    SELECT item.price, max(item.price), sum(item.price) AS total FROM item GROUP BY item.price ORDER BY item.price DESC, total
        "#]],
    );
    expect!["SELECT count(DISTINCT item.price COLLATE decimal) FROM item"]
        .assert_eq(&sqlite(select(func::count_distinct(Item.price))));
    expect!["SELECT CASE WHEN item.price COLLATE decimal < item.price THEN item.price ELSE ? END FROM item"].assert_eq(&sqlite(select(case(Item.price.lt(Item.price), Item.price).otherwise(Decimal::ONE))));
}

#[test]
fn there_is_no_division() {
    expect!["sqlite can't do this: divide exact decimals; do it in the program, or convert with `.cast::<f64>()`"].assert_eq(&refusal(select(Item.price / Item.quantity)));
    expect!["sqlite can't do this: round exact decimals; do it in the program, or convert with `.cast::<f64>()`"].assert_eq(&refusal(select(func::round(Item.price, 2))));
}
