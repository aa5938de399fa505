//! Lists whose members have a column with their place.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("slide", base = Suite)]
pub struct Slide {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub name: String,
    #[relationship(
        back_populates = slide,
        order_by = Bullet.place,
        ordering_list(count_from = 1),
        cascade(all, delete_orphan)
    )]
    pub bullets: Many<Bullet>,
    /// Nothing at the other end.
    #[relationship(order_by = Note.place, ordering_list)]
    pub notes: Many<Note>,
}

#[derive(Mapped, Debug)]
#[table("bullet", base = Suite)]
pub struct Bullet {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Slide.id)]
    pub slide_id: Auto<Option<i64>>,
    pub place: Auto<i32>,
    #[column(length = 20)]
    pub text: String,
    #[relationship(back_populates = bullets)]
    pub slide: One<Slide>,
}

#[derive(Mapped, Debug)]
#[table("slide_note", base = Suite)]
pub struct Note {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Slide.id)]
    pub slide_id: Option<i64>,
    pub place: Option<i32>,
    #[column(length = 20)]
    pub text: String,
}
