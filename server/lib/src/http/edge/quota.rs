//! The quota: so many units per user and minute, or per address for strangers.
//!
//! Told with each answer as draft-ietf-httpapi-ratelimit-headers-10 says. A token bucket: units
//! come back evenly, so that nobody has to wait for a minute to turn.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::error::AppError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::components::Component;
use super::holder::Holder;
use super::lane;
use crate::clock::Monotonic;
use crate::http::AppState;
use crate::metrics;
use crate::token_buckets::{Buckets, Empty, Level, Rate};

/// What is left, and for how long it must do.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What the quota is.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const WINDOW: Duration = Duration::from_secs(60);
/// So many users and addresses are remembered.
const HOLDERS_MAX: usize = 50_000;

/// What users and strangers have left.
pub struct Quota {
    units: u32,
    time: Arc<dyn Monotonic>,
    left: Mutex<Buckets<Holder>>,
}

impl Quota {
    /// `units` per minute for each user, and for all strangers of one address; `None` for 0, which
    /// is no limit.
    #[must_use]
    pub fn new(units: u32, time: Arc<dyn Monotonic>) -> Option<Self> {
        let left = Mutex::new(Buckets::new(Rate::per(units, WINDOW), HOLDERS_MAX));
        (units > 0).then_some(Self { units, time, left })
    }

    /// Takes `units` from what `holder` has left.
    ///
    /// # Errors
    /// [`Empty`] when that is less.
    pub fn spend(&self, holder: Holder, units: u32) -> Result<Level, Empty> {
        let now = self.time.since_start();
        self.left.lock().unwrap_or_else(PoisonError::into_inner).take(holder, units, now)
    }

    /// Says in `headers` how much is left, and in how many seconds all or something will be again.
    fn tell(&self, headers: &mut HeaderMap, left: u32, time: Duration) {
        let seconds = seconds(time);
        let policy = format!("\"units\";q={};w={}", self.units, WINDOW.as_secs());
        let state = format!("\"units\";r={left};t={seconds}");
        for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// Takes what a request costs from the quota of whoever sent it. What only the reserved lane may
/// take costs nothing: the lane has bounds of its own.
pub async fn charge(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let units = Component::of(request.method(), request.uri().path()).terms().units;
    let Some(quota) =
        state.edge.quota.as_ref().filter(|_| units > 0 && !lane::is_refused(&request))
    else {
        return next.run(request).await;
    };
    match quota.spend(Holder::of(&request), units) {
        Ok(Level { left, full_in }) => {
            let mut response = next.run(request).await;
            quota.tell(response.headers_mut(), left, full_in);
            response
        }
        Err(Empty { wait }) => {
            metrics::over_quota();
            let retry_after_s = seconds(wait).max(1);
            let refusal = AppError::TooManyRequests { retry_after_s };
            let mut response = lane::unless_critical(refusal, request, next).await;
            quota.tell(response.headers_mut(), 0, wait);
            response
        }
    }
}
