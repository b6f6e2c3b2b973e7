//! The lane reserved for critical observations while the circuit breaker refuses.
//!
//! It takes what somebody signed in sends to where observations are taken, if by the domain's own
//! rule the observation cannot wait. It has bounds of its own, so that a flood cannot hide in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::backend::Caller;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use domain::alert_limits::AlertPolicy;
use domain::measurement::{Measurement, RawMeasurement};
use domain::typed_measurement::TypedMeasurement;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::components::{OBSERVATIONS_BY_API, OBSERVATIONS_BY_FORM};
use super::holder::Holder;
use crate::clock::Monotonic;
use crate::http::AppState;
use crate::http::api;
use crate::http::body::{BODY_MAX_BYTES, as_text};
use crate::metrics;
use crate::token_buckets::{Bucket, Buckets, Rate};

/// So many requests are looked at, or served, in the lane at once.
const AT_ONCE: usize = 32;
/// So many observations the lane takes in a minute, half of them at once: a fraction of what one
/// process can take, and far more than a clinic's patients have.
const PER_MINUTE: u32 = 1_200;
/// So many it takes of one user in a minute.
const PER_MINUTE_OF_USER: u32 = 12;
/// So many users are remembered.
const USERS_MAX: usize = 10_000;
/// How long the body may take, once the lane waits for it.
const BODY_TIME_MAX: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);

/// Marks a request that is to be refused unless it brings a critical observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnlyIfCritical {
    /// When to try again otherwise, in seconds.
    pub(super) retry_after_s: u32,
}

/// The reserved lane of this process.
pub struct Lane {
    room: Arc<Semaphore>,
    policy: AlertPolicy,
    time: Arc<dyn Monotonic>,
    taken: Mutex<Taken>,
}

struct Taken {
    all: Bucket,
    by_user: Buckets<Holder>,
}

impl Lane {
    /// An empty lane, for what is critical by `policy`.
    #[must_use]
    pub fn new(policy: AlertPolicy, time: Arc<dyn Monotonic>) -> Self {
        let by_user = Buckets::new(Rate::per(PER_MINUTE_OF_USER, MINUTE), USERS_MAX);
        let taken = Mutex::new(Taken { all: Bucket::default(), by_user });
        Self { room: Arc::new(Semaphore::new(AT_ONCE)), policy, time, taken }
    }

    /// A place for `request`, if it goes where observations are taken and there is one.
    pub(super) fn enter(&self, request: &Request) -> Option<OwnedSemaphorePermit> {
        let is_for_observations = request.method() == Method::POST
            && matches!(request.uri().path(), OBSERVATIONS_BY_API | OBSERVATIONS_BY_FORM);
        is_for_observations.then(|| Arc::clone(&self.room).try_acquire_owned().ok()).flatten()
    }

    /// Whether `body`, sent to `path`, is an observation that cannot wait.
    fn is_critical(&self, path: &str, body: &[u8]) -> bool {
        let raw = match path {
            OBSERVATIONS_BY_API => as_text(body).ok().and_then(api::measurement_in),
            OBSERVATIONS_BY_FORM => Some(measurement_in_form(body)),
            _ => None,
        };
        let measurement = raw.and_then(|raw| Measurement::parse(&raw).ok());
        let finding = measurement.and_then(|measurement| self.policy.assess(&measurement));
        finding.is_some_and(|finding| finding.severity.cannot_wait())
    }

    /// Whether the lane takes one more of this user.
    fn take(&self, user: Holder) -> bool {
        let now = self.time.since_start();
        let rate = Rate::per(PER_MINUTE, MINUTE).with_burst(PER_MINUTE / 2);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.by_user.take(user, 1, now).is_ok() && taken.all.take(1, rate, now).is_ok()
    }
}

fn measurement_in_form(body: &[u8]) -> RawMeasurement {
    let mut typed = TypedMeasurement::default();
    for (name, value) in form_urlencoded::parse(body) {
        let field = match &*name {
            "kind" => &mut typed.kind,
            "score" => &mut typed.score,
            "value" => &mut typed.value,
            "systolic" => &mut typed.systolic,
            "diastolic" => &mut typed.diastolic,
            "unit" => &mut typed.unit,
            _ => continue,
        };
        *field = value.into_owned();
    }
    typed.into()
}

/// Refuses what came in by the lane and is not for it. Behind the guard, which knows who asks.
pub async fn only_critical(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(OnlyIfCritical { retry_after_s }) = request.extensions_mut().remove() else {
        return next.run(request).await;
    };
    let asking = super::refusal::Asking::by(&request);
    match admitted(&state.edge.lane, request).await {
        Some(request) => {
            metrics::lane_used();
            next.run(request).await
        }
        None => asking.refused(app::error::AppError::Overloaded { retry_after_s }),
    }
}

/// `request`, if the lane takes it.
async fn admitted(lane: &Lane, request: Request) -> Option<Request> {
    let caller = request.extensions().get::<Caller>();
    caller.and_then(|caller| caller.principal.as_ref())?;
    let user = Holder::of(&request);
    let (parts, body) = request.into_parts();
    let reading = timeout(BODY_TIME_MAX, to_bytes(body, BODY_MAX_BYTES));
    let body: Bytes = reading.await.ok()?.ok()?;
    let is_taken = lane.is_critical(parts.uri.path(), &body) && lane.take(user);
    is_taken.then(|| Request::from_parts(parts, Body::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HandClock;

    fn lane() -> (Lane, Arc<HandClock>) {
        let time = Arc::new(HandClock::default());
        (Lane::new(AlertPolicy::default(), Arc::clone(&time) as _), time)
    }

    fn user(number: u8) -> Holder {
        Holder::User([number; 32])
    }

    #[test]
    fn what_cannot_wait_is_critical_in_both_forms() {
        let (lane, _) = lane();
        let pressure =
            r#"{"kind":"blood_pressure","systolic":200,"diastolic":130,"unit":"mm[Hg]"}"#;
        for (body, critical) in [
            (r#"{"score":9}"#, true),
            ("\u{feff}{\"score\":9}", true),
            (r#"{"score":5}"#, false),
            (pressure, true),
            (r#"{"kind":"oxygen_saturation","value":93,"unit":"%"}"#, false),
            (r#"{"score":99}"#, false),
            ("not JSON", false),
            ("", false),
        ] {
            assert_eq!(lane.is_critical(OBSERVATIONS_BY_API, body.as_bytes()), critical, "{body}");
        }
        for (body, critical) in [
            ("kind=symptom_score&score=9&idempotency_key=k&note=", true),
            ("kind=symptom_score&score=5", false),
            ("kind=temperature&value=39%2C4&unit=Cel&score=", true),
            ("kind=temperature&value=36.9&unit=Cel", false),
            ("", false),
        ] {
            assert_eq!(lane.is_critical(OBSERVATIONS_BY_FORM, body.as_bytes()), critical, "{body}");
        }
    }

    #[test]
    fn nothing_but_sending_observations_enters() {
        let (lane, _) = lane();
        let enters = |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty());
            lane.enter(&request.expect("a request")).is_some()
        };
        assert!(enters(Method::POST, OBSERVATIONS_BY_API));
        assert!(enters(Method::POST, OBSERVATIONS_BY_FORM));
        assert!(!enters(Method::GET, OBSERVATIONS_BY_API));
        assert!(!enters(Method::POST, "/api/login"));
    }

    #[test]
    fn one_user_cannot_fill_the_lane() {
        let (lane, time) = lane();
        let taken = (0..100).filter(|_| lane.take(user(1))).count();
        assert_eq!(taken, PER_MINUTE_OF_USER as usize);
        assert!(lane.take(user(2)));
        time.pass(MINUTE);
        assert!(lane.take(user(1)));
    }

    #[test]
    fn all_users_together_have_a_bound() {
        let (lane, _) = lane();
        let taken = (0..=u8::MAX).flat_map(|number| vec![number; 12]);
        let taken = taken.filter(|number| lane.take(user(*number))).count();
        assert_eq!(taken, PER_MINUTE as usize / 2);
    }
}
