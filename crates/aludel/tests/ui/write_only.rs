//! What is never loaded is no list.

use aludel::{blocking::Session, prelude::*};

#[derive(Mapped)]
#[table("till")]
pub struct Till {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship]
    pub entries: WriteOnly<Entry>,
}

#[derive(Mapped)]
#[table("entry")]
pub struct Entry {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Till.id)]
    pub till_id: Auto<i64>,
}

fn total(till: &Obj<Till>, session: &mut Session) -> usize {
    till.entries().load(session);
    till.entries().iter().count()
}

fn main() {}
