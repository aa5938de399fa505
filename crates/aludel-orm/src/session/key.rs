//! [`IntoKey`]: what `get` takes.

use aludel_core::value::{Assign, KeyValues, Value};

/// What `session.get(User, key)` takes for a primary key of type `K`: the value of the one column,
/// or a tuple in the order of the fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a primary key of type `{K}`",
    label = "expected a value of type `{K}`"
)]
pub trait IntoKey<K> {
    /// The key's values.
    fn into_key(self) -> Vec<Value>;
}

impl<K: KeyValues, T: Assign<K>> IntoKey<K> for T {
    fn into_key(self) -> Vec<Value> {
        self.assign().values()
    }
}
