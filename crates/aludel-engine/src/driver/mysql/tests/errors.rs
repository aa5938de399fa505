//! What the servers refuse, and what becomes of the connection.

use std::time::Duration;

use super::*;
use crate::{
    Integrity, Kind,
    blocking::block_on,
    driver::{once, run},
};

// ENG-30, ENG-31
#[test]
fn constraints() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        for ddl in [
            "CREATE TABLE p (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, n INT, needed INT NOT NULL, \
             CONSTRAINT uq_name UNIQUE (name), CONSTRAINT positive CHECK (n > 0)) ENGINE=InnoDB",
            "CREATE TABLE c (id INT PRIMARY KEY, p_id INT, CONSTRAINT fk_p FOREIGN KEY (p_id) \
             REFERENCES p (id)) ENGINE=InnoDB",
            "INSERT INTO p VALUES (1, 'a', 1, 1)",
            "INSERT INTO c VALUES (1, 1)",
        ] {
            connection.execute(ddl).unwrap();
        }
        connection.commit().unwrap();
        use Integrity::*;
        for (sql, kind, table, columns, constraint) in [
            ("INSERT INTO p VALUES (1, 'b', 1, 1)", Unique, "p", &["id"][..], Some("PRIMARY")),
            ("INSERT INTO p VALUES (2, 'a', 1, 1)", Unique, "p", &["name"], Some("uq_name")),
            ("UPDATE p SET name = NULL WHERE id = 1", NotNull, "p", &["name"], None),
            ("INSERT INTO p (id, name) VALUES (2, 'b')", NotNull, "p", &["needed"], None),
            ("INSERT INTO p VALUES (2, 'b', 0, 1)", Check, "p", &[], Some("positive")),
            ("INSERT INTO c VALUES (2, 5)", ForeignKey, "c", &["p_id"], Some("fk_p")),
            ("DELETE FROM p WHERE id = 1", ForeignKey, "c", &["p_id"], Some("fk_p")),
        ] {
            let error = connection.execute(sql).unwrap_err();
            let it = error.database().unwrap();
            assert_eq!(it.kind, Kind::Integrity(kind), "{error}");
            assert_eq!(it.table.as_deref(), Some(table), "{error}");
            assert_eq!(it.columns, columns, "{error}");
            assert_eq!(it.constraint.as_deref(), constraint, "{error}");
            assert_eq!(it.sql.as_deref(), Some(sql));
            assert!(it.source.is_some());
            assert!(connection.in_transaction(), "one statement failed, not the transaction");
        }
        connection.execute("INSERT INTO p VALUES (2, 'b', 1, 1)").unwrap();
        connection.commit().unwrap();
        // Values are never cut short.
        let error = connection.execute("INSERT INTO p VALUES (3, repeat('x', 21), 1, 1)");
        assert_eq!(error.unwrap_err().kind(), Some(Kind::Other));
    }
}

#[test]
fn wrong_sql() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        connection.execute("CREATE TABLE t (a INT)").unwrap();
        for sql in
            ["SELEC 1", "SELECT a FROM nothing", "SELECT nothing FROM t", "SELECT no_such(1)", ""]
        {
            let error = connection.query(sql).unwrap_err();
            assert_eq!(error.kind(), Some(Kind::Syntax), "{sql}: {error}");
        }
        assert_eq!(connection.query("SELECT 1").unwrap().len(), 1);
    }
}

// ENG-34
#[test]
fn locks_and_time() {
    for scratch in Scratch::each() {
        let options = EngineOptions::new()
            .lock_timeout(Duration::from_secs(1))
            .statement_timeout(Duration::from_millis(1500));
        let engine = blocking::Engine::with_options(&scratch.url, options).unwrap();
        let mut one = engine.connect().unwrap();
        let mut other = engine.connect().unwrap();
        one.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT) ENGINE=InnoDB").unwrap();
        one.execute("INSERT INTO t VALUES (1, 0), (2, 0)").unwrap();
        one.commit().unwrap();
        one.execute("UPDATE t SET b = 1 WHERE a = 1").unwrap();
        other.execute("UPDATE t SET b = 2 WHERE a = 2").unwrap();
        for sql in [
            "SELECT a FROM t WHERE a = 1 FOR UPDATE NOWAIT",
            "SELECT a FROM t WHERE a = 1 FOR UPDATE",
        ] {
            let error = other.query(sql).unwrap_err();
            assert_eq!(error.kind(), Some(Kind::LockTimeout), "{error}");
        }
        // The rest of the transaction is as it was.
        other.commit().unwrap();
        one.rollback().unwrap();
        assert_eq!(one.query("SELECT b FROM t ORDER BY a").unwrap()[1].get::<i64>(0).unwrap(), 2);
        let slow = "SELECT count(*) FROM information_schema.collations a, information_schema.collations b, \
                    information_schema.collations c, information_schema.collations d \
                    WHERE a.id + b.id * c.id = d.id + 0.5";
        let error = one.query(slow).unwrap_err();
        assert_eq!(error.kind(), Some(Kind::StatementTimeout), "{error}");
        assert_eq!(one.query("SELECT 1").unwrap().len(), 1);
    }
}

// ENG-35
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_closes() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut connection = engine.connect().await.unwrap();
        connection.execute("CREATE TABLE t (a INT)").await.unwrap();
        connection.commit().await.unwrap();
        for moment in ["between", "within"] {
            let mut victim = engine.connect().await.unwrap();
            victim.execute("INSERT INTO t VALUES (1)").await.unwrap();
            let id =
                victim.query("SELECT CONNECTION_ID()").await.unwrap()[0].get::<i64>(0).unwrap();
            let kill = format!("KILL CONNECTION {id}");
            let error = if moment == "between" {
                connection.execute(kill.as_str()).await.unwrap();
                victim.execute("INSERT INTO t VALUES (2)").await.unwrap_err()
            } else {
                let (sleeping, killed) = tokio::join!(victim.query("SELECT SLEEP(5)"), async {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    connection.execute(kill.as_str()).await
                });
                killed.unwrap();
                sleeping.unwrap_err()
            };
            assert_eq!(error.kind(), Some(Kind::ConnectionLost), "{moment}: {error}");
            assert!(!victim.driver_connection().is_usable());
            // The next statement is another transaction's.
            assert!(victim.query("SELECT a FROM t").await.unwrap().is_empty());
            drop(victim);
            let rows = engine.connect().await.unwrap().query("SELECT * FROM t").await.unwrap();
            assert!(rows.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_interrupts() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut admin = engine.connect().await.unwrap();
        let mut victim = engine.connect().await.unwrap();
        victim.execute("CREATE TABLE t (a INT)").await.unwrap();
        victim.execute("INSERT INTO t VALUES (1), (2)").await.unwrap();
        let id = victim.query("SELECT CONNECTION_ID()").await.unwrap()[0].get::<i64>(0).unwrap();
        let kill = format!("KILL QUERY {id}");
        let (slept, killed) = tokio::join!(victim.query("SELECT a, SLEEP(3) FROM t"), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            admin.execute(kill.as_str()).await
        });
        killed.unwrap();
        let error = slept.map(|rows| rows.len()).unwrap_err();
        assert_eq!(error.kind(), Some(Kind::Interrupted), "{error}");
        assert!(victim.in_transaction());
        victim.commit().await.unwrap();
        assert_eq!(victim.query("SELECT a FROM t").await.unwrap().len(), 2);
    }
}

#[test]
fn a_script_that_fails_at_a_row() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        // Nobody reads the rest of the rows, and the next answer is the next question's.
        let error = connection
            .fetch(aludel_core::expr::text("SELECT 'x' UNION ALL SELECT 'y'").rows::<(i64,)>());
        error.unwrap_err();
        assert_eq!(connection.query("SELECT 5").unwrap()[0].get::<i64>(0).unwrap(), 5);
        let on = connection.driver_connection();
        let mixed = [step("SELECT 1", &[], Want::Count), step("SELECT 2", &[], Want::Rows)];
        let done = block_on(run(on, Script::new([mixed.into()]))).unwrap();
        assert_eq!(done.rows, [(1, vec![Value::Int(2)])]);
        block_on(once(on, [ROLLBACK])).unwrap();
    }
}
