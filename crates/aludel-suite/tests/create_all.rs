//! Eight programs start at once, and each creates all tables: none fails, and there is one schema.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/own.rs"]
mod own;

use std::{
    env::{current_exe, var},
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aludel::{
    DeclarativeBase,
    blocking::{Engine, Session},
    prelude::*,
    schema::NamingConvention,
};

use own::{MARIADB, Own, POSTGRES};

enum Eight {}

impl DeclarativeBase for Eight {
    fn metadata() -> MetaData {
        let naming = NamingConvention::new().fk("fk_{table_name}_{column_0_name}");
        let naming =
            naming.uq("a_name_that_is_cut_on_every_database_as_it_is_much_too_long_{table_name}");
        MetaData::new().naming_convention(naming).mapped_by::<Self>()
    }
}

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    Solid,
    Liquid,
}

#[derive(Mapped)]
#[table("metal", base = Eight)]
pub struct Metal {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, unique)]
    pub name: String,
    pub phase: Phase,
    #[relationship(back_populates = metal)]
    pub lumps: Many<Lump>,
}

#[derive(Mapped)]
#[table("lump", base = Eight, index(metal_id, grams))]
pub struct Lump {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Metal.id)]
    pub metal_id: Auto<i64>,
    #[column(index)]
    pub grams: i64,
    #[column(foreign_key = "vessel.id")]
    pub vessel_id: Option<i64>,
    #[relationship(back_populates = lumps)]
    pub metal: One<Metal>,
}

/// It and the lumps refer to each other.
#[derive(Mapped)]
#[table("vessel", base = Eight)]
pub struct Vessel {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = "lump.id", use_alter)]
    pub heaviest_id: Option<i64>,
}

const URL: &str = "ALUDEL_CREATE_ALL_URL";
const AT: &str = "ALUDEL_CREATE_ALL_AT";

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// What each of the eight does: all at one moment.
#[test]
#[ignore = "the other tests start it, eight times at once"]
fn one_of_eight() {
    let (url, at) = (var(URL).unwrap(), var(AT).unwrap().parse().unwrap());
    let engine = Engine::new(&url).unwrap();
    thread::sleep(Duration::from_millis(at).saturating_sub(now()));
    Eight::metadata().create_all(&engine).unwrap();
}

fn eight_at_once(url: &str) {
    for round in 0..20 {
        let engine = Engine::new(url).unwrap();
        Eight::metadata().drop_all(&engine).unwrap();
        let at = (now() + Duration::from_millis(250)).as_millis().to_string();
        let start = |_| {
            let mut program = Command::new(current_exe().unwrap());
            let program = program.args(["--ignored", "--exact", "one_of_eight"]);
            let program = program.env(URL, url).env(AT, &at);
            program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let eight: Vec<_> = (0..8).map(start).collect();
        for one in eight {
            let output = one.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "round {round}: {said}");
            assert!(said.contains("1 passed"), "{said}");
        }
        aludel::assert_schema!(Eight, engine);
        let mut session = Session::new(&engine);
        let metal = session.add(Metal::builder().name("mercury").phase(Phase::Liquid));
        metal.lumps().push(Lump::builder().grams(7));
        session.add(Vessel::builder());
        session.commit().unwrap();
        drop(session);
        Eight::metadata().drop_all(&engine).unwrap();
    }
}

#[test]
fn on_a_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    eight_at_once(&format!("sqlite:{}", folder.path().join("eight.db").display()));
}

#[test]
fn on_postgres() {
    eight_at_once(Own::new(&POSTGRES, "eight").url());
}

#[test]
fn on_mariadb() {
    eight_at_once(Own::new(&MARIADB, "eight").url());
}
