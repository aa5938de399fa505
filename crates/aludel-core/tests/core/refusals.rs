//! What verify refuses in a SELECT, and what it lets pass.

use aludel_core::expr::{Expression, Query, func, select};
use expect_test::expect;

use crate::{entities::*, refusal, sqlite};

#[test]
fn the_nullable_side_is_said_in_the_row() {
    let refusals = [
        refusal(select((User.name, Address.email_address)).outer_join(Addresses)),
        refusal(select(func::lower(Address.email_address)).outer_join(Addresses)),
        refusal(select(Address.id + User.id).outer_join(Addresses)),
    ];
    expect![[r#"
        the statement can't be compiled: `address.email_address` may be NULL, because an outer join brings `address` in, but the row doesn't expect that; say `.optional()` of it in `select`
        the statement can't be compiled: `address.email_address` may be NULL, because an outer join brings `address` in, but the row doesn't expect that; say `.optional()` of it in `select`
        the statement can't be compiled: `address.id` may be NULL, because an outer join brings `address` in, but the row doesn't expect that; say `.optional()` of it in `select`"#]].assert_eq(&refusals.join("\n"));
}

#[test]
fn what_is_never_null_there_passes() {
    sqlite(select((User.name, Address.email_address.optional())).outer_join(Addresses));
    sqlite(select((func::count(Address.id), Address.id.is_null())).outer_join(Addresses));
    sqlite(select(func::coalesce(Address.email_address, "none")).outer_join(Addresses));
    sqlite(select(func::max(Address.email_address)).outer_join(Addresses));
    // An inner join that follows has a row, or there is none at all.
    let boss = User.aliased("boss");
    sqlite(select(boss.name).outer_join(Addresses).join_on(boss, boss.id.eq(Address.user_id)));
}

#[test]
fn statements_that_make_no_sense() {
    let refusals = [
        refusal(Query::default()),
        refusal(select(User.id).join(Addresses).join(Addresses)),
        refusal(select((User.id, Address.aliased("user_account").id))),
        refusal(select(User.id).order_by(Address.id)),
        refusal(select(User.id).filter(User.id.in_(select(Address.id).group_by(Order.id)))),
    ];
    expect![[r#"
        the statement can't be compiled: a SELECT needs at least one column or expression
        the statement can't be compiled: `address` stands twice in FROM; give one of them a name of its own with `.aliased("…")`
        the statement can't be compiled: `user_account` stands twice in FROM; give one of them a name of its own with `.aliased("…")`
        the statement can't be compiled: `address.id` is sorted or grouped by, but `address` is not in FROM; join it or use `.select_from(…)`
        the statement can't be compiled: `order.id` is sorted or grouped by, but `order` is not in FROM; join it or use `.select_from(…)`"#]].assert_eq(&refusals.join("\n"));
}
