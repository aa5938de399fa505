//! [`Json`]: a JSON document on its way to or from a database.

use std::{
    fmt::{self, Write},
    hash::{Hash, Hasher},
};

/// A JSON document, borrowed. Documents are equal where their texts are: a database may keep the
/// text as it is.
///
/// ```
/// use aludel_core::value::Json;
/// assert_eq!(Json::Text("[1]").to_string(), "[1]");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Json<'a> {
    /// Its text.
    Text(&'a str),
    /// The document itself; its text is made where it is needed.
    #[cfg(feature = "serde_json")]
    Value(&'a serde_json::Value),
}

impl Json<'_> {
    /// The text, copied.
    pub fn to_text(self) -> String {
        match self {
            Self::Text(it) => it.to_owned(),
            #[cfg(feature = "serde_json")]
            Self::Value(it) => it.to_string(),
        }
    }
}

/// The text.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(it) => f.write_str(it),
            #[cfg(feature = "serde_json")]
            Self::Value(it) => it.fmt(f),
        }
    }
}

/// Takes what is written off the front of a text, as long as they are equal.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(written).ok_or(fmt::Error)?;
        Ok(())
    }
}

impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (text, other) = match (self, other) {
            (Self::Text(a), Self::Text(b)) => return a == b,
            #[cfg(feature = "serde_json")]
            (Self::Text(text), other) | (other, Self::Text(text)) => (*text, *other),
            #[cfg(feature = "serde_json")]
            (Self::Value(a), Self::Value(b)) if std::ptr::eq(*a, *b) => return true,
            #[cfg(feature = "serde_json")]
            (Self::Value(a), other) => (&*a.to_string(), *other),
        };
        let mut rest = Rest(text);
        write!(rest, "{other}").is_ok() && rest.0.is_empty()
    }
}

impl Eq for Json<'_> {}

/// Hands what is written to a hasher.
struct Hashed<'a, H>(&'a mut H);

impl<H: Hasher> Write for Hashed<'_, H> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        written.bytes().for_each(|byte| self.0.write_u8(byte));
        Ok(())
    }
}

impl Hash for Json<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A hasher can't fail; byte by byte, as the pieces in which a text is written differ.
        _ = write!(Hashed(state), "{self}");
        state.write_u8(0xff);
    }
}

#[cfg(all(test, feature = "serde_json"))]
mod tests {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

    use super::Json;

    #[test]
    fn documents_and_texts_compare_by_text() {
        let document = serde_json::json!({"a": [1, 2.5, null, "x\"y"], "b": {"c": true}});
        let text = document.to_string();
        let (text_ref, copy) = (Json::Text(&text), document.clone());
        let same = [text_ref, Json::Value(&document), Json::Value(&copy)];
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        for (a, b) in same.into_iter().flat_map(|a| same.map(|b| (a, b))) {
            assert_eq!(a, b);
            assert_eq!(hasher.hash_one(a), hasher.hash_one(b));
        }
        let shorter = text.trim_end_matches('}');
        let other = serde_json::json!({"a": 1});
        for it in [Json::Text(shorter), Json::Text(&format!("{text} ")), Json::Value(&other)] {
            assert_ne!(it, Json::Value(&document));
            assert_ne!(Json::Value(&document), it);
        }
    }
}
