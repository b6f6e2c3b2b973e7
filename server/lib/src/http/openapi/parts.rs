//! What every part of the description is made of.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::problem::PROBLEM_JSON;
use crate::store::cursor::CURSOR_MAX_BYTES;
use crate::store::views::{PAGE_DEFAULT, PAGE_MAX};

/// What `domain::login` takes for a name to look for: something visible, and no control characters.
pub(super) const LOGIN_PATTERN: &str =
    r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";
/// What it takes for the name of a new account of staff.
pub(super) const STAFF_NAME_PATTERN: &str = r"^\s*[A-Za-z0-9._-]+\s*$";
/// The alphabet of a cursor: base64 for addresses.
pub(super) const CURSOR_PATTERN: &str = "^[A-Za-z0-9_-]{2,}$";

pub(super) fn operation(
    id: &str,
    summary: &str,
    rest: Value,
    answer: &str,
    failures: &[u16],
) -> Value {
    let ok = json!({
        "description": "Done.",
        "content": { "application/json": { "schema": reference(answer) } },
    });
    // Whatever is asked, it may take too long, or be too often.
    let failures = [failures, &[408, 429]].concat();
    let mut operation =
        json!({ "operationId": id, "summary": summary, "responses": responses(ok, &failures) });
    operation["security"] = json!([{ "bearer": [] }]);
    if let (Some(operation), Value::Object(rest)) = (operation.as_object_mut(), rest) {
        operation.extend(rest);
    }
    operation
}

/// An operation that answers nothing when it is done.
pub(super) fn nothing_said(mut operation: Value) -> Value {
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.remove("200");
        responses.insert("204".to_owned(), json!({ "description": "Done, now or before." }));
    }
    operation
}

pub(super) fn id_in_path(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": { "type": "string", "format": "uuid" },
    })
}

pub(super) fn joined(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

pub(super) fn responses(ok: Value, failures: &[u16]) -> Value {
    let mut responses = Map::from_iter([("200".to_owned(), ok)]);
    for status in failures {
        let reason = StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason());
        let problem = json!({
            "description": reason.unwrap_or("Refused."),
            "content": { PROBLEM_JSON: { "schema": reference("Problem") } },
        });
        responses.insert(status.to_string(), problem);
    }
    Value::Object(responses)
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

pub(super) fn body(schema: &str) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } })
}

pub(super) fn limit() -> Value {
    json!({
        "name": "limit", "in": "query", "description": "At most so many.",
        "schema": { "type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT },
    })
}

pub(super) fn cursor() -> Value {
    json!({
        "name": "cursor", "in": "query", "description": "`next_cursor` of the part before.",
        "schema": { "type": "string", "maxLength": CURSOR_MAX_BYTES, "pattern": CURSOR_PATTERN },
    })
}

pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

/// The same, but with no other fields: so bodies are read.
pub(super) fn strict_object(required: &[&str], properties: Value) -> Value {
    let mut object = object(required, properties);
    object["additionalProperties"] = json!(false);
    object
}

pub(super) fn list(name: &str, item: &str) -> Value {
    object(
        &[name, "next_cursor"],
        json!({
            name: { "type": "array", "items": reference(item) },
            "next_cursor": { "type": ["string", "null"], "description": "`null` at the end." },
        }),
    )
}

/// What is wrong, field by field.
pub(super) fn faults() -> Value {
    let text = json!({ "type": "string" });
    json!({ "type": "array", "items": object(&["field", "code", "message"], json!({
        "field": text, "code": text, "message": text,
    })) })
}

/// Which version of an observation something is about.
pub(super) fn version() -> Value {
    json!({
        "type": "integer", "minimum": 1,
        "description": "Which version of the observation: each correction and the withdrawal makes \
                        another one.",
    })
}
