//! What is sent to strangers: one POST over a connection of its own, to an address that was looked at first.
//!
//! No redirect is followed, no proxy is asked, and no connection is kept: what the name stood for when it was looked
//! at is what is connected to. Everything together has one time limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use shared::domain::webhooks::lane::Parcel;
use shared::machinery::destination::{destination, is_allowed};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// How long a receiver has for an answer (contract cloudonex §9).
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The most addresses of one name that are tried.
const MOST_TRIED: usize = 3;
/// How much of an answer is read, in bytes.
const MOST_READ: usize = 4096;
/// How much of it is kept, in characters.
const MOST_KEPT: usize = 500;

/// Sends to webhooks.
pub struct Post {
    tls: TlsConnector,
    loopback: bool,
    patience: Duration,
}

/// What was heard of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What went wrong otherwise.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: String,
    /// What the header `Retry-After` said.
    pub retry_after: Option<String>,
}

impl Post {
    /// One that lets a receiver take so long; to this machine itself only where that is wanted. Trusts whom the system
    /// trusts.
    ///
    /// # Panics
    ///
    /// When the crypto provider speaks no TLS version, which it does.
    #[allow(clippy::expect_used, reason = "at start-up, with what is linked in")]
    pub fn new(loopback: bool, patience: Duration) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), loopback, patience }
    }

    /// Send a parcel.
    pub async fn send(&self, parcel: &Parcel) -> Heard {
        self.ask(&parcel.url, &parcel.headers, &parcel.body).await
    }

    /// Send a body with these headers to an address. Never fails: what went wrong is what was heard.
    pub async fn ask(&self, url: &str, headers: &[(&'static str, String)], body: &str) -> Heard {
        let sent = tokio::time::timeout(self.patience, self.try_to(url, headers, body)).await;
        let why = match sent {
            Ok(Ok(heard)) => return heard,
            Ok(Err(why)) => why,
            Err(_) => format!("no answer within {} ms", self.patience.as_millis()),
        };
        Heard { error: Some(why), ..Heard::default() }
    }

    async fn try_to(&self, url: &str, headers: &[(&'static str, String)], body: &str) -> Result<Heard, String> {
        let url = destination(url, self.loopback).ok_or("the address is not public")?;
        let stream = connect(&self.addresses(&url).await?).await?;
        if url.scheme() == "http" {
            return exchange(stream, &url, headers, body).await;
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| "the name is none that a certificate could have")?;
        let stream = self.tls.connect(name, stream).await.map_err(|e| format!("TLS: {e}"))?;
        exchange(stream, &url, headers, body).await
    }

    /// What the host stands for. If any of it is not public, nothing is sent: such a name is no receiver's.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, String> {
        let port = url.port_or_known_default().unwrap_or(443);
        let all: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                lookup_host((name, port)).await.map_err(|_| "the name has no address")?.collect()
            }
            None => Vec::new(),
        };
        if all.is_empty() {
            return Err("the name has no address".into());
        }
        if all.iter().any(|one| !is_allowed(one.ip(), self.loopback)) {
            return Err("the name stands for an address that is not public".into());
        }
        Ok(all)
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, String> {
    let mut why = String::new();
    for address in addresses.iter().take(MOST_TRIED) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(e) => why = format!("no connection: {}", e.kind()),
        }
    }
    Err(why)
}

async fn exchange<S>(stream: S, url: &Url, headers: &[(&'static str, String)], body: &str) -> Result<Heard, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |e: hyper::Error| format!("the connection broke: {e}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let connection = tokio::spawn(connection);
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = url.port().map_or_else(
        || url.host_str().unwrap_or_default().to_owned(),
        |port| format!("{}:{port}", url.host_str().unwrap_or_default()),
    );
    let mut request = hyper::Request::post(path)
        .header("host", host)
        .header("content-type", "application/json")
        .header("user-agent", concat!("Tessera/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(body.to_owned())))
        .map_err(|_| "the address cannot be written as a request")?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    let header = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let heard =
        Heard { status: Some(answer.status().as_u16()), retry_after: header.map(str::to_owned), ..Heard::default() };
    let answer = beginning(answer.into_body()).await;
    connection.abort();
    Ok(Heard { answer, ..heard })
}

/// The beginning of an answer as text. That it breaks off or goes on says nothing: its status was heard.
async fn beginning(mut body: Incoming) -> String {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        read.extend(frame.data_ref().into_iter().flatten());
        if read.len() >= MOST_READ {
            break;
        }
    }
    read.truncate(MOST_READ);
    let text = String::from_utf8_lossy(&read);
    text.chars().filter(|letter| !letter.is_control() || *letter == '\n').take(MOST_KEPT).collect()
}
