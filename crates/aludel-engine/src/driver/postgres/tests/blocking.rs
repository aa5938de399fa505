//! The blocking face, and what it refuses.

use aludel_core::expr::text;

use super::{blocking_engine, url};
use crate::blocking::Engine;

#[test]
fn units_run_on_the_callers_thread() {
    let engine = blocking_engine("blocking");
    let mut connection = engine.connect().unwrap();
    connection.execute("CREATE TABLE t (a int)").unwrap();
    connection.execute("INSERT INTO t VALUES (7)").unwrap();
    connection.commit().unwrap();
    drop(connection);
    // Another thread may go on with it.
    let found = std::thread::spawn(move || {
        let mut connection = engine.connect().unwrap();
        let rows = connection.fetch(text("SELECT a FROM t").rows::<(i32,)>()).unwrap();
        connection.execute("INSERT INTO t VALUES (8)").unwrap();
        drop(connection);
        let status = engine.status();
        assert_eq!((status.size, status.available), (1, 1));
        // What wasn't committed is gone.
        let mut connection = engine.connect().unwrap();
        assert_eq!(connection.fetch(text("SELECT a FROM t").rows::<(i32,)>()).unwrap(), rows);
        rows
    });
    assert_eq!(found.join().unwrap(), [(7,)]);
}

#[tokio::test]
async fn within_a_runtime_it_is_refused() {
    let engine = Engine::new(&url()).unwrap();
    let error = engine.connect().map(drop).unwrap_err().to_string();
    assert!(error.contains("spawn_blocking"), "{error}");
    let one = tokio::task::spawn_blocking(move || {
        let mut connection = engine.connect().unwrap();
        connection.fetch(text("SELECT 1::bigint").rows::<(i64,)>()).unwrap()
    });
    assert_eq!(one.await.unwrap(), [(1,)]);
}

#[tokio::test]
async fn a_connection_that_is_carried_into_a_runtime_is_refused_there() {
    let connection =
        tokio::task::spawn_blocking(|| Engine::new(&url()).unwrap().connect().unwrap());
    let mut connection = connection.await.unwrap();
    let error = connection.execute("SELECT 1").unwrap_err().to_string();
    assert!(error.contains("async runtime"), "{error}");
}

#[test]
fn the_async_face_needs_a_runtime() {
    let engine = crate::Engine::new(&url()).unwrap();
    let error = crate::blocking::block_on(engine.connect()).map(drop).unwrap_err().to_string();
    assert!(error.contains("tokio's runtime"), "{error}");
}
