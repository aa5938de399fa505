//! Measuring two sides against each other on a machine that is never quite quiet.
//!
//! Both sides run in one process, by turns, and each round's ratio is taken by itself: what slows
//! the machine down slows both. The median of the rounds is what a budget is held against.

use std::time::{Duration, Instant};

use crate::report::Verdict;

/// Anything that goes wrong while measuring; it ends the program.
pub(crate) type Error = Box<dyn std::error::Error>;
/// See [`Error`].
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Measured rounds; an odd number, so that there is one in the middle.
    pub(crate) rounds: usize,
    /// Full size where the usual run takes a shorter form.
    pub(crate) long: bool,
}

/// The times of both sides, round by round.
#[derive(Debug, Default)]
pub(crate) struct Duel {
    raw: Vec<Duration>,
    ours: Vec<Duration>,
}

/// Runs both sides by turns. Each closure does one round and says how long its measured part took;
/// a first round warms up and isn't counted. Who goes first changes from round to round.
pub(crate) fn duel(
    options: Options,
    mut raw: impl FnMut() -> Result<Duration>,
    mut ours: impl FnMut() -> Result<Duration>,
) -> Result<Duel> {
    raw()?;
    ours()?;
    let mut duel = Duel::default();
    for round in 0..options.rounds {
        if round % 2 == 0 {
            duel.raw.push(raw()?);
            duel.ours.push(ours()?);
        } else {
            duel.ours.push(ours()?);
            duel.raw.push(raw()?);
        }
    }
    Ok(duel)
}

impl Duel {
    /// The median of the rounds' ratios, ours to raw.
    pub(crate) fn ratio(&self) -> f64 {
        median(
            self.ours
                .iter()
                .zip(&self.raw)
                .map(|(ours, raw)| ours.as_secs_f64() / raw.as_secs_f64()),
        )
    }

    /// The verdict on a budget that is a ratio; `per` is the number of rows (or calls) in a round.
    pub(crate) fn verdict(&self, what: &'static str, per: usize, most: f64) -> Verdict {
        Verdict::ratio(what, self.ratio(), most, self.describe(per))
    }

    /// The same without a limit: a number beside the one that counts.
    pub(crate) fn beside(&self, what: &'static str, per: usize) -> Verdict {
        Verdict::ratio(what, self.ratio(), f64::INFINITY, self.describe(per))
    }

    /// The medians of both sides' times, in seconds.
    pub(crate) fn medians(&self) -> (f64, f64) {
        let of = |times: &[Duration]| median(times.iter().map(Duration::as_secs_f64));
        (of(&self.raw), of(&self.ours))
    }

    fn describe(&self, per: usize) -> String {
        format!("raw {}, Aludel {}", spread(&self.raw, per), spread(&self.ours, per))
    }
}

/// `median (min–max)` of the rounds, as time for each of `per`.
fn spread(times: &[Duration], per: usize) -> String {
    let each = |time: &Duration| time.as_secs_f64() * 1e9 / per as f64;
    let (low, high) =
        times.iter().map(each).fold((f64::MAX, f64::MIN), |(l, h), it| (l.min(it), h.max(it)));
    format!("{:.0} ns ({low:.0}–{high:.0})", median(times.iter().map(each)))
}

/// Runs one side alone: nanoseconds for each of `per`, the median of the rounds.
pub(crate) fn alone(
    options: Options,
    per: usize,
    mut side: impl FnMut() -> Result<Duration>,
) -> Result<f64> {
    side()?;
    let mut times = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        times.push(side()?.as_secs_f64() * 1e9 / per as f64);
    }
    Ok(median(times.into_iter()))
}

/// How long something takes, and what it makes.
pub(crate) fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<(Duration, T)> {
    let start = Instant::now();
    let made = work()?;
    Ok((start.elapsed(), made))
}

/// The value in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The numbers from 1 to `n` in an order that looks random and is the same in every run.
pub(crate) fn shuffled(n: i64) -> Vec<i64> {
    let mut numbers: Vec<i64> = (1..=n).collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for at in (1..numbers.len()).rev() {
        // xorshift64: a few lines instead of a crate, and good enough to defeat a cache.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        numbers.swap(at, (state % (at as u64 + 1)) as usize);
    }
    numbers
}
