//! The size of what `#[derive(Mapped)]` prints, builder included: expanded by the compiler in use,
//! formatted, counted. What it prints is what every mapped struct costs to compile.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Formatted lines and impls of a module, as the compiler sees it.
#[derive(Debug)]
struct Size {
    lines: usize,
    impls: usize,
}

#[test]
fn two_columns() {
    let two = size("two_columns", &user(&[], ""));
    assert!(two.lines <= 240, "{two:?}");
    assert!(two.impls <= 14, "{two:?}");
}

#[test]
fn a_further_column() {
    let two = size("two", &user(&[], ""));
    let three = size("three", &user(&["pub surname: String"], ""));
    assert!(three.lines - two.lines <= 20, "{three:?} after {two:?}");
    assert_eq!(three.impls, two.impls);
    let ten = size(
        "ten",
        &user(
            &[
                "#[column(unique)] pub email_address: String",
                "pub nickname: Option<String>",
                "pub age: i32",
                "pub height: Option<f64>",
                "#[column(default = true)] pub active: bool",
                "#[column(index)] pub country: String",
                "#[column(server_default = now)] pub created_at: Auto<aludel::value::DateTime>",
                "#[column(foreign_key = User.id)] pub parent_id: Auto<Option<i64>>",
            ],
            "",
        ),
    );
    assert!(ten.lines - two.lines <= 8 * 20, "{ten:?} after {two:?}");
}

#[test]
fn a_relationship() {
    let none = size("none", &user(&[], ""));
    let one = "#[relationship(back_populates = parent)] pub children: Many<User>,";
    let other = "#[relationship(back_populates = children, cascade(all, delete_orphan),
        order_by = User.id)] pub parent: One<User>,";
    let first = size("first", &user(&[], &one.replace("(back_populates = parent)", "")));
    let both = size("both", &user(&[], &format!("{one}{other}")));
    assert!(first.lines - none.lines <= 25, "{first:?} after {none:?}");
    assert!(both.lines - none.lines <= 2 * 25, "{both:?} after {none:?}");
    assert_eq!(both.impls, none.impls + 1, "the accessors");
}

/// A mapped struct of a key, a name, and more.
fn user(columns: &[&str], relationships: &str) -> String {
    let columns: String = columns.iter().map(|column| format!("{column},\n")).collect();
    format!(
        "use aludel::prelude::*;
        #[derive(Mapped)]
        #[table(\"user_account\")]
        pub struct User {{
            #[column(primary_key)]
            pub id: Auto<i64>,
            pub name: String,
            {columns}
            {relationships}
        }}"
    )
}

fn size(name: &str, source: &str) -> Size {
    let library = library();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("expand_{name}.rs"));
    fs::write(&file, source).unwrap();
    let expanded = output(
        Command::new("rustc")
            .args(["--edition", "2024", "--crate-type", "lib", "-Zunpretty=expanded"])
            .arg("--extern")
            .arg(format!("aludel={}", library.display()))
            .arg("-L")
            .arg(format!("dependency={}", library.with_file_name("deps").display()))
            .arg(&file)
            // Expansion is printed for this alone.
            .env("RUSTC_BOOTSTRAP", "1"),
    );
    fs::write(&file, expanded).unwrap();
    // By itself, without this workspace's settings.
    let formatted = output(
        Command::new("rustfmt")
            .args([
                "--edition",
                "2024",
                "--config-path",
                "/dev/null",
                "--emit",
                "stdout",
                "--quiet",
            ])
            .stdin(fs::File::open(&file).unwrap()),
    );
    let lines = formatted.lines().filter(|line| !line.trim().is_empty());
    let impls = lines.clone().filter(|line| {
        let line = line.trim_start();
        line.starts_with("impl") || line.starts_with("unsafe impl")
    });
    Size { lines: lines.clone().count(), impls: impls.count() }
}

/// The facade's library, built as the tests are.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let messages = output(
            Command::new(env!("CARGO"))
                .args(["build", "--package", "aludel", "--lib", "--message-format", "json"])
                .current_dir(env!("CARGO_MANIFEST_DIR")),
        );
        let path = messages.split('"').find(|text| text.ends_with("libaludel.rlib"));
        PathBuf::from(path.expect("cargo names what it built"))
    })
}

fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}
