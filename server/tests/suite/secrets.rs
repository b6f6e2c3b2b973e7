//! What must never leave the process in a log or an error: passwords, tokens, keys, health data.

use std::process::Stdio;

use app::backend::{Caller, Principal, Session};
use clap::Parser;
use domain::access::Role;
use domain::ids::{CorrelationId, SessionId};
use domain::login::Login;
use healthflow::cli::Cli;
use healthflow::store::users::User;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::process::Process;

const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

#[test]
fn what_is_printed_for_debugging_holds_no_secret() {
    let mut config = Cli::parse_from(["healthflow"]).config;
    config.auth.jwt_secret = Some(SECRET.to_owned());
    config.auth.jwt_secret_previous = Some(SECRET.to_owned());
    config.store.audit_key = Some(SECRET.to_owned());
    config.store.audit_key_previous = Some(SECRET.to_owned());
    let login = Login::parse("carla").unwrap();
    let user = User {
        login,
        role: Role::Clinician,
        clinic_id: config.auth.clinic.clone(),
        patient_id: None,
        password_hash: SECRET.to_owned(),
        must_change_password: false,
        is_disabled: false,
        is_demo: false,
        sessions_since_ms: 0,
    };
    let principal = Principal {
        login: "carla".to_owned(),
        role: user.role,
        clinic_id: user.clinic_id.clone(),
        patient_id: None,
        session_id: SessionId(Uuid::nil()),
        must_change_password: false,
    };
    let session = Session {
        access_token: SECRET.to_owned(),
        expires_in_s: 0,
        refresh_token: Some(SECRET.to_owned()),
        refresh_expires_in_s: 0,
        device_token: Some(SECRET.to_owned()),
        principal,
        new_user: false,
    };
    let mut caller = Caller::stranger(CorrelationId(Uuid::nil()));
    caller.device_token = Some(SECRET.to_owned());
    let printed = format!("{config:?} {user:?} {session:?} {caller:?}");
    assert!(!printed.contains(SECRET), "{printed}");
}

#[tokio::test]
async fn the_log_is_json_in_utc_and_holds_nothing_personal() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let data = folder.path().join("data");
    let settings = [
        ("HEALTHFLOW_LOG", "info,healthflow=trace".to_owned()),
        ("HEALTHFLOW_LOG_JSON", "true".to_owned()),
        ("HEALTHFLOW_SIGN_IN_FAILURES_PER_ACCOUNT", "1".to_owned()),
    ];
    let to = Stdio::from(std::fs::File::create(&log).unwrap());
    let server = Process::start_logging_to(to, &data, &settings);
    let url = server.patient_url.clone().unwrap();
    let http = reqwest::Client::new();
    let post = async |path: &str, token: &str, body: Value| {
        let request = http.post(format!("{url}{path}")).bearer_auth(token).json(&body);
        request.send().await.unwrap().json::<Value>().await.unwrap_or_default()
    };
    let sign_in = |password: &str| json!({ "username": "Annabella", "password": password, "role": "patient" });
    let session = post("/api/login", "", sign_in("mellow-pheasants")).await;
    let token = session["token"].as_str().unwrap();
    for _ in 0..2 {
        post("/api/login", "", sign_in("wrong-pheasants")).await;
    }
    post("/api/observations", token, json!({ "score": 9, "note": "dizzy-since-noon" })).await;
    post("/api/observations", token, json!({ "kind": "weight", "value": 987_654 })).await;
    let from_elsewhere =
        http.post(format!("{url}/api/logout")).header("origin", "https://a.example");
    assert_eq!(from_elsewhere.send().await.unwrap().status(), 403);
    drop(server);

    let text = std::fs::read_to_string(&log).unwrap();
    let secrets = [
        "nnabella",
        "pheasants",
        "dizzy",
        "987654",
        token,
        session["refresh_token"].as_str().unwrap(),
        session["patient_id"].as_str().unwrap(),
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert!(line["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    let says = |part: &str| {
        lines
            .iter()
            .any(|line| line["fields"]["message"].as_str().is_some_and(|m| m.contains(part)))
    };
    assert!(says("too many failed sign-ins"), "{text}");
    assert!(says("came from another site's page"), "{text}");
}
