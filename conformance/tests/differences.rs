//! The table of differences for people and the one for comparisons are the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aludel_conformance::differences::DIFFERENCES;

#[test]
fn both_tables_have_the_same_rows() {
    let text = include_str!("../DIFFERENCES.md");
    let told: Vec<&str> = text
        .lines()
        .filter_map(|it| it.strip_prefix("| ")?.split(" | ").next())
        .filter(|it| *it != "name" && *it != "---")
        .collect();
    let names: Vec<&str> = DIFFERENCES.iter().map(|it| it.name).collect();
    assert_eq!(told, names);
    assert!(names.len() <= 15, "at most 15 differences: {}", names.len());
}

#[test]
fn each_row_is_argued() {
    let rows = include_str!("../DIFFERENCES.md").lines().filter(|it| it.starts_with("| "));
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 6 && cells.iter().all(|it| !it.is_empty()), "{row}");
    }
}
