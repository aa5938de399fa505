//! Changes of what is declared, or of what a database has, one at a time, and what is said of each.

use aludel::{
    schema::{Action, Column, ForeignKey, Index, Storage, Table},
    value::{EnumType, SqlType},
};

/// What it is called, the change, and a piece of each line that is to come of it.
type Change<T> = (&'static str, T, &'static [&'static str]);

type Redeclare = fn(&mut Vec<Table>);

static MOODS: EnumType =
    EnumType { name: "mood", labels: &["sad", "it's ok", "glad"], native: true };
static SIZES: EnumType = EnumType { name: "size", labels: &["s", "xs"], native: false };

fn table<'a>(tables: &'a mut [Table], name: &str) -> &'a mut Table {
    tables.iter_mut().find(|it| it.name == name).unwrap()
}

fn column<'a>(tables: &'a mut [Table], of: &str, name: &str) -> &'a mut Column {
    table(tables, of).columns.iter_mut().find(|it| it.name == name).unwrap()
}

fn retype(tables: &mut [Table], from: SqlType, to: SqlType) {
    let column = table(tables, "every_type").columns.iter_mut().find(|it| it.ty == from).unwrap();
    column.ty = to;
}

pub(super) const OF_THE_DECLARATION: &[Change<Redeclare>] = &[
    ("nothing", |_| {}, &[]),
    (
        "a table more",
        |it| it.push(Table::new("more").column(Column::new("x", SqlType::Int))),
        &["more: declared, but the database has no such table"],
    ),
    (
        "a column more",
        |it| table(it, "parent").columns.push(Column::new("rank", SqlType::Int)),
        &["parent.rank: declared as INTEGER NOT NULL, but the database has no such column"],
    ),
    (
        "another length",
        |it| column(it, "every_type", "c7").ty = SqlType::VarChar(8),
        &["every_type.c7: declared as VARCHAR(8), but the database has VARCHAR(7)"],
    ),
    (
        "another type",
        |it| retype(it, SqlType::Date, SqlType::BigInt),
        &["every_type.c9: declared as "],
    ),
    (
        "numbers for text",
        |it| retype(it, SqlType::Double, SqlType::VarChar(30)),
        &["every_type.c5: declared as VARCHAR(30), but the database has "],
    ),
    (
        "bytes for a document",
        |it| retype(it, SqlType::Json, SqlType::Bytes),
        &["every_type.c15: declared as "],
    ),
    (
        "labels",
        |it| column(it, "every_type", "c18").ty = SqlType::Enum(&MOODS),
        &[
            "every_type.c18: declared with the labels ('sad', 'it's ok', 'glad'), but the database has ('sad', 'it's ok', 'happy')",
        ],
    ),
    (
        "labels of text",
        |it| column(it, "every_type", "c19").ty = SqlType::Enum(&SIZES),
        &["every_type.c19: declared with the labels ('s', 'xs'), but the database has ('s', 'xl')"],
    ),
    (
        "NULL accepted",
        |it| column(it, "parent", "name").nullable = true,
        &["parent.name: declared nullable, but the database has it NOT NULL"],
    ),
    (
        "NULL refused",
        |it| column(it, "child", "b").nullable = false,
        &["child.b: declared NOT NULL, but the database has it nullable"],
    ),
    (
        "another default",
        |it| column(it, "child", "state").server_default = Some("closed".into()),
        &[
            "child.state: declared with the default 'closed', but the database has the default 'open'",
        ],
    ),
    (
        "a default less",
        |it| column(it, "child", "state").server_default = None,
        &["child.state: declared without a default, but the database has the default 'open'"],
    ),
    (
        "a default more",
        |it| column(it, "child", "a").server_default = Some(7_i64.into()),
        &["child.a: declared with the default 7, but the database has none"],
    ),
    (
        "another number",
        |it| column(it, "every_default", "d17").server_default = Some(2.5_f64.into()),
        &["every_default.d17: declared with the default 2.5, but the database has the default "],
    ),
    (
        "another moment",
        |it| column(it, "every_default", "d15").server_default = Some("2024-03-01 07:08:09".into()),
        &[
            "every_default.d15: declared with the default '2024-03-01 07:08:09', but the database has the default ",
        ],
    ),
    (
        "another day, by a function",
        |it| column(it, "every_default", "now").server_default = Some("2024-03-01 07:08:09".into()),
        &[
            "every_default.now: declared with the default '2024-03-01 07:08:09', but the database has the default ",
        ],
    ),
    (
        "another computation",
        |it| column(it, "child", "total").computed.as_mut().unwrap().sql = "a * 3 + (b - 1)".into(),
        &[
            "child.total: declared as computed by (a * 3 + (b - 1)), stored, but the database has it computed by ",
        ],
    ),
    (
        "no computation",
        |it| column(it, "child", "total").computed = None,
        &["child.total: declared as not computed, but the database has it computed by "],
    ),
    (
        "computed when it is read",
        |it| column(it, "child", "total").computed.as_mut().unwrap().storage = Storage::Virtual,
        &[
            "child.total: declared as computed by (a * 2 + (b - 1)), virtual, but the database has it computed by ",
        ],
    ),
    (
        "another primary key",
        |it| table(it, "parent").primary_key = vec!["code".into(), "country".into()],
        &[
            "parent: declared with the primary key (code, country), but the database has (country, code)",
        ],
    ),
    (
        "a primary key more",
        |it| {
            let table = table(it, "keyless");
            table.primary_key = vec!["x".into()];
            table.columns[0].nullable = true;
        },
        &[
            "keyless.x: declared NOT NULL, but the database has it nullable",
            "keyless: declared with the primary key (x), but the database has ()",
        ],
    ),
    (
        "a foreign key more",
        |it| {
            let key = ForeignKey::new(["x"], "plain", ["id"]).on_delete(Action::Cascade);
            table(it, "keyless").foreign_keys.push(key);
        },
        &[
            "keyless: declared with the foreign key (x) -> plain (id) ON DELETE CASCADE, but the database has none such",
        ],
    ),
    (
        "a foreign key less",
        |it| drop(table(it, "child").foreign_keys.pop()),
        &["child: the database has the foreign key "],
    ),
    (
        "another action",
        |it| table(it, "child").foreign_keys[0].on_delete = Action::NoAction,
        &[
            "child: declared with the foreign key (country, code) -> parent (country, code) ON UPDATE RESTRICT, but the database has ",
        ],
    ),
    (
        "another action of a key that changes",
        |it| table(it, "child").foreign_keys[2].on_update = Action::Cascade,
        &[
            "child: declared with the foreign key (third_id) -> child (id) ON UPDATE CASCADE, but the database has ",
        ],
    ),
    (
        "another table",
        |it| table(it, "child").foreign_keys[2].table = "plain".into(),
        &["child: declared with the foreign key (third_id) -> plain (id), but the database has "],
    ),
    (
        "another name",
        |it| table(it, "child").foreign_keys[1].name = Some("fk_else".into()),
        &[
            "child: declared with the foreign key fk_else (other_id) -> child (id) ON DELETE SET NULL, but the database has fk_other ",
        ],
    ),
    (
        "a unique constraint more",
        |it| *table(it, "parent") = table(it, "parent").clone().unique(["code"]),
        &["parent: declared with the unique constraint (code), but the database has none such"],
    ),
    (
        "a unique constraint less",
        |it| drop(table(it, "child").uniques.pop()),
        &["child: the database has the unique constraint "],
    ),
    (
        "a check more",
        |it| *table(it, "keyless") = table(it, "keyless").clone().check("x > 5"),
        &["keyless: declared with the check constraint (x > 5), but the database has none such"],
    ),
    (
        "a check less",
        |it| drop(table(it, "child").checks.remove(0)),
        &["child: the database has the check constraint "],
    ),
    (
        "another check",
        |it| table(it, "child").checks[0].sql = "a > 1".into(),
        &["child: declared with the check constraint (a > 1), but the database has "],
    ),
    (
        "another check of a name",
        |it| table(it, "child").checks[10].sql = "price >= 0.5 AND price < 2000".into(),
        &[
            "child: declared with the check constraint price_is_fair (price >= 0.5 AND price < 2000), but the database has price_is_fair ",
        ],
    ),
    (
        "an index more",
        |it| table(it, "keyless").indexes.push(Index::new(["x"])),
        &["keyless: declared with the index ix_keyless_x (x), but the database has none such"],
    ),
    (
        "an index less",
        |it| drop(table(it, "child").indexes.remove(1)),
        &["child: the database has the index ix_state (state), but it is not declared"],
    ),
    (
        "other columns of an index",
        |it| table(it, "child").indexes[1].parts = vec!["state".into(), "a".into()],
        &[
            "child: declared with the index ix_state (state, a), but the database has ix_state (state)",
        ],
    ),
    (
        "an index of another name",
        |it| table(it, "child").indexes[1].name = Some("ix_else".into()),
        &["child: declared with the index ix_else (state), but the database has ix_state (state)"],
    ),
];

pub(super) const OF_THE_DATABASE: &[Change<&str>] = &[
    (
        "a column more",
        "ALTER TABLE plain ADD COLUMN extra VARCHAR(10)",
        &["plain.extra: the database has it as VARCHAR(10), but it is not declared"],
    ),
    (
        "another name of a column",
        "ALTER TABLE keyless RENAME COLUMN x TO y",
        &[
            "keyless.x: declared as INTEGER, but the database has no such column",
            "keyless.y: the database has it as ",
        ],
    ),
    (
        "a column less",
        "ALTER TABLE child DROP COLUMN total",
        &["child.total: declared as INTEGER, but the database has no such column"],
    ),
    (
        "an index more",
        "CREATE INDEX ix_more ON child (b, price)",
        &["child: the database has the index ix_more (b, price), but it is not declared"],
    ),
    ("another table", "DROP TABLE plain", &["plain: declared, but the database has no such table"]),
];
