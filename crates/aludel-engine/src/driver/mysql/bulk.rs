//! INSERTs of many rows at once, and the keys that they generate.

use aludel_core::compile::Bulk;
use mysql_async::{Row, prelude::Queryable};

use super::{
    classify::classify,
    client::MySqlClient,
    execute::{Answer, execute, key_of, no_key},
    value::{Shown, Values, mismatch},
};
use crate::{
    DatabaseError, Error, Kind, Result,
    driver::{Params, Want},
};

/// How many rows the statements have that are kept prepared.
const SIZES: [usize; 2] = [1000, 100];

/// The protocol counts parameters in 16 bits.
const MAX_PARAMETERS: usize = 65_535;

impl MySqlClient {
    /// Inserts many rows, as many at once as go.
    pub(super) async fn bulk(
        &mut self,
        bulk: &Bulk,
        params: &Params,
        answer: &mut Answer<'_>,
    ) -> Result<u64> {
        // Half of it leaves room for what isn't values, and for how they are counted.
        let limit = self.server.max_packet / 2;
        let most = (MAX_PARAMETERS / bulk.columns.max(1)).max(1);
        let (runs, mut at) = (params.runs(), 0);
        while at < runs {
            answer.stop.check()?;
            let fitting = SIZES.into_iter().map(|it| it.min(most)).find(|it| *it <= runs - at);
            let wanted = fitting.unwrap_or(runs - at);
            let mut values = Values::default();
            let mut rows = 0;
            while rows < wanted && (rows == 0 || values.bytes < limit) {
                let before = values.list.len();
                params.bind(at + rows, &mut values)?;
                rows += 1;
                let bound = values.list.len() - before;
                if bound != bulk.columns {
                    return Err(mismatch(bound, bulk.columns));
                }
            }
            let keep = fitting == Some(rows) || rows == 1;
            self.insert(bulk, values, at..at + rows, keep, answer).await?;
            at += rows;
        }
        Ok(runs as u64)
    }

    async fn insert(
        &mut self,
        bulk: &Bulk,
        values: Values,
        runs: std::ops::Range<usize>,
        keep: bool,
        answer: &mut Answer<'_>,
    ) -> Result<()> {
        let rows = runs.len();
        let increment = match answer.want {
            Want::Keys if bulk.returning.is_empty() => self.increment().await?,
            _ => 1,
        };
        let (keep, limit) = (keep && self.keep, self.server.max_packet);
        let conn = self.conn()?;
        let statement = conn.prep(text(bulk, rows)).await.map_err(classify)?;
        let mut returned = Vec::new();
        let inserted: Result<_> = async {
            let mut result = execute(conn, &statement, values, limit).await?;
            if !bulk.returning.is_empty() {
                result.for_each(|row: Row| returned.push(row)).await.map_err(classify)?;
            }
            let (first, count) = (result.last_insert_id(), result.affected_rows());
            result.drop_result().await.map_err(classify)?;
            Ok((first, count))
        }
        .await;
        if !keep && !conn.is_disconnected() {
            // Where that fails, the next statement does, too.
            let _ = conn.close(statement).await;
        }
        let (first, count) = inserted?;
        let came = if bulk.returning.is_empty() { count } else { returned.len() as u64 };
        if came != rows as u64 && answer.want != Want::Nothing {
            return Err(miscounted(rows, came));
        }
        match answer.want {
            Want::Keys if bulk.returning.is_empty() => {
                let first = first.and_then(|it| i64::try_from(it).ok()).ok_or_else(no_key)?;
                let mut key = Some(first);
                for run in runs {
                    let this = key.ok_or_else(no_key)?;
                    answer.work.key(answer.number, run, this)?;
                    key = this.checked_add(increment);
                }
            }
            Want::Keys => {
                for (run, (key, _)) in runs.zip(sorted(returned)?) {
                    answer.work.key(answer.number, run, key)?;
                }
            }
            Want::Rows => {
                let mut shown = Shown::default();
                for (_, row) in sorted(returned)? {
                    answer.work.row(answer.number, &shown.row(&row))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// By how much the keys grow that one INSERT of several rows generates: as the number of rows is
    /// known beforehand, they follow each other, however many others insert at the same time and
    /// whatever `innodb_autoinc_lock_mode` says.
    async fn increment(&mut self) -> Result<i64> {
        if let Some(increment) = self.increment {
            return Ok(increment);
        }
        let asked = "SELECT @@session.auto_increment_increment";
        let row: Option<Row> = self.conn()?.query_first(asked).await.map_err(classify)?;
        let increment = row.as_ref().and_then(key_of).ok_or_else(no_key)?;
        self.increment = Some(increment);
        Ok(increment)
    }
}

/// The statement for as many rows.
fn text(bulk: &Bulk, rows: usize) -> String {
    let row = format!("({})", vec!["?"; bulk.columns].join(", "));
    let length = bulk.insert.len() + bulk.returning.len() + rows * (row.len() + 2) + 16;
    let mut sql = String::with_capacity(length);
    sql.push_str(&bulk.insert);
    sql.push_str(" VALUES ");
    for index in 0..rows {
        sql.push_str(if index == 0 { "" } else { ", " });
        sql.push_str(&row);
    }
    sql.push_str(&bulk.returning);
    sql
}

/// Rows in the order of the keys that they begin with, which is the order in which they were sent.
fn sorted(rows: Vec<Row>) -> Result<Vec<(i64, Row)>> {
    let keyed = rows.into_iter().map(|row| Ok((key_of(&row).ok_or_else(no_key)?, row)));
    let mut keyed: Vec<_> = keyed.collect::<Result<_>>()?;
    keyed.sort_by_key(|(key, _)| *key);
    Ok(keyed)
}

#[cold]
fn miscounted(sent: usize, came: u64) -> Error {
    let message = format!(
        "{sent} rows were inserted, but {came} came back, so their keys can't be told apart; is \
         there a trigger?"
    );
    DatabaseError::new(Kind::Other, message).into()
}
