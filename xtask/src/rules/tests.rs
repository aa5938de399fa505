//! What names a rule, and what doesn't.

use super::{PARTS, named, parts, run};

#[test]
fn rules_are_found_in_comments() {
    assert_eq!(named(" TX-7, UOW-12 (and CAS-4)."), ["TX-7", "UOW-12", "CAS-4"]);
    assert!(named("UTF-8 X-1 TX-a TX-").is_empty());
}

#[test]
fn parts_of_rules_are_told_from_rules() {
    let list =
        format!("| FK-7 | all of it |\n\n{PARTS}\n\n| CAS-12 | a flag |\n| REL-12 | a flag |");
    assert_eq!(parts(&list), ["CAS-12", "REL-12"]);
    assert!(parts("| FK-7 | all of it |").is_empty());
}

#[test]
fn no_unknown_rule_is_named() {
    run().expect("each named rule is one");
}
