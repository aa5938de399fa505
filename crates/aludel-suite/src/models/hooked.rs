//! Entities whose attributes have hooks: no other case uses them, as such hooks are the program's.

use aludel::prelude::*;

use super::Suite;

/// A club: what its hooks refuse, no member has.
#[derive(Mapped, Debug)]
#[table("hooked_club", base = Suite)]
pub struct Club {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(length = 100)]
    pub mail: Option<String>,
    #[relationship(back_populates = club, order_by = Member.id)]
    pub members: Many<Member>,
}

#[derive(Mapped, Debug)]
#[table("hooked_member", base = Suite)]
pub struct Member {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(foreign_key = Club.id)]
    pub club_id: Option<i64>,
    #[relationship(back_populates = members)]
    pub club: One<Club>,
}
