//! `cargo xtask`: what this repository does to itself, so that CI and people run the same thing.

mod hello;
mod long;
mod rules;
mod shell;
mod tidy;

use std::{env, process::ExitCode};

const USAGE: &str = "\
cargo xtask <command>

  tidy    the checks that no compiler makes: layers, file headers, sizes, paths
  rules   where each rule of the session's behaviour is tested, and which is not
  hello   builds a hello-world with Aludel and one with Diesel, compares time and crates
  long    what CI runs in short form, whole: all tests, the bench, the hello-world
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(),
        ["rules"] => rules::run(),
        ["hello"] => hello::run_all(),
        ["long"] => long::run_all(),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
