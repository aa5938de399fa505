//! "Did you mean …": the nearest of the names that exist.

use syn::Ident;

/// The end of a message about an unknown name: the nearest known one, or all of them.
pub(crate) fn cure<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|name| (distance(unknown, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(unknown.len()) / 3);
    match nearest {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; known here: {}", known.join(", ")),
    }
}

/// What a word stands for among these; what it should have been called is a part of the message.
pub(crate) fn one_of(
    word: &Ident,
    what: &str,
    words: &[(&str, &'static str)],
) -> syn::Result<&'static str> {
    match words.iter().find(|(name, _)| word == name) {
        Some((_, meaning)) => Ok(meaning),
        None => {
            let cure = cure(&word.to_string(), words.iter().map(|(name, _)| *name));
            Err(syn::Error::new(word.span(), format!("unknown {what} `{word}`{cure}")))
        }
    }
}

/// How many letters must be added, left out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}
