//! The edge: what stands between the network and the routes.
//!
//! From outside: the connection ([`listener`]), the headers of every answer ([`headers`]), the time
//! that a request may take ([`time_limit`]), the circuit breaker ([`gate`]), other origins ([`cors`]);
//! then the guard finds out who asks, and behind it come the coding of the body ([`content_coding`]),
//! the quota ([`quota`]), the room ([`caps`]) and the reserved lane ([`lane`]) for what they refused and
//! cannot wait.

pub mod breaker;
pub mod caps;
pub mod components;
pub mod content_coding;
pub mod cors;
pub mod counted;
pub mod gate;
pub mod headers;
pub mod holder;
pub mod lane;
pub mod listener;
mod observation_paths;
pub mod paced;
pub mod places;
pub mod quota;
pub mod refusal;
mod sliding_count;
pub mod time_limit;
pub mod tls;

use std::sync::Arc;

use domain::alert_limits::AlertPolicy;

use crate::clock::Monotonic;
use crate::config::EdgeConfig;
use crate::http::health::Readiness;

/// What every request passes, shared by both addresses.
pub struct Edge {
    /// Which pages of other origins may use the API, if any.
    pub cors: Option<cors::Cors>,
    /// Turns floods away.
    pub breaker: Arc<breaker::Breaker>,
    /// What gets through whatever refuses.
    pub lane: lane::Lane,
    /// What each user may ask for, if that is limited.
    pub quota: Option<quota::Quota>,
    /// How much is done at once.
    pub caps: caps::Caps,
    /// Whether the store answered lately.
    pub readiness: Readiness,
}

impl Edge {
    /// The edge as configured; `policy` says which observations are critical.
    #[must_use]
    pub fn new(
        config: &EdgeConfig,
        policy: AlertPolicy,
        breaker: Arc<breaker::Breaker>,
        time: Arc<dyn Monotonic>,
    ) -> Self {
        Self {
            cors: cors::Cors::new(&config.cors_origins),
            breaker,
            lane: lane::Lane::new(policy, Arc::clone(&time)),
            quota: quota::Quota::new(config.quota_per_minute, time),
            caps: caps::Caps::default(),
            readiness: Readiness::default(),
        }
    }
}
