//! ERR-9: a struct that isn't mapped is added to a session.

use aludel::prelude::*;

struct Point {
    x: i64,
}

fn add(session: &mut Session) {
    session.add(Point { x: 1 });
}

fn main() {}
