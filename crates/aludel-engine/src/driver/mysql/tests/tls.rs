//! Encryption, with a certificate that nobody but the tests knows: `ALUDEL_TLS_CA` is the file of the
//! authority that has signed the server's.

use super::*;
use crate::Kind;

/// What the server says of a connection's encryption; empty if there is none.
fn cipher(url: &str) -> Result<String> {
    let mut connection = blocking::Engine::new(url)?.connect()?;
    let rows = connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")?;
    rows[0].get(1)
}

// ENG-5
#[test]
fn connections_are_encrypted_as_the_url_says() {
    let [server, _] = servers();
    let with = |options: &str| format!("{server}?{options}");
    assert_eq!(cipher(&server).unwrap(), "");
    let offered = !cipher(&with("ssl-mode=preferred")).unwrap().is_empty();
    match cipher(&with("ssl-mode=required")) {
        Ok(cipher) => assert!(offered && !cipher.is_empty()),
        Err(error) => {
            assert_eq!((offered, error.kind()), (false, Some(Kind::TlsRefused)), "{error}")
        }
    }
    let Ok(authority) = std::env::var("ALUDEL_TLS_CA") else {
        return println!("no ALUDEL_TLS_CA: what is trusted isn't tested");
    };
    assert!(offered, "the server of ALUDEL_TLS_CA has TLS");
    let trusting = with(&format!("ssl-mode=verify_identity&ssl-ca={authority}"));
    assert!(!cipher(&trusting).unwrap().is_empty());
    // Interrupting goes by a second connection, which is encrypted in the same way.
    let engine = blocking::Engine::new(&trusting).unwrap();
    assert_eq!(engine.connect().unwrap().query("SELECT 1").unwrap().len(), 1);
    // The system trusts nobody of that name, and a file that is missing is told.
    let error = cipher(&with("ssl-mode=verify_identity")).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::TlsRefused), "{error}");
    let error = cipher(&with("ssl-mode=verify_identity&ssl-ca=/nowhere.pem")).unwrap_err();
    assert!(error.to_string().contains("`ssl-ca` names no file: `/nowhere.pem`"), "{error}");
    // By its other name.
    let (host, rest) = server.split_once("127.0.0.1").unwrap();
    let named = format!("{host}localhost{rest}?ssl-mode=verify_identity&ssl-ca={authority}");
    assert!(!cipher(&named).unwrap().is_empty());
}
