//! The whole path on both backends: from a patient's submission to the clinician's stream.

use domain::event::StreamId;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::EventStore;
use serde_json::{Value, json};

use crate::putting_right::{change, observations, sent};
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
    let observations = app.wait_for_observations(&anna, 3).await;
    let oldest = &observations[2];
    assert_eq!(oldest["kind"], "blood_pressure", "ordered by when it was measured");
    assert_eq!(oldest["effective_at"], "2026-11-20T07:40:00+01:00");
    assert_eq!(oldest["note"], "dizzy");

    // What was accepted outlives the process, and nothing comes twice.
    app.restart().await;
    let alerts = app.all_alerts(&clinician, 100).await;
    assert_eq!(alerts.len(), 2);
    assert_eq!(app.wait_for_observations(&anna, 3).await.len(), 3);
}

/// The same for every backend: what was wrong is put right, and everybody sees how.
async fn what_was_wrong_is_put_right(mut app: TestApp) {
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let mut reader = Reader::open(&app, &clinician, None).await;
    let slip = sent(&app, &anna, json!({ "score": 9 })).await;
    let raised = told(&mut reader, "alert", &slip).await;
    assert_eq!(raised["score"], 9);
    let right = json!({ "score": 3, "note": "a slip of the finger" });
    let corrected = change(&app, &anna, (&slip, "correct"), "k1", right.clone()).await;
    assert_eq!(corrected.0, 200, "{}", corrected.1);
    let lifted = told(&mut reader, "changed", &slip).await;
    let why = &lifted["reassessed"];
    assert_eq!((&why["cause"], &why["stands"]), (&json!("corrected"), &json!(false)));
    assert_eq!((&lifted["score"], &why["before"]["score"]), (&json!(3), &json!(9)));
    assert_eq!(lifted["alert_id"], raised["alert_id"], "the same alert");

    let not_hers = sent(&app, &anna, json!({ "score": 10 })).await;
    told(&mut reader, "alert", &not_hers).await;
    let reason = json!({ "reason": "my husband's" });
    let withdrawn = change(&app, &anna, (&not_hers, "withdraw"), "", reason.clone()).await;
    assert_eq!(withdrawn.0, 200, "{}", withdrawn.1);
    let taken_back = told(&mut reader, "changed", &not_hers).await;
    let why = &taken_back["reassessed"];
    assert_eq!((&why["cause"], &why["stands"]), (&json!("withdrawn"), &json!(false)));

    // Sent again, to another process even, it is the same answer and nothing more.
    app.restart().await;
    assert_eq!(change(&app, &anna, (&slip, "correct"), "k1", right).await, corrected);
    assert_eq!(change(&app, &anna, (&not_hers, "withdraw"), "", reason).await, withdrawn);
    let events = DynamoEventStore::new(app.store_client().await, &app.config().store.events_table);
    let names = async |stream: StreamId| {
        let past = events.load(&stream).await.unwrap();
        past.iter().map(|envelope| envelope.event.wire_name()).collect::<Vec<_>>()
    };
    for (id, alert, last) in
        [(&slip, &lifted, "ObservationCorrected"), (&not_hers, &taken_back, "ObservationWithdrawn")]
    {
        let observation = names(StreamId::observation(id.parse().unwrap())).await;
        assert_eq!(observation, ["ObservationSubmitted", last]);
        let alert_id = alert["alert_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(names(StreamId::alert(alert_id)).await, ["AlertCreated", "AlertReassessed"]);
    }

    let is_there = |items: &[Value]| {
        let is_changed =
            |item: &Value| item["history"] != json!([]) || !item["withdrawn"].is_null();
        items.len() == 2 && items.iter().all(is_changed)
    };
    let found = observations(&app, &anna, is_there).await;
    let of = |id: &str| found.iter().find(|item| item["observation_id"] == id).unwrap();
    let (corrected, withdrawn) = (of(&slip), of(&not_hers));
    assert_eq!(corrected["note"], "a slip of the finger");
    let [before] = corrected["history"].as_array().unwrap().as_slice() else {
        panic!("{corrected}")
    };
    assert_eq!((&corrected["score"], &before["score"]), (&json!(3), &json!(9)));
    assert_eq!(
        (&withdrawn["score"], &withdrawn["withdrawn"]["reason"]),
        (&json!(10), &json!("my husband's"))
    );
    let mut alerts = app.all_alerts(&clinician, 100).await;
    alerts.sort_by_key(|alert| alert["score"].as_u64());
    assert_eq!(alerts, [lifted, taken_back], "the list says what the stream has said");
}

/// What the stream tells next of the alert of this observation, by an event of this name.
async fn told(reader: &mut Reader, name: &str, id: &str) -> Value {
    loop {
        let alert = reader.next_named(name).await.alert;
        if alert["observation_id"] == id {
            return alert;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    an_observation_becomes_an_alert(TestApp::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn putting_right_embedded() {
    what_was_wrong_is_put_right(TestApp::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs LocalStack: run tools/test"]
async fn localstack() {
    an_observation_becomes_an_alert(TestApp::start_on_localstack().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs LocalStack: run tools/test"]
async fn putting_right_localstack() {
    what_was_wrong_is_put_right(TestApp::start_on_localstack().await).await;
}
