//! Each kind of error, as the server has it.

use std::time::Duration;

use super::{engine, engine_with, url};
use crate::{DatabaseError, Engine, EngineOptions, Error, Integrity, Kind};

fn database(error: &Error) -> &DatabaseError {
    error.database().unwrap_or_else(|| panic!("{error:?}"))
}

async fn connecting(url: &str) -> Error {
    Engine::new(url).unwrap().connect().await.map(drop).unwrap_err()
}

#[tokio::test]
async fn connecting_fails_in_its_own_ways() {
    let refused = connecting("postgres://127.0.0.1:1/postgres").await;
    assert_eq!(refused.kind(), Some(Kind::ConnectionRefused), "{refused}");
    let socket = connecting("postgres:///postgres?host=/nowhere").await;
    assert_eq!(socket.kind(), Some(Kind::ConnectionRefused), "{socket}");
    let unknown =
        connecting(&format!("{}/aludel_no_such_database", url().rsplit_once('/').unwrap().0)).await;
    assert_eq!(unknown.kind(), Some(Kind::UnknownDatabase), "{unknown}");
    let nobody = connecting(&url().replace("postgres@", "aludel_nobody:x@")).await;
    assert_eq!(nobody.kind(), Some(Kind::AccessDenied), "{nobody}");
    assert!(!format!("{nobody:?} {nobody}").contains(":x@"));
}

#[tokio::test]
async fn options_are_known_or_refused_by_name() {
    let text = |url: &str| Engine::new(url).map(drop).unwrap_err().to_string();
    let error = text("postgres://h/db?sslmod=disable");
    assert!(error.contains("no option `sslmod`; did you mean `sslmode`"), "{error}");
    let error = text("postgres://h/db?sslmode=on");
    assert!(error.contains("disable, prefer, require, verify-ca, verify-full"), "{error}");
    let error = text("postgres://h/db?sslcert=a.pem&sslmode=require");
    assert!(error.contains("go together"), "{error}");
    let named = Engine::new(&super::url_with("application_name=caf%C3%A9%20%27x%27")).unwrap();
    let mut connection = named.connect().await.unwrap();
    let name = aludel_core::expr::text("SHOW application_name").rows::<(String,)>();
    // The server keeps ASCII only.
    assert!(connection.fetch(name).await.unwrap()[0].0.ends_with("'x'"));
}

#[tokio::test]
async fn a_socket_is_a_host() {
    let directory = "/var/run/postgresql";
    if !std::path::Path::new(directory).join(".s.PGSQL.5432").exists() {
        // A server elsewhere has its socket elsewhere.
        return assert!(std::env::var("ALUDEL_POSTGRES_URL").is_ok(), "{directory} has no socket");
    }
    for url in [
        "postgres:///postgres?host=/var/run/postgresql&user=postgres",
        "postgres://postgres@%2Fvar%2Frun%2Fpostgresql/postgres",
    ] {
        let answer = Engine::new(url).unwrap().connect().await.map(drop);
        // Who may use it is the server's business.
        assert!(answer.is_ok() || answer.unwrap_err().kind() == Some(Kind::AccessDenied));
    }
}

#[tokio::test]
async fn constraints_are_named() {
    let engine = engine("constraints").await;
    let mut connection = engine.connect().await.unwrap();
    for sql in [
        "CREATE TABLE p (id int PRIMARY KEY, a int, b int, CONSTRAINT pair UNIQUE (a, b))",
        "CREATE TABLE c (p int REFERENCES p, n int NOT NULL, CONSTRAINT small CHECK (n < 10))",
        "INSERT INTO p VALUES (1, 2, 3)",
    ] {
        connection.execute(sql).await.unwrap();
    }
    connection.commit().await.unwrap();
    type Case =
        (&'static str, Integrity, &'static str, Option<&'static str>, &'static [&'static str]);
    let cases: [Case; 4] = [
        ("INSERT INTO p VALUES (2, 2, 3)", Integrity::Unique, "p", Some("pair"), &["a", "b"]),
        ("INSERT INTO c VALUES (9, 1)", Integrity::ForeignKey, "c", Some("c_p_fkey"), &["p"]),
        ("INSERT INTO c VALUES (1, NULL)", Integrity::NotNull, "c", None, &["n"]),
        ("INSERT INTO c VALUES (1, 10)", Integrity::Check, "c", Some("small"), &[]),
    ];
    for (sql, kind, table, constraint, columns) in cases {
        let error = connection.execute(sql).await.unwrap_err();
        let error = database(&error);
        assert_eq!(error.kind, Kind::Integrity(kind));
        assert_eq!(error.table.as_deref(), Some(table), "{sql}");
        assert_eq!(error.constraint.as_deref(), constraint, "{sql}");
        assert_eq!(error.columns, columns, "{sql}");
        connection.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn statements_fail_in_their_own_ways() {
    let options = EngineOptions::new()
        .statement_timeout(Duration::from_millis(200))
        .lock_timeout(Duration::from_millis(50));
    let engine = engine_with("statements", options).await;
    let mut one = engine.connect().await.unwrap();
    one.execute("CREATE TABLE t (id int PRIMARY KEY, n int)").await.unwrap();
    one.execute("INSERT INTO t VALUES (1, 1), (2, 2)").await.unwrap();
    one.commit().await.unwrap();
    let kind = |result: crate::Result<u64>| result.unwrap_err().kind().unwrap();
    assert_eq!(kind(one.execute("SELECT pg_sleep(5)").await), Kind::StatementTimeout);
    one.rollback().await.unwrap();
    assert_eq!(kind(one.execute("SELEC 1").await), Kind::Syntax);
    one.rollback().await.unwrap();
    assert_eq!(kind(one.execute("SELECT * FROM nowhere").await), Kind::Syntax);
    one.rollback().await.unwrap();
    one.execute("UPDATE t SET n = 3 WHERE id = 1").await.unwrap();
    let mut two = engine.connect().await.unwrap();
    assert_eq!(kind(two.execute("UPDATE t SET n = 4 WHERE id = 1").await), Kind::LockTimeout);
    two.rollback().await.unwrap();
    let nowait = "SELECT * FROM t FOR UPDATE NOWAIT";
    assert_eq!(kind(two.execute(nowait).await), Kind::LockTimeout);
    two.rollback().await.unwrap();
    one.rollback().await.unwrap();
}

#[tokio::test]
async fn deadlocks_and_serialization_failures_can_be_run_again() {
    let engine = engine("meetings").await;
    let mut one = engine.connect().await.unwrap();
    let mut two = engine.connect().await.unwrap();
    one.execute("CREATE TABLE t (id int PRIMARY KEY, n int)").await.unwrap();
    one.execute("INSERT INTO t VALUES (1, 1), (2, 2)").await.unwrap();
    one.commit().await.unwrap();
    one.execute("UPDATE t SET n = 3 WHERE id = 1").await.unwrap();
    two.execute("UPDATE t SET n = 3 WHERE id = 2").await.unwrap();
    let (a, b) = tokio::join!(
        one.execute("UPDATE t SET n = 4 WHERE id = 2"),
        two.execute("UPDATE t SET n = 4 WHERE id = 1"),
    );
    let error = a.and(b).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Deadlock));
    assert!(error.is_retryable());
    one.rollback().await.unwrap();
    two.rollback().await.unwrap();

    let serializable = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
    for connection in [&mut one, &mut two] {
        connection.execute(serializable).await.unwrap();
        connection.query("SELECT sum(n) FROM t").await.unwrap();
    }
    one.execute("UPDATE t SET n = 5 WHERE id = 1").await.unwrap();
    two.execute("UPDATE t SET n = 5 WHERE id = 2").await.unwrap();
    let (a, b) = (one.commit().await, two.commit().await);
    let error = a.and(b).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Serialization));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_killed_connection_is_lost_and_replaced() {
    let engine = engine("killed").await;
    let mut one = engine.connect().await.unwrap();
    let pid = aludel_core::expr::text("SELECT pg_backend_pid()").rows::<(i32,)>();
    let number = one.fetch(&pid).await.unwrap()[0].0;
    let mut two = engine.connect().await.unwrap();
    let (killed, lost) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            two.execute(format!("SELECT pg_terminate_backend({number})")).await
        },
        one.execute("SELECT pg_sleep(20)"),
    );
    killed.unwrap();
    assert_eq!(lost.unwrap_err().kind(), Some(Kind::ConnectionLost));
    drop(one);
    let mut next = engine.connect().await.unwrap();
    assert_ne!(next.fetch(&pid).await.unwrap()[0].0, number);
}

#[tokio::test]
async fn too_many_connections() {
    let mut admin = Engine::new(&url()).unwrap().connect().await.unwrap();
    let administer = ["DROP ROLE IF EXISTS aludel_engine_one", "CREATE ROLE aludel_engine_one"];
    for sql in administer {
        admin.execute(sql).await.unwrap();
    }
    let limit = "ALTER ROLE aludel_engine_one LOGIN CONNECTION LIMIT 1 PASSWORD 'pw'";
    admin.execute(limit).await.unwrap();
    admin.commit().await.unwrap();
    let (_, host) = url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let engine = Engine::new(&format!("postgres://aludel_engine_one:pw@{host}")).unwrap();
    let held = engine.connect().await.unwrap();
    let error = engine.connect().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::TooManyConnections), "{error}");
    let text = error.to_string();
    assert!(text.contains("aludel_engine_one") && text.contains("`max_overflow`"), "{text}");
    drop(held);
    engine.connect().await.unwrap();
    engine.dispose();
    admin.execute("DROP ROLE aludel_engine_one").await.unwrap();
    admin.commit().await.unwrap();
}
