//! `post_update`: the foreign key of a new row that refers to another new row is written by an UPDATE
//! of its own, once both are there; so two rows may refer to each other (UOW-24).

use std::collections::BTreeMap;

use aludel_core::value::Value;

use super::{changes::Changes, plan::Fill, run::Planner};
use crate::{mapping::Version, object::chunk::Columns};

/// By the ordinal of the row that refers: its columns, and where their values come from.
#[derive(Default)]
pub(super) struct PostUpdates(BTreeMap<u32, Vec<(u16, Fill)>>);

impl PostUpdates {
    /// A reference is written later. What the INSERT says instead.
    pub(super) fn put_off(&mut self, ordinal: u32, fills: &mut [(u16, Fill)]) {
        let list = self.0.entry(ordinal).or_default();
        for (column, fill) in fills {
            list.push((*column, std::mem::replace(fill, Fill::Value(Value::Null))));
        }
    }

    /// A row refers to something else, or to nothing: the last word counts.
    pub(super) fn forget(&mut self, ordinal: u32, fills: &[(u16, Fill)]) {
        if let Some(list) = self.0.get_mut(&ordinal) {
            list.retain(|it| fills.iter().all(|fill| fill.0 != it.0));
        }
    }
}

impl Planner {
    /// Makes rows to update of what was put off: behind the INSERTs of both.
    pub(super) fn place_post_updates(&self, changes: &mut Changes, later: PostUpdates) {
        for (ordinal, mut fills) in later.0 {
            fills.sort_by_key(|it| it.0);
            if fills.is_empty() {
                continue;
            }
            let new = self.new[ordinal as usize];
            let (place, slot) = self.shared.objects[ordinal as usize];
            let object = self.shared.chunks[place as usize].head().reference(slot);
            let columns: Columns = fills.iter().map(|it| it.0).collect();
            let late = self.late(new.mapper, &fills).max(new.level + 1);
            let keys = new.mapper.meta.primary_key.iter();
            let key = keys.map(|it| self.value_of(object, *it)).collect();
            let mut columns = columns;
            let version = new.mapper.version.and_then(|(column, version)| {
                let old = self.known(&self.value_of(object, column))?;
                if let (Version::Generated(next), Err(place)) =
                    (version, columns.binary_search(&column))
                {
                    columns.insert(place, column);
                    fills.push((column, Fill::Value(next(old.as_ref()))));
                }
                Some(old)
            });
            let key = (key, version);
            changes.post(new.mapper, (place, slot), columns, late, fills, key, ordinal);
        }
    }
}
