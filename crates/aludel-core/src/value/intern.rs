//! Types whose parts are only known at run time, as a database's own description is: each is kept
//! once, for the life of the program, so that [`SqlType`] stays small and `Copy`.

use std::sync::{Mutex, PoisonError};

use super::{EnumType, SqlType};

static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
static TYPES: Mutex<Vec<&'static SqlType>> = Mutex::new(Vec::new());
static ENUMS: Mutex<Vec<&'static EnumType>> = Mutex::new(Vec::new());

/// What is there already, or what is made once and kept.
fn interned<T: ?Sized>(
    kept: &Mutex<Vec<&'static T>>,
    is_it: impl Fn(&T) -> bool,
    make: impl FnOnce() -> &'static T,
) -> &'static T {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(it) = kept.iter().find(|it| is_it(it)) {
        return it;
    }
    let made = make();
    kept.push(made);
    made
}

fn name(text: &str) -> &'static str {
    interned(&NAMES, |it| it == text, || Box::leak(text.into()))
}

impl SqlType {
    /// A type that is known by its name only: [`SqlType::Named`]. Each name is kept once, for the
    /// life of the program.
    ///
    /// ```
    /// use aludel_core::value::SqlType;
    /// assert_eq!(SqlType::named(&format!("ts{}", "query")), SqlType::Named("tsquery"));
    /// ```
    pub fn named(text: &str) -> Self {
        Self::Named(name(text))
    }

    /// An array of elements of a type that is known at run time only.
    pub fn array_of(element: Self) -> Self {
        Self::Array(kept(element))
    }

    /// A range of a type that is known at run time only.
    pub fn range_of(element: Self) -> Self {
        Self::Range(kept(element))
    }
}

fn kept(ty: SqlType) -> &'static SqlType {
    interned(&TYPES, |it| is_same(*it, ty), || Box::leak(Box::new(ty)))
}

/// As `==`, but two types of labels are one only if their labels are the same, too.
fn is_same(a: SqlType, b: SqlType) -> bool {
    match (a, b) {
        (SqlType::Enum(a), SqlType::Enum(b)) | (SqlType::Set(a), SqlType::Set(b)) => {
            std::ptr::eq(a, b)
        }
        (SqlType::Array(a), SqlType::Array(b)) | (SqlType::Range(a), SqlType::Range(b)) => {
            is_same(*a, *b)
        }
        (a, b) => a == b,
    }
}

impl EnumType {
    /// A type of labels that are known at run time only, as those of a database are. Equal ones are
    /// one, which is kept for the life of the program.
    ///
    /// ```
    /// use aludel_core::value::EnumType;
    /// let labels = ["sad", "happy"].map(String::from);
    /// let mood = EnumType::interned("mood", &labels, true);
    /// assert_eq!(mood.labels, ["sad", "happy"]);
    /// assert!(std::ptr::eq(mood, EnumType::interned("mood", &labels, true)));
    /// ```
    pub fn interned<L: AsRef<str>>(name: &str, labels: &[L], native: bool) -> &'static Self {
        let is_it = |it: &Self| {
            it.name == name
                && it.native == native
                && it.labels.iter().copied().eq(labels.iter().map(AsRef::as_ref))
        };
        interned(&ENUMS, is_it, || {
            let labels: Vec<&'static str> =
                labels.iter().map(|it| self::name(it.as_ref())).collect();
            Box::leak(Box::new(Self { name: self::name(name), labels: labels.leak(), native }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{EnumType, SqlType};

    #[test]
    fn types_of_other_labels_are_others() {
        let one = EnumType::interned("mood", &["sad"], true);
        let two = EnumType::interned("mood", &["sad", "happy"], true);
        assert!(!std::ptr::eq(one, two));
        let (SqlType::Array(one), SqlType::Array(two)) =
            (SqlType::array_of(SqlType::Enum(one)), SqlType::array_of(SqlType::Enum(two)))
        else {
            panic!("these are arrays");
        };
        assert!(!std::ptr::eq(one, two));
        assert_eq!(SqlType::array_of(SqlType::Int), SqlType::Array(&SqlType::Int));
        assert_eq!(SqlType::range_of(SqlType::Date), SqlType::Range(&SqlType::Date));
    }
}
