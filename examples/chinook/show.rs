//! Headings, tables and the progress bar.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use indicatif::{ProgressBar, ProgressStyle};

/// Starts a part of the output.
pub fn heading(text: &str) {
    match io::stdout().is_terminal() {
        true => println!("\n\x1b[1m{text}\x1b[0m"),
        false => println!("\n{text}"),
    }
}

/// Which way a column is aligned.
#[derive(Clone, Copy)]
pub enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// Prints a table.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| match column {
        Column::Text(name) | Column::Number(name) => *name,
    }));
    for row in rows {
        table.add_row(row);
    }
    for (position, column) in columns.iter().enumerate() {
        if let (Column::Number(_), Some(column)) = (column, table.column_mut(position)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
}

/// A bar that shows how many rows are done.
pub fn progress(rows: usize, message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(rows as u64).with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos:>6}/{len} rows, {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(50));
    bar
}

/// What a text that may be missing looks like.
pub fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}
