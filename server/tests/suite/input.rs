//! Bad input: a clear refusal that names field, bound and fix; nothing stored, nothing broken.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp, read};

async fn post_raw(app: &TestApp, who: &SignedIn, body: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = app.api(Method::POST, "/api/observations", Some(who));
    read(request.header("content-type", "application/json").body(body).send().await.unwrap()).await
}

async fn stored(app: &TestApp, who: &SignedIn) -> usize {
    app.all(who, "/api/observations?limit=100", "observations").await.len()
}

fn assert_names_the_fault(problem: &Value, field: &str) {
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("errors in {problem}"));
    let fault = errors.iter().find(|fault| fault["field"] == field);
    let fault = fault.unwrap_or_else(|| panic!("no fault of {field} in {problem}"));
    assert!(!fault["message"].as_str().unwrap().is_empty());
    assert!(!fault["code"].as_str().unwrap().is_empty());
    for member in ["type", "title", "detail"] {
        assert!(problem[member].is_string(), "{member} in {problem}");
    }
}

#[tokio::test]
async fn refuses_every_malformed_observation_and_stores_none() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let deep = "[".repeat(10_000);
    let cases: &[(&str, &str, &str)] = &[
        ("[]", "body", "Invalid observation"),
        ("null", "body", "Invalid observation"),
        ("", "body", "Invalid observation"),
        ("{", "body", "Invalid observation"),
        (&deep, "body", "Invalid observation"),
        ("{}", "score", "Invalid score"),
        (r#"{"score":0}"#, "score", "Invalid score"),
        (r#"{"score":11}"#, "score", "Invalid score"),
        (r#"{"score":-1}"#, "score", "Invalid score"),
        (r#"{"score":7.9}"#, "score", "Invalid score"),
        (r#"{"score":"nine"}"#, "score", "Invalid score"),
        (r#"{"score":true}"#, "score", "Invalid score"),
        (r#"{"score":null}"#, "score", "Invalid score"),
        (r#"{"score":[9]}"#, "score", "Invalid score"),
        (r#"{"score":1e400}"#, "score", "Invalid score"),
        (r#"{"score":NaN}"#, "body", "Invalid observation"),
        (r#"{"score":9,"score":1}"#, "score", "Invalid score"),
        (r#"{"score":5,"skore":9}"#, "skore", "Invalid observation"),
        (r#"{"score":9,"patient_id":7}"#, "patient_id", "Invalid observation"),
        (r#"{"score":9,"patient_id":"x"}"#, "patient_id", "Invalid observation"),
        (r#"{"score":5,"effective_at":"yesterday"}"#, "effective_at", "Invalid observation"),
        (
            r#"{"score":5,"effective_at":"2026-11-21T08:00:00"}"#,
            "effective_at",
            "Invalid observation",
        ),
        (r#"{"score":5,"note":7}"#, "note", "Invalid observation"),
        (r#"{"kind":"mood","value":1,"unit":"1"}"#, "kind", "Invalid observation"),
        (r#"{"kind":"heart_rate","value":72}"#, "unit", "Invalid observation"),
        (r#"{"kind":"heart_rate","value":72,"unit":"bpm"}"#, "unit", "Invalid observation"),
        (r#"{"kind":"heart_rate","value":"72 bpm","unit":"/min"}"#, "value", "Invalid observation"),
        (r#"{"kind":"heart_rate","value":301,"unit":"/min"}"#, "value", "Invalid observation"),
        (r#"{"kind":"heart_rate","value":1e400,"unit":"/min"}"#, "value", "Invalid observation"),
        (r#"{"kind":"heart_rate","score":5,"unit":"/min"}"#, "score", "Invalid score"),
        (r#"{"kind":"temperature","value":98.6,"unit":"[degF]"}"#, "unit", "Invalid observation"),
        (
            r#"{"kind":"blood_pressure","systolic":80,"diastolic":120,"unit":"mm[Hg]"}"#,
            "diastolic",
            "Invalid observation",
        ),
        (
            r#"{"kind":"blood_pressure","systolic":120,"diastolic":119.5,"unit":"mm[Hg]"}"#,
            "diastolic",
            "Invalid observation",
        ),
        (
            r#"{"kind":"blood_pressure","systolic":120,"unit":"mm[Hg]"}"#,
            "diastolic",
            "Invalid observation",
        ),
    ];
    for (body, field, detail) in cases {
        let (status, problem) = post_raw(&app, &anna, (*body).to_owned()).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert_names_the_fault(&problem, field);
        assert_eq!(problem["detail"], *detail, "{body}");
    }
    let (status, problem) = post_raw(&app, &anna, b"{\"note\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!(status, 400, "{problem}");
    assert_eq!(stored(&app, &anna).await, 0);
    app.submit(&anna, json!({ "score": 5 })).await;
}

#[tokio::test]
async fn refuses_a_body_of_a_megabyte() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let body = json!({ "score": 9, "note": "x".repeat(1_000_000) }).to_string();
    let (status, problem) = post_raw(&app, &anna, body).await;
    assert_eq!(status, 413);
    assert_names_the_fault(&problem, "body");
    assert_eq!(stored(&app, &anna).await, 0);
}

#[tokio::test]
async fn refuses_another_media_type() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let url = format!("{}/api/observations", app.patient_url);
    let by_cookie = app.http.post(url).header("origin", &app.patient_url);
    let by_cookie = by_cookie.header("cookie", format!("healthflow_patient={}", anna.token));
    let by_cookie = by_cookie.header("content-type", "text/plain").body(r#"{"score":9}"#);
    let log_in = app.api(Method::POST, "/api/login", None).body("username=anna");
    let of_another_charset = app.api(Method::POST, "/api/login", None).body("{}");
    let media_type = "application/json;charset=\"ISO-8859-1\"";
    for request in [by_cookie, log_in, of_another_charset.header("content-type", media_type)] {
        let (status, problem) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 415, "{problem}");
        assert_names_the_fault(&problem, "Content-Type");
    }
    assert_eq!(stored(&app, &anna).await, 0);
}

#[tokio::test]
async fn a_compressed_body_is_refused_in_words_that_say_what_is_taken() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let send = |coding: &'static str| {
        let request = app.api(Method::POST, "/api/observations", Some(&anna));
        let request = request.header("content-type", "application/json");
        request.header("content-encoding", coding).body(r#"{"score":5}"#).send()
    };
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
        let answer = send(coding).await.unwrap();
        assert_eq!(answer.headers()["accept-encoding"], "identity", "{coding}");
        let (status, problem) = read(answer).await;
        assert_eq!((status, &problem["status"]), (415, &json!(415)), "{coding}: {problem}");
        assert_names_the_fault(&problem, "Content-Encoding");
    }
    assert_eq!(stored(&app, &anna).await, 0);
    assert_eq!(send("identity").await.unwrap().status(), 200);
    // Forms of the pages too, whoever waits for the answer.
    let form = [("username", "anna"), ("password", "a-patient's-password")];
    let url = format!("{}/fn/session/sign_in", app.patient_url);
    for accept in ["application/json", "text/html"] {
        let request = app.http.post(&url).header("accept", accept).form(&form);
        let answer = request.header("content-encoding", "gzip").send().await.unwrap();
        assert_eq!(answer.status(), 415, "{accept}");
        assert_eq!(answer.headers()["accept-encoding"], "identity", "{accept}");
        assert!(!answer.headers().contains_key("set-cookie"), "{accept}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_read_over_and_another_encoding_named() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let body = r#"{"score":5}"#;
    let (status, receipt) = post_raw(&app, &anna, format!("\u{feff}{body}")).await;
    assert_eq!(status, 200, "{receipt}");
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for other in [wide.clone(), [b"\xff\xfe".as_slice(), &wide].concat(), b"\xe4".to_vec()] {
        let (status, problem) = post_raw(&app, &anna, other).await;
        assert_eq!((status, &problem["errors"][0]["code"]), (400, &json!("encoding")));
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains("encode it"));
    }
    assert_eq!(stored(&app, &anna).await, 1);
}

#[tokio::test]
async fn failures_are_problem_details_and_never_repeat_the_input() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let request = app.api(Method::POST, "/api/observations", Some(&anna));
    let answer = request.json(&json!({ "score": 31_337, "note": "secret" })).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let text = answer.text().await.unwrap();
    assert!(!text.contains("31337") && !text.contains("secret"), "{text}");
    for (method, path) in [(Method::GET, "/api/nothing"), (Method::DELETE, "/api/alerts")] {
        let answer = app.api(method, path, Some(&anna)).send().await.unwrap();
        assert!(answer.status().is_client_error());
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn critical_but_plausible_values_are_accepted_and_alert() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let bodies = [
        json!({ "kind": "heart_rate", "value": 300, "unit": "/min" }),
        json!({ "kind": "blood_pressure", "systolic": 300, "diastolic": 200, "unit": "mm[Hg]" }),
        json!({ "kind": "temperature", "value": 45, "unit": "Cel" }),
        json!({ "kind": "oxygen_saturation", "value": 30, "unit": "%" }),
        json!({ "kind": "respiratory_rate", "value": 3, "unit": "/min" }),
        json!({ "kind": "glucose", "value": 10, "unit": "mg/dL" }),
        json!({ "kind": "glucose", "value": 0.6, "unit": "mmol/L" }),
        json!({ "kind": "symptom_score", "score": 10 }),
    ];
    let count = bodies.len();
    for body in bodies {
        app.submit(&anna, body).await;
    }
    // A weight alone is never dangerous.
    app.submit(&anna, json!({ "kind": "weight", "value": 650, "unit": "kg" })).await;
    app.wait_for_alerts(&clinician, count).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.all_alerts(&clinician, 100).await.len(), count);
}

#[tokio::test]
async fn the_same_key_and_body_answer_the_same_and_add_nothing() {
    let app = TestApp::start().await;
    let (anna, bo) = (app.patient("anna").await, app.patient("bo").await);
    let clinician = app.clinician().await;
    let send = async |who: &SignedIn, key: &'static str, body: Value| {
        let request = app.api(Method::POST, "/api/observations", Some(who));
        read(request.header("Idempotency-Key", key).json(&body).send().await.unwrap()).await
    };
    let nine = json!({ "score": 9 });
    let (status, first) = send(&anna, "k-1", nine.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(send(&anna, "k-1", nine.clone()).await, (200, first.clone()));
    assert_eq!(send(&anna, "k-0", json!({ "score": 5 })).await.0, 200);
    let (status, problem) = send(&anna, "k-0", json!({ "score": 6 })).await;
    assert_eq!(status, 422, "{problem}");
    let (_, others) = send(&bo, "k-1", nine.clone()).await;
    assert_ne!(others["observation_id"], first["observation_id"], "a key is its patient's own");
    let at_once = futures::future::join_all((0..8).map(|_| send(&anna, "k-2", nine.clone()))).await;
    assert!(at_once.iter().all(|answer| *answer == at_once[0] && answer.0 == 200));
    app.wait_for_alerts(&clinician, 3).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.all_alerts(&clinician, 100).await.len(), 3);
    let (status, problem) = send(&anna, "two words", json!({ "score": 5 })).await;
    assert_eq!(status, 400);
    assert_names_the_fault(&problem, "Idempotency-Key");
}
