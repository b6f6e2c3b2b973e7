//! A value that cannot wait is taken in whatever stands around it, and is kept as it was sent.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp, read};

async fn post_text(app: &TestApp, who: &SignedIn, body: &str, key: Option<&[u8]>) -> (u16, Value) {
    let mut request = app.api(Method::POST, "/api/observations", Some(who));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.header("content-type", "application/json").body(body.to_owned());
    read(request.send().await.unwrap()).await
}

async fn newest(app: &TestApp, who: &SignedIn) -> Value {
    app.all(who, "/api/observations?limit=100", "observations").await.remove(0)
}

fn remarked(receipt: &Value) -> Vec<(&str, &str)> {
    let remarks = receipt["remarks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |remark: &Value, name: &str| remark[name].as_str().map(str::to_owned);
    assert!(remarks.iter().all(|r| named(r, "message").is_some()));
    remarks.iter().map(|r| (r["field"].as_str().unwrap(), r["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_wrong_clock_keeps_no_value_back_and_both_times_are_kept() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    for (name, at, doubt) in [
        ("ahead", "2094-01-01T00:00:00Z", "ahead"),
        ("battery", "2021-01-01T00:00:00+01:00", "long_ago"),
    ] {
        let patient = app.patient(name).await;
        let body =
            json!({ "kind": "oxygen_saturation", "value": 84, "unit": "%", "effective_at": at });
        let (status, receipt) = app.post("/api/observations", Some(&patient), body).await;
        assert_eq!(status, 200, "{receipt}");
        assert_eq!(remarked(&receipt), [("effective_at", "doubtful")]);
        let alerts = app.wait_for_alerts(&clinician, 1).await;
        let alert = alerts.iter().find(|alert| alert["patient_login"] == name);
        let alert = match alert {
            Some(alert) => alert.clone(),
            None => app.wait_for_alerts(&clinician, 2).await.remove(0),
        };
        assert_eq!(
            (alert["time_doubt"].as_str(), alert["severity"].as_str()),
            (Some(doubt), Some("critical"))
        );
        assert_eq!(alert["effective_at"], at, "as it was sent");
        assert!(alert["received_at"].as_str().unwrap() > "2025", "{alert}");
        app.wait_for_observations(&patient, 1).await;
        let kept = newest(&app, &patient).await;
        assert_eq!(
            (kept["effective_at"].as_str(), kept["time_doubt"].as_str()),
            (Some(at), Some(doubt))
        );
        // It stands where it was received, above what was measured before.
        app.submit(&patient, json!({ "score": 2, "effective_at": "2026-01-01T00:00:00Z" })).await;
        app.wait_for_observations(&patient, 2).await;
        assert_eq!(newest(&app, &patient).await["kind"], "oxygen_saturation");
    }
}

#[tokio::test]
async fn what_is_wrong_around_a_value_that_cannot_wait_refuses_nothing() {
    let app = TestApp::start().await;
    let long = "x".repeat(1_001);
    for (number, around, remark) in [
        (0, r#""effective_at":"yesterday""#, ("effective_at", "malformed")),
        (1, r#""effective_at":7"#, ("effective_at", "not_a_text")),
        (2, r#""note":7"#, ("note", "not_a_text")),
        (3, r#""note":"a","note":"b""#, ("note", "duplicate")),
        (4, r#""skore":1"#, ("skore", "unknown")),
        (5, &format!(r#""note":"{long}""#), ("note", "too_long")),
    ] {
        let patient = app.patient(&format!("patient{number}")).await;
        let urgent = format!(r#"{{"score":9,{around}}}"#);
        let (status, receipt) = post_text(&app, &patient, &urgent, None).await;
        assert_eq!(status, 200, "{around}: {receipt}");
        assert_eq!(remarked(&receipt), [remark], "{around}");
        let ordinary = format!(r#"{{"score":5,{around}}}"#);
        let (status, refusal) = post_text(&app, &patient, &ordinary, None).await;
        assert_eq!(status, 400, "{around}: {refusal}");
        app.wait_for_observations(&patient, 1).await;
    }
    // A key that cannot be used is none: what comes under it later is news.
    for (number, key) in [(6, b"no \xff key".as_slice()), (7, b"sensor 1"), (8, b"")] {
        let patient = app.patient(&format!("patient{number}")).await;
        for score in ["9", "9", "10"] {
            let body = format!(r#"{{"score":{score}}}"#);
            let (status, receipt) = post_text(&app, &patient, &body, Some(key)).await;
            assert_eq!(status, 200, "{receipt}");
            assert_eq!(remarked(&receipt), [("Idempotency-Key", "malformed")]);
        }
        app.wait_for_observations(&patient, 3).await;
        assert_eq!(post_text(&app, &patient, r#"{"score":5}"#, Some(key)).await.0, 400);
    }
}

#[tokio::test]
async fn a_key_that_is_used_twice_keeps_no_value_back_that_cannot_wait() {
    let app = TestApp::start().await;
    let (patient, key) = (app.patient("anna").await, Some(b"k1".as_slice()));
    let send = async |body: &str| post_text(&app, &patient, body, key).await;
    assert_eq!(send(r#"{"score":5}"#).await.0, 200);
    assert_eq!(send(r#"{"score":4}"#).await.0, 422, "an ordinary value under a used key");
    let (status, first) = send(r#"{"score":9}"#).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(send(r#"{"score":9}"#).await, (200, first.clone()), "a repeat adds nothing");
    let (status, second) = send(r#"{"score":10}"#).await;
    assert_eq!(status, 200, "{second}");
    assert_ne!(first["observation_id"], second["observation_id"]);
    app.wait_for_alerts(&app.clinician().await, 2).await;
    let id = first["observation_id"].as_str().unwrap();
    for (score, expected) in [(8, 200), (10, 200), (3, 200), (2, 422)] {
        let path = format!("/api/observations/{id}/correct");
        let request = app.api(Method::POST, &path, Some(&patient)).json(&json!({ "score": score }));
        let answer = read(request.header("idempotency-key", "c1").send().await.unwrap()).await;
        assert_eq!(answer.0, expected, "corrected to {score}: {}", answer.1);
    }
}

/// Sends `body` as it is, as a program that names this media type, if it names one.
async fn post_bytes(
    app: &TestApp,
    who: &SignedIn,
    body: &[u8],
    media_type: Option<&str>,
) -> (u16, Value) {
    let mut request = app.api(Method::POST, "/api/observations", Some(who)).body(body.to_owned());
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn how_a_body_is_written_keeps_no_value_back_that_cannot_wait() {
    let app = TestApp::start().await;
    let long = "x".repeat(17_000);
    let (cut, json) = (format!("{} […]", "x".repeat(996)), Some("application/json"));
    for (number, note, remark, kept) in [
        (0, &b"Schw\xe4che"[..], ("body", "encoding"), "Schw\u{fffd}che"),
        (1, b"dizzy\r\ntoday", ("body", "control_character"), "dizzy\ntoday"),
        (2, long.as_bytes(), ("note", "too_long"), &cut),
    ] {
        let patient = app.patient(&format!("patient{number}")).await;
        let body = |score: &[u8]| [b"{\"score\":", score, b",\"note\":\"", note, b"\"}"].concat();
        let (status, receipt) = post_bytes(&app, &patient, &body(b"9"), json).await;
        assert_eq!(status, 200, "{receipt}");
        assert_eq!(remarked(&receipt), [remark]);
        let (status, refusal) = post_bytes(&app, &patient, &body(b"5"), json).await;
        assert_eq!((status, &refusal["errors"][0]["field"]), (400, &json!(remark.0)), "{refusal}");
        assert_eq!(app.wait_for_observations(&patient, 1).await[0]["note"], kept);
    }
    let anna = app.patient("anna").await;
    let over = format!(r#"{{"score":9,"note":"{}"}}"#, "x".repeat(64 * 1_024));
    assert_eq!(post_bytes(&app, &anna, over.as_bytes(), json).await.0, 413);
}

#[tokio::test]
async fn whoever_brings_a_token_may_name_any_media_type_for_json() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    for media_type in [
        None,
        Some("application/fhir+json"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=ISO-8859-1"),
    ] {
        let (status, receipt) = post_bytes(&app, &anna, br#"{"score":9}"#, media_type).await;
        assert_eq!(status, 200, "{media_type:?}: {receipt}");
    }
    assert_eq!(post_bytes(&app, &anna, b"score=9", None).await.0, 400);
}

#[tokio::test]
async fn what_was_measured_and_whose_it_is_is_never_guessed() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    for body in [
        r#"{"score":9,"score":2}"#,
        r#"{"score":9,"patient_id":7}"#,
        r#"{"kind":"oxygen_saturation","value":84,"unit":"%","value":98}"#,
        r#"{"kind":"oxygen_saturation","value":84,"unit":"%","systolic":120}"#,
        r#"{"kind":"oxygen_saturation","value":84,"unit":7}"#,
    ] {
        assert_eq!(post_text(&app, &anna, body, None).await.0, 400, "{body}");
    }
    assert_eq!(app.all(&anna, "/api/observations?limit=9", "observations").await, [] as [Value; 0]);
}

#[tokio::test]
async fn every_kind_of_pasted_line_break_is_one() {
    let app = TestApp::start().await;
    for (number, pasted) in ["\u{b}", "\u{c}", "\r", "\u{85}", "\u{2028}"].iter().enumerate() {
        let patient = app.patient(&format!("patient{number}")).await;
        let note = format!("dizzy{pasted}today");
        app.submit(&patient, json!({ "score": 9, "note": note })).await;
        app.wait_for_observations(&patient, 1).await;
        assert_eq!(newest(&app, &patient).await["note"], "dizzy\ntoday", "{pasted:?}");
    }
}

#[tokio::test]
async fn numbers_are_kept_as_they_were_sent() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    for (at, kind, sent, unit, exactly) in [
        (1, "temperature", "39.44444444444444", "Cel", Some("39.44444444444444")),
        (2, "weight", "72.50", "kg", Some("72.50")),
        (3, "heart_rate", "131.00000000000003", "{beats}.min-1", Some("131.00000000000003")),
        (4, "glucose", "5.6", "mmol/l", None),
        (5, "glucose", "\"98\"", "MG/DL", None),
        (
            6,
            "temperature",
            "39.44444444444444444444444444444",
            "CEL",
            Some("39.44444444444444444444444444"),
        ),
    ] {
        let time = format!("2026-11-2{at}T08:00:00Z");
        let body = format!(
            r#"{{"kind":"{kind}","value":{sent},"unit":"{unit}","effective_at":"{time}"}}"#
        );
        let (status, receipt) = post_text(&app, &anna, &body, None).await;
        assert_eq!(status, 200, "{receipt}");
        app.wait_for_observations(&anna, at).await;
        let kept = newest(&app, &anna).await;
        assert_eq!(kept["kind"], kind);
        assert_eq!(kept["as_sent"]["value"].as_str(), exactly, "{kept}");
        let close =
            kept["value"].as_f64().unwrap() - sent.trim_matches('"').parse::<f64>().unwrap();
        assert!(close.abs() < 1e-9, "{kept}");
    }
    let units: Vec<Value> = app
        .all(&anna, "/api/observations?limit=9", "observations")
        .await
        .iter()
        .map(|item| item["unit"].clone())
        .collect();
    assert_eq!(units, ["Cel", "mg/dL", "mmol/L", "/min", "kg", "Cel"], "one spelling each");
}

#[tokio::test]
async fn a_low_blood_pressure_alerts_with_the_patients_own_words() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let body = json!({
        "kind": "blood_pressure", "systolic": 78, "diastolic": 45, "unit": "mm[Hg]",
        "note": "Heart is racing, chest feels tight",
    });
    app.submit(&app.patient("anna").await, body).await;
    let alert = app.wait_for_alerts(&clinician, 1).await.remove(0);
    assert_eq!(
        (alert["severity"].as_str(), alert["rule"].as_str()),
        (Some("critical"), Some("hypotension"))
    );
    assert_eq!(alert["message"], "Blood pressure, systolic at or below 90 mmHg");
    assert_eq!(alert["note"], "Heart is racing, chest feels tight");
}
