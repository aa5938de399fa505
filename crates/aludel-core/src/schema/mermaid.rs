//! The picture: a schema as an entity-relationship diagram, in Mermaid's language.

use std::fmt::Write as _;

use super::{ForeignKey, MetaData, Name, Table};

impl MetaData {
    /// The tables, their columns and what refers to what, as an entity-relationship diagram in
    /// [Mermaid](https://mermaid.js.org/syntax/entityRelationshipDiagram.html)'s language, which many
    /// viewers of Markdown draw. Tables are in the order of their foreign keys.
    ///
    /// Types are SQL's, without variants. Characters that Mermaid can't take become `_`.
    ///
    /// ```
    /// use aludel_core::schema::{Column, ForeignKey, MetaData, Table};
    /// use aludel_core::value::SqlType;
    ///
    /// let id = || Column::new("id", SqlType::BigInt);
    /// let mut metadata = MetaData::new();
    /// metadata.add(Table::new("artist").column(id()).primary_key(["id"]))?;
    /// let album = Table::new("album").column(id()).primary_key(["id"]);
    /// let album = album.column(Column::new("artist_id", SqlType::BigInt));
    /// metadata.add(album.foreign_key(ForeignKey::new(["artist_id"], "artist", ["id"])))?;
    /// assert_eq!(
    ///     metadata.to_mermaid(),
    ///     r#"erDiagram
    ///     "artist" {
    ///         BIGINT id PK
    ///     }
    ///     "album" {
    ///         BIGINT id PK
    ///         BIGINT artist_id FK
    ///     }
    ///     "artist" ||--o{ "album" : "artist_id"
    /// "#
    /// );
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut text = "erDiagram\n".to_owned();
        let tables = self.sorted_tables();
        for table in &tables {
            let _ = writeln!(text, "    {} {{", entity(&table.to_string()));
            for column in &table.columns {
                let (ty, name) = (word(&column.ty.to_string()), word(&column.name));
                let keys = keys(table, &column.name);
                let note = if column.nullable { " \"NULL\"" } else { "" };
                let _ = writeln!(text, "        {ty} {name}{keys}{note}");
            }
            text.push_str("    }\n");
        }
        for table in &tables {
            for key in &table.foreign_keys {
                let (from, to) = (entity(&table.to_string()), entity(&target(key)));
                let (one, many) = ends(table, key);
                let columns = key.columns.join(", ").replace('"', "'");
                let _ = writeln!(text, "    {to} {one}--{many} {from} : \"{columns}\"");
            }
        }
        text
    }
}

/// ` PK, FK, UK`: what a column is a part of.
pub(super) fn keys(table: &Table, column: &Name) -> String {
    let is_unique = |it: &[Name]| it == std::slice::from_ref(column);
    let keys = [
        ("PK", table.primary_key.contains(column)),
        ("FK", table.foreign_keys.iter().any(|it| it.columns.contains(column))),
        ("UK", table.uniques.iter().any(|it| is_unique(&it.columns))),
    ];
    let keys: Vec<_> = keys.iter().filter(|it| it.1).map(|it| it.0).collect();
    if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) }
}

/// How many rows may stand at either end: `||` one, `|o` or `o|` one at most, `o{` any number.
pub(super) fn ends(table: &Table, key: &ForeignKey) -> (&'static str, &'static str) {
    let is_null = |name: &Name| table.find_column(name).is_some_and(|it| it.nullable);
    let optional = key.columns.iter().any(is_null);
    let covers =
        |unique: &[Name]| !unique.is_empty() && unique.iter().all(|it| key.columns.contains(it));
    let single = covers(&table.primary_key) || table.uniques.iter().any(|it| covers(&it.columns));
    (if optional { "|o" } else { "||" }, if single { "o|" } else { "o{" })
}

fn target(key: &ForeignKey) -> String {
    match &key.schema {
        Some(schema) => format!("{schema}.{}", key.table),
        None => key.table.to_string(),
    }
}

/// An entity's name, in quotes.
fn entity(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "'"))
}

/// A word of letters, digits and a few other characters.
fn word(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || "_-()[]".contains(c);
    let text: String =
        text.replace(", ", "_").chars().map(|c| if kept(c) { c } else { '_' }).collect();
    // It begins with a letter.
    if text.starts_with(char::is_alphabetic) { text } else { format!("c{text}") }
}
