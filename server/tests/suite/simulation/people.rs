//! Patients and clinicians, and what they want.

use std::sync::Arc;
use std::time::Duration;

use domain::access::Role;
use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand};
use domain::alert_limits::{AlertPolicy, SYMPTOM_SCORE_ABOVE, SYMPTOM_SCORE_RULE};
use domain::event::StreamId;
use domain::ids::{AlertId, CorrectionId, CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::{Change, Observation, ObservationCommand, ObservationSubmitted, Sender};
use domain::patient::{Patient, RegisterPatient};
use healthflow::commands::{CommandError, Expect, Outcome as Done};
use uuid::Uuid;

use super::chaos::{Chaos, unless_killed};
use super::operator::Violations;
use super::system::System;

/// What counts as dangerous.
pub(crate) const POLICY: AlertPolicy = AlertPolicy { symptom_score_above: SYMPTOM_SCORE_ABOVE };

/// What people want: the same with and without faults.
pub(crate) struct Load {
    pub(crate) patients: Vec<RegisterPatient>,
    pub(crate) observations: Vec<Sent>,
}

/// What a patient sends, and how they put it right.
pub(crate) struct Sent {
    at: Duration,
    pub(crate) submitted: ObservationSubmitted,
    pub(crate) change: Option<ObservationCommand>,
}

impl Sent {
    /// The score at first, and after the change; `None` once it was withdrawn.
    fn scores(&self) -> [Option<u8>; 2] {
        let score = |measurement| match measurement {
            Measurement::SymptomScore(score) => Some(score),
            _ => None,
        };
        let first = score(self.submitted.measurement);
        let last = match &self.change {
            None => first,
            Some(ObservationCommand::Correct { change, .. }) => {
                change.measurement.and_then(score).or(first)
            }
            Some(_) => None,
        };
        [first, last]
    }

    /// Whether it must raise an alert: at first or after the change.
    fn is_dangerous(&self) -> bool {
        self.scores().into_iter().flatten().any(|score| score > SYMPTOM_SCORE_ABOVE)
    }

    /// Whether its alert is judged again: it was raised before the change.
    pub(crate) fn is_reassessed(&self) -> bool {
        self.change.is_some() && self.scores()[0].is_some_and(|score| score > SYMPTOM_SCORE_ABOVE)
    }

    pub(crate) fn alert_id(&self) -> AlertId {
        AlertId::for_rule(self.submitted.observation_id, SYMPTOM_SCORE_RULE)
    }
}

impl Load {
    pub(crate) fn new(seed: u64) -> Self {
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
            let score = random.u8(1..=10);
            let submitted = ObservationSubmitted {
                observation_id: ObservationId::from_idempotency_key(patient.patient_id, &key),
                patient_id: patient.patient_id,
                patient_login: patient.patient_login.clone(),
                clinic_id: patient.clinic_id.clone(),
                measurement: Measurement::SymptomScore(score),
                effective_at: "2026-11-21T07:30:00+01:00".parse().ok(),
                time_doubt: None,
                note: None,
                submitted_by: None,
            };
            let by = Sender { login: patient.patient_login.clone(), role: Role::Patient };
            let change = match random.u8(0..4) {
                0 => Some(ObservationCommand::Withdraw {
                    reason: "not mine".to_owned(),
                    based_on: Some(1),
                    by,
                }),
                1 => Some(ObservationCommand::Correct {
                    correction_id: CorrectionId(Uuid::from_u64_pair(seed, number)),
                    change: Change {
                        measurement: Some(Measurement::SymptomScore(score % 10 + 1)),
                        // Another time is another place in the patient's order.
                        effective_at: "2026-11-20T19:00:00Z".parse().ok().map(|at| (at, None)),
                        note: None,
                    },
                    based_on: Some(1),
                    by,
                }),
                _ => None,
            };
            Sent { at: Duration::from_millis(random.u64(0..10_000)), submitted, change }
        });
        let observations = observations.collect();
        Self { patients, observations }
    }

    /// The alerts that must be raised.
    pub(crate) fn alerts(&self) -> Vec<AlertId> {
        self.dangerous().map(Sent::alert_id).collect()
    }

    /// The observations that must raise them.
    pub(crate) fn dangerous(&self) -> impl Iterator<Item = &Sent> {
        self.observations.iter().filter(|sent| sent.is_dangerous())
    }
}

/// Patients and clinicians.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) system: System,
    pub(crate) load: Arc<Load>,
    pub(crate) violations: Violations,
}

impl People {
    pub(crate) async fn all_do_their_part(self) {
        let patients = self.load.patients.iter().map(|register| self.register(register));
        futures::future::join_all(patients).await;
        let senders = self.load.observations.iter().map(|sent| self.send(sent));
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
                match unless_killed(steps_left(chaos), asked).await {
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

    async fn send(&self, sent: &Sent) {
        tokio::time::sleep(sent.at).await;
        let submit = ObservationCommand::Submit(sent.submitted.clone());
        let stream = StreamId::observation(sent.submitted.observation_id);
        if self.insist::<Observation>(&stream, Expect::New, &submit).await.is_none() {
            return self.violated("an observation was rejected");
        }
        self.repeat(&stream, Expect::New, &submit, 1).await;
        let note = Some("other".to_owned());
        let other = ObservationSubmitted { note, ..sent.submitted.clone() };
        let other = ObservationCommand::Submit(other);
        if self.insist::<Observation>(&stream, Expect::New, &other).await.is_some() {
            self.violated("another observation was taken in under the same key");
        }
        if let Some(change) = &sent.change {
            if self.insist::<Observation>(&stream, Expect::Existing, change).await.is_none() {
                return self.violated("a change was rejected");
            }
            self.repeat(&stream, Expect::Existing, change, 2).await;
            // What comes late from before changes nothing any more.
            self.repeat(&stream, Expect::New, &submit, 2).await;
        }
    }

    /// Sent again it is the same: the stream keeps its length.
    async fn repeat(
        &self,
        stream: &StreamId,
        expect: Expect,
        command: &ObservationCommand,
        length: usize,
    ) {
        match self.insist::<Observation>(stream, expect, command).await {
            Some(Done::AlreadySo(past)) if past.len() == length => {}
            _ => self.violated("a repeat was taken for something new"),
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

/// After how many steps of its work a web process is killed: hardly ever.
fn steps_left(chaos: &Chaos) -> Option<u64> {
    chaos.strikes("kill command").then(|| chaos.below("kill command", 8))
}
