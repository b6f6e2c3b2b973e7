//! The lane reserved for critical observations: what gets through under every limit.
//!
//! Whatever refuses a request, the circuit breaker, the quota or a full room, hands it to
//! `unless_critical`, which sends it on with the refusal that is due. Behind all of them
//! [`last_look`] reads what somebody signed in sends to where observations are taken. If by the
//! domain's own rule it cannot wait, it passes, otherwise it gets the very refusal that was due. The
//! lane has bounds of its own, so that a flood cannot hide in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::backend::Caller;
use app::error::AppError;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::alert_limits::AlertPolicy;
use domain::measurement::Measurement;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::counted::{Counted, One};
use super::holder::Holder;
use super::observation_paths::{self, Written};
use super::refusal::Asking;
use crate::clock::Monotonic;
use crate::http::AppState;
use crate::metrics;
use crate::token_buckets::{Bucket, Buckets, Rate};

/// So many stand at the door at once, until it is known who they are: that may cost a look into the
/// store, which the circuit breaker is there to spare.
const AT_THE_DOOR: usize = 32;
/// So many requests are looked at, or served, in the lane at once.
const AT_ONCE: usize = 96;
/// So many observations the lane takes in a minute, half of them at once: a fraction of what one
/// process can take, and far more than a clinic's patients have.
const PER_MINUTE: u32 = 1_200;
/// So many it takes of one user in a minute.
const PER_MINUTE_OF_USER: u32 = 12;
/// So many of one user are looked at, or served, at once: a whole minute's. Who sends the first half
/// of many requests and leaves the others their places.
const AT_ONCE_OF_USER: usize = 12;
/// So many users are remembered.
const USERS_MAX: usize = 10_000;
/// How long the body may take, once the lane waits for it.
const BODY_TIME_MAX: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);

/// Marks a request that gets this refusal unless it brings a critical observation.
#[derive(Clone, Debug)]
struct OnlyIfCritical(AppError);

/// Standing at the door of the lane; dropping it makes room for the next.
#[derive(Clone, Debug)]
pub(super) struct AtTheDoor {
    _until_known: Arc<OwnedSemaphorePermit>,
}

/// The reserved lane of this process.
pub struct Lane {
    door: Arc<Semaphore>,
    room: Arc<Semaphore>,
    of_user: Counted<Holder>,
    policy: AlertPolicy,
    time: Arc<dyn Monotonic>,
    taken: Mutex<Taken>,
}

struct Taken {
    all: Bucket,
    by_user: Buckets<Holder>,
}

/// A place in the lane; dropping it gives it back.
struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_user: One<Holder>,
}

impl Lane {
    /// An empty lane, for what is critical by `policy`.
    #[must_use]
    pub fn new(policy: AlertPolicy, time: Arc<dyn Monotonic>) -> Self {
        let by_user = Buckets::new(Rate::per(PER_MINUTE_OF_USER, MINUTE), USERS_MAX);
        let taken = Mutex::new(Taken { all: Bucket::default(), by_user });
        let room = |places| Arc::new(Semaphore::new(places));
        let (door, room) = (room(AT_THE_DOOR), room(AT_ONCE));
        Self { door, room, of_user: Counted::default(), policy, time, taken }
    }

    /// Room at the door for somebody who is not known yet, if there is some.
    pub(super) fn knock(&self) -> Option<AtTheDoor> {
        let permit = Arc::clone(&self.door).try_acquire_owned().ok()?;
        Some(AtTheDoor { _until_known: Arc::new(permit) })
    }

    /// A place for one more request of this user, if there is one.
    fn enter(&self, user: Holder) -> Option<Place> {
        let of_user = self.of_user.take(user, AT_ONCE_OF_USER)?;
        let of_all = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(Place { _of_all: of_all, _of_user: of_user })
    }

    /// Whether `body` is an observation that cannot wait.
    fn is_critical(&self, written: Written, body: &[u8]) -> bool {
        let raw = written.measurement_in(body);
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

    /// `request` with a place of its own, if the lane takes it.
    async fn admit(&self, request: Request) -> Option<(Request, Place)> {
        let caller = request.extensions().get::<Caller>();
        caller.and_then(|caller| caller.principal.as_ref())?;
        let written = observation_paths::written(request.method(), request.uri().path())?;
        let user = Holder::of(&request);
        let place = self.enter(user.clone())?;
        let (parts, body) = request.into_parts();
        let reading = timeout(BODY_TIME_MAX, to_bytes(body, written.max_bytes()));
        let body: Bytes = reading.await.ok()?.ok()?;
        let is_taken = self.is_critical(written, &body) && self.take(user);
        is_taken.then(|| (Request::from_parts(parts, Body::from(body)), place))
    }
}

/// Answers `request` with `refusal`, or sends it on to [`last_look`] with it if it may bring a
/// critical observation.
pub(super) async fn unless_critical(
    refusal: AppError,
    mut request: Request,
    next: Next,
) -> Response {
    if observation_paths::written(request.method(), request.uri().path()).is_none() {
        return Asking::by(&request).refused(refusal);
    }
    request.extensions_mut().insert(OnlyIfCritical(refusal));
    next.run(request).await
}

/// Whether a refusal is due to `request` already: only the lane's own bounds count for it then.
pub(super) fn is_refused(request: &Request) -> bool {
    request.extensions().get::<OnlyIfCritical>().is_some()
}

/// Refuses what a refusal is due to, unless the lane takes it. Behind everything that refuses.
pub async fn last_look(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(OnlyIfCritical(refusal)) = request.extensions_mut().remove() else {
        return next.run(request).await;
    };
    // It is known now who asks.
    drop(request.extensions_mut().remove::<AtTheDoor>());
    let asking = Asking::by(&request);
    let Some((mut request, _until_answered)) = state.edge.lane.admit(request).await else {
        return asking.refused(refusal);
    };
    metrics::lane_used();
    if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
        caller.is_past_limits = true;
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HandClock;

    fn lane() -> (Lane, Arc<HandClock>) {
        let time = Arc::new(HandClock::default());
        (Lane::new(AlertPolicy { symptom_score_above: 7 }, Arc::clone(&time) as _), time)
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
            assert_eq!(lane.is_critical(Written::Json, body.as_bytes()), critical, "{body}");
        }
        for (body, critical) in [
            ("kind=symptom_score&score=9&idempotency_key=k&note=", true),
            ("kind=symptom_score&score=5", false),
            ("kind=temperature&value=39%2C4&unit=Cel&score=", true),
            ("kind=temperature&value=36.9&unit=Cel", false),
            ("", false),
        ] {
            assert_eq!(lane.is_critical(Written::Form, body.as_bytes()), critical, "{body}");
        }
    }

    #[test]
    fn so_many_stand_at_the_door_at_once() {
        let (lane, _) = lane();
        let mut standing: Vec<_> = (0..AT_THE_DOOR * 2).filter_map(|_| lane.knock()).collect();
        assert_eq!(standing.len(), AT_THE_DOOR);
        standing.pop();
        assert!(lane.knock().is_some(), "whoever left made room");
    }

    #[test]
    fn whoever_holds_their_places_leaves_the_others_theirs() {
        let (lane, _) = lane();
        let of_one: Vec<_> = (0..AT_ONCE).filter_map(|_| lane.enter(user(1))).collect();
        assert_eq!(of_one.len(), AT_ONCE_OF_USER);
        let of_others: Vec<_> =
            (2..=u8::MAX).filter_map(|number| lane.enter(user(number))).collect();
        assert_eq!(of_others.len(), AT_ONCE - AT_ONCE_OF_USER);
        drop(of_one);
        assert!(lane.enter(user(1)).is_some(), "what ended gave its place back");
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
