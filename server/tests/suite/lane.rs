//! What cannot wait gets through under every limit, within bounds of its own.

use std::time::{Duration, Instant};

use domain::access::Role;
use healthflow::http::edge::components::Component;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::test_app::{SignedIn, TestApp};

/// How many critical observations of one patient pass in a minute, from one sender.
const OF_PATIENT: usize = 12;
/// What has not happened by then never happens.
const NEVER: Duration = Duration::from_secs(20);

fn saturation(percent: u8) -> Value {
    json!({ "kind": "oxygen_saturation", "value": percent, "unit": "%" })
}

async fn send(app: &TestApp, who: Option<&SignedIn>, body: &Value) -> Response {
    let request = app.api(Method::POST, "/api/observations", who);
    request.json(body).send().await.unwrap()
}

async fn send_by_form(app: &TestApp, who: &SignedIn, score: &str, note: &str) -> Response {
    let form = [
        ("page_of", "anna"),
        ("kind", "symptom_score"),
        ("score", score),
        ("note", note),
        ("idempotency_key", score),
    ];
    let request = app.http.post(format!("{}/fn/patient/submit_observation", app.patient_url));
    let request = request.header("cookie", format!("healthflow_patient={}", who.token));
    let request = request.header("origin", &app.patient_url).header("accept", "text/html");
    request.form(&form).send().await.unwrap()
}

fn leads_to_receipt(answer: &Response) -> bool {
    let place = answer.headers().get("location").and_then(|place| place.to_str().ok());
    answer.status() == 302 && place.is_some_and(|place| place.contains("/sent/"))
}

/// Anna, who has used up what she may ask for in a minute.
async fn over_the_quota() -> (TestApp, SignedIn) {
    let mut app = TestApp::start().await;
    let anna = app.patient("anna").await;
    // One change a minute: nothing that matters comes back while a test runs.
    app.restart_with(|config| config.edge.quota_per_minute = 2).await;
    assert_eq!(send(&app, Some(&anna), &saturation(98)).await.status(), 200);
    (app, anna)
}

fn assert_over_the_quota(answer: &Response) {
    assert_eq!(answer.status(), 429);
    let retry_after = answer.headers()["retry-after"].to_str().unwrap();
    assert!((1..=60).contains(&retry_after.parse::<u32>().unwrap()), "{retry_after}");
    let left = answer.headers()["ratelimit"].to_str().unwrap();
    assert!(left.starts_with("\"units\";r=0;t="), "{left}");
    assert!(answer.headers().contains_key("ratelimit-policy"));
}

#[tokio::test]
async fn over_the_quota_what_cannot_wait_is_taken_and_the_rest_is_told_when_to_come_back() {
    let (app, anna) = over_the_quota().await;
    assert_over_the_quota(&send(&app, Some(&anna), &saturation(98)).await);
    assert_over_the_quota(&send(&app, Some(&anna), &json!({ "score": 5 })).await);
    let taken = send(&app, Some(&anna), &saturation(80)).await;
    assert_eq!(taken.status(), 200);
    let left = taken.headers()["ratelimit"].to_str().unwrap();
    assert!(left.starts_with("\"units\";r=0;t="), "told all the same: {left}");
    let receipt: Value = taken.json().await.unwrap();
    assert!(receipt["observation_id"].is_string(), "{receipt}");
    assert!(leads_to_receipt(&send_by_form(&app, &anna, "9", "").await), "the same by the form");
    let refused = send_by_form(&app, &anna, "4", "").await;
    assert_over_the_quota(&refused);
    assert!(refused.text().await.unwrap().contains("<h1>Too many requests</h1>"));
}

/// Sends `body` until it is refused, which must be after what is taken of one patient in a minute.
async fn fill_the_lane(app: &TestApp, who: &SignedIn, body: &Value) {
    let begun = Instant::now();
    let mut taken = 0;
    let refused = loop {
        let answer = send(app, Some(who), body).await;
        if answer.status() != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < OF_PATIENT * 4, "the lane has no end");
    };
    assert_over_the_quota(&refused);
    // One comes back in five seconds; a busy machine may need as long for the first twelve.
    let come_back = usize::try_from(begun.elapsed().as_secs() / 5).unwrap();
    assert!((OF_PATIENT..=OF_PATIENT + come_back).contains(&taken), "{taken}");
}

#[tokio::test]
async fn the_lane_takes_so_many_of_one_user_and_leaves_the_others_theirs() {
    let mut app = TestApp::start().await;
    let (anna, bert) = (app.patient("anna").await, app.patient("bert").await);
    app.restart_with(|config| config.edge.quota_per_minute = 2).await;
    for who in [&anna, &bert] {
        assert_eq!(send(&app, Some(who), &saturation(98)).await.status(), 200);
    }
    fill_the_lane(&app, &anna, &saturation(80)).await;
    assert_eq!(send(&app, Some(&bert), &saturation(80)).await.status(), 200);
}

#[tokio::test]
async fn a_gateway_has_as_much_room_for_each_of_its_patients() {
    let mut app = TestApp::start().await;
    let (anna, bert) = (app.patient("anna").await, app.patient("bert").await);
    let gateway = app.somebody("gateway", Role::Service, "demo").await;
    let clinician = app.clinician().await;
    for patient in [&anna, &bert] {
        app.wait_for_patient(&clinician, patient).await;
    }
    app.restart_with(|config| config.edge.quota_per_minute = 2).await;
    let of = |patient: &SignedIn, percent| {
        let mut body = saturation(percent);
        body["patient_id"] = json!(patient.patient_id);
        body
    };
    for (who, whose) in [(&gateway, &anna), (&anna, &anna)] {
        assert_eq!(send(&app, Some(who), &of(whose, 98)).await.status(), 200);
    }
    fill_the_lane(&app, &gateway, &of(&anna, 80)).await;
    assert_eq!(send(&app, Some(&gateway), &of(&bert, 80)).await.status(), 200, "another's");
    assert_eq!(send(&app, Some(&anna), &of(&anna, 80)).await.status(), 200, "by herself");
}

#[tokio::test]
async fn of_two_limits_the_first_says_what_is_due_and_neither_keeps_out_what_cannot_wait() {
    let (app, anna) = over_the_quota().await;
    app.breaker().hold();
    assert_eq!(send(&app, Some(&anna), &saturation(98)).await.status(), 503);
    assert_eq!(send(&app, Some(&anna), &saturation(80)).await.status(), 200);
}

#[tokio::test]
async fn nobody_passes_without_being_known() {
    let (app, _anna) = over_the_quota().await;
    assert_eq!(send(&app, None, &saturation(80)).await.status(), 401);
    for body in [saturation(80), json!({ "score": 10 })] {
        assert_over_the_quota(&send(&app, None, &body).await);
    }
    let somebody = SignedIn { token: "made.up.token".to_owned(), patient_id: String::new() };
    assert_over_the_quota(&send(&app, Some(&somebody), &saturation(80)).await);
}

/// Begins a change and never sends its body.
async fn begin_a_change(app: &TestApp, who: &SignedIn) -> TcpStream {
    let addr = app.patient_url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "POST /api/observations HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 9\r\n\r\n",
        who.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn what_cannot_wait_has_room_while_all_other_changes_hang() {
    let app = TestApp::start().await;
    let (anna, bert) = (app.patient("anna").await, app.patient("bert").await);
    let mut hanging = Vec::new();
    for _ in 0..Component::Write.terms().at_once {
        hanging.push(begin_a_change(&app, &bert).await);
    }
    let begun = Instant::now();
    let refused = loop {
        let answer = send(&app, Some(&anna), &saturation(98)).await;
        if answer.status() != 200 {
            break answer;
        }
        assert!(begun.elapsed() < NEVER, "there is room without end");
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(send(&app, Some(&anna), &saturation(80)).await.status(), 200);
    assert!(leads_to_receipt(&send_by_form(&app, &anna, "9", "").await), "the same by the form");
    assert_eq!(send_by_form(&app, &anna, "4", "").await.status(), 503);
    assert_eq!(send(&app, None, &saturation(80)).await.status(), 503, "strangers");
    drop(hanging);
}

#[tokio::test]
async fn what_stands_around_a_critical_value_does_not_keep_it_out() {
    let (app, anna) = over_the_quota().await;
    let long = "x".repeat(5_000);
    for around in [
        json!({ "score": 9, "skore": 9 }),
        json!({ "score": 9, "note": 7 }),
        json!({ "score": 9, "note": long }),
        json!({ "score": 9, "effective_at": "yesterday" }),
        json!({ "score": 9, "note": "first\u{b}line", "effective_at": "2094-01-01T00:00:00Z" }),
    ] {
        let answer = send(&app, Some(&anna), &around).await;
        assert_eq!(answer.status(), 200, "{around}: {answer:?}");
    }
    assert!(leads_to_receipt(&send_by_form(&app, &anna, "9", &long).await), "the same by the form");
    let ordinary = json!({ "score": 4, "note": "first\u{b}line" });
    assert_over_the_quota(&send(&app, Some(&anna), &ordinary).await);
}
