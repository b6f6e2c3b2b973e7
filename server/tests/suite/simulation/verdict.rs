//! What must be true of the log and of the read models when everything has come to rest.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::event::{Envelope, Event, StreamId};
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
    for model in PROJECTIONS {
        let rows = streams.values().filter_map(|stream| (model.row)(stream));
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
