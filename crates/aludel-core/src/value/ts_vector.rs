//! [`TsVector`]: a document as full-text search sees it.

use std::{fmt, iter::Peekable, str::Chars};

use super::{Scalar, SqlType, ValueRef};

/// A document as PostgreSQL's full-text search sees it, a column of type `tsvector`: words in their
/// basic form, and where each stands. Searching is left to [`text`](crate::expr::text).
///
/// ```
/// use aludel_core::value::TsVector;
///
/// let document = TsVector::new("'cat':3 'fat':2,11A");
/// let words: Vec<String> = document.lexemes().map(|it| it.word).collect();
/// assert_eq!(words, ["cat", "fat"]);
/// let fat = document.lexemes().nth(1).expect("two words");
/// assert_eq!((fat.positions[1].at, fat.positions[1].weight), (11, 'A'));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TsVector(String);

/// A word of a [`TsVector`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexeme {
    /// The word, in its basic form.
    pub word: String,
    /// Where it stands; nowhere where that was left out.
    pub positions: Vec<Position>,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many words on, from 1.
    pub at: u16,
    /// How much it counts, from `A` to `D`, the usual.
    pub weight: char,
}

impl TsVector {
    /// From PostgreSQL's own notation. Nothing is checked before the database reads it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The notation: `'cat':3 'fat':2,11A`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words, in the order in which they stand there, which is by their length and bytes.
    pub fn lexemes(&self) -> impl Iterator<Item = Lexeme> {
        let mut rest = self.0.chars().peekable();
        std::iter::from_fn(move || lexeme(&mut rest))
    }
}

fn lexeme(rest: &mut Peekable<Chars<'_>>) -> Option<Lexeme> {
    while rest.next_if(|it| it.is_whitespace()).is_some() {}
    rest.peek()?;
    let word = word(rest);
    let mut positions = Vec::new();
    if rest.next_if_eq(&':').is_some() {
        loop {
            positions.extend(position(rest));
            if rest.next_if_eq(&',').is_none() {
                break;
            }
        }
    }
    // Whatever else stands there is no word.
    while rest.next_if(|it| !it.is_whitespace()).is_some() {}
    Some(Lexeme { word, positions })
}

/// In quotes, of which one within is doubled as a backslash is, or up to the next gap.
fn word(rest: &mut Peekable<Chars<'_>>) -> String {
    let is_quoted = rest.next_if_eq(&'\'').is_some();
    let mut word = String::new();
    while let Some(c) = rest.next_if(|it| is_quoted || !(it.is_whitespace() || *it == ':')) {
        match c {
            '\'' if is_quoted && rest.next_if_eq(&'\'').is_none() => break,
            '\\' => word.extend(rest.next()),
            other => word.push(other),
        }
    }
    word
}

fn position(rest: &mut Peekable<Chars<'_>>) -> Option<Position> {
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    let weight = rest.next_if(|it| ('A'..='D').contains(it)).unwrap_or('D');
    Some(Position { at: digits.parse().ok()?, weight })
}

impl Scalar for TsVector {
    const TYPE: SqlType = SqlType::TsVector;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Text(&self.0)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        String::from_ref(value).map(Self)
    }
}

impl fmt::Display for TsVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::TsVector;

    #[test]
    fn words_are_read_whatever_they_are_made_of() {
        let text = r"'it''s':1 'a\\b':2B,3 ' ' 'plain' bare:16383C odd:x,7";
        let words: Vec<_> = TsVector::new(text).lexemes().collect();
        let names: Vec<&str> = words.iter().map(|it| &*it.word).collect();
        assert_eq!(names, ["it's", "a\\b", " ", "plain", "bare", "odd"]);
        let places = |n: usize| -> Vec<(u16, char)> {
            words[n].positions.iter().map(|it| (it.at, it.weight)).collect()
        };
        assert_eq!(places(0), [(1, 'D')]);
        assert_eq!(places(1), [(2, 'B'), (3, 'D')]);
        assert_eq!(places(3), []);
        assert_eq!(places(4), [(16383, 'C')]);
        for odd in ["", " ", "'", "''", ":", "a:", "'a':1,", "'a':99999", "\\", "'a\\"] {
            assert!(TsVector::new(odd).lexemes().count() <= 1, "{odd}");
        }
    }
}
