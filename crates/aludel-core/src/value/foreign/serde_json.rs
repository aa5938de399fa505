//! JSON documents, and values of your own that are kept as one.

use std::{fmt, ops::Deref};

use serde_core::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Error,
    value::{Element, Json, Scalar, SqlType, ValueRef},
};

impl Scalar for Value {
    const TYPE: SqlType = SqlType::Json;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Json(Json::Value(self))
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Json(Json::Value(it)) => Some(it.clone()),
            ValueRef::Json(Json::Text(it)) | ValueRef::Text(it) => serde_json::from_str(it).ok(),
            _ => None,
        }
    }
}

impl Element for Value {}

/// A value of your own in a JSON column, by its `Serialize` and `Deserialize`.
///
/// It is written as JSON where it is made, once; so it can be read in place, but to change it,
/// make a new one.
///
/// ```
/// use aludel_core::value::JsonOf;
///
/// let tags = JsonOf::new(vec!["a".to_owned()])?;
/// assert_eq!((tags.len(), tags.text()), (1, "[\"a\"]"));
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone)]
pub struct JsonOf<T> {
    value: T,
    text: Box<str>,
}

impl<T: Serialize> JsonOf<T> {
    /// Writes a value as JSON.
    ///
    /// # Errors
    /// [`Error::Json`] where JSON has no form for it: a map whose keys aren't text.
    pub fn new(value: T) -> Result<Self, Error> {
        match serde_json::to_string(&value) {
            Ok(text) => Ok(Self { value, text: text.into() }),
            Err(error) => Err(Error::Json(error.to_string().into())),
        }
    }
}

impl<T> JsonOf<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The JSON.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<T> Deref for JsonOf<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for JsonOf<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: fmt::Debug> fmt::Debug for JsonOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T> Scalar for JsonOf<T>
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    const TYPE: SqlType = SqlType::Json;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Json(Json::Text(&self.text))
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        let read = |text: &str| serde_json::from_str(text).ok();
        let value = match value {
            ValueRef::Json(Json::Text(text)) | ValueRef::Text(text) => read(text),
            ValueRef::Json(it) => read(&it.to_text()),
            _ => None,
        };
        // Written anew, as databases have spellings of their own: what is equal must not seem changed.
        Self::new(value?).ok()
    }
}
