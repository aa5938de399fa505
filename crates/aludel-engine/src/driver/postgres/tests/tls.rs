//! Encryption, with a certificate that nobody but the tests knows: `ALUDEL_TLS_CA` is the file of the
//! authority that signed the server's (`.ci/servers` makes both).

use std::io::{Read as _, Write as _};

use aludel_core::expr::text;

use super::url_with;
use crate::{Engine, Kind, Result};

async fn is_encrypted(options: &str) -> Result<bool> {
    let mut connection = Engine::new(&url_with(options))?.connect().await?;
    let sql = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").rows::<(bool,)>();
    Ok(connection.fetch(sql).await?[0].0)
}

#[tokio::test]
async fn as_far_as_the_url_asks() {
    assert!(!is_encrypted("sslmode=disable").await.unwrap());
    let offered = is_encrypted("sslmode=prefer").await.unwrap();
    let Ok(authority) = std::env::var("ALUDEL_TLS_CA") else {
        return println!("no ALUDEL_TLS_CA: what is trusted isn't tested");
    };
    assert!(offered, "the server of ALUDEL_TLS_CA has TLS");
    assert!(is_encrypted("sslmode=require").await.unwrap());
    for mode in ["verify-ca", "verify-full"] {
        let trusting = format!("sslmode={mode}&sslrootcert={authority}");
        assert!(is_encrypted(&trusting).await.unwrap(), "{mode}");
    }
    // An authority that hasn't signed it.
    let key = somebody_else();
    let refused = is_encrypted(&format!("sslmode=verify-ca&sslrootcert={}", key.display())).await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), Some(Kind::TlsRefused), "{error}");
}

/// A certificate of somebody else.
fn somebody_else() -> std::path::PathBuf {
    let directory = std::env::temp_dir().join(format!("aludel-other-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("other.pem");
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=Somebody else", "-keyout"])
        .arg(directory.join("other.key"))
        .arg("-out")
        .arg(&file)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    file
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    for (options, says) in [
        ("sslmode=verify-full&sslrootcert=/nowhere.pem", "`/nowhere.pem` can't be read"),
        ("sslmode=require&sslcert=/a.pem&sslkey=/b.key", "`/a.pem` can't be read"),
        ("sslmode=require&sslkey=/b.key", "go together"),
    ] {
        let error = Engine::new(&url_with(options)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    // It answers the first question of the protocol, "TLS?", with no.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut question = [0; 8];
        socket.read_exact(&mut question).unwrap();
        socket.write_all(b"N").unwrap();
    });
    let engine = Engine::new(&format!("postgres://u@127.0.0.1:{port}/d?sslmode=require")).unwrap();
    let error = engine.connect().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::TlsRefused), "{error}");
    server.join().unwrap();
}
