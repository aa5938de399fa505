//! [`IntoKey`]: what `get` takes.

use aludel_core::value::{Assign, KeyValues, Value};
use smallvec::SmallVec;

/// The values of a primary key.
#[doc(hidden)]
pub type Key = SmallVec<[Value; 2]>;

/// What `session.get(User, key)` takes for a primary key of type `K`: the value of the one column,
/// or a tuple in the order of the fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a primary key of type `{K}`",
    label = "expected a value of type `{K}`"
)]
pub trait IntoKey<K> {
    /// The key's values.
    #[doc(hidden)]
    fn into_key(self) -> Key;
}

impl<K: KeyValues, T: Assign<K>> IntoKey<K> for T {
    #[inline]
    fn into_key(self) -> Key {
        let mut key = Key::new();
        self.assign().each(&mut |it| key.push(it));
        key
    }
}
