//! What `rustls` is told: whom to trust, and who we are.

use std::sync::Arc;

use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};

use super::tls::Trust;

/// A configuration with `ring`, whatever the program's default provider is.
///
/// # Errors
/// What is wrong with the certificates.
pub(super) fn config(
    trust: Trust,
    roots: Option<&str>,
    own: Option<(&str, &str)>,
) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let checked = match trust {
        Trust::Anybody => None,
        Trust::Authority | Trust::Name => {
            let roots = Arc::new(trusted(roots.unwrap_or("system"))?);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(verifier.map_err(|error| format!("no certificate to trust: {error}"))?)
        }
    };
    let verifier = Arc::new(Verifier { checked, by_name: trust == Trust::Name, provider });
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    match own {
        None => Ok(builder.with_no_client_auth()),
        Some((certificates, key)) => {
            let chain = certificates_of(certificates)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| format!("the private key `{key}` can't be read: {error}"))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("the certificate and its key don't fit: {error}"))
        }
    }
}

fn certificates_of(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error| format!("the certificates `{file}` can't be read: {error}");
    let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    certificates.collect::<Result<_, _>>().map_err(unreadable)
}

fn trusted(file: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let certificates = match file {
        "system" => rustls_native_certs::load_native_certs().certs,
        file => certificates_of(file)?,
    };
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(format!("`{file}` holds no certificate that could be trusted"));
    }
    Ok(roots)
}

/// Checks a server's certificate as far as was asked for.
#[derive(Debug)]
struct Verifier {
    checked: Option<Arc<WebPkiServerVerifier>>,
    by_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(checked) = &self.checked else { return Ok(ServerCertVerified::assertion()) };
        let verified = checked.verify_server_cert(certificate, intermediates, name, ocsp, now);
        match verified {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.by_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
