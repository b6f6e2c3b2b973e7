//! The part of the API about the audit log.

use app::access_words::ACCESS_WORDS;
use domain::access::Role;
use serde_json::{Value, json};

use super::parts::{
    body, cursor, joined, limit, list, object, operation, reference, strict_object,
};
use crate::service::auditing::EXPORT_MAX;

pub(super) fn paths() -> Value {
    json!({
        "/api/audit/search": { "post": operation(
            "searchAuditEntries",
            "What was done in the clinic, newest first: of the last year, unless `from` says from \
             when on. Without what patients did with their own record. A part may be short and \
             have a cursor all the same. It is looked for in a body, because names have no place \
             in an address. For auditors.",
            json!({ "requestBody": body("AuditSearch") }),
            "AuditPage",
            &[400, 401, 403, 413, 415, 503],
        ) },
        "/api/audit/export": { "post": export() },
        "/api/disclosures": { "get": operation(
            "listDisclosures",
            "Who opened one's own record, newest first, without oneself. What the same person did \
             again within an hour is one. For patients.",
            json!({ "parameters": [limit(), cursor()] }),
            "Disclosures",
            &[400, 401, 403, 503],
        ) },
    })
}

fn export() -> Value {
    let mut export = operation(
        "exportAuditEntries",
        &format!(
            "The entries of the list as a file, at most {EXPORT_MAX}: one that ends there says so \
             in its last line. The same fields may come as a form, url-encoded."
        ),
        json!({ "requestBody": body("AuditExport") }),
        "AuditEntry",
        &[400, 401, 403, 413, 415, 503],
    );
    export["responses"]["200"]["content"] = json!({
        "text/csv": { "schema": { "type": "string" } },
        "application/x-ndjson": { "itemSchema": reference("AuditEntry") },
    });
    export
}

/// What entries are chosen by, and these `more` fields.
fn filter_and(more: Value) -> Value {
    let text =
        |description: &str| json!({ "type": ["string", "null"], "description": description });
    let filter = json!({
        "who": text("By the person of this login."),
        "patient": text("To this patient's data: user name or identifier."),
        "action": text(&format!("With this action, or those that begin so: {}.", names())),
        "from": moment("From this day (UTC) or moment on."),
        "to": moment("Up to the end of this day (UTC), or before this moment."),
        "denied": { "type": ["boolean", "null"], "description": "Only what was denied." },
    });
    joined(filter, more)
}

fn names() -> String {
    ACCESS_WORDS.map(|words| words.name).join(", ")
}

fn moment(description: &str) -> Value {
    json!({ "description": description, "oneOf": [
        { "type": "string", "format": "date" }, { "type": "string", "format": "date-time" },
        { "const": "" }, { "type": "null" },
    ] })
}

pub(super) fn schemas() -> Value {
    let uuid = json!({ "type": "string", "format": "uuid" });
    let time = json!({ "type": "string", "format": "date-time" });
    let optional = json!({ "type": ["string", "null"] });
    let role = json!({ "enum": roles() });
    let outcome = json!({ "type": "string", "enum": ["allowed", "denied"] });
    let action = json!({ "type": "string", "description": format!("Such as {}.", names()) });
    let format = json!({
        "type": "string", "enum": ["csv", "ndjson"],
        "description": "CSV for a spreadsheet (what it might take for a formula has an apostrophe \
                        before it), or JSON, one entry a line.",
    });
    let part = json!({ "limit": schema_of(limit()), "cursor": schema_of(cursor()) });
    json!({
        "AuditSearch": strict_object(&[], filter_and(part)),
        "AuditExport": strict_object(&["format"], filter_and(json!({ "format": format }))),
        "AuditEntry": object(
            &["entry_id", "at", "who", "action", "whose", "outcome", "correlation_id"],
            json!({
                "entry_id": uuid, "at": time, "who": optional, "role": role,
                "who_clinic": optional, "action": action,
                "whose": { "type": "array", "items": uuid },
                "from": { "type": ["string", "null"], "description": "The address." },
                "why": optional, "outcome": outcome,
                "session_id": { "type": ["string", "null"], "format": "uuid" },
                "correlation_id": uuid,
            }),
        ),
        "AuditPage": object(&["clinic_id", "entries", "patients", "next_cursor"], json!({
            "clinic_id": { "type": "string" },
            "entries": { "type": "array", "items": reference("AuditEntry") },
            "patients": {
                "type": "array",
                "description": "The names of the patients, as far as there are not too many.",
                "items": object(&["patient_id", "patient_login"], json!({
                    "patient_id": uuid, "patient_login": { "type": "string" },
                })),
            },
            "next_cursor": { "type": ["string", "null"], "description": "`null` at the end." },
        })),
        "Disclosure": object(&["at", "times", "who", "action", "outcome"], json!({
            "at": { "type": "string", "format": "date-time", "description": "The last time." },
            "times": { "type": "integer", "minimum": 1 },
            "who": optional, "role": role,
            "other_clinic": {
                "type": ["string", "null"],
                "description": "The clinic of whoever did it, if it is another.",
            },
            "action": action, "emergency_reason": optional, "outcome": outcome,
        })),
        "Disclosures": list("disclosures", "Disclosure"),
    })
}

/// A parameter as the field of a body: `null` is as good as nothing.
fn schema_of(parameter: Value) -> Value {
    json!({
        "description": parameter["description"],
        "oneOf": [parameter["schema"], { "type": "null" }],
    })
}

fn roles() -> Vec<Value> {
    let named = Role::ALL.into_iter().map(|role| json!(role.wire_name()));
    named.chain([Value::Null]).collect()
}
