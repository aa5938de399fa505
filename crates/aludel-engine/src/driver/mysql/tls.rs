//! TLS as the URL asks for it.

use mysql_async::SslOpts;

use crate::{
    Result,
    url::{Url, UrlOptions},
};

/// Whether and how a connection is encrypted.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    /// Whether it may be done without, where the server can't.
    pub(super) optional: bool,
    /// `None`: not at all.
    pub(super) options: Option<SslOpts>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

const MODES: [(&str, Mode); 5] = [
    ("disabled", Mode::Disabled),
    ("preferred", Mode::Preferred),
    ("required", Mode::Required),
    ("verify_ca", Mode::VerifyCa),
    ("verify_identity", Mode::VerifyIdentity),
];

impl Tls {
    /// Takes the options of a URL.
    pub(super) fn of(url: &Url, options: &mut UrlOptions<'_>) -> Result<Self> {
        let mode = options.choice("ssl-mode", &MODES)?.unwrap_or(Mode::Disabled);
        let [ca, certificate, key] = ["ssl-ca", "ssl-cert", "ssl-key"].map(|it| options.text(it));
        let (ca, identity) = (ca?, (certificate?, key?));
        let plain = Self { optional: true, options: None };
        if mode == Mode::Disabled {
            if ca.is_some() || identity != (None, None) {
                return Err(url.error(
                    "certificates are of no use without encryption: add `ssl-mode=verify_identity`",
                ));
            }
            return Ok(plain);
        }
        if mode == Mode::VerifyCa {
            // The client compares the name in any case.
            return Err(url.error(
                "`ssl-mode=verify_ca`, which trusts a certificate of any name, is not to be had: \
                 use `verify_identity`, or `required` to trust any certificate",
            ));
        }
        if identity.0.is_some() != identity.1.is_some() {
            return Err(url.error("`ssl-cert` and `ssl-key` belong together"));
        }
        let files = [("ssl-ca", ca), ("ssl-cert", identity.0), ("ssl-key", identity.1)];
        for (name, path) in files {
            if let Some(path) = path.filter(|it| !std::path::Path::new(it).is_file()) {
                return Err(url.error(format!("`{name}` names no file: `{path}`")));
            }
        }
        match options_of(mode, ca, identity.0.zip(identity.1)) {
            Some(options) => Ok(Self { optional: mode == Mode::Preferred, options: Some(options) }),
            None if mode == Mode::Preferred => Ok(plain),
            None => Err(url.error(
                "it asks for encryption, but Aludel was built without its feature `rustls`",
            )),
        }
    }
}

#[cfg(not(feature = "rustls"))]
fn options_of(_: Mode, _: Option<&str>, _: Option<(&str, &str)>) -> Option<SslOpts> {
    None
}

#[cfg(feature = "rustls")]
fn options_of(mode: Mode, ca: Option<&str>, identity: Option<(&str, &str)>) -> Option<SslOpts> {
    use std::path::PathBuf;

    use mysql_async::ClientIdentity;

    let file = |path: &str| PathBuf::from(path).into();
    let verified = mode == Mode::VerifyIdentity;
    let mut options = SslOpts::default().with_danger_accept_invalid_certs(!verified);
    let roots = match ca {
        Some(ca) => vec![file(ca)],
        // The system's, so that programs trust whom the rest of the machine trusts.
        None if verified => system_roots().into_iter().map(Into::into).collect(),
        None => Vec::new(),
    };
    if !roots.is_empty() {
        options = options.with_root_certs(roots).with_disable_built_in_roots(true);
    }
    let identity =
        identity.map(|(certificate, key)| ClientIdentity::new(file(certificate), file(key)));
    Some(options.with_client_identity(identity))
}

#[cfg(feature = "rustls")]
fn system_roots() -> Vec<Vec<u8>> {
    let found = rustls_native_certs::load_native_certs().certs;
    found.into_iter().map(|it| it.to_vec()).collect()
}

/// Checks that the client can set encryption up, where it would panic: if somebody else has brought
/// another provider of cryptography into the program, `rustls` doesn't know which one to take.
///
/// # Errors
/// What the program has to do.
#[cfg(feature = "rustls")]
pub(super) fn check_provider() -> Result<()> {
    use tokio_rustls::rustls::{ClientConfig, crypto::CryptoProvider};

    if CryptoProvider::get_default().is_some()
        || std::panic::catch_unwind(ClientConfig::builder).is_ok()
    {
        return Ok(());
    }
    Err(crate::Error::InvalidRequest(
        "the program has several providers of cryptography for `rustls`: choose one at its start, by \
         `CryptoProvider::install_default`"
            .into(),
    ))
}

#[cfg(not(feature = "rustls"))]
pub(super) fn check_provider() -> Result<()> {
    Ok(())
}
