//! Events for `tracing`; alone in its process, since `tracing` remembers for all threads what the
//! first one that came along wanted to see.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use aludel_engine::blocking::Engine;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps each event's fields as text, but for the time.
#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "elapsed" {
            self.0 += &format!("{}={value:?} ", field.name());
        }
    }
}

impl Subscriber for Collect {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "aludel::sql"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0.trim_end().to_owned());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn each_step_is_an_event_without_its_parameters() {
    let collect = Collect::default();
    tracing::subscriber::with_default(collect.clone(), || {
        let mut connection = Engine::new("sqlite::memory:").unwrap().connect().unwrap();
        connection.execute("CREATE TABLE t (a)").unwrap();
        let sets = vec![vec!["secret".into()], vec!["secret".into()]];
        connection.execute_many("INSERT INTO t VALUES (?)", sets).unwrap();
        connection.query("SELECT a FROM t").unwrap();
        connection.commit().unwrap();
    });
    assert_eq!(
        *collect.0.lock().unwrap(),
        [
            r#"sql="BEGIN IMMEDIATE" runs=1 rows=0"#,
            r#"sql="CREATE TABLE t (a)" runs=1 rows=0"#,
            r#"sql="INSERT INTO t VALUES (?)" runs=2 rows=2"#,
            r#"sql="SELECT a FROM t" runs=1 rows=2"#,
            r#"sql="COMMIT" runs=1 rows=0"#,
        ]
    );
}
