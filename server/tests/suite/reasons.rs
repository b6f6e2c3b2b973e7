//! What administrators do to others is kept with what it was, to whom, and why.

use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp, read};

async fn whys(app: &TestApp, action: &str) -> Vec<String> {
    let auditor = app.auditor().await;
    let found = app.found_in_audit_log(&auditor, json!({ "action": action })).await;
    let whys = found.iter().map(|entry| entry["why"].as_str().unwrap_or_default().to_owned());
    whys.collect()
}

/// Sends the form of a page.
async fn send_form(
    app: &TestApp,
    who: &SignedIn,
    function: &str,
    fields: &[(&str, &str)],
) -> (u16, Value) {
    let url = format!("{}/fn/clinician/{function}", app.clinician_url);
    let request = app.http.post(&url).header("accept", "application/json").form(fields);
    read(request.bearer_auth(&who.token).send().await.unwrap()).await
}

#[tokio::test]
async fn what_is_done_to_an_account_is_kept_with_whose_it_is_and_why() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let new = json!({ "username": "carla", "role": "clinician" });
    assert_eq!(app.post("/api/staff", Some(&administrator), new).await.0, 200);
    let body = |reason: Value| json!({ "username": "carla", "reason": reason });
    for (path, reason, status) in [
        ("/api/staff/disable", json!("Left\n the clinic."), 204),
        ("/api/staff/enable", json!(null), 204),
        ("/api/staff/reset", json!("Forgot it."), 200),
    ] {
        let answer = app.post(path, Some(&administrator), body(reason)).await;
        assert_eq!(answer.0, status, "{path}: {}", answer.1);
    }
    assert_eq!(
        whys(&app, "staff.manage").await,
        [
            "reset the access of carla: Forgot it.",
            "enabled carla",
            "disabled carla: Left the clinic.",
            "made carla",
        ]
    );
}

#[tokio::test]
async fn what_is_done_to_the_breaker_is_kept_with_why() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (path, body) in [
        ("/api/breaker/hold", json!({ "reason": "Restoring a backup." })),
        ("/api/breaker/reset", json!({})),
    ] {
        let (status, answer) = app.post(path, Some(&administrator), body).await;
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(whys(&app, "breaker.operate").await, ["reset", "hold: Restoring a backup."]);
}

#[tokio::test]
async fn a_reason_that_is_none_is_refused_and_nothing_is_done() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for reason in [json!(" \n"), json!("x".repeat(201)), json!("a\u{1b}b"), json!(7)] {
        for path in ["/api/staff/disable", "/api/breaker/hold"] {
            let mut body = json!({ "reason": reason });
            if path.starts_with("/api/staff") {
                body["username"] = json!("clinician1");
            }
            let (status, problem) = app.post(path, Some(&administrator), body).await;
            assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("reason")), "{path}");
        }
    }
    assert_eq!(app.get("/api/breaker", &administrator).await.1["phase"], json!("closed"));
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 200);
}

#[tokio::test]
async fn the_pages_do_nothing_to_others_without_a_reason() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for (function, fields) in [
        ("disable_staff", &[("username", "clinician1")][..]),
        ("reset_staff", &[("username", "clinician1")]),
        ("breaker_hold", &[]),
        ("breaker_reset", &[]),
    ] {
        let (status, problem) = send_form(&app, &administrator, function, fields).await;
        assert_eq!(status, 400, "{function}: {problem}");
        assert_eq!(problem["Invalid"][0]["code"], json!("required"), "{function}: {problem}");
    }
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 200);
    let fields = [("username", "clinician1"), ("reason", "Left the clinic.")];
    let (status, answer) = send_form(&app, &administrator, "disable_staff", &fields).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 401);
}
