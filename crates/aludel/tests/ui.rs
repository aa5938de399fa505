//! What the compiler says to the mistakes that users make most: each message is short and names the
//! cure.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{fs, path::Path};

/// A message that doesn't fit on a screen is a mistake of ours.
const LINES_AN_ERROR: usize = 30;

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn messages_are_short() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "stderr") {
            seen += 1;
            for error in errors(&fs::read_to_string(&path).unwrap()) {
                let lines = error.lines().filter(|line| !line.trim().is_empty()).count();
                assert!(lines <= LINES_AN_ERROR, "{}: {lines} lines:\n{error}", path.display());
            }
        }
    }
    assert!(seen >= 10, "only {seen} expected messages");
}

/// The single errors of a compiler's output.
fn errors(text: &str) -> Vec<String> {
    let mut errors = Vec::<String>::new();
    for line in text.lines() {
        if line.starts_with("error") || errors.is_empty() {
            errors.push(String::new());
        }
        let error = errors.last_mut().unwrap();
        error.push_str(line);
        error.push('\n');
    }
    errors
}
