//! How constraints are called that have no name, and types that differ from one database to the next.

use aludel_core::{
    Error,
    dialect::{MARIADB, MYSQL, MariaDb, Sqlite},
    schema::{
        Action, Column, ForeignKey, Index, MetaData, NamingConvention, Table, create_statements,
        drop_statements,
    },
    value::{SqlType, sql},
};
use expect_test::expect;

use crate::ddl::check;

fn convention() -> NamingConvention {
    NamingConvention::new()
        .pk("pk_{table_name}")
        .uq("uq_{column_0_N_label}")
        .fk("fk_{table_name}_{column_0N_name}_{referred_table_name}_{referred_column_0_name}")
        .ix("ix_{column_0_label}_{column_1_name}")
        .ck("ck_{table_name}_{constraint_name}")
}

fn named(naming: NamingConvention, table: Table) -> Result<MetaData, Error> {
    let mut metadata = MetaData::new().naming_convention(naming);
    metadata.add(table).map(|()| metadata)
}

fn site() -> Table {
    Table::new("site")
        .column(Column::new("country", SqlType::VarChar(2)))
        .column(Column::new("code", SqlType::VarChar(8)))
        .column(Column::new("above_country", SqlType::VarChar(2)).nullable())
        .column(Column::new("above_code", SqlType::VarChar(8)).nullable())
        .primary_key(["country", "code"])
        .unique(["code", "country"])
        .foreign_key(ForeignKey::new(["above_country", "above_code"], "site", ["country", "code"]))
        .check_named("code", "length(code) > 1")
        .index(Index::new(["code", "above_code"]))
        .index(Index::new(["above_code"]).named("mine"))
}

// DDL-6
#[test]
fn a_convention_names_what_has_no_name() {
    check(
        |it| create_statements(&named(convention(), site()).unwrap(), it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS site (
            country VARCHAR(2) NOT NULL,
            code VARCHAR(8) NOT NULL,
            above_country VARCHAR(2),
            above_code VARCHAR(8),
            CONSTRAINT pk_site PRIMARY KEY (country, code),
            CONSTRAINT uq_site_code_site_country UNIQUE (code, country),
            CONSTRAINT fk_site_above_countryabove_code_site_country FOREIGN KEY (above_country, above_code) REFERENCES site (country, code),
            CONSTRAINT ck_site_code CHECK (length(code) > 1)
        );
        CREATE INDEX IF NOT EXISTS ix_site_code_above_code ON site (code, above_code);
        CREATE INDEX IF NOT EXISTS mine ON site (above_code);
        -- postgres
        CREATE TABLE IF NOT EXISTS site (
            country VARCHAR(2) NOT NULL,
            code VARCHAR(8) NOT NULL,
            above_country VARCHAR(2),
            above_code VARCHAR(8),
            CONSTRAINT pk_site PRIMARY KEY (country, code),
            CONSTRAINT uq_site_code_site_country UNIQUE (code, country),
            CONSTRAINT fk_site_above_countryabove_code_site_country FOREIGN KEY (above_country, above_code) REFERENCES site (country, code),
            CONSTRAINT ck_site_code CHECK (length(code) > 1)
        );
        CREATE INDEX IF NOT EXISTS ix_site_code_above_code ON site (code, above_code);
        CREATE INDEX IF NOT EXISTS mine ON site (above_code);
        -- mysql
        CREATE TABLE IF NOT EXISTS site (
            country VARCHAR(2) NOT NULL,
            code VARCHAR(8) NOT NULL,
            above_country VARCHAR(2),
            above_code VARCHAR(8),
            CONSTRAINT pk_site PRIMARY KEY (country, code),
            CONSTRAINT uq_site_code_site_country UNIQUE (code, country),
            CONSTRAINT fk_site_above_countryabove_code_site_country FOREIGN KEY (above_country, above_code) REFERENCES site (country, code),
            CONSTRAINT ck_site_code CHECK (length(code) > 1),
            INDEX ix_site_code_above_code (code, above_code),
            INDEX mine (above_code)
        );
    "#]],
    );
}

// DDL-3: what a convention names can be dropped by that name.
#[test]
fn a_ring_is_dropped_by_the_conventions_names() {
    let ring = |own: &str, other: &str| {
        let column = format!("{other}_id");
        Table::new(own)
            .column(Column::new("id", SqlType::Int))
            .column(Column::new(&column, SqlType::Int).nullable())
            .primary_key(["id"])
            .foreign_key(ForeignKey::new([column], other, ["id"]))
    };
    let mut metadata = MetaData::new().naming_convention(convention());
    metadata.add(ring("hen", "egg")).unwrap();
    metadata.add(ring("egg", "hen")).unwrap();
    check(
        |it| drop_statements(&metadata, it),
        expect![[r#"
        -- sqlite
        DROP TABLE IF EXISTS hen;
        DROP TABLE IF EXISTS egg;
        -- postgres
        ALTER TABLE IF EXISTS egg DROP CONSTRAINT IF EXISTS fk_egg_hen_id_hen_id;
        DROP TABLE IF EXISTS hen;
        DROP TABLE IF EXISTS egg;
        -- mysql
        ALTER TABLE egg DROP CONSTRAINT fk_egg_hen_id_hen_id;
        DROP TABLE IF EXISTS hen;
        DROP TABLE IF EXISTS egg;
        -- mariadb
        ALTER TABLE IF EXISTS egg DROP CONSTRAINT IF EXISTS fk_egg_hen_id_hen_id;
        DROP TABLE IF EXISTS hen;
        DROP TABLE IF EXISTS egg;
    "#]],
    );
}

// DDL-7: a name that was made is cut where it is too long; one that was chosen is refused.
#[test]
fn long_names() {
    let long = "a".repeat(70);
    let table = || Table::new("t").column(Column::new("id", SqlType::Int)).primary_key(["id"]);
    let made = NamingConvention::new().ck(format!("{long}_{{constraint_name}}"));
    let metadata = named(made, table().check_named("x", "id > 0")).unwrap();
    let cut = create_statements(&metadata, &aludel_core::dialect::Postgres).unwrap();
    let name = cut[0].split("CONSTRAINT ").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(name.len(), 63);
    let metadata = named(NamingConvention::new(), table().check_named(&long, "id > 0")).unwrap();
    let refused = create_statements(&metadata, &aludel_core::dialect::Postgres).unwrap_err();
    assert!(refused.to_string().contains("can't be a name"), "{refused}");
    assert!(create_statements(&metadata, &Sqlite).is_ok());
}

// DDL-6: what a template asks for must be there.
#[test]
fn templates_that_make_no_sense() {
    let table = || Table::new("t").column(Column::new("id", SqlType::Int)).primary_key(["id"]);
    let said =
        |naming: NamingConvention, table: Table| named(naming, table).unwrap_err().to_string();
    let new = NamingConvention::new;
    let all = [
        said(convention(), table().check("id > 0")),
        said(new().pk("pk_{tabel_name}"), table()),
        said(new().pk("pk_{table_name"), table()),
        said(new().pk("pk_{column_1_name}"), table()),
        said(new().uq("uq_{referred_table_name}"), table().unique(["id"])),
    ];
    expect![[r#"
        the schema is not valid: the naming convention `ck_{table_name}_{constraint_name}`: a check constraint of `t` has no name
        the schema is not valid: the naming convention `pk_{tabel_name}`: `{tabel_name}` stands for nothing in `t`
        the schema is not valid: the naming convention `pk_{table_name`: a `{` is not closed
        the schema is not valid: the naming convention `pk_{column_1_name}`: `{column_1_name}` stands for nothing in `t`
        the schema is not valid: the naming convention `uq_{referred_table_name}`: `{referred_table_name}` stands for nothing in `t`"#]].assert_eq(&all.join("\n"));
    // Without the token, a check's own name is its name.
    let naming = new().ck("ck_{table_name}");
    let metadata = named(naming, table().check_named("own", "id > 0").check("id > 1")).unwrap();
    let sql = create_statements(&metadata, &Sqlite).unwrap().remove(0);
    assert!(sql.contains("CONSTRAINT own CHECK") && sql.contains("CONSTRAINT ck_t CHECK"), "{sql}");
}

// DDL-11
#[test]
fn variants_of_a_type() {
    let text = sql::Text.with_variant(sql::VarChar(255), [MYSQL, MARIADB]);
    let text = text.with_variant(sql::VarChar(99), [MARIADB]);
    let table = Table::new("t").column(Column::new("name", text)).primary_key(["name"]);
    check(
        |it| create_statements(&named(NamingConvention::new(), table.clone())?, it),
        expect![[r#"
            -- sqlite
            CREATE TABLE IF NOT EXISTS t (
                name TEXT NOT NULL,
                PRIMARY KEY (name)
            );
            -- postgres
            CREATE TABLE IF NOT EXISTS t (
                name TEXT NOT NULL,
                PRIMARY KEY (name)
            );
            -- mysql
            CREATE TABLE IF NOT EXISTS t (
                name VARCHAR(255) NOT NULL,
                PRIMARY KEY (name)
            );
            -- mariadb
            CREATE TABLE IF NOT EXISTS t (
                name VARCHAR(99) NOT NULL,
                PRIMARY KEY (name)
            );
        "#]],
    );
}

// The second would be taken for the first.
#[test]
fn two_indexes_of_one_name() {
    let table = |name: &str| {
        let table = Table::new(name).column(Column::new("id", SqlType::Int)).primary_key(["id"]);
        table.index(Index::new(["id"]).named("by_id"))
    };
    let mut metadata = MetaData::new();
    metadata.add(table("a")).unwrap();
    metadata.add(table("b")).unwrap();
    let refused = create_statements(&metadata, &Sqlite).unwrap_err().to_string();
    assert!(refused.contains("two indexes are called `by_id`, the second one of `b`"), "{refused}");
    assert!(create_statements(&metadata, &MariaDb).is_ok());
    let mut metadata = MetaData::new();
    metadata.add(table("c").index(Index::new(["id"]).named("By_Id"))).unwrap();
    assert!(create_statements(&metadata, &MariaDb).is_err());
}

// DDL-4, DDL-5
#[test]
fn keys_that_are_added_later() {
    let table =
        |name: &str| Table::new(name).column(Column::new("id", SqlType::Int)).primary_key(["id"]);
    let mut metadata = MetaData::new();
    let key = ForeignKey::new(["id"], "b", ["id"]).named("a_to_b").use_alter();
    metadata.add(table("a").foreign_key(key)).unwrap();
    metadata.add(table("b").foreign_key(ForeignKey::new(["id"], "a", ["id"]))).unwrap();
    check(
        |it| create_statements(&metadata, it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS b (
            id INTEGER NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY (id) REFERENCES a (id)
        );
        -- postgres
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS b (
            id INTEGER NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY (id) REFERENCES a (id)
        );
        DO $aludel$ BEGIN ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY (id) REFERENCES b (id); EXCEPTION WHEN duplicate_object THEN NULL; END $aludel$;
        -- mysql
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS b (
            id INTEGER NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY (id) REFERENCES a (id)
        );
        ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY (id) REFERENCES b (id);
        -- mariadb
        CREATE TABLE IF NOT EXISTS a (
            id INTEGER NOT NULL,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS b (
            id INTEGER NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY (id) REFERENCES a (id)
        );
        ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY IF NOT EXISTS (id) REFERENCES b (id);
    "#]],
    );
    check(
        |it| drop_statements(&metadata, it),
        expect![[r#"
        -- sqlite
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a;
        -- postgres
        ALTER TABLE IF EXISTS a DROP CONSTRAINT IF EXISTS a_to_b;
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a;
        -- mysql
        ALTER TABLE a DROP CONSTRAINT a_to_b;
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a;
        -- mariadb
        ALTER TABLE IF EXISTS a DROP CONSTRAINT IF EXISTS a_to_b;
        DROP TABLE IF EXISTS b;
        DROP TABLE IF EXISTS a;
    "#]],
    );
}

#[test]
fn set_default_is_refused_by_name() {
    let table = |name: &str| Table::new(name).column(Column::new("id", SqlType::Int));
    let mut metadata = MetaData::new();
    metadata.add(table("a").primary_key(["id"])).unwrap();
    let key = ForeignKey::new(["id"], "a", ["id"]).on_delete(Action::SetDefault);
    metadata.add(table("b").foreign_key(key)).unwrap();
    let refused = create_statements(&metadata, &MariaDb).unwrap_err().to_string();
    assert!(refused.contains("`set_default` of a foreign key from `b`"), "{refused}");
    let sqlite = create_statements(&metadata, &Sqlite).unwrap();
    assert!(sqlite[1].ends_with("REFERENCES a (id) ON DELETE SET DEFAULT\n)"), "{}", sqlite[1]);
}

// DDL-14: SQLite's foreign keys refer to their own schema, and don't name it.
#[test]
fn a_schema() {
    let mut metadata = MetaData::new().schema("app");
    let key = |table: &str| Table::new(table).column(Column::new("id", SqlType::Int));
    metadata.add(key("a").primary_key(["id"])).unwrap();
    let b = key("b").foreign_key(ForeignKey::new(["id"], "a", ["id"])).index(Index::new(["id"]));
    metadata.add(b).unwrap();
    check(
        |it| create_statements(&metadata, it),
        expect![[r#"
        -- sqlite
        CREATE TABLE IF NOT EXISTS app.a (
            id INTEGER NOT NULL PRIMARY KEY
        );
        CREATE TABLE IF NOT EXISTS app.b (
            id INTEGER NOT NULL,
            FOREIGN KEY (id) REFERENCES a (id)
        );
        CREATE INDEX IF NOT EXISTS app.ix_b_id ON b (id);
        -- postgres
        CREATE TABLE IF NOT EXISTS app.a (
            id INTEGER GENERATED BY DEFAULT AS IDENTITY NOT NULL,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS app.b (
            id INTEGER NOT NULL,
            FOREIGN KEY (id) REFERENCES app.a (id)
        );
        CREATE INDEX IF NOT EXISTS ix_b_id ON app.b (id);
        -- mysql
        CREATE TABLE IF NOT EXISTS app.a (
            id INTEGER NOT NULL AUTO_INCREMENT,
            PRIMARY KEY (id)
        );
        CREATE TABLE IF NOT EXISTS app.b (
            id INTEGER NOT NULL,
            FOREIGN KEY (id) REFERENCES app.a (id),
            INDEX ix_b_id (id)
        );
    "#]],
    );
    metadata.add(key("c").schema("other").primary_key(["id"])).unwrap();
    let mut to_other = ForeignKey::new(["id"], "c", ["id"]);
    to_other.schema = Some("other".into());
    metadata.add(key("d").foreign_key(to_other)).unwrap();
    let refused = create_statements(&metadata, &Sqlite).unwrap_err().to_string();
    expect!["sqlite can't do this: a foreign key from `app.d` to `c` of another schema"]
        .assert_eq(&refused);
}
