//! Settings of the edge: what stands between the network and the routes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::http::client_addr::{ProxyNetwork, TrustedProxies};
use crate::http::edge::breaker::BreakerPolicy;
use crate::http::edge::cors::Origin;
use crate::http::edge::tls::TlsFiles;
use crate::identity::sign_in_throttle::ThrottleLimits;

/// How many accounts may be made within an hour from one address outside demo mode.
const REGISTRATIONS_PER_ADDRESS: u32 = 30;

/// What stands between the network and the routes.
#[derive(Clone, Debug, Args)]
pub struct EdgeConfig {
    /// The file with the TLS certificate, followed by those that lead to its issuer, as PEM. With
    /// it and the key both web addresses speak TLS, and take up a renewed certificate.
    #[arg(long, global = true, env = "HEALTHFLOW_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The file with the certificate's private key, as PEM.
    #[arg(long, global = true, env = "HEALTHFLOW_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed: addresses or networks such as
    /// 10.0.0.0/8, separated by commas.
    #[arg(long, global = true, env = "HEALTHFLOW_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<ProxyNetwork>,
    /// Origins whose pages may use the API with a bearer token, such as `https://portal.example`,
    /// separated by commas. Cookies of theirs are never looked at.
    #[arg(long, global = true, env = "HEALTHFLOW_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<Origin>,
    /// How many connections there may be at once.
    #[arg(long, global = true, env = "HEALTHFLOW_CONNECTIONS_MAX", default_value_t = 2_048)]
    pub connections_max: usize,
    /// How many of them may come from one address (IPv6: one /64), unless it is a trusted proxy.
    /// A clinic often has one address for everybody.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_CONNECTIONS_PER_ADDRESS_MAX",
        default_value_t = 512
    )]
    pub connections_per_address_max: usize,
    /// How many sign-ins to one account may fail within 15 minutes: those of strangers together,
    /// and those of each device on which somebody signed in to it before. 0 for any number.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_SIGN_IN_FAILURES_PER_ACCOUNT",
        default_value_t = 10
    )]
    pub sign_in_failures_per_account: u32,
    /// How many sign-ins by strangers may fail within 15 minutes from one address. 0 for any number.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_SIGN_IN_FAILURES_PER_ADDRESS",
        default_value_t = 100
    )]
    pub sign_in_failures_per_address: u32,
    /// How many accounts may be made within an hour from one address; 30, in demo mode any number,
    /// unless told. 0 for any number.
    #[arg(long, global = true, env = "HEALTHFLOW_REGISTRATIONS_PER_ADDRESS")]
    pub registrations_per_address: Option<u32>,
    /// How many units each user may use in a minute, and all strangers of one address together: a
    /// read is 1, a change 2, a sign-in 10. 0 for any number.
    #[arg(long, global = true, env = "HEALTHFLOW_QUOTA_PER_MINUTE", default_value_t = 1_200)]
    pub quota_per_minute: u32,
    /// More requests in a minute than this, served and refused, are a flood: the circuit breaker
    /// of this process trips. The default is twice what one process on two cores accepted of
    /// observations when it was measured, so that only what cannot be served trips it. 0 for any
    /// number.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_REQUESTS_PER_MINUTE_MAX",
        default_value_t = 600_000
    )]
    pub requests_per_minute_max: u32,
    /// How long the circuit breaker stays open, and how long each of the four steps of its
    /// recovery takes, in seconds.
    #[arg(long, global = true, env = "HEALTHFLOW_BREAKER_STEP_SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub breaker_step_seconds: u32,
}

impl EdgeConfig {
    /// When the circuit breaker trips, and how quickly it recovers.
    #[must_use]
    pub fn breaker_policy(&self) -> BreakerPolicy {
        BreakerPolicy {
            requests_per_minute_max: self.requests_per_minute_max,
            step: Duration::from_secs(self.breaker_step_seconds.into()),
        }
    }

    /// How often somebody may try to sign in, or make an account.
    #[must_use]
    pub fn throttle_limits(&self, is_demo: bool) -> ThrottleLimits {
        let registrations = if is_demo { 0 } else { REGISTRATIONS_PER_ADDRESS };
        ThrottleLimits {
            failures_per_account: self.sign_in_failures_per_account,
            failures_per_address: self.sign_in_failures_per_address,
            registrations_per_address: self.registrations_per_address.unwrap_or(registrations),
        }
    }

    /// The certificate and its key, if TLS is wanted.
    ///
    /// # Errors
    /// When one is given without the other.
    pub fn tls_files(&self) -> Result<Option<TlsFiles>, String> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert: cert.clone(), key: key.clone() })),
            (None, None) => Ok(None),
            _ => Err("For TLS set both HEALTHFLOW_TLS_CERT and HEALTHFLOW_TLS_KEY, or neither."
                .to_owned()),
        }
    }

    /// Whether the web addresses speak TLS themselves.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// Whose word about a request's origin is believed.
    #[must_use]
    pub fn trusted(&self) -> TrustedProxies {
        TrustedProxies::new(self.trusted_proxies.iter().copied())
    }
}
