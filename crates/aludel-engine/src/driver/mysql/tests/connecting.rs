//! URLs, what a session is set to, and connections that don't come about.

use std::time::Duration;

use super::*;
use crate::{Kind, UrlOptions};

fn asked(engine: &blocking::Engine, what: &str) -> String {
    let mut connection = engine.connect().unwrap();
    let sql = format!("SELECT CAST({what} AS CHAR)");
    connection.query(sql.as_str()).unwrap()[0].get::<String>(0).unwrap()
}

// ENG-1
#[test]
fn options_that_make_no_sense() {
    for (url, says) in [
        ("mysql://h/d?sslmode=x", "MySQL has no option `sslmode`; did you mean `ssl-mode`?"),
        ("mariadb://h/d?pool_size=3", "an option of the engine, `EngineOptions::pool_size`"),
        ("mariadb://h/d?frobnicate=1", "MariaDB has no option `frobnicate`; there are: charset"),
        ("mysql://h/d?charset=latin1", "`charset` should be one of utf8mb4, not `latin1`"),
        ("mysql://h/d?sql_mode=a'b", "`sql_mode` can't be"),
        ("mysql://h/d?sql_mode=NO_BACKSLASH_ESCAPES", "backslashes"),
        ("mysql://h/d?wait_timeout=soon", "`wait_timeout` should be a number of seconds"),
        ("mysql://h/d?ssl-mode=sometimes", "one of disabled, preferred, required"),
        ("mysql://h/d?ssl-ca=x.pem", "of no use without encryption"),
        ("mysql://h/d?ssl-mode=required&ssl-cert=x.pem", "belong together"),
        ("mysql://h/d?ssl-mode=verify_ca", "ssl-mode=verify_ca`"),
    ] {
        let error = blocking::Engine::new(url).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let encrypted = blocking::Engine::new("mysql://h/d?ssl-mode=required");
    if cfg!(feature = "rustls") {
        encrypted.unwrap();
    } else {
        let error = encrypted.unwrap_err().to_string();
        assert!(error.contains("feature `rustls`"), "{error}");
        blocking::Engine::new("mysql://h/d?ssl-mode=preferred").unwrap();
    }
}

#[test]
fn what_a_session_is_set_to() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        assert_eq!(asked(&engine, "@@autocommit + 0"), "0");
        assert_eq!(asked(&engine, "@@time_zone"), "+00:00");
        assert_eq!(asked(&engine, "@@character_set_connection"), "utf8mb4");
        assert!(asked(&engine, "@@sql_mode").contains("STRICT_TRANS_TABLES"));
        let options = EngineOptions::new()
            .lock_timeout(Duration::from_millis(1200))
            .statement_timeout(Duration::from_millis(2500));
        let url = scratch.with(
            "sql_mode=ANSI_QUOTES&time_zone=%2B02:00&wait_timeout=77&compress=yes\
             &init_command=SET%20@a=1&init_command=SET%20@b=@a%2B1&collation=utf8mb4_bin",
        );
        let engine = blocking::Engine::with_options(&url, options).unwrap();
        assert_eq!(asked(&engine, "@@sql_mode"), "ANSI_QUOTES");
        assert_eq!(asked(&engine, "@@time_zone"), "+02:00");
        assert_eq!(asked(&engine, "@@wait_timeout"), "77");
        assert_eq!(asked(&engine, "@@collation_connection"), "utf8mb4_bin");
        assert_eq!(asked(&engine, "@b"), "2");
        assert_eq!(asked(&engine, "@@innodb_lock_wait_timeout"), "2");
        assert_eq!(asked(&engine, "@@lock_wait_timeout"), "2");
        let mut connection = engine.connect().unwrap();
        let name = connection.query("SELECT @@version").unwrap()[0].get::<String>(0).unwrap();
        drop(connection);
        if name.contains("MariaDB") {
            assert_eq!(asked(&engine, "@@max_statement_time"), "2.500000");
        } else {
            assert_eq!(asked(&engine, "@@max_execution_time"), "2500");
        }
        let compressed = "SHOW SESSION STATUS LIKE 'Compression'";
        let row = engine.connect().unwrap().query(compressed).unwrap();
        assert_eq!(row[0].get::<String>(1).unwrap(), "ON");
    }
}

// ENG-51: what the engine says holds for all transactions that say nothing.
#[test]
fn isolation_of_the_engine() {
    use crate::driver::Isolation;

    for scratch in Scratch::each() {
        for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
            let options = EngineOptions::new().isolation(isolation);
            let engine = blocking::Engine::with_options(&scratch.url, options).unwrap();
            let name = asked(&engine, "@@version");
            let old = name.contains("MariaDB");
            let variable = if old { "@@tx_isolation" } else { "@@transaction_isolation" };
            assert_eq!(asked(&engine, variable), isolation.to_string().replace(' ', "-"));
        }
    }
}

#[test]
fn over_a_unix_socket() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let socket = asked(&engine, "@@socket");
        let url = Url::parse(&scratch.url).unwrap();
        let user = url.user().unwrap_or_default();
        let password = url.password().map(|it| format!(":{it}")).unwrap_or_default();
        let (scheme, name) = (url.scheme(), &scratch.name);
        let encoded = socket.replace('/', "%2F");
        for url in [
            format!("{scheme}://{user}{password}@localhost/{name}?socket={socket}"),
            format!("{scheme}://{user}{password}@/{name}?unix_socket={socket}"),
            format!("{scheme}://{user}{password}@{encoded}/{name}"),
        ] {
            let engine = blocking::Engine::new(&url).unwrap();
            assert_eq!(asked(&engine, "DATABASE()"), *name);
        }
    }
}

// ENG-32
#[test]
fn connections_that_do_not_come_about() {
    for server in servers() {
        let url = Url::parse(&server).unwrap();
        let hosts = UrlOptions::new(&url).hosts().unwrap();
        let host = hosts[0].to_string();
        let scheme = url.scheme();
        for (url, kind) in [
            (format!("{scheme}://root@127.0.0.1:1/x"), Kind::ConnectionRefused),
            (format!("{scheme}://root@no-such-host.invalid/x"), Kind::ConnectionRefused),
            (format!("{scheme}://root@/x?socket=/nowhere.sock"), Kind::ConnectionRefused),
            (format!("{scheme}://nobody:wrong@{host}/x"), Kind::AccessDenied),
            (format!("{server}no_such_database"), Kind::UnknownDatabase),
        ] {
            let error = blocking::Engine::new(&url).unwrap().connect().unwrap_err();
            assert_eq!(error.kind(), Some(kind), "{url}: {error}");
        }
        // The first that answers is taken.
        let (_, rest) = server.split_once(&host).unwrap();
        let front = server.strip_suffix(&format!("{host}{rest}")).unwrap();
        let several = format!("{front}127.0.0.1:1,{host}{rest}");
        blocking::Engine::new(&several).unwrap().connect().unwrap();
    }
}

#[test]
fn a_server_that_says_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("mysql://root@127.0.0.1:{port}/x?connect_timeout=100ms");
    let error = blocking::Engine::new(&url).unwrap().connect().unwrap_err();
    assert_eq!(error.kind(), Some(Kind::ConnectionRefused), "{error}");
    assert!(error.to_string().contains("100ms"), "{error}");
}

#[test]
fn mariadb_is_not_mysql() {
    let [_, mysql] = servers();
    let engine = blocking::Engine::new(&mysql).unwrap();
    let url = format!("mariadb{}", mysql.strip_prefix("mysql").unwrap());
    let connected = blocking::Engine::new(&url).unwrap().connect().map(drop);
    if asked(&engine, "@@version").contains("MariaDB") {
        connected.unwrap();
    } else {
        let error = connected.unwrap_err().to_string();
        assert!(error.contains("use `mysql:`"), "{error}");
    }
}

#[test]
fn too_many_connections() {
    for scratch in Scratch::each() {
        let user = format!("u{}", &scratch.name[13..]);
        scratch.administer(&format!(
            "CREATE USER {user}@'%' IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1"
        ));
        scratch.administer(&format!("GRANT ALL ON {}.* TO {user}@'%'", scratch.name));
        let (scheme, rest) = scratch.url.split_once("://").unwrap();
        let host = rest.rsplit_once('@').unwrap().1;
        let url = format!("{scheme}://{user}:pw@{host}");
        let engine = blocking::Engine::new(&url).unwrap();
        let held = engine.connect().unwrap();
        let error = engine.connect().unwrap_err();
        assert_eq!(error.kind(), Some(Kind::TooManyConnections), "{error}");
        assert!(error.to_string().contains("`max_overflow`"), "{error}");
        drop(held);
        engine.connect().unwrap();
        let error = blocking::Engine::new(&url.replace(":pw@", ":wp@")).unwrap().connect();
        assert_eq!(error.unwrap_err().kind(), Some(Kind::AccessDenied));
        // Of another's database. The server may not have noticed yet who has left.
        scratch.administer(&format!("ALTER USER {user}@'%' WITH MAX_USER_CONNECTIONS 0"));
        let (base, _) = url.rsplit_once('/').unwrap();
        drop(engine);
        let error = blocking::Engine::new(&format!("{base}/mysql")).unwrap().connect();
        assert_eq!(error.unwrap_err().kind(), Some(Kind::AccessDenied));
        scratch.administer(&format!("DROP USER {user}@'%'"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_tells_the_server() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut connection = engine.connect().await.unwrap();
        let id = connection.query("SELECT CONNECTION_ID()").await.unwrap()[0].get::<i64>(0);
        drop(connection);
        engine.dispose();
        let mut connection = engine.connect().await.unwrap();
        let sql =
            format!("SELECT 1 FROM information_schema.processlist WHERE id = {}", id.unwrap());
        let mut there = true;
        for _ in 0..200 {
            there = !connection.query(sql.as_str()).await.unwrap().is_empty();
            if !there {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!there, "the server still has it");
    }
}
