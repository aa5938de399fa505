//! [`Key`]: the values of a primary key; [`IntoKey`]: what `get` takes.

use aludel_core::value::{Assign, KeyValues, Value};
use smallvec::SmallVec;

use crate::{mapping::EntityMeta, object::chunk::Fields};

/// The values of a primary key.
#[doc(hidden)]
pub type Key = SmallVec<[Value; 2]>;

/// The values of an object's primary key.
pub(crate) fn key_values(meta: &EntityMeta, fields: &dyn Fields) -> Key {
    meta.primary_key.iter().map(|it| fields.get(*it).to_value()).collect()
}

/// The same, if no part is missing.
pub(crate) fn whole_key(meta: &EntityMeta, fields: &dyn Fields) -> Option<Key> {
    let is_set = |it: &u16| !fields.is_unset(*it) && !fields.get(*it).is_null();
    meta.primary_key.iter().all(is_set).then(|| key_values(meta, fields))
}

/// An object's primary key for a person, as far as it is set.
pub(crate) fn key_text(meta: &EntityMeta, fields: &dyn Fields) -> String {
    let known = meta.primary_key.iter().filter(|it| !fields.is_unset(**it));
    known.map(|it| fields.get(*it).to_string()).collect::<Vec<_>>().join(", ")
}

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

    /// What `find` knows of a key that is one integer; the key's values otherwise.
    #[doc(hidden)]
    fn find_or_key<R>(self, find: impl FnOnce(i64) -> Option<R>) -> Result<R, Key>
    where
        Self: Sized;
}

#[diagnostic::do_not_recommend]
impl<K: KeyValues, T: Assign<K>> IntoKey<K> for T {
    #[inline]
    fn into_key(self) -> Key {
        values(self.assign())
    }

    #[inline]
    fn find_or_key<R>(self, find: impl FnOnce(i64) -> Option<R>) -> Result<R, Key> {
        let key = self.assign();
        match key.integer().and_then(find) {
            Some(found) => Ok(found),
            None => Err(values(key)),
        }
    }
}

#[inline]
fn values(key: impl KeyValues) -> Key {
    let mut values = Key::new();
    match key.integer() {
        Some(it) => values.push(Value::Int(it)),
        None => key.each(&mut |it| values.push(it)),
    }
    values
}
