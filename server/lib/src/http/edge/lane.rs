//! The lane reserved for critical observations: what gets through under every limit.
//!
//! Whatever refuses a request, the circuit breaker, the quota or a full room, hands it to
//! `unless_critical`, which sends it on with the refusal that is due. Behind all of them
//! [`last_look`] reads what somebody signed in sends to where observations are taken. If by the
//! domain's own rule it cannot wait, it passes, otherwise it gets the very refusal that was due. The
//! lane has bounds of its own, so that a flood cannot hide in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::backend::{Caller, Principal};
use app::error::AppError;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::access::Role;
use domain::alert_limits::AlertPolicy;
use domain::ids::{ObservationId, PatientId};
use domain::measurement::Measurement;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::counted::{Counted, One};
use super::holder::Holder;
use super::observation_paths::{self, Found, Written};
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
/// So many it takes of one user in a minute: what a gateway sends for a whole clinic.
const PER_MINUTE_OF_USER: u32 = 120;
/// So many of these may be one patient's. A patient sends no others.
const PER_MINUTE_OF_PATIENT: u32 = 12;
/// So many of one user are looked at, or served, at once. Who sends the first half of many requests
/// leaves the others their places.
const AT_ONCE_OF_USER: usize = 12;
/// So many users are remembered, and so many of those whose values they send.
const REMEMBERED_MAX: usize = 10_000;
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
    /// By who sends it, too: nobody uses up what others may send of the same patient.
    by_patient: Buckets<(Holder, Whose)>,
}

/// Whose value somebody sends, as far as the request itself says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whose {
    /// Their own, or nobody knows.
    Own,
    /// This patient's.
    Patient(PatientId),
    /// That of the patient whose observation this is: it is corrected.
    Observation(ObservationId),
}

impl Whose {
    /// What `caller` sends to `path`, with a body in which `patient_id` is named.
    fn sent_by(caller: &Principal, path: &str, patient_id: Option<&str>) -> Self {
        // Patients send their own, whoever they name.
        if caller.role == Role::Patient {
            return Self::Own;
        }
        let corrected = path.split('/').find_map(|part| part.parse().ok()).map(Self::Observation);
        let named = patient_id.and_then(|named| named.parse().ok()).map(Self::Patient);
        corrected.or(named).unwrap_or(Self::Own)
    }
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
        let by_user = Buckets::new(Rate::per(PER_MINUTE_OF_USER, MINUTE), REMEMBERED_MAX);
        let by_patient = Buckets::new(Rate::per(PER_MINUTE_OF_PATIENT, MINUTE), REMEMBERED_MAX);
        let taken = Mutex::new(Taken { all: Bucket::default(), by_user, by_patient });
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

    /// The observation in `body`, if it cannot wait.
    fn critical_in(&self, written: Written, body: &[u8]) -> Option<Found> {
        let found = written.found_in(body)?;
        let finding = self.policy.assess(&Measurement::parse(&found.measurement).ok()?)?;
        finding.severity.cannot_wait().then_some(found)
    }

    /// Whether the lane takes one more that this user sends of this patient.
    fn take(&self, user: Holder, whose: Whose) -> bool {
        let now = self.time.since_start();
        let rate = Rate::per(PER_MINUTE, MINUTE).with_burst(PER_MINUTE / 2);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by_user.take(user.clone(), 1, now).is_err() {
            return false;
        }
        if taken.by_patient.take((user.clone(), whose), 1, now).is_err() {
            // Too many of one patient leave the others their share.
            taken.by_user.give_back(&user, 1);
            return false;
        }
        taken.all.take(1, rate, now).is_ok()
    }

    /// `request` with a place of its own, if the lane takes it.
    async fn admit(&self, request: Request) -> Option<(Request, Place)> {
        let principal = request.extensions().get::<Caller>()?.principal.clone()?;
        let written = observation_paths::written(request.method(), request.uri().path())?;
        let user = Holder::of(&request);
        let place = self.enter(user.clone())?;
        let (parts, body) = request.into_parts();
        let reading = timeout(BODY_TIME_MAX, to_bytes(body, written.max_bytes()));
        let body: Bytes = reading.await.ok()?.ok()?;
        let found = self.critical_in(written, &body)?;
        let whose = Whose::sent_by(&principal, parts.uri.path(), found.patient_id.as_deref());
        let is_taken = self.take(user, whose);
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
mod tests;
