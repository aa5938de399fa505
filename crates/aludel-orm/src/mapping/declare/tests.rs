//! Columns as generated code declares them.

use aludel_core::{schema::Action, value::Auto};

use crate::mapping::{ColumnMeta, Field, Referred};

static SITE: ColumnMeta = ColumnMeta::new("site", <Auto<Option<i64>> as Field>::KIND)
    .named("site_id")
    .references_named("site.id")
    .on_delete(Action::SetNull)
    .index();

#[test]
fn a_column_in_a_static() {
    assert_eq!((SITE.field, SITE.name), ("site", "site_id"));
    assert!(SITE.nullable && SITE.auto && SITE.index && !SITE.unique);
    let foreign_key = SITE.foreign_key.as_ref();
    assert!(foreign_key.is_some_and(|it| {
        matches!(it.target, Referred::Named("site.id"))
            && (it.on_delete, it.on_update) == (Action::SetNull, Action::NoAction)
    }));
}
