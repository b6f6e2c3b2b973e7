//! The whole path on both backends: from a patient's submission to the clinician's stream.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stream::Reader;
use crate::test_app::TestApp;

/// The same scenario for every backend.
async fn an_observation_becomes_an_alert(mut app: TestApp) {
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let mut reader = Reader::open(&app, &clinician, None).await;
    app.submit(&anna, json!({ "score": 7 })).await;
    let receipt = app.submit(&anna, json!({ "patient_id": anna.patient_id, "score": 9 })).await;
    let pressure = json!({ "kind": "blood_pressure", "systolic": 185, "diastolic": 95,
        "unit": "mm[Hg]", "effective_at": "2026-11-20T07:40:00+01:00", "note": "dizzy" });
    app.submit(&anna, pressure).await;

    let mut live = [reader.next().await.alert, reader.next().await.alert];
    live.sort_by_key(|alert| alert["kind"].to_string());
    assert_eq!(live[1]["score"], 9);
    assert_eq!(live[1]["observation_id"], receipt["observation_id"]);
    assert_eq!(live[1]["patient_login"], "anna");
    assert_eq!(live[1]["message"], "Score above threshold (7)");
    assert_eq!(live[0]["severity"], "critical");
    assert_eq!(live[0]["message"], "Blood pressure, systolic above 180 mmHg");

    let alerts = app.wait_for_alerts(&clinician, 2).await;
    assert_eq!(alerts.len(), 2);
    let observations = wait_for_observations(&app, &anna, 3).await;
    let oldest = &observations[2];
    assert_eq!(oldest["kind"], "blood_pressure", "ordered by when it was measured");
    assert_eq!(oldest["effective_at"], "2026-11-20T07:40:00+01:00");
    assert_eq!(oldest["note"], "dizzy");

    // What was accepted outlives the process, and nothing comes twice.
    app.restart().await;
    let alerts = app.all_alerts(&clinician, 100).await;
    assert_eq!(alerts.len(), 2);
    assert_eq!(wait_for_observations(&app, &anna, 3).await.len(), 3);
}

async fn wait_for_observations(
    app: &TestApp,
    who: &crate::test_app::SignedIn,
    count: usize,
) -> Vec<Value> {
    for _ in 0..200 {
        let found = app.all(who, "/api/observations?limit=50", "observations").await;
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} observations did not come");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    an_observation_becomes_an_alert(TestApp::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs LocalStack: run tools/test"]
async fn localstack() {
    an_observation_becomes_an_alert(TestApp::start_on_localstack().await).await;
}
