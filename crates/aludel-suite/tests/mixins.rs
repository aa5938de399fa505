//! A mixin of another crate: its fields are learned by the macro that it exports.

use aludel::prelude::*;
use aludel_suite::mixins as theirs;

#[derive(Mapped)]
#[table("note", base = Notes)]
struct Note {
    #[mixin]
    base: theirs::Identified,
    text: String,
}

enum Notes {}

impl aludel::DeclarativeBase for Notes {}

#[test]
fn a_mixin_of_another_crate() {
    let note = Obj::new(Note::builder().text("a"));
    assert!(note.borrow().base.times.created_at.get().is_none());
    assert_eq!(note.borrow().text, "a");
    assert_eq!(Note.base.times.created_at.name(), "created_at");
    let metadata = Notes::metadata();
    let columns = metadata.table("note").map(|it| it.columns.iter().map(|it| it.name.as_str()));
    assert!(columns.is_some_and(|it| it.eq(["id", "created_at", "changed_at", "text"])));
}
