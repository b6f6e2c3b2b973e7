//! The part of the API about accounts and their administration: sessions, staff, emergencies, the
//! circuit breaker.

use domain::access::Role;
use domain::login::{LOGIN_MAX_CHARS, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use domain::reason::REASON_MAX_CHARS;
use serde_json::{Value, json};

use super::parts::{
    LOGIN_PATTERN, STAFF_NAME_PATTERN, body, id_in_path, nothing_said, object, operation,
    reference, strict_object,
};

pub(super) fn paths() -> Value {
    json!({
        "/api/login": { "post": operation(
            "login",
            "Sign in. In demo mode an unknown patient gets an account.",
            json!({ "requestBody": body("Login"), "security": [] }),
            "LoggedIn",
            &[400, 401, 403, 413, 415, 429, 503],
        ) },
        "/api/token": { "post": operation(
            "refreshToken",
            "Trade the refresh token for the next pair of tokens. It is good once. Where the answer is \
             lost, ask again within 30 s: the same refresh token brings the same next one. Used \
             again later it ends the session, because then two have it.",
            json!({ "requestBody": body("Refresh"), "security": [] }),
            "LoggedIn",
            &[400, 401, 403, 413, 415, 429, 503],
        ) },
        "/api/logout": { "post": nothing_said(operation(
            "signOut",
            "End the session, or all of one's sessions.",
            json!({ "requestBody": body("SignOut") }),
            "LoggedIn",
            &[400, 401, 403, 413, 415, 429, 503],
        )) },
        "/api/password": { "post": operation(
            "changePassword",
            "Change one's password. All sessions end; the answer is a new one.",
            json!({ "requestBody": body("PasswordChange") }),
            "LoggedIn",
            &[400, 401, 403, 413, 415, 422, 429, 503],
        ) },
        "/api/sessions": { "get": operation(
            "listSessions", "One's own sessions, newest first.", json!({}), "Sessions",
            &[401, 403, 429, 503],
        ) },
        "/api/sessions/{session_id}/end": { "post": nothing_said(operation(
            "endSession",
            "End one of one's own sessions.",
            json!({ "parameters": [id_in_path("session_id", "Which session.")] }),
            "Sessions",
            &[400, 401, 403, 404, 429, 503],
        )) },
        "/api/staff": {
            "get": operation(
                "listStaff", "The accounts of the clinic's staff.", json!({}), "Staff",
                &[401, 403, 429, 503],
            ),
            "post": operation(
                "createStaff",
                "Make an account for somebody of the clinic's staff.",
                json!({ "requestBody": body("NewStaff") }),
                "OneTimePassword",
                &[400, 401, 403, 413, 415, 429, 503],
            ),
        },
        "/api/staff/disable": { "post": about_staff(
            "disableStaff", "Forbid an account to sign in, and end its sessions within 5 s.",
        ) },
        "/api/staff/enable": { "post": about_staff("enableStaff", "Allow it again.") },
        "/api/staff/reset": { "post": operation(
            "resetStaff",
            "Give an account another one-time password, and end its sessions.",
            json!({ "requestBody": body("StaffChange") }),
            "OneTimePassword",
            &[400, 401, 403, 404, 413, 415, 422, 429, 503],
        ) },
        "/api/breaker": { "get": operation(
            "breakerState",
            "How the circuit breaker of the process that answers stands.",
            json!({}),
            "Breaker",
            &[401, 403, 429, 503],
        ) },
        "/api/breaker/hold": { "post": operation(
            "holdBreaker",
            "Let nothing in but critical observations, until it is reset.",
            json!({ "requestBody": reason_alone() }),
            "Breaker",
            &[400, 401, 403, 413, 415, 429, 503],
        ) },
        "/api/breaker/reset": { "post": operation(
            "resetBreaker",
            "Let everything in again.",
            json!({ "requestBody": reason_alone() }),
            "Breaker",
            &[400, 401, 403, 413, 415, 429, 503],
        ) },
        "/api/emergencies": {
            "get": operation(
                "listEmergencies",
                "The records of the clinic's patients that were opened in an emergency, newest \
                 first.",
                json!({}),
                "Emergencies",
                &[401, 403, 429, 503],
            ),
            "post": operation(
                "openInEmergency",
                "Open the record of another clinic's patient for an hour. The patient and their \
                 clinic see who did so and why.",
                json!({ "requestBody": body("NewEmergency") }),
                "Emergency",
                &[400, 401, 403, 413, 415, 429, 503],
            ),
        },
    })
}

fn about_staff(id: &str, summary: &str) -> Value {
    let request = json!({ "requestBody": body("StaffChange") });
    let failures = &[400, 401, 403, 404, 413, 415, 429, 503];
    nothing_said(operation(id, summary, request, "StaffChange", failures))
}

/// A body that may say why, or none.
fn reason_alone() -> Value {
    json!({ "content": { "application/json": { "schema": reference("Reason") } } })
}

fn reason() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": REASON_MAX_CHARS,
        "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
        "description": "Why. It is kept in the audit log.",
    })
}

pub(super) fn schemas() -> Value {
    let roles = Role::ALL.map(Role::wire_name);
    let made: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| role.is_made_by_administrators())
        .map(Role::wire_name)
        .collect();
    let uuid = json!({ "type": "string", "format": "uuid" });
    let time = json!({ "type": "string", "format": "date-time" });
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let username =
        json!({ "type": "string", "maxLength": LOGIN_MAX_CHARS, "pattern": LOGIN_PATTERN });
    let staff_name = json!({
        "type": "string", "maxLength": LOGIN_MAX_CHARS, "pattern": STAFF_NAME_PATTERN,
    });
    let password = json!({ "type": "string", "maxLength": PASSWORD_MAX_CHARS, "pattern": "\\S" });
    json!({
        "Login": strict_object(&["username", "password", "role"], json!({
            "username": {
                "type": "string", "maxLength": LOGIN_MAX_CHARS, "pattern": LOGIN_PATTERN,
                "description": "Capitals and the composing of accents make no difference \
                                (UsernameCaseMapped of RFC 8265). A new name has no invisible \
                                characters and no signs but those of names.",
            }, "password": password,
            "role": { "type": "string", "enum": roles },
        })),
        "LoggedIn": object(
            &["token", "role", "new_user", "expires_in_s", "must_change_password"],
            json!({
                "token": text, "role": { "type": "string", "enum": roles },
                "new_user": flag, "patient_id": uuid, "expires_in_s": { "type": "integer" },
                "refresh_token": {
                    "type": "string",
                    "description": "Absent where an older release handed the next one out a moment ago.",
                },
                "must_change_password": flag,
            }),
        ),
        "Refresh": strict_object(&["refresh_token"], json!({
            "refresh_token": { "type": "string", "pattern": "\\S" },
        })),
        "SignOut": strict_object(&[], json!({ "everywhere": flag })),
        "PasswordChange": strict_object(&["current_password", "new_password"], json!({
            "current_password": password,
            "new_password": {
                "type": "string", "minLength": PASSWORD_MIN_CHARS, "maxLength": PASSWORD_MAX_CHARS,
                "pattern": "\\S",
                "description": "None of those that are tried first.",
            },
        })),
        "Sessions": object(&["sessions"], json!({ "sessions": {
            "type": "array",
            "items": object(
                &["session_id", "device", "created_at", "last_used_at", "is_this"],
                json!({
                    "session_id": uuid, "device": text, "created_at": time, "last_used_at": time,
                    "is_this": flag,
                }),
            ),
        } })),
        "Staff": object(&["staff"], json!({ "staff": {
            "type": "array",
            "items": object(
                &["login", "role", "is_disabled", "must_change_password"],
                json!({
                    "login": text, "role": { "type": "string", "enum": roles },
                    "is_disabled": flag, "must_change_password": flag,
                }),
            ),
        } })),
        "NewStaff": strict_object(&["username", "role"], json!({
            "username": staff_name, "role": { "type": "string", "enum": made },
        })),
        "StaffChange": strict_object(&["username"], json!({
            "username": username, "reason": reason(),
        })),
        "Reason": strict_object(&[], json!({ "reason": reason() })),
        "OneTimePassword": object(&["login", "password"], json!({
            "login": text, "password": text,
        })),
        "NewEmergency": strict_object(&["patient", "reason"], json!({
            "patient": {
                "type": "string", "maxLength": LOGIN_MAX_CHARS, "pattern": LOGIN_PATTERN,
                "description": "The user name or the identifier.",
            },
            "reason": { "type": "string", "minLength": 10, "maxLength": 500 },
        })),
        "Breaker": object(
            &["phase", "lets_in_percent", "requests_last_minute", "requests_per_minute_max"],
            json!({
                "phase": { "type": "string", "enum": ["closed", "recovering", "open", "held"] },
                "lets_in_percent": { "type": "integer", "minimum": 0, "maximum": 100 },
                "requests_last_minute": { "type": "integer", "minimum": 0 },
                "requests_per_minute_max": {
                    "type": "integer", "minimum": 0, "description": "0 for no limit.",
                },
            }),
        ),
        "Emergency": emergency(&uuid, &time, &text),
        "Emergencies": object(&["emergencies"], json!({ "emergencies": {
            "type": "array", "items": emergency(&uuid, &time, &text),
        } })),
    })
}

fn emergency(uuid: &Value, time: &Value, text: &Value) -> Value {
    object(
        &["patient_id", "patient_login", "opened_by", "reason", "opened_at", "until"],
        json!({
            "patient_id": uuid, "patient_login": text, "opened_by": text, "opened_from": text,
            "reason": text, "opened_at": time, "until": time,
        }),
    )
}
