//! [`SqlSet`]: any number of some labels, as one value.

use std::{fmt, marker::PhantomData};

use super::{Assign, EnumType, Scalar, SqlType, ValueRef};

/// An enum whose variants are labels; `#[derive(SqlEnum)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of labels",
    note = "derive it with `#[derive(SqlEnum)]`"
)]
pub trait SqlEnum: Scalar {
    /// The labels.
    const LABELS: &'static EnumType;
}

/// Any number of an enum's labels: the column type `SET('a', 'b')` of MariaDB and MySQL. Elsewhere it is
/// text with commas between the labels, and a CHECK constraint.
///
/// Labels of a set have no commas, and there are 64 at the most: those are MySQL's rules, and an enum
/// that breaks them doesn't compile as a set. They stand in the order of the enum's variants.
///
/// ```
/// use aludel_core::value::{EnumType, Scalar, SqlEnum, SqlSet, SqlType, ValueRef};
/// # #[derive(Clone, Copy, PartialEq, Debug)]
/// # enum Day { Mon, Tue, Wed }
/// # const DAYS: EnumType = EnumType { name: "day", labels: &["mon", "tue", "wed"], native: true };
/// # impl Scalar for Day {
/// #     const TYPE: SqlType = SqlType::Enum(&DAYS);
/// #     fn to_ref(&self) -> ValueRef<'_> { ValueRef::Text(DAYS.labels[*self as usize]) }
/// #     fn from_ref(value: ValueRef<'_>) -> Option<Self> {
/// #         let days = [Self::Mon, Self::Tue, Self::Wed];
/// #         days.into_iter().find(|it| matches!((it.to_ref(), value), (ValueRef::Text(a), ValueRef::Text(b)) if a == b))
/// #     }
/// # }
/// # impl SqlEnum for Day { const LABELS: &'static EnumType = &DAYS; }
///
/// // `#[derive(SqlEnum)] enum Day { Mon, Tue, Wed }`
/// let mut open = SqlSet::from_iter([Day::Wed, Day::Mon]);
/// assert_eq!(open.as_str(), "mon,wed");
/// assert!(open.insert(Day::Tue) && open.remove(Day::Mon));
/// assert!(open.contains(Day::Tue) && open.len() == 2);
/// assert_eq!(open.iter().collect::<Vec<_>>(), [Day::Tue, Day::Wed]);
/// ```
///
/// ```compile_fail,E0080
/// # use aludel_core::value::{EnumType, Scalar, SqlEnum, SqlSet, SqlType, ValueRef};
/// # #[derive(Clone)]
/// # enum Topping { Ham }
/// # impl Scalar for Topping {
/// #     const TYPE: SqlType = SqlType::Text;
/// #     fn to_ref(&self) -> ValueRef<'_> { ValueRef::Null }
/// #     fn from_ref(_: ValueRef<'_>) -> Option<Self> { None }
/// # }
/// impl SqlEnum for Topping {
///     const LABELS: &'static EnumType =
///         &EnumType { name: "topping", labels: &["ham, cooked"], native: true };
/// }
/// let all = SqlSet::<Topping>::all();
/// ```
pub struct SqlSet<E: SqlEnum> {
    /// The labels in the enum's order, with commas between them.
    text: String,
    of: PhantomData<fn() -> E>,
}

impl<E: SqlEnum> SqlSet<E> {
    const LABELS: &'static EnumType = {
        assert!(E::LABELS.labels.len() <= 64, "a set has 64 labels at the most");
        assert!(
            !has_comma(E::LABELS.labels),
            "labels of a set have no commas, which stand between them"
        );
        E::LABELS
    };

    /// None of the labels.
    pub const fn new() -> Self {
        Self { text: String::new(), of: PhantomData }
    }

    /// All of them.
    pub fn all() -> Self {
        Self::made_of(|_| true)
    }

    /// The labels as the database has them, with commas between them.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many it has.
    pub fn len(&self) -> usize {
        self.labels().count()
    }

    /// Whether it has this one.
    pub fn contains(&self, label: E) -> bool {
        self.has(label_of(&label))
    }

    /// Adds one; whether it wasn't there.
    pub fn insert(&mut self, label: E) -> bool {
        let new = label_of(&label);
        let is_new = !self.has(new);
        *self = Self::made_of(|it| it == new || self.has(it));
        is_new
    }

    /// Takes one away; whether it was there.
    pub fn remove(&mut self, label: E) -> bool {
        let old = label_of(&label);
        let was_there = self.has(old);
        *self = Self::made_of(|it| it != old && self.has(it));
        was_there
    }

    /// Its labels, in the order of the enum's variants.
    pub fn iter(&self) -> impl Iterator<Item = E> + '_ {
        self.labels().filter_map(|it| E::from_ref(ValueRef::Text(it)))
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        self.text.split(',').filter(|it| !it.is_empty())
    }

    fn has(&self, label: &str) -> bool {
        self.labels().any(|it| it == label)
    }

    /// Of all labels those that are wanted.
    fn made_of(wanted: impl Fn(&str) -> bool) -> Self {
        let labels: Vec<&str> =
            Self::LABELS.labels.iter().copied().filter(|it| wanted(it)).collect();
        Self { text: labels.join(","), of: PhantomData }
    }
}

fn label_of<E: SqlEnum>(label: &E) -> &str {
    match label.to_ref() {
        ValueRef::Text(it) => it,
        _ => "",
    }
}

const fn has_comma(labels: &[&str]) -> bool {
    let (mut label, mut at) = (0, 0);
    while label < labels.len() {
        let bytes = labels[label].as_bytes();
        if at == bytes.len() {
            (label, at) = (label + 1, 0);
        } else if bytes[at] == b',' {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

impl<E: SqlEnum> Scalar for SqlSet<E> {
    const TYPE: SqlType = SqlType::Set(Self::LABELS);

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Text(&self.text)
    }

    /// In whatever order they stand.
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(text) = value else { return None };
        let labels = || text.split(',').filter(|_| !text.is_empty());
        let all_known = labels().all(|it| Self::LABELS.labels.contains(&it));
        all_known.then(|| Self::made_of(|it| labels().any(|other| other == it)))
    }
}

impl<E: SqlEnum> FromIterator<E> for SqlSet<E> {
    fn from_iter<I: IntoIterator<Item = E>>(labels: I) -> Self {
        let mut set = Self::new();
        set.extend(labels);
        set
    }
}

impl<E: SqlEnum> Extend<E> for SqlSet<E> {
    fn extend<I: IntoIterator<Item = E>>(&mut self, labels: I) {
        for label in labels {
            self.insert(label);
        }
    }
}

impl<E: SqlEnum, const N: usize> From<[E; N]> for SqlSet<E> {
    fn from(labels: [E; N]) -> Self {
        labels.into_iter().collect()
    }
}

/// `.open([Weekday::Mon, Weekday::Wed])`
impl<E: SqlEnum, const N: usize> Assign<SqlSet<E>> for [E; N] {
    fn assign(self) -> SqlSet<E> {
        self.into()
    }
}

impl<E: SqlEnum, const N: usize> Assign<Option<SqlSet<E>>> for [E; N] {
    fn assign(self) -> Option<SqlSet<E>> {
        Some(self.into())
    }
}

/// None of the labels.
impl<E: SqlEnum> Default for SqlSet<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: SqlEnum> Clone for SqlSet<E> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), of: PhantomData }
    }
}

impl<E: SqlEnum> PartialEq for SqlSet<E> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<E: SqlEnum> Eq for SqlSet<E> {}

impl<E: SqlEnum> std::hash::Hash for SqlSet<E> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<E: SqlEnum> fmt::Debug for SqlSet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.text.split(',').filter(|it| !it.is_empty())).finish()
    }
}

/// With commas between the labels.
impl<E: SqlEnum> fmt::Display for SqlSet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{EnumType, Scalar, SqlEnum, SqlSet, SqlType, ValueRef, has_comma};

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Day {
        Mon,
        Tue,
    }

    impl Scalar for Day {
        const TYPE: SqlType = SqlType::Enum(Self::LABELS);

        fn to_ref(&self) -> ValueRef<'_> {
            ValueRef::Text(Self::LABELS.labels[*self as usize])
        }

        fn from_ref(value: ValueRef<'_>) -> Option<Self> {
            match value {
                ValueRef::Text("mon") => Some(Self::Mon),
                ValueRef::Text("tue") => Some(Self::Tue),
                _ => None,
            }
        }
    }

    impl SqlEnum for Day {
        const LABELS: &'static EnumType =
            &EnumType { name: "day", labels: &["mon", "tue"], native: true };
    }

    #[test]
    fn labels_stand_in_their_order_and_once() {
        let mut days = SqlSet::from([Day::Tue, Day::Mon, Day::Tue]);
        assert_eq!((days.as_str(), days.len()), ("mon,tue", 2));
        assert_eq!(days, SqlSet::all());
        assert!(days.remove(Day::Mon) && !days.remove(Day::Mon) && !days.insert(Day::Tue));
        assert_eq!(format!("{days} {days:?}"), "tue {\"tue\"}");
        assert!(days.remove(Day::Tue) && days.is_empty() && days == SqlSet::default());
    }

    #[test]
    fn what_is_no_such_set_is_refused() {
        let read = |it| SqlSet::<Day>::from_ref(ValueRef::Text(it)).map(|it| it.to_string());
        assert_eq!(read("tue,mon").as_deref(), Some("mon,tue"));
        assert_eq!(read("").as_deref(), Some(""));
        for text in [",", "wed", "mon,", "mon,wed", "Mon", "mon, tue"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(SqlSet::<Day>::from_ref(ValueRef::Int(1)), None);
    }

    #[test]
    fn commas_are_found_when_it_is_compiled() {
        assert!(has_comma(&["a", "", "b,c"]) && has_comma(&[","]));
        assert!(!has_comma(&["a", "", "bc"]) && !has_comma(&[]));
    }
}
