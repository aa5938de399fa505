//! A label has no place for data.

use aludel::prelude::*;

#[derive(Clone, SqlEnum)]
#[sql_enum(name = "state", rename_al = "kebab-case")]
enum State {
    Waiting,
    Sent(i64),
}

fn main() {}
