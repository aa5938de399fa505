//! The rows on PostgreSQL, against its raw client. Each is a process that is pinned to one processor, with the
//! server's ends of its two connections, since otherwise the scheduler's placement is what is measured.

pub(super) mod insert;
pub(super) mod load;
pub(super) mod one;
pub(super) mod trips;
pub(super) mod update;

use crate::{
    child::{Placement, probe},
    fixture::PlainItem,
    harness::{Duel, Options, Result},
    report::Verdict,
};

/// What a probe says of two sides: the ratio, and the microseconds for each of what there is in a round.
struct Sides {
    ratio: f64,
    raw: f64,
    ours: f64,
}

impl Sides {
    fn verdict(&self, what: &'static str, most: f64) -> Verdict {
        Verdict::ratio(what, self.ratio, most, self.describe())
    }

    fn describe(&self) -> String {
        format!("raw {:.2} µs, Aludel {:.2} µs", self.raw, self.ours)
    }
}

/// What a probe prints of two sides.
fn numbers(duel: &Duel, per: usize) -> [f64; 3] {
    let (raw, ours) = duel.medians();
    let each = |seconds: f64| seconds * 1e6 / per as f64;
    [duel.ratio(), each(raw), each(ours)]
}

/// Measures a row in a process of its own.
fn sides<const N: usize>(row: &str, options: Options, size: usize) -> Result<[Sides; N]> {
    let arguments = [options.rounds.to_string(), size.to_string()];
    let arguments = arguments.each_ref().map(String::as_str);
    let numbers = match probe(row, &arguments, Placement::Pinned)? {
        Some(numbers) => numbers,
        None => {
            eprintln!("{row}: there is no `taskset`, so nothing is pinned");
            probe(row, &arguments, Placement::Free)?.unwrap_or_default()
        }
    };
    let sides: Vec<Sides> =
        numbers.chunks_exact(3).map(|it| Sides { ratio: it[0], raw: it[1], ours: it[2] }).collect();
    sides.try_into().map_err(|_| "the probe answered something else".into())
}

/// What [`sides`] says to the process: how to measure, and how many.
fn told(arguments: &[String]) -> Result<(Options, usize)> {
    let [rounds, size] = arguments else { return Err("how many rounds, and how many?".into()) };
    Ok((Options { rounds: rounds.parse()?, long: false }, size.parse()?))
}

/// What the hand-written side makes of a row.
fn plain(row: &tokio_postgres::Row) -> Result<PlainItem> {
    Ok(PlainItem { id: row.try_get(0)?, name: row.try_get(1)?, note: row.try_get(2)? })
}

fn checked(found: usize, expected: usize) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{found} instead of {expected}").into()),
    }
}
