//! What was sent, counted by kind and table.

use std::collections::BTreeMap;

/// Counts by `VERB table`.
pub type Counts = BTreeMap<String, u64>;

const TABLES: [&str; 12] = [
    "users",
    "addresses",
    "profiles",
    "orders",
    "items",
    "order_items",
    "keywords",
    "item_keywords",
    "nodes",
    "documents",
    "regions",
    "sites",
];

/// Statements and rows that changed, out of the engine's log: a batch that is handed to the driver is one
/// execution.
pub fn count(log: &[String]) -> (Counts, Counts) {
    let (mut statements, mut rows) = (Counts::new(), Counts::new());
    for line in log {
        let (sql, runs) = match line.rsplit_once(" -- ") {
            Some((sql, tail)) => {
                (sql, tail.strip_suffix(" rows").and_then(|it| it.parse().ok()).unwrap_or(1))
            }
            None => (line.as_str(), 1),
        };
        let words: Vec<&str> = sql.split_whitespace().collect();
        let Some(verb) = words.first().map(|it| it.to_uppercase()) else { continue };
        let table = match verb.as_str() {
            "INSERT" | "DELETE" => words.get(2).copied().map(bare),
            "UPDATE" => words.get(1).copied().map(bare),
            "SELECT" | "WITH" => selected(&words),
            _ => continue,
        };
        let verb = if verb == "WITH" { "SELECT" } else { &verb };
        let key = format!("{verb} {}", table.unwrap_or("?"));
        if verb != "SELECT" {
            *rows.entry(key.clone()).or_default() += runs;
        }
        *statements.entry(key).or_default() += 1;
    }
    (statements, rows)
}

fn bare(word: &str) -> &str {
    let word = word.trim_matches(|it: char| !it.is_alphanumeric() && it != '_');
    word.split_once('(').map_or(word, |it| it.0)
}

/// The table whose rows a query gives: the one of its first column, or the first behind FROM.
fn selected<'a>(words: &[&'a str]) -> Option<&'a str> {
    let known = |word: &&'a str| TABLES.contains(&bare(word));
    let first = words.get(1).and_then(|it| it.split_once('.')).map(|it| bare(it.0));
    if let Some(first) = first.filter(|it| TABLES.contains(it)) {
        return Some(first);
    }
    let from = words.iter().position(|it| it.eq_ignore_ascii_case("from"));
    let behind = &words[from.map_or(0, |it| it + 1)..];
    behind.iter().copied().find(known).map(bare)
}
