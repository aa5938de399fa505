//! Exact decimal arithmetic inside SQLite, which has only binary floating-point numbers.
//!
//! The names are those of SQLite's own `decimal` extension: `decimal_add`, `decimal_sub`,
//! `decimal_mul` and the aggregate `decimal_sum`. NULL gives NULL. What can't be said exactly in 96
//! bits is an error, never rounded.

use rusqlite::{
    Connection, Error, Result,
    functions::{Aggregate, Context, FunctionFlags},
    types::ValueRef,
};
use rust_decimal::Decimal;

type Operation = fn(Decimal, Decimal) -> Option<Decimal>;

pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let operations: [(&str, Operation); 3] =
        [("decimal_add", add), ("decimal_sub", |a, b| add(a, -b)), ("decimal_mul", multiply)];
    for (name, operation) in operations {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let (Some(a), Some(b)) = (argument(context, 0)?, argument(context, 1)?) else {
                return Ok(None);
            };
            let result = operation(a, b).ok_or_else(|| inexact(name))?;
            Ok(Some(result.to_string()))
        })?;
    }
    connection.create_aggregate_function("decimal_sum", 1, flags, Sum)
}

fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exact = |a: Decimal, b: Decimal| {
        // The sum is rounded where it doesn't fit; its scale shows that.
        let sum = a.checked_add(b)?;
        (sum.scale() == a.scale().max(b.scale())).then_some(sum)
    };
    match (a.is_zero(), b.is_zero()) {
        (true, _) => Some(b),
        (_, true) => Some(a),
        _ => exact(a, b).or_else(|| exact(a.normalize(), b.normalize())),
    }
}

fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exact = |a: Decimal, b: Decimal| {
        let product = a.checked_mul(b)?;
        (product.is_zero() || product.scale() == a.scale() + b.scale()).then_some(product)
    };
    if a.is_zero() || b.is_zero() {
        return Some(Decimal::ZERO);
    }
    // A product so small that it would be rounded to zero is not exact either.
    let result = exact(a, b).or_else(|| exact(a.normalize(), b.normalize()))?;
    (!result.is_zero()).then_some(result)
}

fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text).ok().or_else(|| Decimal::from_scientific(text).ok())
}

fn argument(context: &Context<'_>, index: usize) -> Result<Option<Decimal>> {
    let parsed = match context.get_raw(index) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(it) => return Ok(Some(Decimal::from(it))),
        // The shortest text that reads back as this number is what a person meant by it.
        ValueRef::Real(it) => parse(&it.to_string()),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(parse),
        ValueRef::Blob(_) => None,
    };
    match parsed {
        Some(it) => Ok(Some(it)),
        None => {
            let found = match context.get_raw(index) {
                ValueRef::Text(text) => format!("`{}`", String::from_utf8_lossy(text)),
                ValueRef::Real(it) => it.to_string(),
                _ => "a blob".to_owned(),
            };
            Err(Error::UserFunctionError(format!("{found} is not an exact decimal number").into()))
        }
    }
}

fn inexact(function: &str) -> Error {
    let reason = format!("{function}: the result doesn't fit into an exact decimal number");
    Error::UserFunctionError(reason.into())
}

/// `decimal_sum`: NULL where there is nothing but NULLs, as `SUM`.
struct Sum;

impl Aggregate<Option<Decimal>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Decimal>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<Decimal>) -> Result<()> {
        if let Some(value) = argument(context, 0)? {
            let total = match *sum {
                Some(sum) => add(sum, value).ok_or_else(|| inexact("decimal_sum"))?,
                None => value,
            };
            *sum = Some(total);
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        sum: Option<Option<Decimal>>,
    ) -> Result<Option<String>> {
        Ok(sum.flatten().map(|it| it.to_string()))
    }
}
