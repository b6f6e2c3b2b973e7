//! Who may do what: every path as nobody, as the wrong person and as the right one.

use domain::access::Role;
use reqwest::Method;
use serde_json::json;

use crate::test_app::TestApp;

/// Every path that is not open to everybody.
const GUARDED: &[(Method, &str)] = &[
    (Method::POST, "/api/observations"),
    (Method::GET, "/api/observations"),
    (Method::GET, "/api/alerts"),
    (Method::GET, "/api/alerts/stream"),
    (Method::POST, "/api/alerts/00000000-0000-0000-0000-000000000000/acknowledge"),
];

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_with_a_bad_one() {
    let app = TestApp::start().await;
    for (method, path) in GUARDED {
        for token in [None, Some("nonsense"), Some("a.b.c"), Some("")] {
            let mut request = app.api(method.clone(), path, None);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if *method == Method::POST {
                request = request.json(&json!({ "score": 9 }));
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {path} {token:?}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        }
    }
}

#[tokio::test]
async fn a_patient_cannot_read_the_clinics_alerts() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    for path in ["/api/alerts", "/api/alerts/stream"] {
        assert_eq!(app.get(path, &anna).await.0, 403, "{path}");
    }
    let acknowledge = "/api/alerts/00000000-0000-0000-0000-000000000000/acknowledge";
    assert_eq!(app.post(acknowledge, Some(&anna), json!(null)).await.0, 403);
}

#[tokio::test]
async fn a_patient_neither_reads_nor_writes_anothers_observations() {
    let app = TestApp::start().await;
    let (anna, bo) = (app.patient("anna").await, app.patient("bo").await);
    app.submit(&anna, json!({ "score": 3 })).await;
    let unknown = "00000000-0000-0000-0000-000000000000";
    for other in [anna.patient_id.as_str(), unknown] {
        let path = format!("/api/observations?patient_id={other}");
        assert_eq!(app.get(&path, &bo).await.0, 403);
        let body = json!({ "patient_id": other, "score": 9 });
        assert_eq!(app.post("/api/observations", Some(&bo), body).await.0, 403);
    }
    let own = app.all(&bo, "/api/observations?limit=10", "observations").await;
    assert!(own.is_empty());
}

#[tokio::test]
async fn a_clinician_uses_the_observations_of_the_clinics_patients_alone() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let body = json!({ "patient_id": anna.patient_id, "score": 2 });
    // The patient view follows the registration a moment later.
    let mut status = 404;
    for _ in 0..100 {
        status = app.post("/api/observations", Some(&clinician), body.clone()).await.0;
        if status == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(status, 200);
    let path = format!("/api/observations?patient_id={}", anna.patient_id);
    assert_eq!(app.get(&path, &clinician).await.0, 200);
    let unknown = "/api/observations?patient_id=00000000-0000-0000-0000-000000000000";
    assert_eq!(app.get(unknown, &clinician).await.0, 404);
    assert_eq!(app.get("/api/observations", &clinician).await.0, 400, "whose is not said");
    let nobodys = json!({ "score": 2 });
    assert_eq!(app.post("/api/observations", Some(&clinician), nobodys).await.0, 400);
}

#[tokio::test]
async fn clinicians_see_nothing_of_other_clinics() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    app.submit(&anna, json!({ "score": 9 })).await;
    let clinician = app.clinician().await;
    app.wait_for_alerts(&clinician, 1).await;
    let stranger = app.somebody("stranger", Role::Clinician, "south").await;
    assert!(app.all_alerts(&stranger, 100).await.is_empty());
    let alert = app.all_alerts(&clinician, 1).await[0]["alert_id"].clone();
    let acknowledge = format!("/api/alerts/{}/acknowledge", alert.as_str().unwrap());
    assert_eq!(app.post(&acknowledge, Some(&stranger), json!(null)).await.0, 404);
    let path = format!("/api/observations?patient_id={}", anna.patient_id);
    assert_eq!(app.get(&path, &stranger).await.0, 404);
    let body = json!({ "patient_id": anna.patient_id, "score": 9 });
    assert_eq!(app.post("/api/observations", Some(&stranger), body).await.0, 404);
}
