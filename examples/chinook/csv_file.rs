//! Reading the data set's plain text files.

use std::str::FromStr;

use csv::StringRecord;

use super::Result;

/// One CSV file: a header line, then a line for each row of a table. NULL is an empty field.
pub struct File {
    name: &'static str,
    header: StringRecord,
    rows: Vec<StringRecord>,
}

/// One row of a file.
pub struct Line<'a> {
    file: &'a File,
    number: usize,
}

impl File {
    /// Splits a file into its rows.
    pub fn read(name: &'static str, text: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        let rows = reader.records().collect::<csv::Result<_>>()?;
        Ok(Self { name, header, rows })
    }

    /// The rows.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        (0..self.rows.len()).map(|number| Line { file: self, number })
    }
}

impl Line<'_> {
    /// The id of the row: its first column.
    pub fn id(&self) -> Result<i64> {
        self.need(&self.file.header[0])
    }

    /// A value that may be missing.
    pub fn get<T: FromStr>(&self, column: &str) -> Result<Option<T>> {
        self.value(column, |text| text.parse().ok())
    }

    /// A value that must be there.
    pub fn need<T: FromStr>(&self, column: &str) -> Result<T> {
        self.get(column)?.ok_or_else(|| self.complaint(column, "is missing"))
    }

    /// The same, read by a function.
    pub fn value<T>(&self, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let position = self.file.header.iter().position(|name| name == column);
        let position =
            position.ok_or_else(|| self.complaint(column, "is no column of the file"))?;
        match self.file.rows[self.number].get(position) {
            None | Some("") => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.complaint(column, "can't be read")),
            },
        }
    }

    /// What is wrong with a field of this row.
    pub fn complaint(&self, column: &str, what: &str) -> super::Error {
        format!("{}, line {}: `{column}` {what}", self.file.name, self.number + 2).into()
    }
}
