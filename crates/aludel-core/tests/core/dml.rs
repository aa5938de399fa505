//! INSERT, UPDATE, DELETE.

use aludel_core::expr::{Expression, delete, exists, func, insert, select, update};
use expect_test::expect;

use crate::{check, entities::*, params, refusal, sqlite};

// SEL-21
#[test]
fn insert_names_its_columns_once() {
    check(
        insert(User).values((User.name.set("Ada"), User.age.set(3))),
        expect![[r#"
            sqlite   INSERT INTO user_account (name, age) VALUES (?, ?)
            postgres INSERT INTO user_account (name, age) VALUES ($1, $2)
            mysql    INSERT INTO user_account (name, age) VALUES (?, ?)
        "#]],
    );
    let many = insert(User)
        .row((User.name.set("Ada"), User.email.set(None)))
        .row((User.email.set("x"), User.name.set(&String::from("Alan"))));
    assert_eq!(params(many.clone()), ["\"Ada\"", "NULL", "\"Alan\"", "\"x\""]);
    check(
        many,
        expect![[r#"
            sqlite   INSERT INTO user_account (name, email) VALUES (?, ?), (?, ?)
            postgres INSERT INTO user_account (name, email) VALUES ($1, $2), ($3, $4)
            mysql    INSERT INTO user_account (name, email) VALUES (?, ?), (?, ?)
        "#]],
    );
}

#[test]
fn insert_of_defaults() {
    check(
        insert(User),
        expect![[r#"
            sqlite   INSERT INTO user_account DEFAULT VALUES
            postgres INSERT INTO user_account DEFAULT VALUES
            mysql    INSERT INTO user_account () VALUES ()
        "#]],
    );
}

// DIA-4
#[test]
fn returning_names_columns_alone() {
    check(
        insert(User).values(User.name.set("Ada")).returning((User.id, func::lower(User.name))),
        expect![[r#"
            sqlite   INSERT INTO user_account (name) VALUES (?) RETURNING id, lower(name)
            postgres INSERT INTO user_account (name) VALUES ($1) RETURNING id, lower(name)
            mysql    error: mysql can't do this: INSERT … RETURNING
            mariadb  INSERT INTO user_account (name) VALUES (?) RETURNING id, lower(name)
        "#]],
    );
    check(
        delete(User).filter(User.id.eq(1)).returning(User.name),
        expect![[r#"
            sqlite   DELETE FROM user_account WHERE id = ? RETURNING name
            postgres DELETE FROM user_account WHERE id = $1 RETURNING name
            mysql    error: mysql can't do this: DELETE … RETURNING
            mariadb  DELETE FROM user_account WHERE id = ? RETURNING name
        "#]],
    );
    check(
        update(User).set(User.name, "x").returning(User.id),
        expect![[r#"
            sqlite   UPDATE user_account SET name = ? RETURNING id
            postgres UPDATE user_account SET name = $1 RETURNING id
            mysql    error: mysql can't do this: UPDATE … RETURNING
        "#]],
    );
}

// SEL-22
#[test]
fn update_and_delete_name_columns_alone() {
    check(
        update(User)
            .set(User.age, User.age + 1)
            .set(User.email, None)
            .set(User.created, func::now())
            .filter(User.active),
        expect![[r#"
            sqlite   UPDATE user_account SET age = age + ?, email = ?, created = CURRENT_TIMESTAMP WHERE active = 1
            postgres UPDATE user_account SET age = age + $1, email = $2, created = LOCALTIMESTAMP WHERE active
            mysql    UPDATE user_account SET age = age + ?, email = ?, created = CURRENT_TIMESTAMP(6) WHERE active = 1
        "#]],
    );
    check(
        delete(User).filter(User.age.is_null() | User.name.eq("x")),
        expect![[r#"
            sqlite   DELETE FROM user_account WHERE age IS NULL OR name = ?
            postgres DELETE FROM user_account WHERE age IS NULL OR name = $1
            mysql    DELETE FROM user_account WHERE age IS NULL OR name = ?
        "#]],
    );
}

// SEL-4
#[test]
fn subqueries_correlate_to_the_target() {
    let addresses = select(Address.id).filter(Address.user_id.eq(User.id));
    check(
        delete(User).filter(!exists(&addresses) & User.active),
        expect![[r#"
            sqlite   DELETE FROM user_account WHERE NOT EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id) AND active = 1
            postgres DELETE FROM user_account WHERE NOT EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id) AND active
            mysql    DELETE FROM user_account WHERE NOT EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id) AND active = 1
        "#]],
    );
    let count =
        select(func::count(Address.id)).filter(Address.user_id.eq(User.id)).scalar_subquery();
    expect!["UPDATE user_account SET name = ? WHERE (SELECT count(address.id) FROM address WHERE address.user_id = user_account.id) > ?"].assert_eq(&sqlite(update(User).set(User.name, "x").filter(count.gt(3))));
}

// SEL-21, SEL-22
#[test]
fn rows_and_columns_must_fit() {
    let refusals = [
        refusal(insert(User).row(User.name.set("a")).row((User.name.set("a"), User.age.set(1)))),
        refusal(
            insert(User)
                .row((User.name.set("a"), User.age.set(1)))
                .row((User.name.set("a"), User.email.set("x"))),
        ),
        refusal(insert(User).row(()).row(())),
        refusal(insert(User).values((User.name.set("a"), User.name.set("b")))),
        refusal(insert(User).values(Address.email_address.set("a"))),
        refusal(insert(User).values(
            User.name.set(User.email.cast::<String>().eq("x").cast::<i32>().cast::<String>()),
        )),
        refusal(update(User)),
        refusal(update(User).set(User.age, 1).set(User.age, 2)),
        refusal(update(User).set(User.name, "x").filter(Address.id.eq(1))),
        refusal(delete(User).filter(User.aliased("u2").id.eq(1))),
    ];
    expect![[r#"
        the statement can't be compiled: row 2 of the INSERT into `user_account` has other columns than the statement: 2 values for 1 columns
        the statement can't be compiled: row 2 of the INSERT into `user_account` has other columns than the statement: 1 values for 2 columns
        the statement can't be compiled: an INSERT into `user_account` without columns makes one row only
        the statement can't be compiled: the INSERT of `user_account` sets `name` twice
        the statement can't be compiled: `address.email_address` can't be used in the values of an INSERT into `user_account`; ask for it in a subquery
        the statement can't be compiled: `user_account.email` can't be used in the values of an INSERT into `user_account`; ask for it in a subquery
        the statement can't be compiled: the UPDATE of `user_account` sets nothing
        the statement can't be compiled: the UPDATE of `user_account` sets `age` twice
        the statement can't be compiled: `address.id` can't be used in an UPDATE of `user_account`; ask for it in a subquery
        the statement can't be compiled: `u2.id` can't be used in a DELETE from `user_account`; ask for it in a subquery"#]].assert_eq(&refusals.join("\n"));
}

// SEL-22
#[test]
fn a_statement_reads_the_table_that_it_changes() {
    let other = User.aliased("other");
    let older = select(func::max(User.age)).scalar_subquery();
    check(
        update(User).set(User.name, "x").filter(User.age.eq(older)),
        expect![[r#"
        sqlite   UPDATE user_account SET name = ? WHERE age = (SELECT max(user_account.age) FROM user_account)
        postgres UPDATE user_account SET name = $1 WHERE age = (SELECT max(user_account.age) FROM user_account)
        mysql    UPDATE user_account SET name = ? WHERE age = (SELECT * FROM (SELECT max(user_account.age) FROM user_account) AS derived)
        mariadb  UPDATE user_account SET name = ? WHERE age = (SELECT max(user_account.age) FROM user_account)
    "#]],
    );
    let same_name = select(other.id).filter(other.name.eq(User.name) & other.id.lt(User.id));
    check(
        delete(User).filter(exists(&same_name)),
        expect![[r#"
        sqlite   DELETE FROM user_account WHERE EXISTS (SELECT 1 FROM user_account AS other WHERE other.name = user_account.name AND other.id < user_account.id)
        postgres DELETE FROM user_account WHERE EXISTS (SELECT 1 FROM user_account AS other WHERE other.name = user_account.name AND other.id < user_account.id)
        mysql    DELETE FROM user_account WHERE EXISTS (SELECT * FROM (SELECT 1 FROM user_account AS other WHERE other.name = user_account.name AND other.id < user_account.id) AS derived)
        mariadb  DELETE FROM user_account WHERE EXISTS (SELECT 1 FROM user_account AS other WHERE other.name = user_account.name AND other.id < user_account.id)
    "#]],
    );
    let within = select(Address.id)
        .filter(Address.user_id.in_(select(User.id).filter(User.active)) & Address.id.eq(User.id));
    check(
        delete(User).filter(User.id.in_(within)),
        expect![[r#"
        sqlite   DELETE FROM user_account WHERE id IN (SELECT address.id FROM address WHERE address.user_id IN (SELECT user_account.id FROM user_account WHERE user_account.active = 1) AND address.id = user_account.id)
        postgres DELETE FROM user_account WHERE id IN (SELECT address.id FROM address WHERE address.user_id IN (SELECT user_account.id FROM user_account WHERE user_account.active) AND address.id = user_account.id)
        mysql    DELETE FROM user_account WHERE id IN (SELECT * FROM (SELECT address.id FROM address WHERE address.user_id IN (SELECT user_account.id FROM user_account WHERE user_account.active = 1) AND address.id = user_account.id) AS derived)
        mariadb  DELETE FROM user_account WHERE id IN (SELECT address.id FROM address WHERE address.user_id IN (SELECT user_account.id FROM user_account WHERE user_account.active = 1) AND address.id = user_account.id)
    "#]],
    );
}
