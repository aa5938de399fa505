//! What names a rule, and what doesn't.

use super::{named, run};

#[test]
fn rules_are_found_in_comments() {
    assert_eq!(named(" TX-7, UOW-12 (and CAS-4)."), ["TX-7", "UOW-12", "CAS-4"]);
    assert!(named("UTF-8 X-1 TX-a TX-").is_empty());
}

#[test]
fn no_unknown_rule_is_named() {
    run().expect("each named rule is one");
}
