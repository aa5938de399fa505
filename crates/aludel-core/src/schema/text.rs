//! SQL text as a database shows it: its words, and what they mean where that can be told.

mod node;
mod parse;
#[cfg(test)]
mod tests;

pub(super) use node::Node;
pub(super) use parse::parse;

use super::catalog::Rules;

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word without quotes, in lower case.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A text.
    Text(String),
    /// Bytes, in hexadecimal digits.
    Bytes(String),
    /// A number.
    Number(String),
    /// Anything else.
    Symbol(&'static str),
    /// A character that no SQL is made of.
    Other(char),
}

/// A token, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Lexeme {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(it) if it == word)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(&self.token, Token::Symbol(it) if *it == symbol)
    }

    /// What it names, in quotes or not.
    pub(super) fn name<'a>(&'a self, sql: &'a str) -> Option<&'a str> {
        match &self.token {
            Token::Word(_) => sql.get(self.start..self.end),
            Token::Name(it) => Some(it),
            _ => None,
        }
    }
}

/// The longest first.
const SYMBOLS: [&str; 40] = [
    "!~~*", "->>", "#>>", "!~~", "~~*", "<=>", "::", "<=", ">=", "<>", "!=", "==", "||", "->",
    "#>", "@>", "<@", "~~", "<<", ">>", "&&", "(", ")", ",", ".", "[", "]", "=", "<", ">", "+",
    "-", "*", "/", "%", ";", "!", "~", "&", "|",
];

/// Takes SQL apart. Text that isn't SQL comes out as some tokens or other.
pub(super) fn lex(sql: &str, rules: &Rules) -> Vec<Lexeme> {
    let mut lexemes = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            at += comment.find("*/").map_or(rest.len(), |it| it + 4);
            continue;
        }
        let (token, length) = next(rest, c, rules);
        lexemes.push(Lexeme { token, start: at, end: at + length });
        at += length;
    }
    lexemes
}

/// The token at the start of a text that isn't empty, and its length.
fn next(rest: &str, first: char, rules: &Rules) -> (Token, usize) {
    match first {
        '\'' => {
            let (text, length) = quoted(rest, '\'', rules.backslashes);
            (Token::Text(text), length)
        }
        '"' | '`' => {
            let (name, length) = quoted(rest, first, false);
            (Token::Name(name), length)
        }
        '[' if rules.brackets => match rest.find(']') {
            Some(end) => (Token::Name(rest[1..end].to_owned()), end + 1),
            None => (Token::Name(rest[1..].to_owned()), rest.len()),
        },
        'x' | 'X' if rest[1..].starts_with('\'') => {
            let (digits, length) = quoted(&rest[1..], '\'', false);
            (Token::Bytes(digits.to_ascii_lowercase()), length + 1)
        }
        'e' | 'E' if rest[1..].starts_with('\'') => {
            let (text, length) = quoted(&rest[1..], '\'', true);
            (Token::Text(text), length + 1)
        }
        '0'..='9' => number(rest),
        '.' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => number(rest),
        it if it.is_alphabetic() || it == '_' => {
            let inside = |it: char| it.is_alphanumeric() || matches!(it, '_' | '$');
            let length = rest.find(|it| !inside(it)).unwrap_or(rest.len());
            (Token::Word(rest[..length].to_lowercase()), length)
        }
        other => match SYMBOLS.iter().find(|it| rest.starts_with(**it)) {
            Some(it) => (Token::Symbol(it), it.len()),
            None => (Token::Other(other), other.len_utf8()),
        },
    }
}

fn number(rest: &str) -> (Token, usize) {
    let mut length = 0;
    for (index, c) in rest.char_indices() {
        let sign = matches!(c, '+' | '-') && rest[..index].ends_with(['e', 'E']);
        if !(c.is_ascii_alphanumeric() || c == '.' || sign) {
            break;
        }
        length = index + c.len_utf8();
    }
    (Token::Number(rest[..length].to_ascii_lowercase()), length)
}

/// What stands in quotes, and where they end. A quote within is doubled, or behind a backslash.
fn quoted(rest: &str, quote: char, backslashes: bool) -> (String, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        if c == quote {
            match chars.peek() {
                Some((_, it)) if *it == quote => _ = chars.next(),
                _ => return (text, index + c.len_utf8()),
            }
        }
        match c {
            '\\' if backslashes => {
                if let Some((_, escaped)) = chars.next() {
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        '0' => '\0',
                        other => other,
                    });
                }
            }
            other => text.push(other),
        }
    }
    (text, rest.len())
}

/// A default of MariaDB's or MySQL's, and what an UPDATE makes of it: `… ON UPDATE CURRENT_TIMESTAMP`.
pub(super) fn split_on_update(default: &str) -> (&str, Option<&str>) {
    const BETWEEN: &str = " on update ";
    // The same bytes, so that places in the one are places in the other.
    let lower = default.to_ascii_lowercase();
    let moments = ["current_timestamp", "now", "localtime"];
    match lower.rfind(BETWEEN) {
        Some(at) if moments.iter().any(|it| lower[at + BETWEEN.len()..].starts_with(it)) => {
            (&default[..at], Some(&default[at + BETWEEN.len()..]))
        }
        _ => (default, None),
    }
}

/// What comparing two texts tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// They mean the same.
    Yes,
    /// They mean something else.
    No,
    /// Nobody can tell: the database may have written the one in another way.
    Unknown,
}

/// Whether an expression that the program wrote is the one that the database shows.
pub(super) fn compare(declared: &str, found: &str, rules: &Rules) -> Same {
    let tokens = |sql| lex(sql, rules).into_iter().map(|it| it.token);
    if tokens(declared).eq(tokens(found)) {
        return Same::Yes;
    }
    match (parse(declared, rules), parse(found, rules)) {
        (Some(a), Some(b)) if a == b => Same::Yes,
        // A moment that was written as a day is shown with its time.
        (Some(a), Some(b))
            if found.contains("::timestamp")
                && a.clone().with_times() == b.clone().with_times() =>
        {
            Same::Yes
        }
        // What is kept as it was written is another text.
        _ if rules.texts_are_kept => Same::No,
        (Some(a), Some(b)) if a.is_plain() && b.is_plain() => Same::No,
        _ => Same::Unknown,
    }
}

/// Where the parenthesis that opens here is closed; the end, if it never is.
pub(super) fn closing(tokens: &[Lexeme], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// What stands between the commas of the parenthesis that opens here, and where it is closed.
pub(super) fn items(tokens: &[Lexeme], open: usize) -> (Vec<&[Lexeme]>, usize) {
    let close = closing(tokens, open);
    let (mut items, mut start, mut at) = (Vec::new(), open + 1, open + 1);
    while at <= close {
        if at == close || tokens.get(at).is_some_and(|it| it.is_symbol(",")) {
            items.push(tokens.get(start..at).unwrap_or_default());
            start = at + 1;
        }
        at = match tokens.get(at) {
            Some(it) if it.is_symbol("(") => closing(tokens, at) + 1,
            _ => at + 1,
        };
    }
    (items, close)
}
