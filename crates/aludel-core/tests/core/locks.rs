//! Row locks, and DISTINCT ON.

use aludel_core::expr::{Expression, ForUpdate, func, select};
use expect_test::expect;

use crate::{check, entities::*, refusal};

// DIA-2
#[test]
fn locks_of_each_strength() {
    let stmt = select(User.id).filter(User.active).limit(1);
    check(
        stmt.clone().with_for_update(ForUpdate::new()),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ?
        postgres SELECT user_account.id FROM user_account WHERE user_account.active LIMIT $1 FOR UPDATE
        mysql    SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ? FOR UPDATE
    "#]],
    );
    check(
        stmt.clone().with_for_update(ForUpdate::new().share()),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ?
        postgres SELECT user_account.id FROM user_account WHERE user_account.active LIMIT $1 FOR SHARE
        mysql    SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ? LOCK IN SHARE MODE
    "#]],
    );
    check(
        stmt.clone().with_for_update(ForUpdate::new().no_key_update()),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ?
            postgres SELECT user_account.id FROM user_account WHERE user_account.active LIMIT $1 FOR NO KEY UPDATE
            mysql    error: mysql can't do this: SELECT … FOR NO KEY UPDATE; leave out `.no_key_update()`
        "#]],
    );
    check(
        stmt.with_for_update(ForUpdate::new().key_share()),
        expect![[r#"
            sqlite   SELECT user_account.id FROM user_account WHERE user_account.active = 1 LIMIT ?
            postgres SELECT user_account.id FROM user_account WHERE user_account.active LIMIT $1 FOR KEY SHARE
            mysql    error: mysql can't do this: SELECT … FOR KEY SHARE; use `.share()`
        "#]],
    );
}

// DIA-2
#[test]
fn who_waits_for_locks() {
    let stmt = select(User.id);
    check(
        stmt.clone().with_for_update(ForUpdate::new().nowait()),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account
        postgres SELECT user_account.id FROM user_account FOR UPDATE NOWAIT
        mysql    SELECT user_account.id FROM user_account FOR UPDATE NOWAIT
    "#]],
    );
    check(
        stmt.clone().with_for_update(ForUpdate::new().skip_locked()),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account
        postgres SELECT user_account.id FROM user_account FOR UPDATE SKIP LOCKED
        mysql    SELECT user_account.id FROM user_account FOR UPDATE SKIP LOCKED
    "#]],
    );
    check(
        stmt.with_for_update(ForUpdate::new().share().nowait()),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account
        postgres SELECT user_account.id FROM user_account FOR SHARE NOWAIT
        mysql    SELECT user_account.id FROM user_account FOR SHARE NOWAIT
        mariadb  SELECT user_account.id FROM user_account LOCK IN SHARE MODE NOWAIT
    "#]],
    );
}

// DIA-2
#[test]
fn the_tables_whose_rows_are_locked() {
    let boss = User.aliased("boss");
    let stmt = select((User.id, boss.id)).join_on(boss, boss.id.lt(User.id));
    check(
        stmt.clone().with_for_update(ForUpdate::new().of(boss).of(User).skip_locked()),
        expect![[r#"
            sqlite   SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id
            postgres SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id FOR UPDATE OF boss, user_account SKIP LOCKED
            mysql    SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id FOR UPDATE OF boss, user_account SKIP LOCKED
            mariadb  error: mariadb can't do this: lock the rows of some tables only; leave out `.of(…)`
        "#]],
    );
    check(
        stmt.clone().with_for_update(ForUpdate::new().share().of(User)),
        expect![[r#"
            sqlite   SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id
            postgres SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id FOR SHARE OF user_account
            mysql    SELECT user_account.id, boss.id FROM user_account JOIN user_account AS boss ON boss.id < user_account.id FOR SHARE OF user_account
            mariadb  error: mariadb can't do this: lock the rows of some tables only; leave out `.of(…)`
        "#]],
    );
    expect![
        "the statement can't be compiled: the rows of `address` can't be locked: it is not in FROM"
    ]
    .assert_eq(&refusal(stmt.with_for_update(ForUpdate::new().of(Address))));
}

// DIA-2
#[test]
fn subqueries_lock_too_but_not_existence() {
    let addresses = select(Address.user_id).with_for_update(ForUpdate::new());
    let by_list = select(User.id).filter(User.id.in_(addresses.clone()));
    check(
        by_list,
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address)
        postgres SELECT user_account.id FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address FOR UPDATE)
        mysql    SELECT user_account.id FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address FOR UPDATE)
    "#]],
    );
    check(
        select(User.id).filter(aludel_core::expr::exists(&addresses)),
        expect![[r#"
        sqlite   SELECT user_account.id FROM user_account WHERE EXISTS (SELECT 1 FROM address)
        postgres SELECT user_account.id FROM user_account WHERE EXISTS (SELECT 1 FROM address)
        mysql    SELECT user_account.id FROM user_account WHERE EXISTS (SELECT 1 FROM address)
    "#]],
    );
}

// DIA-5
#[test]
fn the_first_row_of_each() {
    check(
        select((Address.user_id, Address.email_address))
            .distinct_on((Address.user_id, func::lower(Address.email_address)))
            .order_by((Address.user_id, func::lower(Address.email_address), Address.id.desc())),
        expect![[r#"
            sqlite   error: sqlite can't do this: SELECT DISTINCT ON; group the rows, or leave out others in the program
            postgres SELECT DISTINCT ON (address.user_id, lower(address.email_address)) address.user_id, address.email_address FROM address ORDER BY address.user_id, lower(address.email_address), address.id DESC
            mysql    error: mysql can't do this: SELECT DISTINCT ON; group the rows, or leave out others in the program
        "#]],
    );
}
