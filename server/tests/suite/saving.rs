//! What people are told about saving while the store answers, does not, or does not say: "nothing was
//! saved" only where that is sure, and the same request again finds out.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp, read};

/// What the store on its way to the server meets with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    /// It does what it is asked to with this operation on this table, and its answer is lost.
    AnswerLost(&'static str, String),
    /// It says that it is overloaded, and does nothing.
    Throttled(&'static str, String),
}

/// A store in another process, on a line that can be cut.
#[derive(Clone)]
struct Line {
    to: String,
    http: reqwest::Client,
    fault: Arc<Mutex<Fault>>,
}

impl Line {
    async fn open(to: String) -> (Self, String) {
        let line = Self { to, http: reqwest::Client::new(), fault: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let carry = axum::Router::new().fallback(carry).with_state(line.clone());
        tokio::spawn(async move { axum::serve(listener, carry).await });
        (line, url)
    }

    fn meets(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }
}

async fn carry(State(line): State<Line>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = line.fault.lock().unwrap().clone();
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let concerns = |operation: &str, table: &str| {
        let names_table = String::from_utf8_lossy(&body).contains(&format!("\"{table}\""));
        target.ends_with(&format!(".{operation}")) && names_table
    };
    if let Fault::Throttled(operation, table) = &fault
        && concerns(operation, table)
    {
        return (StatusCode::BAD_REQUEST, r#"{"__type":"x#ThrottlingException"}"#).into_response();
    }
    let sent = line.http.post(&line.to).headers(headers.clone()).body(body.clone());
    let answer = sent.send().await.unwrap();
    let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
    if let Fault::AnswerLost(operation, table) = &fault
        && concerns(operation, table)
    {
        // It breaks off behind its head.
        let cut = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return Body::from_stream(cut).into_response();
    }
    let mut answer = (status, bytes).into_response();
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    answer.headers_mut().insert("content-type", json);
    answer
}

/// A server whose store is elsewhere, on a line that can be cut.
struct Scene {
    app: TestApp,
    line: Line,
    /// Where the data are.
    _store: TestApp,
}

impl Scene {
    async fn begin() -> Self {
        let store = TestApp::start().await;
        let (line, url) = Line::open(store.dynamodb_url()).await;
        let app = TestApp::start_with(|config| {
            config.endpoints.dynamodb = Some(url);
            config.auth.jwt_secret = Some("a secret of the tests, and of no one else".to_owned());
        })
        .await;
        Self { app, line, _store: store }
    }

    async fn submit(&self, who: &SignedIn, key: &str) -> (u16, Value) {
        let request = self.app.api(Method::POST, "/api/observations", Some(who));
        let request = request.header("Idempotency-Key", key).json(&json!({ "score": 5 }));
        read(request.send().await.unwrap()).await
    }

    async fn create_account(&self, username: &str, password: &str) -> (u16, Value) {
        let form = [("username", username), ("password", password), ("email", "")];
        let url = format!("{}/fn/patient/create_account", self.app.patient_url);
        let request = self.app.http.post(url).header("accept", "application/json").form(&form);
        read(request.send().await.unwrap()).await
    }
}

fn assert_problem(answer: &(u16, Value), word: &str) {
    let (status, problem) = answer;
    assert_eq!(*status, 503, "{problem}");
    assert_eq!(problem["type"], format!("urn:healthflow:problem:{word}"), "{problem}");
    let says_nothing_saved = problem["title"].as_str().unwrap().contains("Nothing was saved");
    assert_eq!(says_nothing_saved, word != "outcome-unknown", "{problem}");
}

#[tokio::test]
async fn of_an_observation_whose_answer_is_lost_the_same_key_finds_out() {
    let scene = Scene::begin().await;
    let anna = scene.app.patient("anna").await;
    let audit = scene.app.config().store.audit_table.clone();
    scene.line.meets(Fault::AnswerLost("TransactWriteItems", audit));
    assert_problem(&scene.submit(&anna, "k-1").await, "outcome-unknown");
    scene.line.meets(Fault::None);
    let (status, receipt) = scene.submit(&anna, "k-1").await;
    assert_eq!(status, 200, "{receipt}");
    // The list follows; once it shows what came later, it shows all there is.
    let (_, later) = scene.submit(&anna, "k-2").await;
    let mut kept = Vec::new();
    while !kept.contains(&later["observation_id"]) || !kept.contains(&receipt["observation_id"]) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let list = scene.app.all(&anna, "/api/observations?limit=100", "observations").await;
        kept = list.iter().map(|item| item["observation_id"].clone()).collect();
    }
    assert_eq!(kept.len(), 2, "{kept:?}");
}

#[tokio::test]
async fn what_the_store_refused_was_not_saved_and_that_is_said() {
    let scene = Scene::begin().await;
    let anna = scene.app.patient("anna").await;
    let audit = scene.app.config().store.audit_table.clone();
    scene.line.meets(Fault::Throttled("TransactWriteItems", audit));
    assert_problem(&scene.submit(&anna, "k-1").await, "overloaded");
    // Nor where only reading failed.
    scene.line.meets(Fault::None);
    let clinician = scene.app.clinician().await;
    let patients = scene.app.config().store.patients_table.clone();
    scene.line.meets(Fault::AnswerLost("GetItem", patients));
    let body = json!({ "score": 5, "patient_id": anna.patient_id });
    let answer = scene.app.post("/api/observations", Some(&clinician), body).await;
    assert_problem(&answer, "unavailable");
    scene.line.meets(Fault::None);
    let kept = scene.app.all(&anna, "/api/observations?limit=100", "observations").await;
    assert_eq!(kept.len(), 0, "{kept:?}");
}

#[tokio::test]
async fn an_account_that_was_made_without_an_answer_is_signed_in_to_by_making_it_again() {
    let scene = Scene::begin().await;
    let store = scene.app.config().store.clone();
    // The account is made; first its audit entry fails, then its own answer is lost.
    for (name, fault) in [
        ("anna", Fault::Throttled("TransactWriteItems", store.audit_table.clone())),
        ("bert", Fault::AnswerLost("TransactWriteItems", store.users_table.clone())),
        ("cleo", Fault::AnswerLost("PutItem", store.sessions_table.clone())),
    ] {
        scene.line.meets(fault);
        let (status, answer) = scene.create_account(name, "blue kettle on a roof").await;
        assert_eq!((status, &answer), (503, &json!("OutcomeUnknown")), "{name}");
        scene.line.meets(Fault::None);
        let (status, answer) = scene.create_account(name, "a password of another").await;
        assert_eq!(status, 400, "{name}: {answer}");
        assert!(answer.to_string().contains("taken"), "{name}: {answer}");
        let (status, answer) = scene.create_account(name, "blue kettle on a roof").await;
        assert_eq!(status, 200, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_password_that_was_changed_is_not_said_to_be_the_old_one() {
    let scene = Scene::begin().await;
    let anna = scene.app.patient("anna").await;
    let sessions = scene.app.config().store.sessions_table.clone();
    scene.line.meets(Fault::Throttled("PutItem", sessions.clone()));
    let new = "a wholly different phrase";
    let body = json!({ "current_password": "a-patient's-password", "new_password": new });
    assert_problem(&scene.app.post("/api/password", Some(&anna), body).await, "outcome-unknown");
    // Signing in keeps nothing, whatever becomes of its session.
    scene.line.meets(Fault::AnswerLost("PutItem", sessions));
    assert_problem(&scene.app.log_in("anna", new, "patient").await, "unavailable");
    scene.line.meets(Fault::None);
    assert_eq!(scene.app.log_in("anna", new, "patient").await.0, 200);
}

#[tokio::test]
async fn a_refresh_whose_write_is_not_answered_brings_the_pair_that_was_written() {
    let scene = Scene::begin().await;
    let (_, first) = scene.app.log_in("anna", "a-patient's-password", "patient").await;
    let sessions = scene.app.config().store.sessions_table.clone();
    scene.line.meets(Fault::AnswerLost("UpdateItem", sessions));
    let body = json!({ "refresh_token": first["refresh_token"] });
    let (status, next) = scene.app.post("/api/token", None, body).await;
    assert_eq!(status, 200, "{next}");
    scene.line.meets(Fault::None);
    let body = json!({ "refresh_token": next["refresh_token"] });
    let (status, after) = scene.app.post("/api/token", None, body).await;
    assert_eq!(status, 200, "{after}");
}
