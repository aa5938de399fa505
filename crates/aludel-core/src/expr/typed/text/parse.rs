//! Finds the parameters of a text.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// SQL.
    Sql(String),
    /// A parameter's name.
    Name(String),
}

/// Divides a text. Any text will do: what is not finished reaches to the end.
pub(super) fn parse(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut sql = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' | '"' | '`' => quoted(rest, c),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                rest.get(2..).and_then(|it| it.find("*/")).map_or(rest.len(), |it| it + 4)
            }
            ':' if rest.starts_with("::") => 2,
            '\\' if rest.starts_with("\\:") => {
                sql.push(':');
                rest = &rest[2..];
                continue;
            }
            ':' if !sql.ends_with(is_word) => match name(&rest[1..]) {
                "" => 1,
                name => {
                    if !sql.is_empty() {
                        parts.push(Part::Sql(std::mem::take(&mut sql)));
                    }
                    parts.push(Part::Name(name.to_owned()));
                    rest = &rest[1 + name.len()..];
                    continue;
                }
            },
            c => c.len_utf8(),
        };
        let (taken, left) = rest.split_at(length);
        sql.push_str(taken);
        rest = left;
    }
    if !sql.is_empty() {
        parts.push(Part::Sql(sql));
    }
    parts
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
