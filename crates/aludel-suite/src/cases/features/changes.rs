//! One change at a time of what is declared, and the line that is to come of it.

use aludel::{
    dialect::OptionsOf,
    schema::{
        Action, Check, Column, Deferrable, Identity, Index, IndexMethod, IndexPart, Partition,
        Sequence, Storage, Table,
    },
    value::{EnumType, SqlType},
};

pub(super) struct Change {
    pub(super) name: &'static str,
    /// Where it is made; everywhere if nothing is said.
    pub(super) only: &'static [OptionsOf],
    pub(super) table: &'static str,
    pub(super) make: fn(&mut Table),
    /// A piece of the line.
    pub(super) line: &'static str,
}

const fn all(
    name: &'static str,
    table: &'static str,
    make: fn(&mut Table),
    line: &'static str,
) -> Change {
    Change { name, only: &[], table, make, line }
}

const fn at(
    only: &'static [OptionsOf],
    name: &'static str,
    table: &'static str,
    make: fn(&mut Table),
    line: &'static str,
) -> Change {
    Change { name, only, table, make, line }
}

const SQLITE: &[OptionsOf] = &[OptionsOf::Sqlite];
const POSTGRES: &[OptionsOf] = &[OptionsOf::Postgres];
const MYSQL: &[OptionsOf] = &[OptionsOf::MySql];
const PARTIAL: &[OptionsOf] = &[OptionsOf::Sqlite, OptionsOf::Postgres];
const COMMENTED: &[OptionsOf] = &[OptionsOf::Postgres, OptionsOf::MySql];

static KINDS: EnumType =
    EnumType { name: "film_kind", labels: &["Short", "Feature", "Series"], native: true };
static SIZES: EnumType = EnumType { name: "film_size", labels: &["Small"], native: false };

fn column<'a>(table: &'a mut Table, name: &str) -> &'a mut Column {
    table.columns.iter_mut().find(|it| it.name == name).unwrap()
}

fn index<'a>(table: &'a mut Table, name: &str) -> &'a mut Index {
    table.indexes.iter_mut().find(|it| it.name.as_deref() == Some(name)).unwrap()
}

pub(super) const CHANGES: &[Change] = &[
    all("another type", "film", |it| column(it, "year").ty = SqlType::Text, ".year: declared as "),
    at(
        COMMENTED,
        "a comment more",
        "film",
        |it| column(it, "price").comment = Some("in euros".into()),
        ".price: declared with the comment 'in euros', but the database has none",
    ),
    at(
        COMMENTED,
        "fewer digits",
        "film",
        |it| column(it, "price").ty = SqlType::Numeric(9, 2),
        ".price: declared as ",
    ),
    all(
        "NULL accepted",
        "film",
        |it| column(it, "title").nullable = true,
        ".title: declared nullable",
    ),
    all(
        "NULL refused",
        "film",
        |it| column(it, "deleted").nullable = false,
        ".deleted: declared NOT NULL",
    ),
    all(
        "another default",
        "film",
        |it| column(it, "rating").server_default = Some(6_i64.into()),
        ".rating: declared with the default 6",
    ),
    all(
        "no default",
        "film",
        |it| column(it, "rating").server_default = None,
        ".rating: declared without a default",
    ),
    all(
        "another computation",
        "film",
        |it| column(it, "doubled").computed.as_mut().unwrap().sql = "rating * 3".into(),
        ".doubled: declared as computed by (rating * 3)",
    ),
    all(
        "a column more",
        "film",
        |it| it.columns.push(Column::new("more", SqlType::Int)),
        ".more: declared as ",
    ),
    all(
        "a column less",
        "film",
        |it| it.columns.retain(|it| it.name != "deleted"),
        ".deleted: the database has it as ",
    ),
    all(
        "other labels",
        "film",
        |it| column(it, "kind").ty = SqlType::Enum(&KINDS),
        ".kind: declared with the labels ('Short', 'Feature', 'Series')",
    ),
    all(
        "other labels of text",
        "film",
        |it| column(it, "size").ty = SqlType::Enum(&SIZES),
        ".size: declared",
    ),
    all(
        "another action",
        "film",
        |it| it.foreign_keys[0].on_delete = Action::SetNull,
        "the foreign key ",
    ),
    all("no foreign key", "film", |it| drop(it.foreign_keys.remove(0)), "the foreign key "),
    all(
        "another unique constraint",
        "film",
        |it| it.uniques[0].columns = vec!["year".into(), "title".into()],
        "the unique constraint uq_film_code ",
    ),
    all(
        "another check",
        "film",
        |it| it.checks[0].sql = "rating BETWEEN 0 AND 9".into(),
        "the check constraint ck_film_rating ",
    ),
    all(
        "a check more",
        "film",
        |it| it.checks.push(Check::new("year > 1800").named("year")),
        "the check constraint ck_film_year ",
    ),
    all(
        "an index more",
        "film",
        |it| it.indexes.push(Index::new(["rating"]).named("ix_film_rating")),
        "index ix_film_rating ",
    ),
    all(
        "an index less",
        "film",
        |it| it.indexes.retain(|it| it.name.as_deref() != Some("ix_film_newest")),
        "the index ix_film_newest ",
    ),
    all(
        "another direction",
        "film",
        |it| index(it, "ix_film_newest").parts[0].descending = false,
        "the index ix_film_newest (year, title)",
    ),
    all(
        "another order",
        "film",
        |it| index(it, "ix_film_newest").parts.reverse(),
        "the index ix_film_newest (title, year DESC)",
    ),
    all(
        "another name",
        "film",
        |it| index(it, "ix_film_newest").name = Some("ix_new".into()),
        "the index ix_new ",
    ),
    all(
        "unique",
        "film",
        |it| index(it, "ix_film_newest").unique = true,
        "the index ix_film_newest unique (year DESC, title)",
    ),
    at(
        POSTGRES,
        "a key that is given",
        "film",
        |it| it.autoincrement = false,
        ".id: declared as not numbered",
    ),
    at(
        MYSQL,
        "a key that is given",
        "film",
        |it| it.autoincrement = false,
        ": the primary key is not declared as generated",
    ),
    all(
        "another collation",
        "studio",
        |it| column(it, "country").collations.clear(),
        ".country: declared without a collation, but the database has ",
    ),
    at(
        SQLITE,
        "a collation of another name",
        "studio",
        |it| column(it, "country").collations[0].1 = "RTRIM".into(),
        ".country: declared with the collation RTRIM, but the database has NOCASE",
    ),
    at(
        COMMENTED,
        "another comment",
        "film",
        |it| it.comment = Some("A film".into()),
        ": declared with the comment 'A film', but the database has 'Ein Film'",
    ),
    at(
        COMMENTED,
        "no comment of a column",
        "studio",
        |it| column(it, "country").comment = None,
        ".country: declared without a comment, but the database has 'two letters'",
    ),
    at(
        PARTIAL,
        "other rows",
        "film",
        |it| index(it, "ix_film_alive").condition = Some("deleted IS NOT NULL".into()),
        "the index ix_film_alive unique (title) where deleted IS NOT NULL",
    ),
    at(
        PARTIAL,
        "all rows",
        "film",
        |it| index(it, "ix_film_good").condition = None,
        "the index ix_film_good (year)",
    ),
    at(
        PARTIAL,
        "another expression",
        "film",
        |it| index(it, "ix_film_lower").parts = vec![IndexPart::expression("upper(title)")],
        "the index ix_film_lower (upper(title))",
    ),
    at(
        PARTIAL,
        "no expression",
        "film",
        |it| index(it, "ix_film_lower").parts = vec!["title".into()],
        "the index ix_film_lower (title)",
    ),
    at(
        PARTIAL,
        "a key that waits no more",
        "right_hand",
        |it| it.foreign_keys[0].deferrable = Deferrable::No,
        "the foreign key ",
    ),
    at(
        PARTIAL,
        "a key that waits",
        "right_hand",
        |it| it.foreign_keys[1].deferrable = Deferrable::Deferred,
        "the foreign key ",
    ),
    at(SQLITE, "loose types", "film", |it| it.options.strict = false, ": declared without STRICT"),
    at(
        SQLITE,
        "with row ids",
        "word",
        |it| it.options.without_rowid = false,
        ": declared without WITHOUT ROWID",
    ),
    at(
        SQLITE,
        "computed when it is written",
        "word",
        |it| column(it, "size").computed.as_mut().unwrap().storage = Storage::Stored,
        ".size: declared as computed by (length(word)), stored",
    ),
    at(
        POSTGRES,
        "another step",
        "booking",
        |it| column(it, "ticket").sequence = Some(Sequence::new("ticket_no").increment(4)),
        ".ticket: declared filled in by the sequence ticket_no by 4",
    ),
    at(
        POSTGRES,
        "another sequence",
        "booking",
        |it| column(it, "ticket").sequence = Some(Sequence::new("other").increment(3)),
        ".ticket: declared filled in by the sequence other by 3",
    ),
    at(
        POSTGRES,
        "numbered otherwise",
        "booking",
        |it| {
            column(it, "number").identity =
                Some(Identity { always: false, start: Some(5), increment: Some(5) })
        },
        ".number: declared GENERATED BY DEFAULT",
    ),
    at(
        POSTGRES,
        "another comparison",
        "booking",
        |it| it.exclusions[0].elements[0].1 = "-|-".into(),
        "the exclusion constraint one_at_a_time ",
    ),
    at(
        POSTGRES,
        "no exclusion",
        "booking",
        |it| it.exclusions.clear(),
        "the exclusion constraint one_at_a_time ",
    ),
    at(
        POSTGRES,
        "unique at once",
        "booking",
        |it| it.uniques[0].deferrable = Deferrable::No,
        "the unique constraint uq_booking ",
    ),
    at(
        POSTGRES,
        "another kind of index",
        "booking",
        |it| index(it, "ix_booking_room").method = Some(IndexMethod::Brin),
        "the index ix_booking_room brin (room)",
    ),
    at(
        POSTGRES,
        "NULL elsewhere",
        "booking",
        |it| index(it, "ix_booking_newest").parts[0].nulls = None,
        "the index ix_booking_newest (day DESC, room NULLS FIRST)",
    ),
    at(
        POSTGRES,
        "without a column that is kept",
        "film",
        |it| index(it, "ix_film_of_studio").include.clear(),
        "the index ix_film_of_studio (studio_id)",
    ),
    at(
        POSTGRES,
        "logged",
        "booking",
        |it| it.options.unlogged = false,
        ": declared without UNLOGGED",
    ),
    at(
        POSTGRES,
        "fuller pages",
        "booking",
        |it| it.options.with[0].1 = "90".into(),
        ": declared with fillfactor=90, but the database has fillfactor=70",
    ),
    at(
        POSTGRES,
        "other parts",
        "journal",
        |it| it.options.partitions[0].bounds = "FROM ('2024-01-01') TO ('2024-07-01')".into(),
        ": declared with PARTITION journal_2024 ",
    ),
    at(
        POSTGRES,
        "a part more",
        "journal",
        |it| {
            let bounds = "FROM ('2025-01-01') TO ('2026-01-01')".into();
            it.options.partitions.push(Partition { name: "journal_2025".into(), bounds });
        },
        ": declared with PARTITION journal_2025 ",
    ),
    at(
        POSTGRES,
        "in parts by another column",
        "journal",
        |it| it.options.partition_by = Some("LIST (id)".into()),
        ": declared with PARTITION BY LIST (id), but the database has PARTITION BY RANGE (day)",
    ),
    at(
        MYSQL,
        "another engine",
        "film",
        |it| it.options.engine = Some("Aria".into()),
        ": declared with ENGINE=Aria, but the database has ENGINE=InnoDB",
    ),
    at(
        MYSQL,
        "another collation of a table",
        "article",
        |it| it.options.collation = Some("utf8mb4_general_ci".into()),
        ": declared with COLLATE=utf8mb4_general_ci, but the database has COLLATE=utf8mb4_unicode_ci",
    ),
    at(
        MYSQL,
        "other characters",
        "article",
        |it| it.options.charset = Some("latin1".into()),
        ": declared with CHARSET=latin1, but the database has CHARSET=utf8mb4",
    ),
    at(
        MYSQL,
        "another form of rows",
        "article",
        |it| it.options.others[0].1 = "COMPACT".into(),
        ": declared with row_format=COMPACT, but the database has row_format=DYNAMIC",
    ),
    at(
        MYSQL,
        "more characters",
        "article",
        |it| index(it, "ix_article_title").parts[0].length = Some(12),
        "the index ix_article_title (title(12))",
    ),
    at(
        MYSQL,
        "shapes by size",
        "place",
        |it| index(it, "ix_place").method = None,
        "the index ix_place (at)",
    ),
    at(
        MYSQL,
        "computed when it is written",
        "article",
        |it| column(it, "size").computed.as_mut().unwrap().storage = Storage::Stored,
        ".size: declared as computed by (char_length(body)), stored",
    ),
];
