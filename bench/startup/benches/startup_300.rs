//! A program of 300 mapped structs that starts: how long, for the row `startup`.
#![allow(missing_docs, reason = "nobody reads what was generated")]

use aludel::prelude::*;
use chrono::NaiveDateTime;

include!(concat!(env!("OUT_DIR"), "/structs_300.rs"));

fn main() -> aludel_bench_startup::Result<()> {
    aludel_bench_startup::measure()
}
