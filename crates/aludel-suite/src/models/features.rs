//! Everything that a declaration can say, of columns, constraints, indexes and tables: what all databases have in
//! one base, and what one kind of them has in a base of its own.

use aludel::{
    DeclarativeBase, Range, TypeMap,
    dialect::{MARIADB, MYSQL},
    func,
    prelude::*,
    schema::{NamingConvention, TableOptions},
    sql,
};
use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

/// What all databases have.
#[derive(Debug)]
pub enum Everything {}

impl DeclarativeBase for Everything {
    fn metadata() -> MetaData {
        let naming = NamingConvention::new()
            .pk("pk_{table_name}")
            .uq("uq_{table_name}_{column_0_N_name}")
            .fk("fk_{table_name}_{column_0_N_name}")
            .ix("ix_{table_name}_{column_0_N_name}")
            .ck("ck_{table_name}_{constraint_name}");
        let options = TableOptions::new().strict().engine("InnoDB").charset("utf8mb4");
        MetaData::new().naming_convention(naming).table_options(options).mapped_by::<Self>()
    }

    fn type_map() -> TypeMap {
        TypeMap::new()
            .set::<String>(sql::Text.with_variant(sql::VarChar(255), [MYSQL, MARIADB]))
            .annotated("amount", sql::Numeric(12, 2))
    }
}

/// What PostgreSQL has.
#[derive(Debug)]
pub enum OnPostgres {}

impl DeclarativeBase for OnPostgres {}

/// What MariaDB and MySQL have.
#[derive(Debug)]
pub enum OnMySql {}

impl DeclarativeBase for OnMySql {}

/// What SQLite has.
#[derive(Debug)]
pub enum OnSqlite {}

impl DeclarativeBase for OnSqlite {}

/// What PostgreSQL and SQLite have.
#[derive(Debug)]
pub enum Waiting {}

impl DeclarativeBase for Waiting {}

#[derive(SqlEnum, Clone, Copy, PartialEq, Debug)]
#[sql_enum(name = "film_kind")]
pub enum Kind {
    Short,
    Feature,
}

#[derive(SqlEnum, Clone, Copy, PartialEq, Debug)]
#[sql_enum(name = "film_size", native = false)]
pub enum Size {
    Small,
    Large,
}

#[derive(SqlEnum, Clone, Copy, PartialEq, Debug)]
#[sql_enum(integer)]
#[repr(i16)]
pub enum Grade {
    Poor = -1,
    Fair,
    Good = 300,
}

#[derive(Mixin, Debug)]
pub struct Stamps {
    #[column(server_default = now, index)]
    pub created_at: Auto<NaiveDateTime>,
    #[column(onupdate = func::now())]
    pub changed_at: Option<NaiveDateTime>,
}

#[derive(Mapped, Debug)]
#[table("studio", base = Everything, comment = "Who makes films: it's \"here\"",
    unique(country, name))]
pub struct Studio {
    #[column(primary_key, sequence("studio_no", start = 100, increment = 10))]
    pub id: Auto<i64>,
    #[column(
        length = 2,
        comment = "two letters",
        collation(
            sqlite = "NOCASE",
            postgres = "C",
            mariadb = "utf8mb4_bin",
            mysql = "utf8mb4_bin"
        )
    )]
    pub country: String,
    pub name: String,
    #[column(foreign_key = Film.id, use_alter, on_delete = set_null)]
    pub best_id: Option<i64>,
    #[mixin]
    pub stamps: Stamps,
    #[relationship(back_populates = studio, foreign_keys = [Film.studio_id])]
    pub films: Many<Film>,
}

#[derive(Mapped, Debug)]
#[table("film", base = Everything, comment = "Ein Film",
    index(year.desc(), title, name = "ix_film_newest"),
    index("lower(title)", name = "ix_film_lower", only(sqlite, postgres)),
    index(title, unique, where = "deleted IS NULL", name = "ix_film_alive", only(sqlite, postgres)),
    index(year, where = "rating > 3", name = "ix_film_good"),
    index(studio_id, include(title), name = "ix_film_of_studio"),
    index(code.length(4)),
    index(title.collate("C"), name = "ix_film_by_bytes", only(postgres)),
    index(title.collate("nocase"), name = "ix_film_by_bytes", only(sqlite)),
    index("\"title\"", name = "ix_film_quoted", only(postgres)),
    unique(code, year, name = "uq_film_code"),
    check("rating BETWEEN 0 AND 10", name = "rating"),
    check("code ~ '^[a-z]'", name = "code", only(postgres)))]
pub struct Film {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Studio.id, on_delete = cascade, on_update = cascade)]
    pub studio_id: Option<i64>,
    pub title: String,
    #[column(length = 20)]
    pub code: String,
    pub year: i32,
    #[column(server_default = 5)]
    pub rating: Auto<i32>,
    #[column(computed = "rating * 2")]
    pub doubled: Auto<i32>,
    pub kind: Kind,
    pub size: Option<Size>,
    pub grade: Option<Grade>,
    #[column(annotated = "amount")]
    pub price: Decimal,
    pub deleted: Option<NaiveDateTime>,
    #[column(foreign_key = Film.id, index)]
    pub sequel_of: Option<i64>,
    #[relationship(back_populates = films, foreign_keys = [Film.studio_id])]
    pub studio: One<Studio>,
}

/// Seen by one connection alone.
#[derive(Mapped, Debug)]
#[table("scratch", base = Everything, temporary)]
pub struct Scratch {
    #[column(primary_key)]
    pub id: i64,
}

/// Rooms that are booked, one at a time.
#[derive(Mapped, Debug)]
#[table("booking", base = OnPostgres,
    exclude((during, "&&"), using = gist, where = "room > 0", name = "one_at_a_time"),
    unique(room, code, deferrable, initially = deferred, name = "uq_booking"),
    index(tags, using = gin),
    index(during, using = gist, name = "ix_booking_during"),
    index(day, using = brin),
    index(code.operator_class("text_pattern_ops")),
    index(room, using = hash, name = "ix_booking_room"),
    index(day.desc().nulls_last(), room.nulls_first(), name = "ix_booking_newest"),
    postgres(unlogged, with(fillfactor = 70, autovacuum_enabled = false)))]
pub struct Booking {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub room: Option<i32>,
    pub during: Range<NaiveDate>,
    pub tags: Vec<String>,
    #[column(collation = "C")]
    pub code: String,
    pub day: Option<NaiveDate>,
    #[column(identity(always, start = 5, increment = 5))]
    pub number: Auto<i32>,
    #[column(sequence("ticket_no", increment = 3), comment = "for the door")]
    pub ticket: Auto<i64>,
}

/// In parts, by number and by moment, as large ones are.
#[derive(Mapped, Debug)]
#[table("measure", base = OnPostgres, comment = "",
    foreign_key((id, day) -> Journal(id, day), name = "fk_measure"),
    postgres(partition_by = "RANGE (\"id\", at)", unlogged, with(fillfactor = 70),
        partition("measure_1", "FROM (1, '2024-01-01') TO (1000, '2025-01-01')"),
        partition("measure_2", "FROM (1000, '2025-01-01') TO (MAXVALUE, MAXVALUE)")))]
pub struct Measure {
    #[column(primary_key)]
    pub id: i64,
    #[column(primary_key)]
    pub at: NaiveDateTime,
    pub day: Option<NaiveDate>,
}

/// In parts, by day.
#[derive(Mapped, Debug)]
#[table("journal", base = OnPostgres,
    postgres(partition_by = "RANGE (day)",
        partition("journal_2024", "FROM ('2024-01-01') TO ('2025-01-01')"),
        partition("journal_rest", "DEFAULT")))]
pub struct Journal {
    #[column(primary_key)]
    pub id: i64,
    #[column(primary_key)]
    pub day: NaiveDate,
    pub line: Option<String>,
}

/// Words to look for.
#[derive(Mapped, Debug)]
#[table("article", base = OnMySql,
    index(body, using = fulltext),
    index(title.length(10), name = "ix_article_title"),
    mysql(engine = "InnoDB", charset = "utf8mb4", collation = "utf8mb4_unicode_ci", other(row_format = "DYNAMIC")))]
pub struct Article {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(collation = "utf8mb4_bin")]
    pub title: String,
    pub body: String,
    #[column(computed("char_length(body)", virtual), comment = "in characters: 'all'")]
    pub size: Auto<i64>,
}

/// Words by themselves: no row has a number.
#[derive(Mapped, Debug)]
#[table("word", base = OnSqlite, sqlite(strict, without_rowid))]
pub struct Word {
    #[column(primary_key, collation = "NOCASE")]
    pub word: String,
    #[column(computed("length(word)", virtual))]
    pub size: Auto<i64>,
}

/// Two that refer to each other, and may be told in any order.
#[derive(Mapped, Debug)]
#[table("left_hand", base = Waiting)]
pub struct LeftHand {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(Mapped, Debug)]
#[table("right_hand", base = Waiting,
    foreign_key((left_id) -> LeftHand(id), deferrable, name = "fk_right"))]
pub struct RightHand {
    #[column(primary_key, foreign_key = LeftHand.id, initially = deferred)]
    pub id: i64,
    pub left_id: Option<i64>,
}
