//! A clinician takes care of an alert.

use std::time::Duration;

use domain::access::Role;
use serde_json::{Value, json};

use crate::putting_right::{change, sent};
use crate::stream::Reader;
use crate::test_app::{SignedIn, TestApp};

async fn acknowledged(app: &TestApp, who: &SignedIn) -> Value {
    for _ in 0..200 {
        let alert = app.wait_for_alerts(who, 1).await.remove(0);
        if !alert["acknowledged"].is_null() {
            return alert;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the alert view does not show the acknowledgement");
}

#[tokio::test]
async fn an_alert_shows_who_takes_care_of_it_and_stays_with_the_first() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    app.submit(&app.patient("anna").await, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&clinician, 1).await.remove(0);
    assert_eq!(alert["acknowledged"], Value::Null);
    let path = format!("/api/alerts/{}/acknowledge", alert["alert_id"].as_str().unwrap());
    assert_eq!(app.post(&path, Some(&clinician), json!(null)).await.0, 204);
    let first = acknowledged(&app, &clinician).await;
    assert_eq!(first["acknowledged"]["by"], "clinician1");
    assert_eq!(app.post(&path, Some(&clinician), json!(null)).await.0, 204);
    assert_eq!(app.all_alerts(&clinician, 10).await, [first]);
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_was_first() {
    let app = TestApp::start().await;
    let (first, second) =
        (app.clinician().await, app.somebody("nurse2", Role::Clinician, "demo").await);
    app.submit(&app.patient("anna").await, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&first, 1).await.remove(0);
    let path = format!("/api/alerts/{}/acknowledge", alert["alert_id"].as_str().unwrap());
    assert_eq!(app.post(&path, Some(&first), json!(null)).await.0, 204);
    let (status, problem) = app.post(&path, Some(&second), json!(null)).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(problem["holder"]["by"], "clinician1");
    assert_eq!(problem["type"], "urn:healthflow:problem:taken-already");
    assert_eq!(acknowledged(&app, &second).await["acknowledged"]["by"], "clinician1");
}

#[tokio::test]
async fn an_alert_that_was_given_back_is_for_whoever_comes_next() {
    let app = TestApp::start().await;
    let (first, second) =
        (app.clinician().await, app.somebody("nurse2", Role::Clinician, "demo").await);
    app.submit(&app.patient("anna").await, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&first, 1).await.remove(0);
    let mut dashboard = Reader::open(&app, &second, None).await;
    let id = alert["alert_id"].as_str().unwrap();
    let (take, release) =
        (format!("/api/alerts/{id}/acknowledge"), format!("/api/alerts/{id}/release"));
    assert_eq!(app.post(&take, Some(&first), json!(null)).await.0, 204);
    assert_eq!(
        dashboard.next_named("acknowledged").await.alert["acknowledged"]["by"],
        "clinician1"
    );
    for _ in 0..2 {
        assert_eq!(
            app.post(&release, Some(&first), json!(null)).await.0,
            204,
            "as often as one likes"
        );
    }
    assert_eq!(dashboard.next_named("changed").await.alert["acknowledged"], json!(null));
    assert_eq!(app.post(&take, Some(&second), json!(null)).await.0, 204);
    assert_eq!(dashboard.next_named("acknowledged").await.alert["acknowledged"]["by"], "nurse2");
}

#[tokio::test]
async fn nobody_gives_back_what_somebody_else_takes_care_of() {
    let app = TestApp::start().await;
    let (first, second) =
        (app.clinician().await, app.somebody("nurse2", Role::Clinician, "demo").await);
    app.submit(&app.patient("anna").await, json!({ "score": 9 })).await;
    let alert = app.wait_for_alerts(&first, 1).await.remove(0);
    let path = format!("/api/alerts/{}", alert["alert_id"].as_str().unwrap());
    let (take, release) = (format!("{path}/acknowledge"), format!("{path}/release"));
    assert_eq!(app.post(&release, Some(&second), json!(null)).await.0, 204, "nobody's is free");
    assert_eq!(app.post(&take, Some(&first), json!(null)).await.0, 204);
    let (status, problem) = app.post(&release, Some(&second), json!(null)).await;
    assert_eq!((status, &problem["holder"]["by"]), (409, &json!("clinician1")), "{problem}");
    assert_eq!(acknowledged(&app, &second).await["acknowledged"]["by"], "clinician1");
    assert_eq!(app.post(&release, Some(&first), json!(null)).await.0, 204);
    assert_eq!(app.post(&take, Some(&second), json!(null)).await.0, 204, "it is free now");
}

#[tokio::test]
async fn an_alert_that_stands_again_needs_somebody_anew() {
    let app = TestApp::start().await;
    let (first, second) =
        (app.clinician().await, app.somebody("nurse2", Role::Clinician, "demo").await);
    let anna = app.patient("anna").await;
    let saturation = json!({ "kind": "oxygen_saturation", "value": 84, "unit": "%" });
    let observation = sent(&app, &anna, saturation).await;
    let alert = app.wait_for_alerts(&first, 1).await.remove(0);
    let mut dashboard = Reader::open(&app, &second, None).await;
    let take = format!("/api/alerts/{}/acknowledge", alert["alert_id"].as_str().unwrap());
    assert_eq!(app.post(&take, Some(&first), json!(null)).await.0, 204);
    dashboard.next_named("acknowledged").await;
    let mut correct = async |value: u8, note: &str| {
        let right = json!({ "value": value, "unit": "%", "note": note });
        let corrected = change(&app, &anna, (&observation, "correct"), "", right).await;
        assert_eq!(corrected.0, 200, "{}", corrected.1);
        dashboard.next_named("changed").await.alert
    };
    let lifted = correct(96, "a slip").await;
    assert_eq!((&lifted["reassessed"]["stands"], &lifted["value"]), (&json!(false), &json!(96.0)));
    assert_eq!(lifted["acknowledged"]["by"], "clinician1", "nothing is to be done");
    let again = correct(62, "really 62").await;
    assert_eq!(again["reassessed"]["stands"], true);
    assert_eq!(again["acknowledged"], json!(null), "nobody has seen that");
    assert_eq!(again["reassessed"]["released_from"], "clinician1");
    let before = &again["reassessed"]["before"];
    assert_eq!((&before["value"], &before["note"]), (&json!(96.0), &json!("a slip")));
    let listed = app.wait_for_alerts(&second, 1).await.remove(0);
    assert_eq!(listed, again, "the list says the same");
    assert_eq!(app.post(&take, Some(&second), json!(null)).await.0, 204);
    let taken = dashboard.next_named("acknowledged").await.alert;
    assert_eq!(taken["acknowledged"]["by"], "nurse2");
}

#[tokio::test]
async fn an_alert_that_is_not_there_cannot_be_acknowledged() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    for id in ["00000000-0000-0000-0000-000000000000", "no-uuid"] {
        let path = format!("/api/alerts/{id}/acknowledge");
        assert_eq!(app.post(&path, Some(&clinician), json!(null)).await.0, 404, "{id}");
    }
}
