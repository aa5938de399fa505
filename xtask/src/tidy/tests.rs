//! The checks on this repository, and on made-up ones that break each rule.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    files::{self, File},
    headers,
    layers::{self, Package},
    paths, sizes,
};
use crate::shell::root;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

fn package(name: &str, needs: &[&str], tests_need: &[&str]) -> Package {
    let owned = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect();
    Package { name: name.into(), needs: owned(needs), tests_need: owned(tests_need) }
}

#[test]
fn this_workspace_keeps_its_layers() {
    let complaints = layers::check(&layers::packages().unwrap());
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn these_files_are_tidy() {
    let files = files::all(root()).unwrap();
    let mut complaints = headers::check(&files);
    complaints.extend(sizes::check(&files));
    complaints.extend(paths::machine(&files));
    complaints.extend(paths::documents(&files));
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn a_forbidden_edge_is_found() {
    let complaints = layers::check(&[
        package("aludel-core", &["thiserror", "aludel-orm"], &["aludel"]),
        package("aludel-derive", &["aludel-core"], &[]),
        package("aludel-engine", &["aludel-core"], &["aludel-orm"]),
        package("aludel-orm", &["aludel-core", "aludel-engine", "rusqlite"], &["tokio"]),
        package("aludel-bench", &["aludel", "rusqlite", "aludel-core"], &[]),
        package("aludel-new", &[], &[]),
    ]);
    assert_eq!(
        complaints,
        [
            "aludel-core must not depend on aludel-orm",
            "aludel-derive must not depend on aludel-core",
            "aludel-engine must not depend on aludel-orm, not even in tests",
            "aludel-orm must not depend on rusqlite: only the engine has I/O",
            "aludel-bench must not depend on aludel-core",
            "aludel-new: no layer; place it in xtask/src/tidy/layers.rs",
        ]
    );
}

#[test]
fn a_file_without_a_header_is_found() {
    let files =
        [file("a.rs", "//! Why.\n"), file("b.rs", "fn b() {}\n"), file("c/mod.rs", "//! Why.\n")];
    assert_eq!(
        headers::check(&files),
        [
            "b.rs: the first line must be `//!` and say why the file exists",
            "c/mod.rs: call it after its folder, beside the folder"
        ]
    );
}

#[test]
fn a_long_file_is_found() {
    let files = [file("a.rs", &"\n".repeat(600)), file("b.rs", &"\n".repeat(601))];
    assert_eq!(sizes::check(&files), ["b.rs: 601 lines, at most 600; split it by concept"]);
}

#[test]
fn a_path_of_one_machine_is_found() {
    let text = format!("fine: src/home/x, target{0}x\nbad: {0}x", concat!("/", "tmp/"));
    let complaints = paths::machine(&[file("a.md", &text)]);
    assert_eq!(
        complaints,
        [format!("a.md:2: `{}` is a path of one machine", concat!("/", "tmp/"))]
    );
}

#[test]
fn a_document_that_names_a_missing_file_is_found() {
    let text = "`here.rs`, `b/here.rs` and [it](a/b/here.rs#x), but not `gone.rs` or [this](gone.md).\n\
                ```text\n`in_code.rs`\n```\nNor `*.rs`, [web](https://example.org/x.md).\n";
    let files = [file("a/b/here.rs", ""), file("doc.md", text)];
    // `a/b/here.rs` is in the list but not on the disk: a path may also be relative to any folder.
    let complaints = paths::documents(&files);
    assert_eq!(
        complaints,
        [
            "doc.md:1: there is no `gone.rs`",
            "doc.md:1: there is no `a/b/here.rs`",
            "doc.md:1: there is no `gone.md`"
        ]
    );
}
