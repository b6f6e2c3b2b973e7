//! Every route and server function, called as everybody who should not get in: what omicron does
//! for its own API. Who may call what stands here a second time, on purpose.

use std::collections::BTreeSet;

use app::backend::WebApp;
use domain::access::Role;
use healthflow::http::endpoints::{ENDPOINTS, Who};
use healthflow::http::openapi;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::test_app::{SignedIn, TestApp};

/// What whoever may call an endpoint at all gets for asking about somebody else's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    /// It concerns nobody's data, or the caller's alone: there is nobody else's to ask for.
    Nobodys,
    /// Another's is denied (403) or hidden (404).
    Refused,
}
use Others::{Nobodys, Refused};

const PATIENT: &[Role] = &[Role::Patient];
const CLINICIAN: &[Role] = &[Role::Clinician];
const ADMINISTRATOR: &[Role] = &[Role::ClinicAdministrator];
const AUDITOR: &[Role] = &[Role::Auditor];
const SENDER: &[Role] = &[Role::Patient, Role::Clinician, Role::Service];
const ALL: &[Role] = &Role::ALL;

/// Method, path, who may call it (`None`: everybody, signed in or not), what others' data get.
type Row = (&'static str, &'static str, Option<&'static [Role]>, Others);

const EXPECTED: &[Row] = &[
    ("POST", "/api/login", None, Nobodys),
    ("POST", "/api/token", None, Nobodys),
    ("POST", "/api/logout", None, Nobodys),
    ("POST", "/api/password", Some(ALL), Nobodys),
    ("GET", "/api/sessions", Some(ALL), Nobodys),
    ("POST", "/api/sessions/{session_id}/end", Some(ALL), Refused),
    ("POST", "/api/observations", Some(SENDER), Refused),
    ("GET", "/api/observations", Some(&[Role::Patient, Role::Clinician]), Refused),
    ("POST", "/api/observations/{observation_id}/correct", Some(SENDER), Refused),
    ("POST", "/api/observations/{observation_id}/withdraw", Some(SENDER), Refused),
    ("GET", "/api/alerts", Some(CLINICIAN), Nobodys),
    ("GET", "/api/alerts/stream", Some(CLINICIAN), Nobodys),
    ("POST", "/api/alerts/{alert_id}/acknowledge", Some(CLINICIAN), Refused),
    ("POST", "/api/alerts/{alert_id}/release", Some(CLINICIAN), Refused),
    ("GET", "/api/staff", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/staff", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/staff/disable", Some(ADMINISTRATOR), Refused),
    ("POST", "/api/staff/enable", Some(ADMINISTRATOR), Refused),
    ("POST", "/api/staff/reset", Some(ADMINISTRATOR), Refused),
    ("GET", "/api/emergencies", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/emergencies", Some(CLINICIAN), Nobodys),
    ("GET", "/api/breaker", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/breaker/hold", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/breaker/reset", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/api/audit/search", Some(AUDITOR), Nobodys),
    ("POST", "/api/audit/export", Some(AUDITOR), Nobodys),
    ("GET", "/api/disclosures", Some(PATIENT), Nobodys),
    ("GET", "/api/openapi.json", None, Nobodys),
    ("GET", "/api/docs", None, Nobodys),
    ("GET", "/api/docs/try.js", None, Nobodys),
    ("GET", "/api/docs/try.css", None, Nobodys),
    ("GET", "/health/live", None, Nobodys),
    ("GET", "/health/ready", None, Nobodys),
    ("POST", "/fn/session/sign_in", None, Nobodys),
    ("POST", "/fn/session/sign_out", None, Nobodys),
    ("POST", "/fn/session/sign_out_everywhere", Some(ALL), Nobodys),
    ("POST", "/fn/session/current_user", Some(ALL), Nobodys),
    ("POST", "/fn/session/stay_signed_in", Some(ALL), Nobodys),
    ("POST", "/fn/session/change_password", Some(ALL), Nobodys),
    ("POST", "/fn/session/my_sessions", Some(ALL), Nobodys),
    ("POST", "/fn/session/end_session", Some(ALL), Refused),
    ("POST", "/fn/patient/create_account", None, Nobodys),
    ("POST", "/fn/patient/submit_observation", Some(PATIENT), Nobodys),
    ("POST", "/fn/patient/correct_observation", Some(PATIENT), Refused),
    ("POST", "/fn/patient/withdraw_observation", Some(PATIENT), Refused),
    ("POST", "/fn/patient/observation", Some(PATIENT), Refused),
    ("POST", "/fn/patient/my_observations", Some(PATIENT), Nobodys),
    ("POST", "/fn/patient/disclosures", Some(PATIENT), Nobodys),
    ("POST", "/fn/patient/form_start", Some(PATIENT), Nobodys),
    ("POST", "/fn/clinician/alerts", Some(CLINICIAN), Nobodys),
    ("POST", "/fn/clinician/acknowledge_alert", Some(CLINICIAN), Refused),
    ("POST", "/fn/clinician/release_alert", Some(CLINICIAN), Refused),
    ("POST", "/fn/clinician/patient_observations", Some(CLINICIAN), Refused),
    ("POST", "/fn/clinician/open_in_emergency", Some(CLINICIAN), Nobodys),
    ("POST", "/fn/clinician/emergency_until", Some(CLINICIAN), Nobodys),
    ("POST", "/fn/clinician/staff", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/create_staff", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/disable_staff", Some(ADMINISTRATOR), Refused),
    ("POST", "/fn/clinician/reset_staff", Some(ADMINISTRATOR), Refused),
    ("POST", "/fn/clinician/emergencies", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/open_emergencies", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/breaker", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/breaker_hold", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/breaker_reset", Some(ADMINISTRATOR), Nobodys),
    ("POST", "/fn/clinician/audit", Some(AUDITOR), Nobodys),
    ("POST", "/fn/clinician/find_in_audit", Some(AUDITOR), Nobodys),
];

#[test]
fn every_endpoint_but_the_pages_stands_in_the_table_with_who_may_call_it() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| !is_page(endpoint.path)) {
        let row = EXPECTED
            .iter()
            .find(|(method, path, ..)| (*method, *path) == (endpoint.method, endpoint.path));
        let Some((.., who, _)) = row else {
            panic!("{} {} is new: say here who may call it", endpoint.method, endpoint.path);
        };
        let allowed = match endpoint.who {
            Who::Anyone => None,
            Who::SignedIn => Some(ALL),
            Who::Only(roles) => Some(roles),
        };
        assert_eq!(allowed, *who, "{} {}", endpoint.method, endpoint.path);
    }
    assert_eq!(EXPECTED.len(), ENDPOINTS.iter().filter(|e| !is_page(e.path)).count());
}

#[test]
fn every_server_function_is_listed() {
    let listed: BTreeSet<&str> = paths_of("/fn/");
    let linked: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, method)| {
            assert_eq!(method, Method::POST, "{path}");
            path
        })
        .collect();
    assert_eq!(linked, listed);
}

#[test]
fn every_page_is_listed() {
    let patient = leptos_axum::generate_route_list(frontend_patient::App);
    let clinician = leptos_axum::generate_route_list(frontend_clinician::App);
    for (app, routes) in [(WebApp::Patient, patient), (WebApp::Clinician, clinician)] {
        let routed: BTreeSet<String> =
            routes.iter().map(|route| in_axums_words(route.path())).collect();
        let listed: BTreeSet<String> = ENDPOINTS
            .iter()
            .filter(|endpoint| is_page(endpoint.path) && endpoint.app == Some(app))
            .map(|endpoint| endpoint.path.to_owned())
            .collect();
        assert_eq!(routed, listed, "{app:?}");
    }
}

#[test]
fn every_listed_path_of_the_api_is_described() {
    let document = openapi::document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let listed: BTreeSet<(String, String)> = ENDPOINTS
        .iter()
        .filter(|endpoint| {
            let about_itself = ["/api/openapi.json", "/api/docs"];
            !is_page(endpoint.path)
                && !endpoint.path.starts_with("/fn/")
                && !about_itself.iter().any(|own| endpoint.path.starts_with(own))
        })
        .map(|endpoint| (endpoint.method.to_owned(), endpoint.path.to_owned()))
        .collect();
    assert_eq!(described, listed);
}

#[tokio::test]
async fn nobody_and_no_wrong_role_gets_in_anywhere() {
    let app = TestApp::start().await;
    let everybody = app.everybody().await;
    for (method, path, who, _) in EXPECTED {
        let Some(allowed) = who else { continue };
        let status = call(&app, method, path, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} as nobody");
        for (role, somebody) in &everybody {
            if allowed.contains(role) {
                continue;
            }
            let status = call(&app, method, path, Some(somebody)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} as {role}");
        }
    }
}

#[tokio::test]
async fn each_apps_server_functions_and_pages_exist_on_its_own_address_alone() {
    let app = TestApp::start().await;
    for endpoint in ENDPOINTS {
        let Some(own) = endpoint.app else { continue };
        let other = match own {
            WebApp::Patient => &app.clinician_url,
            WebApp::Clinician => &app.patient_url,
        };
        let is_shared = ENDPOINTS.iter().any(|e| e.path == endpoint.path && e.app != Some(own));
        if is_shared {
            continue;
        }
        let method = Method::from_bytes(endpoint.method.as_bytes()).unwrap();
        let url = format!("{other}{}", filled_in(endpoint.path));
        let status = app.http.request(method, url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{} {}", endpoint.method, endpoint.path);
    }
}

#[tokio::test]
async fn whoever_may_call_an_endpoint_still_gets_nobody_elses_data() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let receipt = app.submit(&anna, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&app.clinician().await, 1).await[0]["alert_id"].clone();
    let sessions = app.get("/api/sessions", &anna).await.1;
    let things = Things {
        patient_id: anna.patient_id.clone(),
        observation_id: receipt["observation_id"].as_str().unwrap().to_owned(),
        alert_id: alert.as_str().unwrap().to_owned(),
        session_id: sessions["sessions"][0]["session_id"].as_str().unwrap().to_owned(),
    };
    // Right roles, of another clinic; and another patient of the same one.
    let strangers = [
        (Role::Patient, app.patient("bo").await),
        (Role::Clinician, app.somebody("clinician-s", Role::Clinician, "south").await),
        (
            Role::ClinicAdministrator,
            app.somebody("admin-s", Role::ClinicAdministrator, "south").await,
        ),
        (Role::Auditor, app.somebody("auditor-s", Role::Auditor, "south").await),
        (Role::Service, app.somebody("gateway-s", Role::Service, "south").await),
    ];
    for (method, path, who, _) in EXPECTED.iter().filter(|row| row.3 == Refused) {
        for (role, stranger) in &strangers {
            if !who.is_some_and(|allowed| allowed.contains(role)) {
                continue;
            }
            let status = call_about(&app, method, path, stranger, &things).await;
            let is_refused = matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
            assert!(is_refused, "{method} {path} as {role}: {status}");
        }
    }
    // And nothing of it was done.
    assert_eq!(app.get("/api/sessions", &anna).await.0, 200, "the session goes on");
    let alerts = app.all_alerts(&app.clinician().await, 10).await;
    assert_eq!(alerts[0]["acknowledged"], json!(null));
    let own = app.all(&anna, "/api/observations?limit=10", "observations").await;
    assert_eq!((own.len(), &own[0]["score"], &own[0]["withdrawn"]), (1, &json!(9), &json!(null)));
    app.clinician().await;
}

/// Things of the demo clinic, and of one of its patients.
struct Things {
    patient_id: String,
    observation_id: String,
    alert_id: String,
    session_id: String,
}

async fn call(app: &TestApp, method: &str, path: &str, who: Option<&SignedIn>) -> StatusCode {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let url = format!("{}{}", address(app, path), filled_in(path));
    let mut request = app.http.request(method.clone(), url);
    if let Some(who) = who {
        request = request.bearer_auth(&who.token);
    }
    if method == Method::POST && path.starts_with("/api/") {
        request = request.json(&json!({}));
    }
    request.send().await.unwrap().status()
}

async fn call_about(
    app: &TestApp,
    method: &str,
    path: &str,
    who: &SignedIn,
    things: &Things,
) -> StatusCode {
    let Things { patient_id, observation_id, alert_id, session_id } = things;
    let concrete = path
        .replace("{alert_id}", alert_id)
        .replace("{session_id}", session_id)
        .replace("{observation_id}", observation_id);
    let mut url = format!("{}{concrete}", address(app, path));
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    if (&method, path) == (&Method::GET, "/api/observations") {
        url = format!("{url}?patient_id={patient_id}");
    }
    let request = app.http.request(method.clone(), url).bearer_auth(&who.token);
    let request = match path {
        "/api/observations" if method == Method::POST => {
            request.json(&json!({ "patient_id": patient_id, "score": 9 }))
        }
        _ if path.ends_with("/correct") => request.json(&json!({ "score": 2 })),
        _ if path.ends_with("/withdraw") => request.json(&json!({ "reason": "not mine" })),
        _ if path.starts_with("/api/staff/") => request.json(&json!({ "username": "clinician1" })),
        _ if path.starts_with("/fn/") => request.form(&[
            ("observation_id", observation_id.as_str()),
            ("based_on", "1"),
            ("kind", "symptom_score"),
            ("score", "2"),
            ("idempotency_key", "k"),
            ("reason", "not mine"),
            ("alert_id", alert_id),
            ("patient_id", patient_id),
            ("session_id", session_id),
            ("username", "clinician1"),
        ]),
        _ => request,
    };
    request.send().await.unwrap().status()
}

fn address<'a>(app: &'a TestApp, path: &str) -> &'a str {
    let of_staff = path.starts_with("/fn/clinician/");
    if of_staff { &app.clinician_url } else { &app.patient_url }
}

/// The path with something in its places.
fn filled_in(path: &str) -> String {
    let id = "00000000-0000-0000-0000-000000000000";
    let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// A path of leptos's router as axum has it: `:id` is `{id}`.
fn in_axums_words(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    if path.is_empty() { "/".to_owned() } else { path }
}

fn is_page(path: &str) -> bool {
    !["/api/", "/fn/", "/health/"].iter().any(|other| path.starts_with(other))
}

fn paths_of(prefix: &str) -> BTreeSet<&'static str> {
    ENDPOINTS.iter().map(|e| e.path).filter(|path| path.starts_with(prefix)).collect()
}
