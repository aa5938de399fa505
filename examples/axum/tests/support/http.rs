//! An HTTP client that keeps one connection open.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A connection to a service.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

/// What came back; `body` is `null` where there is none.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Client {
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender, address }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], String::new()).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, &[], String::new()).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    /// Changes what has been read in this version.
    pub async fn patch(&mut self, path: &str, version: i64, body: &Value) -> Answer {
        let version = format!("\"{version}\"");
        let headers = [("content-type", "application/json"), ("if-match", &*version)];
        self.send("PATCH", path, &headers, body.to_string()).await
    }

    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header("host", self.address.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body)).unwrap();
        self.sender.ready().await.unwrap();
        let (parts, body) = self.sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body)
                .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into()),
        };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}
