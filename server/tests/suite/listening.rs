//! Listening: slow, large and many connections, and TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use healthflow::http::client_addr::{ClientAddr, TrustedProxies};
use healthflow::http::edge::listener::{self, ConnectionLimits, Listening};
use healthflow::http::edge::places::Places;
use healthflow::http::edge::tls::{Tls, TlsFiles};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    CipherSuite, ClientConfig, RootCertStore, SupportedProtocolVersion, version,
};

use crate::test_app::TestApp;

/// Short enough to be waited for, long enough for a busy machine.
const SOON: Duration = Duration::from_millis(300);
/// What must have ended by then never ends.
const NEVER: Duration = Duration::from_secs(15);

fn listening() -> Listening {
    Listening {
        limits: ConnectionLimits { head_time_max: SOON, ..ConnectionLimits::default() },
        places: Places::new(100, 3, TrustedProxies::default()),
        trusted: TrustedProxies::default(),
        tls: None,
    }
}

/// Serves who asks and an answer without end; gives the address.
async fn open(listening: Listening) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let who = async |Extension(ClientAddr(addr)): Extension<ClientAddr>| addr.to_string();
    let endless = async || {
        let part = || Ok::<_, std::convert::Infallible>(vec![b'x'; 64 * 1024]);
        axum::body::Body::from_stream(futures::stream::repeat_with(part))
    };
    let router = Router::new().route("/who", get(who)).route("/endless", get(endless));
    tokio::spawn(listener::serve(listener, router, listening, std::future::pending()));
    addr
}

/// Everything that comes until the connection ends.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(NEVER, stream.read_to_end(&mut text)).await;
    // A reset connection has ended as well.
    let _ = read.expect("the server ends the connection");
    String::from_utf8_lossy(&text).into_owned()
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), head: &str) -> String {
    // A server that refuses early may close before all was sent.
    let _ = stream.write_all(head.as_bytes()).await;
    rest(stream).await
}

const WHO: &str = "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_head_that_dribbles_in_is_cut_off() {
    let addr = open(listening()).await;
    let mut slow = TcpStream::connect(addr).await.unwrap();
    let begun = Instant::now();
    slow.write_all(b"GET /who HTTP/1.1\r\nHost: ").await.unwrap();
    assert_eq!(rest(&mut slow).await, "");
    assert!(begun.elapsed() >= SOON);
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_ends() {
    let addr = open(listening()).await;
    let mut idle = TcpStream::connect(addr).await.unwrap();
    assert_eq!(rest(&mut idle).await, "");
    let mut kept_alive = TcpStream::connect(addr).await.unwrap();
    let answer = ask(&mut kept_alive, "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn large_heads_are_refused() {
    let addr = open(listening()).await;
    let many: String = (0..100).map(|at| format!("x-{at}: y\r\n")).collect();
    let large = format!("x: {}\r\n", "y".repeat(64 * 1024));
    for headers in [many, large] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let head = format!("GET /who HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let answer = ask(&mut stream, &head).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_whose_end_is_in_doubt_smuggles_no_second_one() {
    let addr = open(listening()).await;
    let hidden = "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer_to = async |headers: &str, body: &str| {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let head = format!("GET /who HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        ask(&mut stream, &format!("{head}{body}{hidden}")).await
    };
    let length = hidden.len();
    let two_lengths = format!("Content-Length: 0\r\nContent-Length: {length}\r\n");
    for headers in [two_lengths.as_str(), "Transfer-Encoding: x\r\n", "Content-Length: +0\r\n"] {
        let answer = answer_to(headers, "").await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{headers}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{headers}: {answer}");
    }
    // Where both are given the chunks count, and nothing behind them is read.
    let both = format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", length + 5);
    let answer = answer_to(&both, "0\r\n\r\n").await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn one_address_gets_its_share_of_connections_and_no_more() {
    let addr = open(listening()).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        stream.read_u8().await.unwrap();
        held.push(stream);
    }
    let mut refused = TcpStream::connect(addr).await.unwrap();
    assert_eq!(ask(&mut refused, WHO).await, "");
    held.pop();
    let begun = Instant::now();
    loop {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        if ask(&mut stream, WHO).await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(begun.elapsed() < NEVER, "the place of an ended connection is never given back");
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_connection() {
    let mut listening = listening();
    listening.limits.write_time_max = SOON;
    let addr = open(listening).await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(SOON * 3).await;
    // An endless answer ends, because nobody took it.
    let mut taken = vec![0; 1 << 20];
    let ended = async { while stream.read(&mut taken).await.is_ok_and(|bytes| bytes > 0) {} };
    tokio::time::timeout(NEVER, ended).await.expect("the server ends the connection");
}

#[tokio::test]
async fn a_proxys_word_counts_where_it_is_trusted() {
    let head = WHO.replace("Connection", "X-Forwarded-For: 198.51.100.1\r\nConnection");
    let plain = open(listening()).await;
    let mut stream = TcpStream::connect(plain).await.unwrap();
    assert!(ask(&mut stream, &head).await.ends_with("127.0.0.1"));
    let trusted = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    let behind = open(Listening { trusted, ..listening() }).await;
    let mut stream = TcpStream::connect(behind).await.unwrap();
    assert!(ask(&mut stream, &head).await.ends_with("198.51.100.1"));
}

#[tokio::test]
async fn a_body_that_dribbles_in_is_bounded_in_time() {
    use axum::middleware::from_fn;
    use healthflow::http::edge::time_limit;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/", axum::routing::post(async |body: String| body))
        .layer(from_fn(|request, next| time_limit::within(SOON, request, next)));
    tokio::spawn(listener::serve(listener, router, listening(), std::future::pending()));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"score\":";
    let answer = ask(&mut stream, head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("urn:healthflow:problem:timeout"), "{answer}");
}

/// A certificate for `localhost`, signed by itself, in files.
fn write_certificate(folder: &Path) -> TlsFiles {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    files
}

fn believing(files: &TlsFiles) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&files.cert).unwrap()).unwrap();
    roots
}

async fn ask_over_tls(
    addr: SocketAddr,
    files: &TlsFiles,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<String> {
    let config = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(believing(files))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(addr).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(ask(&mut stream, WHO).await)
}

#[tokio::test]
async fn speaks_tls_and_takes_up_a_renewed_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = write_certificate(folder.path());
    let tls = Tls::open(files.clone()).unwrap();
    let addr = open(Listening { tls: Some(tls.acceptor()), ..listening() }).await;
    for version in [&version::TLS12, &version::TLS13] {
        let answer = ask_over_tls(addr, &files, &[version]).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(tls.refresh(), Ok(false), "nothing was written since");
    std::fs::write(&files.cert, "half written").unwrap();
    assert!(tls.refresh().is_err());
    let renewed = write_certificate(folder.path());
    assert_eq!(tls.refresh(), Ok(true));
    ask_over_tls(addr, &renewed, &[&version::TLS13]).await.expect("the new one is presented");
}

#[tokio::test]
async fn the_servers_order_of_cipher_suites_counts() {
    let folder = tempfile::tempdir().unwrap();
    let files = write_certificate(folder.path());
    let tls = Tls::open(files.clone()).unwrap();
    let addr = open(Listening { tls: Some(tls.acceptor()), ..listening() }).await;
    for (version, strongest) in [
        (&version::TLS13, CipherSuite::TLS13_AES_256_GCM_SHA384),
        (&version::TLS12, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ] {
        let mut provider = aws_lc_rs::default_provider();
        provider.cipher_suites.reverse();
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(believing(&files))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(addr).await.unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let suite = stream.get_ref().1.negotiated_cipher_suite().unwrap();
        assert_eq!(suite.suite(), strongest);
    }
}

#[tokio::test]
async fn the_whole_server_speaks_tls_when_given_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = write_certificate(folder.path());
    let app = TestApp::start_with(|config| {
        config.edge.tls_cert = Some(files.cert.clone());
        config.edge.tls_key = Some(files.key.clone());
    })
    .await;
    assert!(app.config().secure_cookies(), "cookies then travel over TLS alone");
    let addr = app.patient_url.trim_start_matches("http://").parse().unwrap();
    let answer = ask_over_tls(addr, &files, &[&version::TLS13]).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    let mut plain = TcpStream::connect(addr).await.unwrap();
    assert!(!ask(&mut plain, WHO).await.contains("HTTP/1.1 200"));
}

#[test]
fn files_that_are_no_certificate_are_refused_with_the_setting_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let files = write_certificate(folder.path());
    let refused = |files: &TlsFiles| Tls::open(files.clone()).expect_err("cannot be used");
    let missing = TlsFiles { cert: folder.path().join("none.pem"), ..files.clone() };
    assert!(refused(&missing).contains("HEALTHFLOW_TLS_CERT"));
    let swapped = TlsFiles { cert: files.key.clone(), key: files.cert.clone() };
    assert!(refused(&swapped).contains("holds no certificate"));
    let no_key = TlsFiles { key: files.cert.clone(), ..files.clone() };
    assert!(refused(&no_key).contains("HEALTHFLOW_TLS_KEY"));
    let other = tempfile::tempdir().unwrap();
    let of_another = TlsFiles { key: write_certificate(other.path()).key, ..files };
    assert!(refused(&of_another).contains("does not belong to the certificate"));
}
