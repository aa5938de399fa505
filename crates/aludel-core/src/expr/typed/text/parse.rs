//! Finds the parameters of a text.

use crate::Result;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// SQL.
    Sql(&'a str),
    /// A parameter's name.
    Name(&'a str),
}

/// The bytes that may begin something else than plain SQL.
const MEANS_SOMETHING: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    let bytes = b"'\"`-/:\\";
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// Divides a text. Any text will do: what is not finished reaches to the end.
///
/// # Errors
/// The first of `take`.
pub(super) fn divide<'a>(
    text: &'a str,
    mut take: impl FnMut(Piece<'a>) -> Result<()>,
) -> Result<()> {
    // What lies between the two was passed and not taken yet.
    let (mut start, mut at) = (0, 0);
    while let Some(plain) =
        text.as_bytes()[at..].iter().position(|it| MEANS_SOMETHING[usize::from(*it)])
    {
        at += plain;
        let rest = &text[at..];
        let before = &text[start..at];
        at += match rest.as_bytes()[0] {
            quote @ (b'\'' | b'"' | b'`') => quoted(rest, char::from(quote)),
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => {
                rest.get(2..).and_then(|it| it.find("*/")).map_or(rest.len(), |it| it + 4)
            }
            b':' if rest.starts_with("::") => 2,
            b'\\' if rest.starts_with("\\:") => {
                take(Piece::Sql(before))?;
                start = at + 1;
                2
            }
            b':' if !before.ends_with(is_word) => match name(&rest[1..]) {
                "" => 1,
                name => {
                    take(Piece::Sql(before))?;
                    take(Piece::Name(name))?;
                    start = at + 1 + name.len();
                    1 + name.len()
                }
            },
            _ => 1,
        };
    }
    take(Piece::Sql(&text[start..]))
}

/// How long a quoted text is; a doubled quote within it begins another, which comes to the same.
fn quoted(text: &str, quote: char) -> usize {
    text.get(1..).and_then(|it| it.find(quote)).map_or(text.len(), |it| it + 2)
}

/// The name that a text begins with; empty if it begins with none.
fn name(text: &str) -> &str {
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    match text.chars().next() {
        Some(first) if first.is_ascii_digit() => "",
        _ => &text[..length],
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
