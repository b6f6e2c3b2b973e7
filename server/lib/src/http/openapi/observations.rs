//! The part of the API about observations and the alerts they raise.

use domain::decimal::{self, Decimal};
use domain::note::NOTE_MAX_CHARS;
use domain::observation::{CORRECTIONS_MAX, REASON_MAX_CHARS};
use domain::vital::{ObservationKind, SCORE_MAX, SCORE_MIN, UCUM_SPELLINGS, Unit};
use serde_json::{Map, Value, json};

use super::parts::{
    CURSOR_PATTERN, body, cursor, faults, id_in_path, limit, list, nothing_said, object, operation,
    reference, responses, strict_object, version,
};
use crate::http::api::{ACKNOWLEDGED, ALERT, BEAT, CHANGED, READER};
use crate::store::cursor::CURSOR_MAX_BYTES;

pub(super) fn paths() -> Value {
    json!({
        "/api/observations": {
            "post": operation(
                "submitObservation",
                "Send a symptom score or a vital sign. The same Idempotency-Key and body again \
                 answer the same and add nothing; another body under the key is a 422. A value that \
                 cannot wait is taken in whatever is wrong around it (time, note, key, further \
                 fields, letters that are not UTF-8): `remarks` in the answer say what. The body may \
                 have 64 KiB, and is read as JSON whatever its media type.",
                json!({
                    "parameters": [idempotency_key()],
                    "requestBody": body("Submission"),
                }),
                "Receipt",
                &[400, 401, 403, 404, 413, 415, 422, 503],
            ),
            "get": operation(
                "listObservations",
                "A patient's observations, newest first.",
                json!({ "parameters": [{
                    "name": "patient_id", "in": "query",
                    "description": "Whose; may be left out by a patient.",
                    "schema": { "type": "string", "format": "uuid" },
                }, limit(), cursor()] }),
                "Observations",
                &[400, 401, 403, 404, 503],
            ),
        },
        "/api/observations/{observation_id}/correct": { "post": correct() },
        "/api/observations/{observation_id}/withdraw": { "post": withdraw() },
        "/api/alerts": { "get": operation(
            "listAlerts",
            "The clinic's alerts, newest first.",
            json!({ "parameters": [limit(), cursor()] }),
            "Alerts",
            &[400, 401, 403, 503],
        ) },
        "/api/alerts/{alert_id}/acknowledge": { "post": acknowledge() },
        "/api/alerts/{alert_id}/release": { "post": release() },
        "/api/alerts/stream": { "get": stream() },
    })
}

fn correct() -> Value {
    operation(
        "correctObservation",
        &format!(
            "Put right what you have sent: the measurement, the time or the note; what is left out \
             stays. The kind cannot change. What it said before stays in its `history`, and the alert \
             it raised is judged again. The same Idempotency-Key and body again add nothing; at most \
             {CORRECTIONS_MAX} corrections. With If-Match, it is a 412 where another version stands \
             there by now.",
        ),
        json!({
            "parameters": [
                id_in_path("observation_id", "Which observation."), if_match(), idempotency_key(),
            ],
            "requestBody": body("Correction"),
        }),
        "Receipt",
        &[400, 401, 403, 404, 409, 412, 413, 415, 422, 503],
    )
}

fn withdraw() -> Value {
    operation(
        "withdrawObservation",
        "Take back what you have sent, such as a value of somebody else. It stays in the record, marked \
         as withdrawn, with the reason. Again it answers the same. With If-Match, it is a 412 where \
         another version stands there by now.",
        json!({
            "parameters": [id_in_path("observation_id", "Which observation."), if_match()],
            "requestBody": body("Withdrawal"),
        }),
        "Receipt",
        &[400, 401, 403, 404, 412, 413, 415, 503],
    )
}

fn acknowledge() -> Value {
    nothing_said(operation(
        "acknowledgeAlert",
        "Take care of an alert. It stays with the first who says so: for everybody else it is a 409 \
         whose `holder` says who that is.",
        json!({ "parameters": [id_in_path("alert_id", "Which alert.")] }),
        "Alert",
        &[401, 403, 404, 409, 503],
    ))
}

fn release() -> Value {
    nothing_said(operation(
        "releaseAlert",
        "Give an alert back: you take care of it no longer. Where somebody else does, it is a 409 whose \
         `holder` says who that is; where nobody does, it is done.",
        json!({ "parameters": [id_in_path("alert_id", "Which alert.")] }),
        "Alert",
        &[401, 403, 404, 409, 503],
    ))
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header",
        "description": "Chosen by the client, such as a UUID.",
        "schema": { "type": "string", "pattern": "^[!-~]{1,200}$" },
    })
}

fn if_match() -> Value {
    json!({
        "name": "If-Match", "in": "header",
        "description": "The version of the observation that the change is made upon, as `version` and \
                        `ETag` tell it. Without it, whatever stands there is changed.",
        "schema": { "type": "string", "pattern": r#"^(\*|(W/)?"[0-9]{1,18}")$"# },
    })
}

fn stream() -> Value {
    let ok = json!({
        "description": "Server-sent events. The first is named `reader`, with the login of whoever \
                        reads. Those named `alert` bring an Alert as JSON, the id its place. When \
                        somebody takes care of one, it comes again as `acknowledged`, and as `changed` \
                        when it is given back, or judged again because its observation was corrected or \
                        withdrawn: where it needs somebody anew by that, `acknowledged` is null \
                        again. Alerts of the last minute come first, so that none falls between a \
                        list and the stream; tell repeats by `alert_id`. Where there is nothing to \
                        tell, a `beat` with `{}` comes every 15 s.",
        "content": { "text/event-stream": { "itemSchema": object(&["event", "data"], json!({
            "event": { "enum": [READER, ALERT, ACKNOWLEDGED, CHANGED, BEAT] },
            "id": { "type": "string", "pattern": CURSOR_PATTERN },
            "data": {
                "type": "string", "contentMediaType": "application/json",
                "contentSchema": { "anyOf": [reference("Alert"), { "type": "string" }] },
            },
        })) } },
    });
    json!({
        "operationId": "streamAlerts",
        "summary": "The clinic's alerts as they are raised.",
        "security": [{ "bearer": [] }],
        "parameters": [{
            "name": "Last-Event-ID", "in": "header",
            "description": "The id of the last event seen: what was missed is sent.",
            "schema": { "type": "string", "maxLength": CURSOR_MAX_BYTES, "pattern": CURSOR_PATTERN },
        }],
        "responses": responses(ok, &[400, 401, 403, 429, 503]),
    })
}

pub(super) fn schemas() -> Value {
    let kinds: Vec<&str> = ObservationKind::ALL.iter().map(|kind| kind.wire_name()).collect();
    let units: Vec<&str> = Unit::ALL.iter().map(|unit| unit.ucum()).collect();
    let uuid = json!({ "type": "string", "format": "uuid" });
    let time = json!({ "type": "string", "format": "date-time" });
    let text = json!({ "type": "string" });
    let number = json!({ "type": "number" });
    let measured = json!({
        "kind": { "type": "string", "enum": kinds },
        "score": score(), "value": number, "systolic": number, "diastolic": number,
        "unit": { "type": "string", "enum": units },
        "as_sent": { "type": "object", "additionalProperties": text,
            "description": "The digits as they were sent, where a JSON number does not keep them." },
    });
    let severity = json!({ "type": "string", "enum": ["watch", "high", "critical"] });
    let doubt = json!({ "type": "string", "enum": ["ahead", "long_ago", "unreadable"] });
    let sender = object(&["login", "role"], json!({ "login": text, "role": text }));
    let with_measured = |own: Value| {
        let mut all = measured.clone();
        if let (Some(all), Value::Object(own)) = (all.as_object_mut(), own) {
            all.extend(own);
        }
        all
    };
    json!({
        "Submission": submission(&uuid, &time),
        "Correction": correction(&time),
        "Withdrawal": strict_object(&["reason"], json!({
            "reason": { "type": "string", "minLength": 1, "maxLength": REASON_MAX_CHARS },
        })),
        "Receipt": object(&["observation_id", "event_id", "version"], json!({
            "observation_id": uuid, "event_id": uuid, "version": version(), "remarks": faults(),
        })),
        "Observation": object(
            &["observation_id", "version", "patient_id", "kind", "effective_at", "submitted_at"],
            with_measured(json!({
                "observation_id": uuid, "version": version(), "patient_id": uuid, "patient_login": text,
                "effective_at": time, "time_doubt": doubt, "submitted_at": time,
                "submitted_by": sender, "note": { "type": ["string", "null"] },
                "severity": severity,
                "history": { "type": "array", "items": object(
                    &["kind", "effective_at", "corrected_at", "corrected_by"],
                    with_measured(json!({
                        "effective_at": time, "time_doubt": doubt, "corrected_at": time,
                        "corrected_by": sender, "note": { "type": ["string", "null"] },
                    })),
                ) },
                "withdrawn": object(&["at", "by", "reason"], json!({
                    "at": time, "by": sender, "reason": text,
                })),
            })),
        ),
        "Observations": list("observations", "Observation"),
        "Alert": object(
            &[
                "alert_id", "patient_id", "patient_login", "severity", "message", "created_at",
                "effective_at", "acknowledged",
            ],
            with_measured(json!({
                "alert_id": uuid, "patient_id": uuid, "patient_login": text, "observation_id": uuid,
                "severity": severity,
                "rule": text, "message": text, "note": text, "created_at": time,
                "effective_at": time, "time_doubt": doubt, "received_at": time,
                "released_at": time,
                "reassessed": object(&["at", "cause", "stands", "before"], json!({
                    "at": time, "stands": { "type": "boolean" },
                    "cause": { "type": "string", "enum": ["corrected", "withdrawn"] },
                    "before": object(&["kind"], with_measured(json!({ "note": text }))),
                    "reason": text,
                    "released_from": { "type": "string", "description": "Who took care of it until \
                        then, where it needs somebody anew: it stands again, or is more urgent." },
                })),
                "acknowledged": { "oneOf": [
                    { "type": "null" },
                    object(&["by", "at"], json!({ "by": text, "at": time })),
                ] },
            })),
        ),
        "Alerts": list("alerts", "Alert"),
    })
}

/// What may be corrected: any of it.
fn correction(time: &Value) -> Value {
    let kinds: Vec<&str> = ObservationKind::ALL.iter().map(|kind| kind.wire_name()).collect();
    let number = number_or_text(json!({ "type": "number" }));
    let mut correction = strict_object(
        &[],
        json!({
            "kind": { "type": "string", "enum": kinds }, "score": number_or_text(score()),
            "value": number,
            "systolic": number, "diastolic": number, "unit": { "type": "string" },
            "effective_at": time, "note": { "type": "string", "maxLength": NOTE_MAX_CHARS },
        }),
    );
    correction["minProperties"] = json!(1);
    correction
}

/// What may be sent: one shape per kind and unit, with its bounds.
fn submission(uuid: &Value, time: &Value) -> Value {
    let common = json!({
        "patient_id": uuid, "effective_at": time,
        "note": { "type": "string", "maxLength": NOTE_MAX_CHARS },
    });
    let shape = |required: &[&str], own: Map<String, Value>| {
        let mut properties = common.as_object().cloned().unwrap_or_default();
        properties.extend(own);
        strict_object(required, Value::Object(properties))
    };
    let score_kind = json!({ "const": ObservationKind::SymptomScore.wire_name() });
    let mut shapes = vec![shape(
        &["score"],
        Map::from_iter([
            ("score".to_owned(), number_or_text(score())),
            ("kind".to_owned(), score_kind),
        ]),
    )];
    for kind in ObservationKind::ALL {
        for unit in kind.units() {
            let mut own = Map::from_iter([
                ("kind".to_owned(), json!({ "const": kind.wire_name() })),
                ("unit".to_owned(), spellings(unit)),
            ]);
            let mut required = vec!["kind", "unit"];
            for component in kind.components() {
                let Some(range) = component.range_in(unit) else { continue };
                let bounds = number_between(range.min, range.max);
                own.insert(component.field.to_owned(), bounds);
                required.push(component.field);
            }
            shapes.push(shape(&required, own));
        }
    }
    json!({ "oneOf": shapes })
}

fn number_between(least: Decimal, greatest: Decimal) -> Value {
    let (minimum, maximum) = (decimal::to_json(least).0, decimal::to_json(greatest).0);
    number_or_text(json!({ "type": "number", "minimum": minimum, "maximum": maximum }))
}

/// What may be sent as a number, or as the same number in a text.
fn number_or_text(number: Value) -> Value {
    json!({ "anyOf": [number, { "type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,20})?$" }] })
}

/// How the unit may be written; capital letters and what stands in braces do not matter.
fn spellings(unit: Unit) -> Value {
    let known = UCUM_SPELLINGS.iter().find(|(known, _)| *known == unit);
    let codes = known.map_or(&[][..], |(_, codes)| codes);
    let others = codes.iter().copied().filter(|code| *code != unit.ucum());
    json!({ "enum": std::iter::once(unit.ucum()).chain(others).collect::<Vec<_>>() })
}

fn score() -> Value {
    json!({ "type": "integer", "minimum": SCORE_MIN, "maximum": SCORE_MAX })
}
