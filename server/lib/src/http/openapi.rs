//! The description of the REST API, built from the same tables the API is checked against.

mod accounts;
mod audit;
mod observations;
mod parts;

use serde_json::{Value, json};

use self::parts::{faults, joined, object, responses, version};

/// The OpenAPI document, of the version from which on event streams can be described.
#[must_use]
pub fn document() -> Value {
    json!({
        "openapi": "3.2.0",
        "info": {
            "title": "HealthFlow",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Patients send observations; clinicians see the alerts they raise. Bodies \
                are JSON in UTF-8, with or without a byte order mark, and not compressed: anything \
                else is a 415 or a 400 that says so. A 503 of the type `outcome-unknown` says that \
                the request may have been done: the same again under the same Idempotency-Key finds \
                out. Any other 503 says that nothing was saved.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": all_of([observations::paths(), accounts::paths(), audit::paths(), paths()]),
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "schemas": all_of([
                observations::schemas(), accounts::schemas(), audit::schemas(), schemas(),
            ]),
        },
    })
}

fn all_of<const N: usize>(parts: [Value; N]) -> Value {
    parts.into_iter().fold(json!({}), joined)
}

fn paths() -> Value {
    json!({
        "/health/live": { "get": health("live", "Whether the server runs.", &[]) },
        "/health/ready": { "get": health("ready", "Whether it can do its work.", &[503]) },
    })
}

fn health(id: &str, summary: &str, failures: &[u16]) -> Value {
    let status = json!({ "type": "object", "properties": { "status": { "type": "string" } } });
    let ok =
        json!({ "description": "Yes.", "content": { "application/json": { "schema": status } } });
    json!({
        "operationId": id, "summary": summary, "security": [], "responses": responses(ok, failures),
    })
}

fn schemas() -> Value {
    let (text, time) =
        (json!({ "type": "string" }), json!({ "type": "string", "format": "date-time" }));
    json!({
        "Problem": object(&["type", "title", "status", "detail"], json!({
            "type": text, "title": text, "status": { "type": "integer" }, "detail": text,
            "errors": faults(),
            "holder": object(&["by", "at"], json!({ "by": text, "at": time })),
            "version": version(),
        })),
    })
}
