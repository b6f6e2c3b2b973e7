//! Patients and clinicians, and what they want.

use std::sync::Arc;
use std::time::Duration;

use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand};
use domain::event::StreamId;
use domain::ids::{AlertId, CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::{Observation, SubmitObservation};
use domain::patient::{Patient, RegisterPatient};
use healthflow::commands::{CommandError, Expect, Outcome as Done};
use uuid::Uuid;

use super::chaos::{Chaos, unless_killed};
use super::operator::Violations;
use super::system::System;

/// What people want: the same with and without faults.
pub(crate) struct Load {
    pub(crate) patients: Vec<RegisterPatient>,
    pub(crate) observations: Vec<(Duration, SubmitObservation)>,
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
    pub(crate) fn alerts(&self) -> Vec<AlertId> {
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

/// After how many steps of its work a web process is killed: hardly ever.
fn steps_left(chaos: &Chaos) -> Option<u64> {
    chaos.strikes("kill command").then(|| chaos.below("kill command", 8))
}
