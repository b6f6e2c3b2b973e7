//! How hot keys get: paper-made traffic of 10,000 appends a second from two clinics, one of which
//! sends nine in ten, counted by partition key of every table and index that a write touches.
//! DynamoDB takes 1,000 writes a second for one key; at most 80 % of that may be used.

mod audit;

use std::collections::HashMap;

use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand, Judged};
use domain::alert_limits::AlertPolicy;
use domain::event::{Envelope, Event, Recorded};
use domain::ids::{ClinicId, CorrelationId, EventId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::ObservationSubmitted;
use healthflow::projections::{PROJECTIONS, Row};
use healthflow::store::dynamo_events::outbox_key;
use uuid::Uuid;

const APPENDS_PER_S: u64 = 10_000;
const SECONDS: u64 = 5;
/// 80 % of what DynamoDB takes.
const WRITES_PER_S_MAX: u64 = 800;
/// A clinic of this traffic looks after that many patients, each sending now and then.
const PATIENTS: u64 = 50_000;

/// Writes by table or index and partition key.
#[derive(Default)]
struct Heat(HashMap<(&'static str, String), u64>);

impl Heat {
    fn write(&mut self, place: &'static str, key: impl Into<String>) {
        *self.0.entry((place, key.into())).or_default() += 1;
    }

    /// What an append costs: the event, and its way into the outbox and out of it.
    fn append(&mut self, event: &Envelope) {
        self.write("events", event.stream_id.as_str());
        // Leaving the outbox writes the item and the index once more.
        self.write("events", event.stream_id.as_str());
        self.write("events/outbox", outbox_key(event.stream_id.as_str()));
        self.write("events/outbox", outbox_key(event.stream_id.as_str()));
    }

    fn row(&mut self, table: &'static str, index: &'static str, row: &Row) {
        self.write(table, row.keys[0].1.clone());
        if let Some((_, key)) = row.keys.iter().find(|(name, _)| *name == "clinic_shard") {
            self.write(index, key.clone());
        }
    }

    fn hottest(&self) -> ((&'static str, String), u64) {
        let (key, writes) = self.0.iter().max_by_key(|(_, writes)| **writes).unwrap();
        (key.clone(), writes / SECONDS)
    }
}

fn recorded(random: &mut fastrand::Rng) -> Recorded {
    Recorded {
        event_id: EventId(Uuid::from_u128(random.u128(..))),
        timestamp: "2026-11-21T08:00:00Z".parse().unwrap(),
        correlation_id: CorrelationId(Uuid::nil()),
        causation_id: None,
        trace_parent: None,
    }
}

/// Observations of which so many in a hundred raise an alert; alerts are appends too.
fn heat(dangerous_percent: u8) -> Heat {
    let mut random = fastrand::Rng::with_seed(7);
    let clinics: [ClinicId; 2] = ["large".parse().unwrap(), "small".parse().unwrap()];
    let (mut heat, mut appends) = (Heat::default(), 0);
    while appends < APPENDS_PER_S * SECONDS {
        let clinic = &clinics[usize::from(random.u8(0..10) == 0)];
        let dangerous = random.u8(0..100) < dangerous_percent;
        let submitted = ObservationSubmitted {
            observation_id: ObservationId(Uuid::from_u128(random.u128(..))),
            patient_id: PatientId(Uuid::from_u64_pair(1, random.u64(0..PATIENTS))),
            patient_login: "paper".to_owned(),
            clinic_id: clinic.clone(),
            measurement: Measurement::SymptomScore(if dangerous { 9 } else { 3 }),
            effective_at: None,
            time_doubt: None,
            submitted_by: None,
            note: None,
        };
        let observed =
            Envelope::new(Event::ObservationSubmitted(submitted.clone()), 1, recorded(&mut random));
        let mut events = vec![observed.clone()];
        let judged = Judged::as_submitted(&submitted, observed.timestamp);
        if let Some(created) = judged.raises(&AlertPolicy { symptom_score_above: 7 }) {
            let raised = Alert::decide(None, &AlertCommand::Raise(created)).unwrap().unwrap();
            events.push(Envelope::new(raised, 1, recorded(&mut random)));
        }
        for event in events {
            appends += 1;
            heat.append(&event);
            for model in PROJECTIONS {
                for row in (model.rows)(std::slice::from_ref(&event)) {
                    heat.row(model.name, "alerts/by-clinic", &row);
                }
            }
        }
    }
    heat
}

#[test]
fn no_partition_key_gets_too_hot() {
    for dangerous_percent in [10, 50, 100] {
        let ((place, key), writes_per_s) = heat(dangerous_percent).hottest();
        println!("{dangerous_percent} % alerts: {place} {key} has {writes_per_s} writes/s");
        assert!(writes_per_s <= WRITES_PER_S_MAX, "{place} {key}: {writes_per_s} writes/s");
    }
}
