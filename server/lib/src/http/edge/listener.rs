//! Listening: connections, within bounds of time, size and number, over TLS where configured.
//!
//! HTTP/1.1 alone: one connection then works on one request at a time, so that the places for
//! connections bound the requests too, and what HTTP/2 lets one connection start does not arise.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::paced::Paced;
use super::places::Places;
use crate::http::client_addr::{ClientAddr, TrustedProxies};
use crate::metrics;

/// How long to wait when no connection can be accepted, for want of file descriptors mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How long the TLS handshake may take.
    pub handshake_time_max: Duration,
    /// How long a request's head may take, and how long a connection may wait for the next one.
    pub head_time_max: Duration,
    /// How long the other side may take nothing of what is being written.
    pub write_time_max: Duration,
    /// How large a request's head may be, in bytes. What is larger is answered 431.
    pub head_max_bytes: usize,
    /// How many headers a request may have. More are answered 431.
    pub headers_max: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            handshake_time_max: Duration::from_secs(10),
            head_time_max: Duration::from_secs(20),
            write_time_max: Duration::from_secs(30),
            head_max_bytes: 32 * 1024,
            headers_max: 64,
        }
    }
}

/// How an address is listened on.
#[derive(Clone)]
pub struct Listening {
    /// The bounds of each connection.
    pub limits: ConnectionLimits,
    /// How many there may be; one count for all addresses of the process.
    pub places: Places,
    /// Whose word about a request's origin is believed.
    pub trusted: TrustedProxies,
    /// TLS, where a certificate is given.
    pub tls: Option<TlsAcceptor>,
}

/// Serves `router` to whoever connects, until `stop` resolves; then lets requests in progress end.
/// What fails, fails for one connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    listening: Listening,
    stop: impl Future<Output = ()>,
) {
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = listening.places.take(peer) else {
            metrics::connection_refused();
            continue;
        };
        let connection = connection(stream, peer, router.clone(), &listening, open.watcher());
        tokio::spawn(async move {
            let _place = place;
            connection.await;
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// One connection, from its handshake to its end. How it ends is the other side's affair.
fn connection(
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    listening: &Listening,
    watcher: Watcher,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let limits = listening.limits;
    let trusted = listening.trusted.clone();
    // Answers are written whole; to wait for more would only delay them.
    let _ = stream.set_nodelay(true);
    let stream = Paced::new(stream, limits.write_time_max);
    match listening.tls.clone() {
        None => Box::pin(converse(stream, peer, router, limits, trusted, watcher)),
        Some(tls) => Box::pin(async move {
            let greeted = timeout(limits.handshake_time_max, tls.accept(stream)).await;
            if let Ok(Ok(stream)) = greeted {
                converse(stream, peer, router, limits, trusted, watcher).await;
            }
        }),
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    router: Router,
    limits: ConnectionLimits,
    trusted: TrustedProxies,
    watcher: Watcher,
) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let client = ClientAddr::find(peer, request.headers(), &trusted);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(client);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time_max)
        .max_headers(limits.headers_max)
        .max_buf_size(limits.head_max_bytes)
        .serve_connection(TokioIo::new(stream), answer);
    // Broken off, too slow or no HTTP: nothing that anybody here could mend.
    let _ = watcher.watch(connection).await;
}
