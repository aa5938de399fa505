//! Setting fields from values.

use aludel_core::value::{Auto, ValueRef};

use super::Field;

#[test]
fn a_plain_field_refuses_null_and_other_kinds() {
    let mut name = String::from("Alice");
    assert!(!name.put(None) && !name.put(Some(ValueRef::Null)));
    assert!(!name.put(Some(ValueRef::Int(1))));
    assert_eq!(name, "Alice");
    assert!(name.put(Some(ValueRef::Text("Bob"))));
    assert_eq!(name, "Bob");
}

#[test]
fn an_option_takes_null() {
    let mut age = Some(7_i32);
    assert!(age.put(None));
    assert_eq!(age, None);
    assert!(!age.put(Some(ValueRef::Int(i64::MAX))), "out of range");
}

#[test]
fn an_auto_tells_unset_from_null() {
    let mut parent = Auto::new(Some(7_i64));
    assert!(parent.put(None) && Field::is_unset(&parent));
    assert!(parent.put(Some(ValueRef::Null)) && !Field::is_unset(&parent));
    assert_eq!(parent.get(), Some(&None));
    let mut id = Auto::new(7_i64);
    assert!(!id.put(Some(ValueRef::Null)));
    assert_eq!(id, 7);
    assert!(id.put(None) && Field::is_unset(&id));
}
