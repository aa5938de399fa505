//! Collections that are sets, and such as are never loaded.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("till", base = Suite)]
pub struct Till {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub name: String,
    #[relationship(
        back_populates = till,
        order_by = Entry.id,
        cascade(all, delete_orphan),
        passive_deletes
    )]
    pub entries: WriteOnly<Entry>,
    /// Through an association.
    #[relationship(secondary = TillLabel, order_by = Label.name, passive_deletes)]
    pub stickers: WriteOnly<Label>,
    /// Nobody lets go of these with their owner.
    #[relationship]
    pub remarks: WriteOnly<Remark>,
    #[relationship(secondary = TillMark, back_populates = tills)]
    pub labels: ManySet<Label>,
}

#[derive(Mapped, Debug)]
#[table("till_entry", base = Suite)]
pub struct Entry {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Till.id, on_delete = cascade)]
    pub till_id: Auto<i64>,
    pub cents: i64,
    #[relationship(back_populates = entries)]
    pub till: One<Till>,
}

#[derive(Mapped, Debug)]
#[table("till_remark", base = Suite)]
pub struct Remark {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Till.id)]
    pub till_id: Option<i64>,
    #[column(length = 20)]
    pub text: String,
}

#[derive(Mapped, Debug)]
#[table("till_sticker", base = Suite)]
pub struct Label {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub name: String,
    #[relationship(secondary = TillMark, back_populates = labels)]
    pub tills: ManySet<Till>,
}

#[derive(Mapped, Debug)]
#[table("till_label", base = Suite)]
pub struct TillLabel {
    #[column(primary_key, foreign_key = Till.id, on_delete = cascade)]
    pub till_id: i64,
    #[column(primary_key, foreign_key = Label.id)]
    pub label_id: i64,
}

#[derive(Mapped, Debug)]
#[table("till_mark", base = Suite)]
pub struct TillMark {
    #[column(primary_key, foreign_key = Till.id)]
    pub till_id: i64,
    #[column(primary_key, foreign_key = Label.id)]
    pub label_id: i64,
}
