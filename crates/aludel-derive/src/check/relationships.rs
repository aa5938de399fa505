//! Relationships: names that would hide a method of `Obj`, cascades that contradict themselves.

use super::Member;
use crate::{mistakes::Mistakes, parse::RelationshipArgs};

/// Methods that every `Obj` has: an accessor of that name could not be reached.
pub(super) const RESERVED: &[&str] = &[
    "borrow",
    "borrow_mut",
    "is",
    "clone",
    "clone_into",
    "to_owned",
    "into",
    "try_into",
    "eq",
    "ne",
    "hash",
    "fmt",
    "type_id",
];

/// Cascades that write nothing.
const VIEWONLY: &[&str] = &["EXPUNGE", "REFRESH_EXPIRE", "NONE"];

pub(super) fn check(relationships: &[Member<RelationshipArgs>], mistakes: &mut Mistakes) {
    for relationship in relationships {
        let name = &relationship.name;
        if RESERVED.contains(&name.as_str()) {
            mistakes.at(
                &relationship.ident,
                format!("a relationship can't be called `{name}`: `Obj` has a method of that name"),
            );
        }
        let cascade = relationship.args.cascade.as_deref().unwrap_or_default();
        if cascade.contains(&"NONE") && cascade.len() > 1 {
            mistakes.at(&relationship.ident, "`cascade(none)` excludes all others");
        }
        let deletes = ["ALL", "DELETE", "DELETE_ORPHAN"].iter().any(|it| cascade.contains(it));
        if deletes && relationship.args.passive_deletes == Some("All") {
            mistakes.at(
                &relationship.ident,
                "`passive_deletes = all` leaves all members to the database: it excludes \
                 `cascade(delete)` and `delete_orphan`",
            );
        }
        if relationship.args.post_update && relationship.args.secondary.is_some() {
            mistakes.at(
                &relationship.ident,
                "`post_update` is for a foreign key of one of the two: it excludes `secondary`",
            );
        }
        let args = &relationship.args;
        if args.viewonly && cascade.iter().any(|it| !VIEWONLY.contains(it)) {
            mistakes.at(
                &relationship.ident,
                "a `viewonly` relationship writes nothing: of the cascades it can have \
                 `expunge`, `refresh_expire` and `none`",
            );
        }
        if args.ordering_list.is_some()
            && (args.order_by.is_none() || args.viewonly || args.secondary.is_some())
        {
            mistakes.at(
                &relationship.ident,
                "`ordering_list` numbers the members of a one-to-many by the column that they are \
                 sorted by: it needs `order_by = Bullet.position`, and excludes `viewonly` and `secondary`",
            );
        }
        if args.secondaryjoin.is_some() && args.secondary.is_none() {
            mistakes.at(
                &relationship.ident,
                "`secondaryjoin` links the rows of an association with the members: it needs \
                 `secondary = …` beside it",
            );
        }
        if args.secondary.is_some() && cascade.contains(&"DELETE_ORPHAN") && !args.single_parent {
            mistakes.at(
                &relationship.ident,
                "many owners may hold a member of a many-to-many: `delete_orphan` needs \
                 `single_parent` beside it, which says that only one does",
            );
        }
    }
}
