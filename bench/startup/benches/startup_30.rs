//! A program of 30 mapped structs that starts: how long, for the row `startup`.
#![allow(missing_docs, reason = "nobody reads what was generated")]

use aludel::prelude::*;
use chrono::NaiveDateTime;

include!(concat!(env!("OUT_DIR"), "/structs_30.rs"));

fn main() -> aludel_bench_startup::Result<()> {
    aludel_bench_startup::measure()
}
