//! Owners of all kinds: several of one member, one alone, and such that only look.

use aludel::prelude::*;

use super::Suite;

/// One of two kinds of owners of a memo.
#[derive(Mapped, Debug)]
#[table("desk", base = Suite)]
pub struct Desk {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = desk, cascade(all, delete_orphan), order_by = Memo.id)]
    pub memos: Many<Memo>,
    #[relationship(viewonly, order_by = Memo.id)]
    pub shown: Many<Memo>,
}

#[derive(Mapped, Debug)]
#[table("folder", base = Suite)]
pub struct Folder {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(cascade(all, delete_orphan), order_by = Memo.id)]
    pub memos: Many<Memo>,
}

/// An orphan as soon as it lacks either.
#[derive(Mapped, Debug)]
#[table("memo", base = Suite)]
pub struct Memo {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub text: String,
    #[column(foreign_key = Desk.id)]
    pub desk_id: Option<i64>,
    #[column(foreign_key = Folder.id)]
    pub folder_id: Option<i64>,
    #[relationship(back_populates = memos)]
    pub desk: One<Desk>,
    #[relationship(viewonly, foreign_keys = [Memo.desk_id])]
    pub seen_at: One<Desk>,
}

/// Owns what its row refers to.
#[derive(Mapped, Debug)]
#[table("citizen", base = Suite)]
pub struct Person {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(foreign_key = Passport.id)]
    pub passport_id: Option<i64>,
    #[column(foreign_key = Locker.id)]
    pub locker_id: Option<i64>,
    #[relationship(back_populates = holder, cascade(all, delete_orphan), single_parent)]
    pub passport: One<Passport>,
    #[relationship(cascade(all, delete_orphan), single_parent)]
    pub locker: One<Locker>,
    #[relationship(cascade(all, delete_orphan))]
    pub badge: One<Badge>,
    #[relationship]
    pub hat: One<Hat>,
}

#[derive(Mapped, Debug)]
#[table("passport", base = Suite)]
pub struct Passport {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub number: String,
    #[relationship(back_populates = passport)]
    pub holder: One<Person>,
}

#[derive(Mapped, Debug)]
#[table("locker", base = Suite)]
pub struct Locker {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub number: i64,
}

/// Goes with its person, and knows nothing of it.
#[derive(Mapped, Debug)]
#[table("badge", base = Suite)]
pub struct Badge {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Person.id)]
    pub person_id: Option<i64>,
    pub color: String,
}

/// Outlives its person.
#[derive(Mapped, Debug)]
#[table("hat", base = Suite)]
pub struct Hat {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Person.id)]
    pub person_id: Option<i64>,
    pub color: String,
}

/// Owns its parts alone, though the association would allow more.
#[derive(Mapped, Debug)]
#[table("bundle", base = Suite)]
pub struct Bundle {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(secondary = BundlePart, cascade(all, delete_orphan), single_parent,
        order_by = Part.id)]
    pub parts: Many<Part>,
}

#[derive(Mapped, Debug)]
#[table("part", base = Suite)]
pub struct Part {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(secondary = BundlePart, viewonly, order_by = Bundle.id)]
    pub bundles: Many<Bundle>,
}

#[derive(Mapped, Debug)]
#[table("bundle_part", base = Suite)]
pub struct BundlePart {
    #[column(primary_key, foreign_key = Bundle.id)]
    pub bundle_id: Auto<i64>,
    #[column(primary_key, foreign_key = Part.id)]
    pub part_id: Auto<i64>,
}
