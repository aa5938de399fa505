//! Names as they are written in the database: the words of a Rust name, joined in another way.

/// The ways to write a name, as `rename_all` calls them.
pub(crate) const STYLES: [&str; 8] = [
    "snake_case",
    "lowercase",
    "UPPERCASE",
    "camelCase",
    "PascalCase",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

/// `HttpError` and `HTTPError` in the given style: `http_error`. `None` for a style that isn't known.
pub(crate) fn rename(name: &str, style: &str) -> Option<String> {
    let words = words(name);
    let joined = |separator: &str| words.join(separator);
    let capitals = || words.iter().map(|word| capitalized(word)).collect::<String>();
    Some(match style {
        "snake_case" => joined("_"),
        "lowercase" => joined(""),
        "UPPERCASE" => joined("").to_uppercase(),
        "camelCase" => {
            let first = words.first().map_or("", String::as_str);
            first.to_owned() + &words.iter().skip(1).map(|it| capitalized(it)).collect::<String>()
        }
        "PascalCase" => capitals(),
        "SCREAMING_SNAKE_CASE" => joined("_").to_uppercase(),
        "kebab-case" => joined("-"),
        "SCREAMING-KEBAB-CASE" => joined("-").to_uppercase(),
        _ => return None,
    })
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// In lower case. A word starts at a capital letter, except within a row of them.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    for (index, letter) in letters.iter().enumerate() {
        if *letter == '_' {
            fresh = true;
            continue;
        }
        let follows_small = index > 0 && !letters[index - 1].is_uppercase();
        let leads_small = letters.get(index + 1).is_some_and(|it| it.is_lowercase());
        if fresh || letter.is_uppercase() && (follows_small || leads_small) {
            words.push(String::new());
        }
        fresh = false;
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{STYLES, rename};

    #[test]
    fn every_style() {
        let styled = |name| STYLES.map(|style| rename(name, style).unwrap_or_default()).join(" ");
        let two =
            "http_error httperror HTTPERROR httpError HttpError HTTP_ERROR http-error HTTP-ERROR";
        for name in ["HttpError", "HTTPError", "Http_Error"] {
            assert_eq!(styled(name), two, "{name}");
        }
        assert_eq!(styled("A"), "a a A a A A a A");
        assert_eq!(rename("Level2Up", "snake_case").as_deref(), Some("level2_up"));
        assert_eq!(rename("ÜberÄrger", "snake_case").as_deref(), Some("über_ärger"));
        assert_eq!(rename("A", "title"), None);
    }
}
