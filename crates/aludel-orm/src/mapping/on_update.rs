//! What an UPDATE brings along: what becomes of columns that it doesn't set (DEF-3, DML-13).

use aludel_core::expr::Node;

use super::{Mapper, OnUpdate};

impl Mapper {
    /// What an UPDATE sets besides, which `sets` these columns by itself: a value, or an expression.
    pub(crate) fn brought_along(&self, sets: impl Fn(u16) -> bool) -> Vec<(u16, Node)> {
        let left = self.on_update.iter().filter(|it| !sets(it.0));
        let made = left.filter_map(|(column, on_update)| match on_update {
            OnUpdate::Client(value) => Some((*column, value())),
            OnUpdate::Server => None,
        });
        made.collect()
    }

    /// The columns that the database changes with an UPDATE which doesn't set them.
    pub(crate) fn changed_by_server(
        &self,
        sets: impl Fn(u16) -> bool,
    ) -> impl Iterator<Item = u16> {
        let by_server = self.on_update.iter().filter(|it| matches!(it.1, OnUpdate::Server));
        by_server.map(|it| it.0).filter(move |it| !sets(*it))
    }
}
