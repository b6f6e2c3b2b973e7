//! The part of the API about the audit log.

use app::access_words::ACCESS_WORDS;
use domain::access::Role;
use serde_json::{Value, json};

use super::{cursor, limit, object, operation, reference};
use crate::service::auditing::EXPORT_MAX;

pub(super) fn paths() -> Value {
    let mut of_list = filter();
    of_list.extend([limit(), cursor()]);
    json!({
        "/api/audit": { "get": operation(
            "listAuditEntries",
            "What was done in the clinic, newest first: of the last year, unless `from` says from \
             when on. Without what patients did with their own record. A part may be short and \
             have a cursor all the same. For auditors.",
            json!({ "parameters": of_list }),
            "AuditPage",
            &[400, 401, 403, 503],
        ) },
        "/api/audit/export": { "get": export() },
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
    let mut parameters = filter();
    parameters.push(json!({
        "name": "format", "in": "query", "required": true,
        "description": "CSV for a spreadsheet (what it might take for a formula has an apostrophe \
                        before it), or JSON, one entry a line.",
        "schema": { "type": "string", "enum": ["csv", "ndjson"] },
    }));
    let mut export = operation(
        "exportAuditEntries",
        &format!(
            "The entries of the list as a file, at most {EXPORT_MAX}: one that ends there says so \
             in its last line."
        ),
        json!({ "parameters": parameters }),
        "AuditEntry",
        &[400, 401, 403, 503],
    );
    export["responses"]["200"]["content"] = json!({
        "text/csv": { "schema": { "type": "string" } },
        "application/x-ndjson": { "itemSchema": reference("AuditEntry") },
    });
    export
}

fn filter() -> Vec<Value> {
    let parameter = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let text = json!({ "type": "string" });
    vec![
        parameter("who", "By the person of this login.", text.clone()),
        parameter("patient", "To this patient's data: user name or identifier.", text.clone()),
        parameter(
            "action",
            &format!("With this action, or those that begin so: {}.", names()),
            text,
        ),
        parameter("from", "From this day (UTC) or moment on.", moment()),
        parameter("to", "Up to the end of this day (UTC), or before this moment.", moment()),
        parameter("denied", "Only what was denied.", json!({ "type": "boolean" })),
    ]
}

fn names() -> String {
    ACCESS_WORDS.map(|words| words.name).join(", ")
}

fn moment() -> Value {
    json!({ "oneOf": [
        { "type": "string", "format": "date" }, { "type": "string", "format": "date-time" },
    ] })
}

pub(super) fn schemas() -> Value {
    let uuid = json!({ "type": "string", "format": "uuid" });
    let time = json!({ "type": "string", "format": "date-time" });
    let optional = json!({ "type": ["string", "null"] });
    let role = json!({ "enum": roles() });
    let outcome = json!({ "type": "string", "enum": ["allowed", "denied"] });
    let action = json!({ "type": "string", "description": format!("Such as {}.", names()) });
    json!({
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
        "Disclosures": super::list("disclosures", "Disclosure"),
    })
}

fn roles() -> Vec<Value> {
    let named = Role::ALL.into_iter().map(|role| json!(role.wire_name()));
    named.chain([Value::Null]).collect()
}
