//! Opening another clinic's record in an emergency.

use domain::access::Role;
use serde_json::json;

use crate::test_app::{SignedIn, TestApp};

const REASON: &str = "Brought in unconscious, needs her last values.";

#[tokio::test]
async fn an_emergency_opens_one_record_to_one_clinician_and_shows_it_to_the_clinic() {
    let app = TestApp::start().await;
    let (anna, bo) = (app.patient("anna").await, app.patient("bo").await);
    app.submit(&anna, json!({ "score": 9 })).await;
    app.submit(&bo, json!({ "score": 9 })).await;
    app.wait_for_alerts(&app.clinician().await, 2).await;
    let far = app.somebody("far", Role::Clinician, "south").await;
    let farther = app.somebody("farther", Role::Clinician, "south").await;
    let record = |patient: &str| format!("/api/observations?patient_id={patient}");
    assert_eq!(app.get(&record(&anna.patient_id), &far).await.0, 404);

    let body = json!({ "patient": " Anna ", "reason": REASON });
    let (status, opened) = app.post("/api/emergencies", Some(&far), body).await;
    assert_eq!(status, 200, "{opened}");
    assert_eq!(opened["patient_id"], json!(anna.patient_id));
    let (status, seen) = app.get(&record(&anna.patient_id), &far).await;
    assert_eq!((status, seen["observations"].as_array().unwrap().len()), (200, 1));

    assert_eq!(app.get(&record(&bo.patient_id), &far).await.0, 404, "one record");
    assert_eq!(app.get(&record(&anna.patient_id), &farther).await.0, 404, "one clinician");
    let write = json!({ "patient_id": anna.patient_id, "score": 1 });
    assert_eq!(app.post("/api/observations", Some(&far), write).await.0, 404, "reading alone");

    let (_, shown) = app.get("/api/emergencies", &app.administrator().await).await;
    let shown = shown["emergencies"].as_array().unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["opened_by"], json!("far"));
    assert_eq!(shown[0]["reason"], json!(REASON));
    let other = app.somebody("admin-s", Role::ClinicAdministrator, "south").await;
    let (_, elsewhere) = app.get("/api/emergencies", &other).await;
    assert_eq!(elsewhere["emergencies"], json!([]), "it concerns the patient's clinic");
    assert_eq!(open_now(&app, &app.administrator().await).await, "1");
    assert_eq!(open_now(&app, &other).await, "0");
}

/// How many records the dashboard says are open in an emergency now.
async fn open_now(app: &TestApp, administrator: &SignedIn) -> String {
    let url = format!("{}/fn/clinician/open_emergencies", app.clinician_url);
    let answer = app.http.post(url).bearer_auth(&administrator.token).send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn an_emergency_needs_a_reason_and_a_patient_of_another_clinic() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    app.submit(&anna, json!({ "score": 9 })).await;
    app.wait_for_alerts(&app.clinician().await, 1).await;
    let far = app.somebody("far", Role::Clinician, "south").await;
    for (patient, reason, field) in [
        ("anna", "too short", "reason"),
        ("nobody", REASON, "patient"),
        ("00000000-0000-0000-0000-000000000000", REASON, "patient"),
        ("clinician1", REASON, "patient"),
    ] {
        let body = json!({ "patient": patient, "reason": reason });
        let (status, problem) = app.post("/api/emergencies", Some(&far), body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(field)), "{problem}");
    }
    let own = json!({ "patient": "anna", "reason": REASON });
    let (status, problem) = app.post("/api/emergencies", Some(&app.clinician().await), own).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (400, &json!("own_clinic")));
}

#[tokio::test]
async fn an_emergency_ends_after_an_hour() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    app.submit(&anna, json!({ "score": 9 })).await;
    app.wait_for_alerts(&app.clinician().await, 1).await;
    let far = app.somebody("far", Role::Clinician, "south").await;
    let body = json!({ "patient": "anna", "reason": REASON });
    let (_, opened) = app.post("/api/emergencies", Some(&far), body).await;
    let at = |name: &str| {
        opened[name].as_str().unwrap().parse::<domain::timestamp::Timestamp>().unwrap().unix_ms()
    };
    assert_eq!(at("until") - at("opened_at"), 60 * 60 * 1_000);
    // As if that hour had passed.
    let client = healthflow::store::client::embedded_elsewhere(&app.dynamodb_url());
    let table = &app.config().store.emergencies_table;
    let kept = client.scan().table_name(table).send().await.unwrap();
    let mut item = kept.items()[0].clone();
    let past = aws_sdk_dynamodb::types::AttributeValue::S("2020-01-01T00:00:00.000Z".to_owned());
    item.insert("until".to_owned(), past);
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    let path = format!("/api/observations?patient_id={}", anna.patient_id);
    assert_eq!(app.get(&path, &far).await.0, 404);
}
