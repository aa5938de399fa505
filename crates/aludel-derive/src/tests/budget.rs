//! The size of what `#[derive(Mapped)]` prints. The binding measurement, with the pinned compiler's
//! own expansion, is the facade's test `expand`; this one takes no compiler and fails first.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use quote::{format_ident, quote};

/// Lines, as rustfmt breaks them, and impls.
fn size(required: usize, optional: usize, relationships: usize) -> (usize, usize) {
    let required = (0..required).map(|i| format_ident!("column_{i}"));
    let optional = (0..optional).map(|i| format_ident!("optional_{i}"));
    let relationships = (0..relationships).map(|i| format_ident!("others_{i}"));
    let output = crate::mapped(quote! {
        #[table("user_account")]
        pub struct User {
            #[column(primary_key)]
            pub id: Auto<i64>,
            #(pub #required: String,)*
            #(pub #optional: Option<String>,)*
            #(#[relationship(back_populates = user)] pub #relationships: Many<Other>,)*
        }
    });
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is part of the toolchain");
    rustfmt.stdin.take().unwrap().write_all(super::pretty(output).as_bytes()).unwrap();
    let text = String::from_utf8(rustfmt.wait_with_output().unwrap().stdout).unwrap();
    let impls = text.lines().filter(|line| line.trim_start().starts_with("impl")).count();
    (text.lines().count(), impls)
}

#[test]
fn lines_and_impls() {
    let (two, impls) = size(1, 0, 0);
    // The registration's own macro and the struct are not in this count.
    assert!(two <= 215, "two columns: {two} lines");
    assert!(impls <= 14, "two columns: {impls} impls");
    let a_column = size(2, 0, 0).0 - two;
    assert!(a_column <= 20, "a further column: {a_column} lines");
    let a_relationship = size(1, 0, 1).0 - two;
    assert!(a_relationship <= 25, "a relationship: {a_relationship} lines");
    let average = (size(5, 5, 0).0 - two).div_ceil(9);
    assert!(average <= 20, "nine further columns: {average} lines each");
    // Long lists break into one line an item; setters must not repeat such a list.
    let many = (size(40, 0, 0).0 - two).div_ceil(39);
    assert!(many <= 24, "39 further required columns: {many} lines each");
}
