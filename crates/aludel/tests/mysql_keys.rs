//! Keys that MySQL makes and can't return: refused by name before anything connects.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped)]
#[table("voucher")]
struct Voucher {
    #[column(primary_key, server_default = "uuid()", length = 40)]
    code: Auto<String>,
    name: String,
}

// DEF-7
#[test]
fn a_key_that_is_no_number_and_cannot_be_returned() {
    let refused = |url: &str| {
        let mut session = Session::new(&Engine::new(url).unwrap());
        session.add(Voucher::builder().name("a"));
        session.flush_plan().err().map(|it| it.to_string())
    };
    let error = refused("mysql://nobody@localhost:1/nothing").unwrap();
    assert!(error.contains("RETURNING") && error.contains("mysql"), "{error}");
    assert_eq!(refused("mariadb://nobody@localhost:1/nothing"), None);
    let given = |url: &str| {
        let mut session = Session::new(&Engine::new(url).unwrap());
        session.add(Voucher::builder().code("x").name("a"));
        session.flush_plan().map(|it| it.steps.len())
    };
    assert_eq!(given("mysql://nobody@localhost:1/nothing").unwrap(), 1);
}
