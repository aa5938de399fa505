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

/// Whether a document's text is this one, without making it.
#[cfg(feature = "serde_json")]
fn is_text_of(text: &str, document: &serde_json::Value) -> bool {
    struct Rest<'a>(&'a str);

    impl Write for Rest<'_> {
        fn write_str(&mut self, written: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(written).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut rest = Rest(text);
    write!(rest, "{document}").is_ok() && rest.0.is_empty()
}

impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            #[cfg(feature = "serde_json")]
            (Self::Text(text), Self::Value(it)) | (Self::Value(it), Self::Text(text)) => {
                is_text_of(text, it)
            }
            #[cfg(feature = "serde_json")]
            (Self::Value(a), Self::Value(b)) => {
                std::ptr::eq(*a, *b) || is_text_of(&a.to_string(), b)
            }
        }
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
