//! INSERT of rows that may be there already.

use aludel_core::{
    compile::compile,
    dialect::{Dialect, MariaDb, Postgres, Sqlite},
    expr::{Expression, InsertStatement, case, func, insert, select, sql_expr},
};
use expect_test::expect;

use crate::{check, entities::*};

fn ada() -> InsertStatement {
    insert(User).row((User.name.set("Ada"), User.age.set(36)))
}

// DIA-3
#[test]
fn nothing_is_done() {
    check(
        ada().on_conflict_do_nothing(),
        expect![[r#"
        sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT DO NOTHING
        postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT DO NOTHING
        mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = user_account.name
    "#]],
    );
    check(
        ada().on_conflict(User.name).or_any_key().do_nothing(),
        expect![[r#"
        sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO NOTHING
        postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING
        mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = user_account.name
    "#]],
    );
}

// DIA-3
#[test]
fn the_other_row_is_changed() {
    check(
        ada().on_conflict(User.name).or_any_key().do_update((
            User.age.set(func::coalesce(User.age, 0) + User.age.excluded()),
            User.active.set(true),
            User.created.set(func::now()),
        )),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = coalesce(user_account.age, ?) + excluded.age, active = ?, created = CURRENT_TIMESTAMP
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = coalesce(user_account.age, $3) + excluded.age, active = $4, created = LOCALTIMESTAMP
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = coalesce(user_account.age, ?) + VALUES(age), active = ?, created = CURRENT_TIMESTAMP(6)
        "#]],
    );
    let older = User.age.lt(User.age.excluded()) & User.active;
    let choice = case(older.clone(), User.age.excluded()).otherwise(User.age);
    check(
        ada().on_conflict((User.name, User.age)).or_any_key().do_update(User.age.set(choice)),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name, age) DO UPDATE SET age = CASE WHEN user_account.age < excluded.age AND user_account.active = 1 THEN excluded.age ELSE user_account.age END
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name, age) DO UPDATE SET age = CASE WHEN user_account.age < excluded.age AND user_account.active THEN excluded.age ELSE user_account.age END
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = CASE WHEN user_account.age < VALUES(age) AND user_account.active = 1 THEN VALUES(age) ELSE user_account.age END
        "#]],
    );
    check(
        ada().on_conflict(User.name).do_update_where(User.age.set(User.age.excluded()), older),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = excluded.age WHERE user_account.age < excluded.age AND user_account.active = 1
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = excluded.age WHERE user_account.age < excluded.age AND user_account.active
            mysql    error: mysql can't do this: name the key of a conflict, as ON DUPLICATE KEY answers to any; if that is meant, say `.or_any_key()`
        "#]],
    );
}

// DIA-3
#[test]
fn any_key_will_do() {
    check(
        ada().on_duplicate_key_update(User.age.set(User.age.excluded())),
        expect![[r#"
        sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT DO UPDATE SET age = excluded.age
        postgres error: postgres can't do this: do an update on a conflict of any key; name the columns of one: `.on_conflict(…)`
        mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = VALUES(age)
    "#]],
    );
    check(
        ada().on_conflict(User.name).do_update(User.age.set(1)),
        expect![[r#"
        sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = ?
        postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = $3
        mysql    error: mysql can't do this: name the key of a conflict, as ON DUPLICATE KEY answers to any; if that is meant, say `.or_any_key()`
    "#]],
    );
}

// DIA-3
#[test]
fn an_index_is_found_by_its_expressions_and_its_condition() {
    check(
        ada().on_conflict(func::lower(User.name)).or_any_key().do_nothing(),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (lower(name)) DO NOTHING
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (lower(name)) DO NOTHING
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = user_account.name
        "#]],
    );
    check(
        ada()
            .on_conflict(User.name)
            .index_filter(User.active)
            .or_any_key()
            .do_update(User.age.set(User.age.excluded())),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) WHERE active = 1 DO UPDATE SET age = excluded.age
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) WHERE active DO UPDATE SET age = excluded.age
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = VALUES(age)
        "#]],
    );
    check(
        ada()
            .on_conflict(User.name)
            .index_filter(User.email.is_null())
            .index_filter(sql_expr::<bool>("true"))
            .or_any_key()
            .do_nothing(),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) WHERE email IS NULL AND true DO NOTHING
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) WHERE email IS NULL AND true DO NOTHING
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = user_account.name
        "#]],
    );
}

// DIA-3
#[test]
fn a_constraint_is_named() {
    let stmt = ada().on_constraint("uq_name");
    check(
        stmt.clone().do_nothing(),
        expect![[r#"
        sqlite   error: sqlite can't do this: name the constraint of a conflict; name its columns: `.on_conflict(…)`
        postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT uq_name DO NOTHING
        mysql    error: mysql can't do this: name the key of a conflict, as ON DUPLICATE KEY answers to any; if that is meant, say `.or_any_key()`
    "#]],
    );
    check(
        stmt.do_update(User.age.set(1)),
        expect![[r#"
        sqlite   error: sqlite can't do this: name the constraint of a conflict; name its columns: `.on_conflict(…)`
        postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT uq_name DO UPDATE SET age = $3
        mysql    error: mysql can't do this: name the key of a conflict, as ON DUPLICATE KEY answers to any; if that is meant, say `.or_any_key()`
    "#]],
    );
}

// DIA-3, DIA-4
#[test]
fn what_comes_back_and_what_is_asked() {
    let oldest = select(func::max(User.age)).scalar_subquery();
    check(
        ada()
            .on_conflict(User.name)
            .or_any_key()
            .do_update(User.age.set(oldest))
            .returning(User.id),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = (SELECT max(user_account.age) FROM user_account) RETURNING id
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = (SELECT max(user_account.age) FROM user_account) RETURNING id
            mysql    error: mysql can't do this: INSERT … RETURNING
            mariadb  INSERT INTO user_account (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = (SELECT max(user_account.age) FROM user_account) RETURNING id
        "#]],
    );
    check(
        ada().on_conflict(User.name).or_any_key().do_update(
            User.age.set(
                select(func::max(User.aliased("other").age))
                    .filter(User.aliased("other").name.eq(User.name.excluded()))
                    .scalar_subquery(),
            ),
        ),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = (SELECT max(other.age) FROM user_account AS other WHERE other.name = excluded.name)
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = (SELECT max(other.age) FROM user_account AS other WHERE other.name = excluded.name)
            mysql    error: mysql can't do this: read the row that could not be inserted in a subquery of the update
        "#]],
    );
}

// DIA-3
#[test]
fn upserts_that_make_no_sense() {
    let age = || User.age.set(User.age.excluded());
    let wrong = [
        insert(User).on_conflict_do_nothing(),
        ada().on_conflict(User.name).do_update(()),
        ada().on_conflict(User.name).do_update((age(), age())),
        ada().on_conflict(Vec::<aludel_core::expr::Column<UserEntity, String>>::new()).do_nothing(),
        ada().on_conflict(Address.id).do_nothing(),
        ada().on_conflict(User.name).index_filter(User.age.gt(3)).do_nothing(),
        ada().on_conflict(User.name).do_update(Address.email_address.set("x")),
        ada().on_conflict(User.name).do_update_where(age(), Address.id.eq(1)),
        insert(User).row(User.name.set(User.name.excluded())),
    ];
    let mut refusals: Vec<String> =
        wrong.into_iter().map(|it| compile(&it.into(), &Sqlite).unwrap_err().to_string()).collect();
    refusals.push(select(User.name.excluded()).to_sql(&Postgres).unwrap_err().to_string());
    expect![[r#"
        the statement can't be compiled: the INSERT into `user_account` is made of defaults, of which none can be in conflict; give it a value
        the statement can't be compiled: DO UPDATE of `user_account` sets nothing
        the statement can't be compiled: the DO UPDATE of `user_account` sets `age` twice
        the statement can't be compiled: ON CONFLICT of `user_account` names no column
        the statement can't be compiled: `address.id` can't be used in the conflict's key of `user_account`; ask for it in a subquery
        the statement can't be compiled: the key or the index's condition in ON CONFLICT of `user_account` has a parameter, by which no index can be found; write the constant with `sql_expr`
        the statement can't be compiled: `address.email_address` can't be used in DO UPDATE of `user_account`; ask for it in a subquery
        the statement can't be compiled: `address.id` can't be used in DO UPDATE of `user_account`; ask for it in a subquery
        the statement can't be compiled: `excluded.name` can't be used in the values of an INSERT into `user_account`; ask for it in a subquery
        the statement can't be compiled: `.excluded()` is the row that an INSERT could not insert: it stands in DO UPDATE only"#]].assert_eq(&refusals.join("\n"));
}

/// Parameters stand in the order of the text.
#[test]
fn parameters_of_an_upsert() {
    let stmt = ada().on_conflict(User.name).or_any_key().do_update(User.age.set(37));
    for dialect in [&Sqlite as &dyn Dialect, &Postgres, &MariaDb] {
        let compiled = compile(&stmt.clone().into(), dialect).unwrap();
        assert_eq!(compiled.params.len(), 3, "{}", dialect.name());
    }
}
