//! [`Tls`]: encryption by `rustls` with `ring`, if the program is built with it.

#[cfg(not(feature = "rustls"))]
pub(super) use without::Tls;

#[cfg(feature = "rustls")]
pub(super) use with::Tls;

/// Whom to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Whoever answers: the connection is encrypted, and that is all.
    Anybody,
    /// Whoever has a certificate of an authority that is trusted.
    Authority,
    /// The same, and the certificate is of the host that was asked for.
    Name,
}

#[cfg(not(feature = "rustls"))]
mod without {
    use tokio_postgres::{
        Socket,
        tls::{MakeTlsConnect, NoTls},
    };

    use super::Trust;

    /// No encryption is built in.
    #[derive(Clone, Debug)]
    pub(in super::super) struct Tls;

    impl Tls {
        pub(in super::super) fn none() -> Self {
            Self
        }

        pub(in super::super) fn new(
            _: Trust,
            _: Option<&str>,
            _: Option<(&str, &str)>,
        ) -> Result<Self, String> {
            Err("TLS is not built in: turn on Aludel's feature `rustls`, or say `sslmode=disable`"
                .into())
        }
    }

    impl MakeTlsConnect<Socket> for Tls {
        type Stream = <NoTls as MakeTlsConnect<Socket>>::Stream;
        type TlsConnect = NoTls;
        type Error = <NoTls as MakeTlsConnect<Socket>>::Error;

        fn make_tls_connect(&mut self, _: &str) -> Result<NoTls, Self::Error> {
            Ok(NoTls)
        }
    }
}

#[cfg(feature = "rustls")]
mod with {
    use std::{
        io,
        pin::Pin,
        sync::Arc,
        task::{Context, Poll},
    };

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio_postgres::{
        Socket,
        tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
    };
    use tokio_rustls::{
        TlsConnector, client,
        rustls::{ClientConfig, pki_types::ServerName},
    };

    use super::Trust;
    use crate::driver::{network::Boxed, postgres::rustls};

    /// How connections are encrypted, if they are.
    #[derive(Clone)]
    pub(in super::super) struct Tls(Option<Arc<ClientConfig>>);

    impl Tls {
        pub(in super::super) fn none() -> Self {
            Self(None)
        }

        pub(in super::super) fn new(
            trust: Trust,
            roots: Option<&str>,
            own: Option<(&str, &str)>,
        ) -> Result<Self, String> {
            let mut config = rustls::config(trust, roots, own)?;
            config.alpn_protocols = vec![b"postgresql".to_vec()];
            Ok(Self(Some(Arc::new(config))))
        }
    }

    /// Encrypts one connection.
    pub(in super::super) struct Connector(Option<(Arc<ClientConfig>, ServerName<'static>)>);

    /// An encrypted connection.
    pub(in super::super) struct Stream(client::TlsStream<Socket>);

    impl MakeTlsConnect<Socket> for Tls {
        type Stream = Stream;
        type TlsConnect = Connector;
        type Error = io::Error;

        fn make_tls_connect(&mut self, host: &str) -> io::Result<Connector> {
            let Some(config) = &self.0 else { return Ok(Connector(None)) };
            // A Unix socket has no name.
            let host = if host.is_empty() { "localhost" } else { host };
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            Ok(Connector(Some((Arc::clone(config), name))))
        }
    }

    impl TlsConnect<Socket> for Connector {
        type Stream = Stream;
        type Error = io::Error;
        type Future = Boxed<io::Result<Stream>>;

        fn connect(self, socket: Socket) -> Self::Future {
            Box::pin(async move {
                let Some((config, name)) = self.0 else {
                    return Err(io::Error::other("TLS is switched off"));
                };
                TlsConnector::from(config).connect(name, socket).await.map(Stream)
            })
        }
    }

    impl TlsStream for Stream {
        fn channel_binding(&self) -> ChannelBinding {
            ChannelBinding::none()
        }
    }

    impl AsyncRead for Stream {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Stream {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }
}
