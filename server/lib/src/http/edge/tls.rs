//! TLS by rustls: 1.2 and 1.3, with a certificate that may be renewed while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, ServerConfig};

/// How often the files are looked at: soon enough for a renewal, which comes weeks ahead.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Where certificate and key lie, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that lead to its issuer.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// TLS with the certificate of [`TlsFiles`].
#[derive(Clone, Debug)]
pub struct Tls {
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

#[derive(Debug)]
struct Current {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    loaded: RwLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    /// When certificate and key were last written, as of loading.
    written: [SystemTime; 2],
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file cannot be used, why, and what to give instead.
    pub fn open(files: TlsFiles) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let loaded = RwLock::new(load(&files, &provider)?);
        let current = Arc::new(Current { files, provider: Arc::clone(&provider), loaded });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| format!("TLS cannot be set up: {error}."))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        // The strongest first, whatever the other side would rather have.
        config.ignore_client_order = true;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { current, config: Arc::new(config) })
    }

    /// What greets connections.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Takes up a renewed certificate whenever the files change; never ends. A pair that cannot be
    /// used is logged, and the one before stays.
    pub async fn follow_renewals(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.refresh() {
                Ok(true) => tracing::info!("the renewed TLS certificate is in use"),
                Ok(false) => {}
                Err(reason) => tracing::error!(reason, "the TLS certificate was not renewed"),
            }
        }
    }

    /// Reads the files again if they were written since; whether they were.
    ///
    /// # Errors
    /// As [`Tls::open`]; what was loaded before stays in use.
    pub fn refresh(&self) -> Result<bool, String> {
        let current = &self.current;
        let before = current.loaded.read().unwrap_or_else(PoisonError::into_inner).written;
        if written(&current.files)? == before {
            return Ok(false);
        }
        let loaded = load(&current.files, &current.provider)?;
        *current.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(true)
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

fn load(files: &TlsFiles, provider: &CryptoProvider) -> Result<Loaded, String> {
    // The times first: what is written in between is then read again.
    let written = written(files)?;
    let TlsFiles { cert, key } = files;
    let certs: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(CERT, cert)?)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(CERT, cert, &error))?;
    if certs.is_empty() {
        return Err(unusable(CERT, cert, &"it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_slice(&read(KEY, key)?)
        .map_err(|error| unusable(KEY, key, &error))?;
    let certified =
        CertifiedKey::from_der(certs, private, provider).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                unusable(KEY, key, &"it does not belong to the certificate")
            }
            error => unusable(CERT, cert, &error),
        })?;
    Ok(Loaded { key: Arc::new(certified), written })
}

/// A setting that names a file, and what the file holds.
type Setting = (&'static str, &'static str);
const CERT: Setting = ("HEALTHFLOW_TLS_CERT", "the certificate chain as PEM");
const KEY: Setting = ("HEALTHFLOW_TLS_KEY", "the certificate's private key as PEM");

fn written(files: &TlsFiles) -> Result<[SystemTime; 2], String> {
    let of = |setting: Setting, path: &Path| {
        let written = std::fs::metadata(path).and_then(|found| found.modified());
        written.map_err(|error| unusable(setting, path, &error))
    };
    Ok([of(CERT, &files.cert)?, of(KEY, &files.key)?])
}

fn read(setting: Setting, path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| unusable(setting, path, &error))
}

fn unusable((setting, content): Setting, path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("{} cannot be used: {why}. Let {setting} name a file with {content}.", path.display())
}
