//! [`Assigned`]: what `session.set` wrote down beside an object, where its columns can't hold it.

use aludel_core::{expr::Node, value::Value};

use super::{graph::Tables, log::Ledger, reference::Ref};

/// A column that the next flush writes, whatever the object's own value is.
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    pub(crate) object: Ref,
    pub(crate) column: u16,
    pub(crate) to: To,
}

/// What it is set to.
#[derive(Clone, Debug)]
pub(crate) enum To {
    /// What the database makes of an expression.
    Expression(Node),
    /// The object's own value, though it may be the one that is stored: nobody knows, as the column was
    /// expired.
    Value(Value),
}

impl Ledger {
    /// The next flush sets a column; what was said of it before is forgotten.
    pub(crate) fn assign(&mut self, object: Ref, column: u16, to: Option<To>) {
        self.forget_assigned(object, Some(&[column]));
        self.assigned.extend(to.map(|to| Assigned { object, column, to }));
    }

    /// Forgets what an object's columns were set to; all of them where none are named.
    pub(crate) fn forget_assigned(&mut self, object: Ref, columns: Option<&[u16]>) {
        let is_meant = |it: &Assigned| {
            it.object == object && columns.is_none_or(|list| list.contains(&it.column))
        };
        self.assigned.retain(|it| !is_meant(it));
    }

    /// The values that an object's expired columns were set to.
    pub(crate) fn assigned_values(&self, object: Ref) -> Vec<(u16, Value)> {
        let of_object = self.assigned.iter().filter(|it| it.object == object);
        let value = |it: &Assigned| match &it.to {
            To::Value(value) => Some((it.column, value.clone())),
            To::Expression(_) => None,
        };
        of_object.filter_map(value).collect()
    }
}

impl Tables {
    /// Forgets what an object's columns were set to; all of them where none are named.
    pub(crate) fn forget_assigned(&mut self, session: u64, at: Ref, columns: Option<&[u16]>) {
        if let Some(ledger) = self.ledger(session).filter(|it| !it.assigned.is_empty()) {
            ledger.forget_assigned(at, columns);
        }
    }
}
