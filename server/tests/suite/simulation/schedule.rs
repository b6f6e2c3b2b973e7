//! One schedule: a load that the seed chooses, faults while it lasts, and what must be true when
//! everything has come to rest.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand};
use domain::event::{Envelope, Event, StreamId};
use domain::ids::{AlertId, CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::{Observation, SubmitObservation};
use domain::patient::{Patient, RegisterPatient};
use healthflow::commands::{CommandError, Expect, Outcome as Done};
use healthflow::messaging::topology::SUBSCRIPTIONS;
use healthflow::projections::PROJECTIONS;
use serde_json::Value;
use uuid::Uuid;

use super::chaos::{Chaos, Faults};
use super::store::{MemoryEventStore, MemoryReadModels, Rows};
use super::system::{MemoryLetters, System, Wire};
use super::wire::MemoryBus;

/// How long things may go wrong.
const FAULTY_TIME: Duration = Duration::from_secs(60);
/// How long everything may take to come to rest afterwards.
const TIME_TO_REST: Duration = Duration::from_secs(3_600);

/// What a schedule led to.
pub(crate) struct Outcome {
    /// What is wrong in the end.
    pub(crate) violations: Vec<String>,
    /// Stands for all read models, without the times at which things were recorded.
    pub(crate) hash: u64,
    /// Stands for everything that happened on the way.
    pub(crate) trace: u64,
    /// How many faults there were.
    pub(crate) faults: u64,
}

/// What people want: the same with and without faults.
struct Load {
    patients: Vec<RegisterPatient>,
    observations: Vec<(Duration, SubmitObservation)>,
}

impl Load {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x10ad);
        let patients: Vec<RegisterPatient> = (0..random.u64(1..=3))
            .map(|number| RegisterPatient {
                patient_id: PatientId(Uuid::from_u64_pair(seed, number)),
                clinic_id: if number == 0 { "north" } else { "south" }.parse().unwrap(),
                patient_login: format!("patient{number}"),
                email: None,
            })
            .collect();
        let observations = (0..random.u64(2..=8)).map(|number| {
            let patient = &patients[random.usize(0..patients.len())];
            let key = number.to_string();
            let submit = SubmitObservation {
                observation_id: ObservationId::from_idempotency_key(patient.patient_id, &key),
                patient_id: patient.patient_id,
                patient_login: patient.patient_login.clone(),
                clinic_id: patient.clinic_id.clone(),
                measurement: Measurement::SymptomScore(random.u8(1..=10)),
                effective_at: "2026-11-21T07:30:00+01:00".parse().ok(),
                note: None,
            };
            (Duration::from_millis(random.u64(0..10_000)), submit)
        });
        let observations = observations.collect();
        Self { patients, observations }
    }

    /// The alerts that must be raised.
    fn alerts(&self) -> Vec<AlertId> {
        let dangerous = self.observations.iter().filter(|(_, submit)| is_dangerous(submit));
        dangerous.map(|(_, submit)| alert_of(submit)).collect()
    }
}

fn is_dangerous(submit: &SubmitObservation) -> bool {
    matches!(submit.measurement, Measurement::SymptomScore(score) if score > 7)
}

fn alert_of(submit: &SubmitObservation) -> AlertId {
    let rule = domain::alert_limits::AlertPolicy::default().assess(&submit.measurement);
    AlertId::for_rule(submit.observation_id, rule.unwrap().rule)
}

/// Runs one schedule to its end.
pub(crate) fn run(seed: u64, faults: Faults) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(play(seed, faults))
}

async fn play(seed: u64, faults: Faults) -> Outcome {
    let per_mille = match faults {
        Faults::None => 0,
        _ => [5, 20, 60, 120][usize::try_from(seed % 4).unwrap()],
    };
    let chaos = Chaos::seeded(seed, per_mille);
    let mut store = MemoryEventStore::new(chaos.clone());
    store.forgets = faults == Faults::SeededWithForgetfulOutbox;
    let mut models = MemoryReadModels::new(chaos.clone());
    models.takes_whatever_comes = faults == Faults::SeededWithoutVersionCheck;
    let wire = match (seed / 4) % 3 {
        0 => Wire::Embedded(MemoryLetters::new(chaos.clone())),
        _ => Wire::Queues(MemoryBus::new(&SUBSCRIPTIONS, chaos.clone())),
    };
    let system = System::new(chaos.clone(), store, models, wire);
    let load = Arc::new(Load::new(seed));
    let people = People { system: system.clone(), load, violations: Arc::default() };
    system.start();
    let all = tokio::spawn(people.clone().all_do_their_part());
    let healing = chaos.clone();
    tokio::spawn(async move {
        tokio::time::sleep(FAULTY_TIME).await;
        healing.heal();
    });
    // An operator looks after the dead letters: what was killed three times while it was worked on
    // is one, and people may wait for its effect.
    let operated = system.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(30)).await;
            operated.redrive_all();
        }
    });
    let ended = tokio::time::timeout(FAULTY_TIME + TIME_TO_REST, async {
        all.await.unwrap();
        chaos.heal();
        loop {
            // Longer than a sweep, than any message is late, and than the operator is away.
            tokio::time::sleep(Duration::from_secs(40)).await;
            if system.is_quiet() {
                return;
            }
        }
    });
    let rested = ended.await.is_ok();
    let mut violations = people.violations.lock().unwrap().clone();
    if !rested {
        violations.push(format!("it never comes to rest: {}", system.unrest()));
    }
    violations.extend(check(&system, &people.load));
    let hash = hash_of(&system.models.rows());
    Outcome { violations, hash, trace: chaos.trace(), faults: chaos.faults() }
}

/// Patients and clinicians.
#[derive(Clone)]
struct People {
    system: System,
    load: Arc<Load>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl People {
    async fn all_do_their_part(self) {
        let patients = self.load.patients.iter().map(|register| self.register(register));
        futures::future::join_all(patients).await;
        let senders = self.load.observations.iter().map(|(at, submit)| self.send(*at, submit));
        let clinicians = (0..2).map(|_| self.acknowledge_every_alert());
        let (senders, clinicians) =
            (futures::future::join_all(senders), futures::future::join_all(clinicians));
        futures::join!(senders, clinicians);
    }

    /// Asks until it is done, as a patient's app does; `None` when the rules reject it.
    async fn insist<A>(
        &self,
        stream: &StreamId,
        expect: Expect,
        command: &A::Command,
    ) -> Option<Done>
    where
        A: Aggregate + Send,
        A::Command: Sync,
        A::Rejection: Send,
    {
        let chaos = &self.system.chaos;
        loop {
            if let Some(web) = self.system.web() {
                let correlation_id = CorrelationId(Uuid::nil());
                let asked = web.handle::<A>(stream, expect, command, correlation_id, None);
                match unless_killed(chaos, asked).await {
                    Some(Ok(done)) => return Some(done),
                    Some(Err(CommandError::Rejected(_))) => return None,
                    Some(Err(_)) | None => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(100 + chaos.below("insist", 900))).await;
        }
    }

    async fn register(&self, register: &RegisterPatient) {
        let stream = StreamId::patient(register.patient_id);
        if self.insist::<Patient>(&stream, Expect::New, register).await.is_none() {
            self.violated("a registration was rejected");
        }
    }

    async fn send(&self, at: Duration, submit: &SubmitObservation) {
        tokio::time::sleep(at).await;
        let stream = StreamId::observation(submit.observation_id);
        if self.insist::<Observation>(&stream, Expect::New, submit).await.is_none() {
            return self.violated("an observation was rejected");
        }
        // Sent again it is the same; under the same key something else is refused.
        match self.insist::<Observation>(&stream, Expect::New, submit).await {
            Some(Done::AlreadySo(past)) if past.len() == 1 => {}
            _ => self.violated("a repeat was taken for something new"),
        }
        let other = SubmitObservation { note: Some("other".to_owned()), ..submit.clone() };
        if self.insist::<Observation>(&stream, Expect::New, &other).await.is_some() {
            self.violated("another observation was taken in under the same key");
        }
    }

    async fn acknowledge_every_alert(&self) {
        for alert in self.load.alerts() {
            let stream = StreamId::alert(alert);
            let command = AlertCommand::Acknowledge { by: "nurse1".to_owned() };
            // Until it is raised, it is rejected.
            while self.insist::<Alert>(&stream, Expect::Existing, &command).await.is_none() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    fn violated(&self, what: &str) {
        self.violations.lock().unwrap().push(what.to_owned());
    }
}

/// What `work` leads to, unless its process is killed in the middle of it.
async fn unless_killed<T>(chaos: &Chaos, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let mut steps_left =
        if chaos.strikes("kill command") { chaos.below("kill command", 8) } else { u64::MAX };
    std::future::poll_fn(|context| {
        if steps_left == 0 {
            return std::task::Poll::Ready(None);
        }
        steps_left = steps_left.saturating_sub(1);
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// What must be true of the log and of the read models at the end.
fn check(system: &System, load: &Load) -> Vec<String> {
    let mut violations = system.models.steps_back();
    let mut streams: BTreeMap<String, Vec<Envelope>> = BTreeMap::new();
    for event in system.store.all() {
        streams.entry(event.stream_id.to_string()).or_default().push(event);
    }
    for (name, stream) in &streams {
        let versions = stream.iter().map(|event| event.stream_version);
        if !versions.eq(1..=stream.len() as u64) {
            violations.push(format!("{name} has gaps"));
        }
    }
    let kinds = |stream: &StreamId| -> Vec<&'static str> {
        let events = streams.get(stream.as_str()).into_iter().flatten();
        events.map(|event| event.event.wire_name()).collect()
    };
    for (_, submit) in &load.observations {
        if kinds(&StreamId::observation(submit.observation_id)) != ["ObservationSubmitted"] {
            violations
                .push(format!("observation {} is not once in the log", submit.observation_id));
        }
    }
    for alert in load.alerts() {
        if kinds(&StreamId::alert(alert)) != ["AlertCreated", "AlertAcknowledged"] {
            violations.push(format!("alert {alert} is not raised and acknowledged once"));
        }
    }
    let raised = streams.values().filter(|s| matches!(s[0].event, Event::AlertCreated(_))).count();
    if raised != load.alerts().len() {
        violations.push(format!("{raised} alerts were raised, not {}", load.alerts().len()));
    }
    let rows = system.models.rows();
    let mut expected = BTreeMap::new();
    for model in PROJECTIONS {
        for row in streams.values().filter_map(|stream| (model.row)(stream)) {
            expected.insert((model.name, row.identity(model)), row);
        }
    }
    if rows != expected {
        let (have, want) = (rows.len(), expected.len());
        violations
            .push(format!("the read models are not what the log says: {have} of {want} rows"));
    }
    violations
}

/// The rows without the times at which things were recorded, which differ from run to run.
fn hash_of(rows: &Rows) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (key, row) in rows {
        let mut body: Value = serde_json::from_str(&row.body).unwrap();
        for time in ["submitted_at", "created_at"] {
            body.as_object_mut().unwrap().remove(time);
        }
        if let Some(acknowledged) = body.get_mut("acknowledged").and_then(Value::as_object_mut) {
            acknowledged.remove("at");
        }
        (key, row.version, body.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
