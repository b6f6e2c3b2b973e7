//! What must be true of the log and of the read models when everything has come to rest.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::event::{Envelope, Event, StreamId};
use domain::observation::ObservationCommand;
use healthflow::projections::PROJECTIONS;
use serde_json::Value;

use super::people::Load;
use super::read_models::{MemoryReadModels, Rows};
use super::system::System;

/// What must be true of the log and of the read models at the end.
pub(crate) fn check(system: &System, load: &Load) -> Vec<String> {
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
    for sent in &load.observations {
        let id = sent.submitted.observation_id;
        let expected: &[&str] = match &sent.change {
            None => &["ObservationSubmitted"],
            Some(ObservationCommand::Withdraw { .. }) => {
                &["ObservationSubmitted", "ObservationWithdrawn"]
            }
            Some(_) => &["ObservationSubmitted", "ObservationCorrected"],
        };
        if kinds(&StreamId::observation(id)) != expected {
            violations.push(format!("observation {id} is not once in the log, with its change"));
        }
    }
    for sent in load.dangerous() {
        let alert = sent.alert_id();
        let mut happened = kinds(&StreamId::alert(alert));
        let raised_first = happened.first() == Some(&"AlertCreated");
        // A nurse and the worker do not wait for each other.
        happened.sort_unstable();
        let mut expected = vec!["AlertAcknowledged", "AlertCreated"];
        expected.extend(sent.is_reassessed().then_some("AlertReassessed"));
        if !raised_first || happened != expected {
            violations.push(format!("alert {alert} is not raised, acknowledged and judged once"));
        }
    }
    let raised = streams.values().filter(|s| matches!(s[0].event, Event::AlertCreated(_))).count();
    if raised != load.alerts().len() {
        violations.push(format!("{raised} alerts were raised, not {}", load.alerts().len()));
    }
    for model in PROJECTIONS {
        let rows = streams.values().flat_map(|stream| (model.rows)(stream));
        let expected: Rows = rows.map(|row| (row.identity(model), row)).collect();
        // The one that is read, and the ones that nobody has told to drop.
        for generation in system.models.noted(model).kept {
            let rows = system.models.rows(model, generation).unwrap_or_default();
            if rows != expected {
                let (name, have, want) = (model.name, rows.len(), expected.len());
                violations.push(format!(
                    "generation {generation} of {name} is not what the log says: {have} of {want} \
                     rows"
                ));
            }
        }
    }
    violations
}

/// The rows that are read, without the times at which things were recorded, which differ from run to run.
pub(crate) fn hash_of(models: &MemoryReadModels) -> u64 {
    let mut hasher = DefaultHasher::new();
    let active = PROJECTIONS.into_iter().flat_map(|model| {
        let rows = models.rows(model, models.noted(model).active).unwrap_or_default();
        rows.into_iter().map(|(identity, row)| ((model.name, identity), row))
    });
    for (key, row) in active {
        let mut body: Value = serde_json::from_str(&row.body).unwrap_or_default();
        without_times(&mut body);
        (key, row.version, row.has_moved, body.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Takes away when things were recorded, wherever that stands.
fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for time in
                ["submitted_at", "created_at", "received_at", "released_at", "corrected_at", "at"]
            {
                fields.remove(time);
            }
            fields.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}
