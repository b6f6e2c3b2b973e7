//! A wrong value is put right by its sender, and what it said before stays to be seen.

use std::time::Duration;

use domain::access::Role;
use domain::event::Envelope;
use domain::ids::{ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::ObservationSubmitted;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::EventStore;
use reqwest::Method;
use serde_json::{Value, json};

use crate::observed::{scored, taken_in};
use crate::scriptless::{Browser, field};
use crate::test_app::{SignedIn, TestApp, read};

/// Corrects or withdraws an observation, under this key unless it is empty.
pub(crate) async fn change(
    app: &TestApp,
    who: &SignedIn,
    (id, what): (&str, &str),
    key: &str,
    body: Value,
) -> (u16, Value) {
    let path = format!("/api/observations/{id}/{what}");
    let mut request = app.api(Method::POST, &path, Some(who)).json(&body);
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    read(request.send().await.unwrap()).await
}

/// Sends an observation, and answers its identifier.
pub(crate) async fn sent(app: &TestApp, who: &SignedIn, body: Value) -> String {
    app.submit(who, body).await["observation_id"].as_str().unwrap().to_owned()
}

/// The patient's observations, once they are as `expected`.
pub(crate) async fn observations(
    app: &TestApp,
    who: &SignedIn,
    expected: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    let mut last = Vec::new();
    for _ in 0..400 {
        last = app.all(who, "/api/observations?limit=1", "observations").await;
        if expected(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not as expected: {last:?}");
}

async fn alert(app: &TestApp, clinician: &SignedIn, expected: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..400 {
        last = app.wait_for_alerts(clinician, 1).await.remove(0);
        if expected(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not as expected: {last}");
}

#[tokio::test]
async fn a_correction_shows_what_was_said_before_and_lifts_the_alert() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let hot = json!({ "kind": "temperature", "value": 39.4, "unit": "Cel", "note": "shivering" });
    let id = sent(&app, &anna, hot).await;
    alert(&app, &clinician, |_| true).await;
    let right = json!({ "value": 36.4, "unit": "Cel" });
    let (status, receipt) = change(&app, &anna, (&id, "correct"), "k1", right.clone()).await;
    assert_eq!(status, 200, "{receipt}");
    let again = change(&app, &anna, (&id, "correct"), "k1", right).await;
    assert_eq!(again, (200, receipt), "a repeat is the same");
    let found = observations(&app, &anna, |items| items[0]["value"] == 36.4).await;
    assert_eq!((found.len(), &found[0]["note"]), (1, &json!("shivering")), "the rest stays");
    assert_eq!(found[0]["severity"], json!(null));
    let [before] = found[0]["history"].as_array().unwrap().as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (&before["value"], &before["corrected_by"]["login"]),
        (&json!(39.4), &json!("anna"))
    );
    let lifted = alert(&app, &clinician, |alert| !alert["reassessed"].is_null()).await;
    assert_eq!(
        (&lifted["reassessed"]["cause"], &lifted["reassessed"]["stands"]),
        (&json!("corrected"), &json!(false))
    );
    assert_eq!(
        (&lifted["value"], &lifted["reassessed"]["before"]["value"]),
        (&json!(36.4), &json!(39.4))
    );
}

#[tokio::test]
async fn a_correction_to_something_dangerous_raises_an_alert() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let id = sent(&app, &anna, json!({ "kind": "weight", "value": 70, "unit": "kg" })).await;
    let refused = change(&app, &anna, (&id, "correct"), "", json!({ "score": 9 })).await;
    assert_eq!(refused.0, 400, "a weight stays one: {}", refused.1);
    let id = sent(&app, &anna, json!({ "score": 1 })).await;
    let changed =
        change(&app, &anna, (&id, "correct"), "", json!({ "score": 10, "note": "much worse" }));
    assert_eq!(changed.await.0, 200);
    let raised = alert(&app, &clinician, |_| true).await;
    assert_eq!((&raised["score"], &raised["note"]), (&json!(10), &json!("much worse")));
    assert_eq!(raised["reassessed"], json!(null));
}

#[tokio::test]
async fn a_correction_within_danger_keeps_the_alert_and_says_so() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let id = sent(&app, &anna, json!({ "score": 10 })).await;
    assert_eq!(change(&app, &anna, (&id, "correct"), "", json!({ "score": 8 })).await.0, 200);
    let still = alert(&app, &clinician, |alert| !alert["reassessed"].is_null()).await;
    assert_eq!((&still["score"], &still["reassessed"]["stands"]), (&json!(8), &json!(true)));
}

#[tokio::test]
async fn a_withdrawn_value_stays_to_be_seen_and_its_alert_is_lifted() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let id = sent(&app, &anna, json!({ "score": 9 })).await;
    let other = sent(&app, &anna, json!({ "score": 3 })).await;
    let refused = change(&app, &anna, (&id, "withdraw"), "", json!({ "reason": " " })).await;
    assert_eq!(refused.0, 400, "{}", refused.1);
    let reason = json!({ "reason": "my husband's" });
    let (status, receipt) = change(&app, &anna, (&id, "withdraw"), "", reason.clone()).await;
    assert_eq!(status, 200, "{receipt}");
    assert_eq!(change(&app, &anna, (&id, "withdraw"), "", reason).await, (200, receipt));
    let (status, gone) = change(&app, &anna, (&id, "correct"), "", json!({ "score": 2 })).await;
    assert_eq!((status, &gone["type"]), (409, &json!("urn:healthflow:problem:withdrawn")));
    let found =
        observations(&app, &anna, |items| items.iter().any(|i| !i["withdrawn"].is_null())).await;
    assert_eq!(found.len(), 2, "never a gap");
    let withdrawn = found.iter().find(|item| item["observation_id"] == id.as_str()).unwrap();
    assert_eq!(withdrawn["withdrawn"]["reason"], "my husband's");
    assert_eq!((&withdrawn["score"], &withdrawn["severity"]), (&json!(9), &json!(null)));
    let kept = found.iter().find(|item| item["observation_id"] == other.as_str()).unwrap();
    assert_eq!(kept["withdrawn"], json!(null));
    let lifted = alert(&app, &clinician, |alert| !alert["reassessed"].is_null()).await;
    assert_eq!(lifted["reassessed"]["cause"], "withdrawn");
    assert_eq!(lifted["reassessed"]["reason"], "my husband's", "beside the alert too");
}

#[tokio::test]
async fn a_corrected_time_moves_the_value_in_the_list_and_leaves_none_behind() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let at = |day: u32| format!("2026-11-{day:02}T08:00:00Z");
    let id = sent(&app, &anna, json!({ "score": 1, "effective_at": at(10) })).await;
    for (score, day) in [(2, 9), (3, 8), (4, 7)] {
        sent(&app, &anna, json!({ "score": score, "effective_at": at(day) })).await;
    }
    let scores =
        |items: &[Value]| items.iter().map(|i| i["score"].as_u64().unwrap()).collect::<Vec<_>>();
    observations(&app, &anna, |items| scores(items) == [1, 2, 3, 4]).await;
    let earlier = json!({ "effective_at": at(6) });
    assert_eq!(change(&app, &anna, (&id, "correct"), "", earlier).await.0, 200);
    observations(&app, &anna, |items| scores(items) == [2, 3, 4, 1]).await;
    let back = json!({ "effective_at": at(10) });
    assert_eq!(change(&app, &anna, (&id, "correct"), "", back).await.0, 200);
    observations(&app, &anna, |items| scores(items) == [1, 2, 3, 4]).await;
}

#[tokio::test]
async fn only_who_sent_a_value_puts_it_right() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let gateway = app.somebody("gateway", Role::Service, "demo").await;
    let nurse = app.somebody("nurse2", Role::Clinician, "demo").await;
    let of_anna = |score| json!({ "patient_id": anna.patient_id, "score": score });
    app.wait_for_patient(&nurse, &anna).await;
    let by_anna = sent(&app, &anna, json!({ "score": 2 })).await;
    let by_gateway = sent(&app, &gateway, of_anna(3)).await;
    let by_nurse = sent(&app, &nurse, of_anna(4)).await;
    let everybody = [("anna", &anna), ("gateway", &gateway), ("nurse", &nurse)];
    for (sender, id) in [("anna", &by_anna), ("gateway", &by_gateway), ("nurse", &by_nurse)] {
        for (who, somebody) in everybody {
            let (status, answer) =
                change(&app, somebody, (id, "correct"), "", json!({ "note": "checked" })).await;
            let refusal = if who == "gateway" { 404 } else { 403 };
            let expected = if who == sender { 200 } else { refusal };
            assert_eq!(status, expected, "{who} corrects what {sender} sent: {answer}");
        }
    }
    let other = app.patient("bo").await;
    for what in ["correct", "withdraw"] {
        let body = json!({ "reason": "x" });
        assert_eq!(change(&app, &other, (&by_anna, what), "", body).await.0, 404, "{what}");
    }
}

#[tokio::test]
async fn a_form_knows_the_value_it_puts_right_without_javascript() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let form = [("kind", "weight"), ("unit", "kg"), ("value", "74,6"), ("idempotency_key", "k")];
    let place = anna.post("/send/weight", "/fn/patient/submit_observation", &form).await;
    let id = place.strip_prefix("/sent/").unwrap().to_owned();
    let page = anna.get(&format!("/correct/{id}")).await;
    assert!(field(&page, "value").contains("74.6"), "{}", field(&page, "value"));
    let form = [
        ("observation_id", id.as_str()),
        ("based_on", "1"),
        ("kind", "weight"),
        ("unit", "kg"),
        ("value", "64.6"),
        ("note", ""),
        ("idempotency_key", "k2"),
    ];
    let place =
        anna.post(&format!("/correct/{id}"), "/fn/patient/correct_observation", &form).await;
    assert_eq!(place, format!("/sent/{id}"));
    let receipt = anna.get(&place).await;
    assert!(receipt.contains("64.6") && receipt.contains("Corrected"), "{receipt}");
    let stale = [("based_on", "1"), ("note", "after lunch"), ("idempotency_key", "k3")];
    let stale = [&form[..1], &form[2..4], &[("value", "74.6")], &stale].concat();
    let path = format!("/correct/{id}");
    let place = anna.post(&path, "/fn/patient/correct_observation", &stale).await;
    assert!(place.starts_with(&format!("{path}?")), "it was opened before that: {place}");
    assert!(anna.get(&format!("/sent/{id}")).await.contains("64.6"), "and undoes nothing");
    let form =
        |basis| [("observation_id", id.as_str()), ("reason", "not my scale"), ("based_on", basis)];
    let place = anna.post(&path, "/fn/patient/withdraw_observation", &form("1")).await;
    assert!(place.starts_with(&format!("{path}?")), "{place}");
    let place = anna.post(&path, "/fn/patient/withdraw_observation", &form("2")).await;
    assert!(anna.get(&place).await.contains("Withdrawn"));
}

#[tokio::test]
async fn a_change_made_upon_an_older_version_undoes_nothing() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    let pulse = json!({ "kind": "heart_rate", "value": 72, "unit": "/min" });
    let receipt = app.submit(&anna, pulse).await;
    let id = receipt["observation_id"].as_str().unwrap();
    assert_eq!(receipt["version"], 1);
    let send = async |what: &str, basis: &str, body: Value| {
        let path = format!("/api/observations/{id}/{what}");
        let request = app.api(Method::POST, &path, Some(&anna)).header("if-match", basis);
        let request = request.header("idempotency-key", format!("{what}{basis}"));
        let answer = request.json(&body).send().await.unwrap();
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let (status, answer) = read(answer).await;
        (status, tag, answer)
    };
    let fast = json!({ "value": 152, "unit": "/min" });
    let (status, tag, corrected) = send("correct", "\"1\"", fast.clone()).await;
    assert_eq!((status, tag.as_deref()), (200, Some("\"2\"")), "{corrected}");
    assert_eq!(corrected["version"], 2);
    let noted = json!({ "value": 72, "unit": "/min", "note": "after lunch" });
    for (basis, what, body) in [
        ("W/\"1\"", "correct", noted.clone()),
        ("\"7\"", "correct", noted.clone()),
        ("W/\"1\"", "withdraw", json!({ "reason": "not mine" })),
    ] {
        let (status, tag, problem) = send(what, basis, body).await;
        assert_eq!((status, tag.as_deref()), (412, Some("\"2\"")), "{what} {basis}: {problem}");
        assert_eq!(problem["type"], "urn:healthflow:problem:changed");
        assert_eq!(problem["version"], 2, "the one to look at");
    }
    let again = send("correct", "\"1\"", fast).await;
    assert_eq!((again.0, again.2), (200, corrected), "a repeat brings the first receipt");
    assert_eq!(send("correct", "3", noted.clone()).await.0, 400, "no version");
    assert_eq!(send("withdraw", "\"1\", \"2\"", json!({ "reason": "x" })).await.0, 400);
    let found = observations(&app, &anna, |items| items[0]["version"] == 2).await;
    assert_eq!((&found[0]["value"], &found[0]["note"]), (&json!(152.0), &json!(null)));
    let raised = alert(&app, &clinician, |_| true).await;
    assert_eq!(raised["reassessed"], json!(null), "it stands");
    assert_eq!(send("correct", "*", noted).await.0, 200, "whatever stands there");
    let (status, _, withdrawn) = send("withdraw", "\"3\"", json!({ "reason": "x" })).await;
    assert_eq!((status, &withdrawn["version"]), (200, &json!(4)), "{withdrawn}");
}

const SUBMIT: &str = "/fn/patient/submit_observation";

#[tokio::test]
async fn a_page_that_came_back_loses_no_value_and_doubles_none() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let form = |value| {
        [("kind", "weight"), ("unit", "kg"), ("value", value), ("idempotency_key", "old-page")]
    };
    let first = anna.post("/send/weight", SUBMIT, &form("70")).await;
    let pressed_twice = anna.post("/send/weight", SUBMIT, &form("70")).await;
    assert_eq!(first, pressed_twice, "one press too many is one observation");
    let another = anna.post("/send/weight", SUBMIT, &form("71")).await;
    assert!(another.starts_with("/sent/") && another != first, "another value: {another}");
}

#[tokio::test]
async fn the_same_value_from_an_old_page_is_asked_about_and_never_lost() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let (_, account) = app.log_in("anna", "mellow pheasants", "patient").await;
    let patient_id: PatientId = account["patient_id"].as_str().unwrap().parse().unwrap();
    // It was sent from this page an hour ago.
    let measurement = Measurement::SymptomScore(3);
    let entered = format!("{}\n\n", serde_json::to_string(&measurement).unwrap());
    let submitted = ObservationSubmitted {
        observation_id: ObservationId::from_key_and_content(patient_id, "old-page", &entered),
        patient_id,
        ..scored(3)
    };
    let now = taken_in(submitted);
    let event = Envelope { timestamp: now.timestamp.plus_minutes(-60), ..now };
    DynamoEventStore::new(app.store_client().await, &app.config().store.events_table)
        .append_one(&event)
        .await
        .unwrap();

    let form = |key| [("kind", "symptom_score"), ("score", "3"), ("idempotency_key", key)];
    let back = anna.post("/send/symptom_score", SUBMIT, &form("old-page")).await;
    assert!(back.starts_with("/send/symptom_score?"), "{back}");
    let page = anna.get(&back).await;
    assert!(page.contains("You sent this already"), "{page}");
    assert!(!field(&page, "idempotency_key").contains("old-page"), "a form has a key of its own");
    let once_more = anna.post("/send/symptom_score", SUBMIT, &form("new-page")).await;
    assert!(once_more.starts_with("/sent/"), "{once_more}");
}
