//! What was measured against what was promised, as a table for people or as JSON for programs.

use std::fmt::Write as _;

/// One measured number and its budget.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What was measured.
    what: &'static str,
    unit: Unit,
    measured: f64,
    most: f64,
    /// The numbers behind it.
    detail: String,
}

/// What a measured number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Ratio,
    Nanoseconds,
    Microseconds,
    Bytes,
    Megabytes,
    Count,
}

impl Unit {
    fn suffix(self) -> &'static str {
        match self {
            Self::Ratio => "×",
            Self::Nanoseconds => " ns",
            Self::Microseconds => " µs",
            Self::Bytes => " B",
            Self::Megabytes => " MB",
            Self::Count => "",
        }
    }
}

impl Verdict {
    /// A ratio to the raw driver.
    pub(crate) fn ratio(what: &'static str, measured: f64, most: f64, detail: String) -> Self {
        Self { what, unit: Unit::Ratio, measured, most, detail }
    }

    /// A duration.
    pub(crate) fn nanoseconds(
        what: &'static str,
        measured: f64,
        most: f64,
        detail: String,
    ) -> Self {
        Self { what, unit: Unit::Nanoseconds, measured, most, detail }
    }

    /// A duration that is too long for nanoseconds.
    pub(crate) fn microseconds(
        what: &'static str,
        measured: f64,
        most: f64,
        detail: String,
    ) -> Self {
        Self { what, unit: Unit::Microseconds, measured, most, detail }
    }

    /// Memory for each object.
    pub(crate) fn bytes(what: &'static str, measured: f64, most: f64, detail: String) -> Self {
        Self { what, unit: Unit::Bytes, measured, most, detail }
    }

    /// Memory of the process.
    pub(crate) fn megabytes(what: &'static str, measured: f64, most: f64, detail: String) -> Self {
        Self { what, unit: Unit::Megabytes, measured, most, detail }
    }

    /// How often something happens.
    pub(crate) fn count(what: &'static str, measured: f64, most: f64, detail: String) -> Self {
        Self { what, unit: Unit::Count, measured, most, detail }
    }

    /// Whether the budget is kept. A number that couldn't be measured keeps none.
    pub(crate) fn holds(&self) -> bool {
        self.measured <= self.most
    }

    /// One line of the table.
    pub(crate) fn line(&self, row: &str) -> String {
        let suffix = self.unit.suffix();
        let budget = match self.most.is_finite() {
            true => format!("≤ {}{suffix}", trimmed(self.most)),
            false => "–".to_owned(),
        };
        let mark = match (self.most.is_finite(), self.holds()) {
            (false, _) => "  ",
            (true, true) => "ok",
            (true, false) => "BROKEN",
        };
        let measured = format!("{:.2}{suffix}", self.measured);
        format!(
            "{row:<11} {:<46} {measured:>12} {budget:>10} {mark:<6}  {}",
            self.what, self.detail
        )
    }

    /// One JSON object.
    pub(crate) fn json(&self, row: &str) -> String {
        let number = |it: f64| {
            if it.is_finite() { it.to_string() } else { "null".to_owned() }
        };
        let mut json = String::from("{");
        for (key, text) in [
            ("row", row),
            ("what", self.what),
            ("unit", self.unit.suffix().trim()),
            ("detail", &self.detail),
        ] {
            let _ = write!(json, "\"{key}\":\"{}\",", escaped(text));
        }
        let (measured, most) = (number(self.measured), number(self.most));
        let _ =
            write!(json, "\"measured\":{measured},\"budget\":{most},\"holds\":{}}}", self.holds());
        json
    }
}

/// A limit without needless zeros: `1.25`, `50`.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
