//! The tokens of a session: how one follows another, and what is worth nothing.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use healthflow::clock::Clock;
use reqwest::header::COOKIE;
use serde_json::json;

use crate::sessions::{bearer, cookies, in_browser, refresh, signed_in};
use crate::test_app::{TestApp, read};

#[tokio::test]
async fn a_refresh_token_brings_the_next_pair() {
    let app = TestApp::start().await;
    let first = signed_in(&app).await;
    let (status, next) = refresh(&app, &first["refresh_token"]).await;
    assert_eq!(status, 200, "{next}");
    assert_ne!(next["refresh_token"], first["refresh_token"]);
    assert_eq!(next["patient_id"], first["patient_id"]);
    assert_eq!(app.get("/api/observations", &bearer(&next)).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_later_ends_the_whole_session() {
    let app = TestApp::start().await;
    let first = signed_in(&app).await;
    let (_, second) = refresh(&app, &first["refresh_token"]).await;
    // After the next change it is old beyond doubt.
    let (status, third) = refresh(&app, &second["refresh_token"]).await;
    assert_eq!(status, 200);
    assert_eq!(refresh(&app, &first["refresh_token"]).await.0, 401);
    assert_eq!(
        refresh(&app, &third["refresh_token"]).await.0,
        401,
        "the good one is worth nothing"
    );
    assert_eq!(app.get("/api/observations", &bearer(&third)).await.0, 401);
    // The owner signs in again, and other sessions are not concerned.
    signed_in(&app).await;
}

#[tokio::test]
async fn after_a_lost_answer_the_same_refresh_token_brings_the_same_pair() {
    let app = TestApp::start().await;
    let first = signed_in(&app).await;
    // The answer is lost on its way, twice.
    for _ in 0..2 {
        assert_eq!(refresh(&app, &first["refresh_token"]).await.0, 200);
    }
    let (status, next) = refresh(&app, &first["refresh_token"]).await;
    assert_eq!(status, 200, "{next}");
    assert_eq!(app.get("/api/observations", &bearer(&next)).await.0, 200);
    // Whoever has it goes on, and no alarm follows.
    let (status, after) = refresh(&app, &next["refresh_token"]).await;
    assert_eq!(status, 200, "{after}");
    let (status, again) = refresh(&app, &next["refresh_token"]).await;
    assert_eq!((status, &again["refresh_token"]), (200, &after["refresh_token"]));
    let (status, last) = refresh(&app, &after["refresh_token"]).await;
    assert_eq!(status, 200, "{last}");
    assert_eq!(app.get("/api/observations", &bearer(&last)).await.0, 200);
}

#[tokio::test]
async fn many_tries_at_once_bring_one_pair_that_goes_on() {
    let app = TestApp::start().await;
    let first = signed_in(&app).await;
    let tries = (0..8).map(|_| refresh(&app, &first["refresh_token"]));
    let answers = futures::future::join_all(tries).await;
    let next = &answers[0].1["refresh_token"];
    assert!(next.is_string(), "{answers:?}");
    for (status, answer) in &answers {
        assert_eq!((*status, &answer["refresh_token"]), (200, next));
    }
    assert_eq!(refresh(&app, next).await.0, 200);
}

#[tokio::test]
async fn the_same_pair_comes_again_though_the_keys_were_changed_in_between() {
    let mut app = TestApp::start().await;
    let first = signed_in(&app).await;
    let (_, lost) = refresh(&app, &first["refresh_token"]).await;
    let config = app.config().clone();
    healthflow::identity::signing_keys::rotate(&config.auth, &config.store.data_dir).unwrap();
    app.restart().await;
    let (status, next) = refresh(&app, &first["refresh_token"]).await;
    assert_eq!((status, &next["refresh_token"]), (200, &lost["refresh_token"]));
    assert_eq!(refresh(&app, &next["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_tried_again_after_its_moment_ends_the_session() {
    let app = TestApp::start().await;
    let first = signed_in(&app).await;
    let (_, next) = refresh(&app, &first["refresh_token"]).await;
    let (_, listed) = app.get("/api/sessions", &bearer(&next)).await;
    let id = listed["sessions"][0]["session_id"].as_str().unwrap().to_owned();
    // As if it had been used an hour ago.
    let client = healthflow::store::client::embedded_elsewhere(&app.dynamodb_url());
    let hour_ago =
        AttributeValue::N((healthflow::clock::SystemClock.unix_ms() - 3_600_000).to_string());
    let update = client.update_item().table_name(&app.config().store.sessions_table);
    let update = update.key("session_id", AttributeValue::S(id));
    let update = update.update_expression("SET rotated_ms = :then");
    update.expression_attribute_values(":then", hour_ago).send().await.unwrap();
    assert_eq!(refresh(&app, &first["refresh_token"]).await.0, 401);
    assert_eq!(refresh(&app, &next["refresh_token"]).await.0, 401, "the session is ended");
}

#[tokio::test]
async fn made_up_refresh_tokens_end_nothing() {
    let app = TestApp::start().await;
    let session = signed_in(&app).await;
    let good = session["refresh_token"].as_str().unwrap();
    // The same session, another secret.
    let forged = format!("{}{}{}", &good[..30], "A".repeat(20), &good[50..]);
    for made_up in ["", "nonsense", "AAAA", &forged] {
        let status = refresh(&app, &json!(made_up)).await.0;
        assert!(matches!(status, 400 | 401), "{made_up:?}: {status}");
    }
    assert_eq!(refresh(&app, &session["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn a_browser_goes_on_when_its_access_token_has_expired() {
    let app = TestApp::start_with(|config| config.auth.access_token_s = 1).await;
    let form = [("username", "clinician1"), ("password", "demo")];
    let url = format!("{}/fn/session/sign_in", app.clinician_url);
    let answer = app.http.post(url).form(&form).send().await.unwrap();
    let jar = cookies(answer.headers());
    assert_eq!(jar.len(), 3, "{jar:?}");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    // What a page does by itself neither uses the refresh token nor is turned away.
    let stream = in_browser(&app, "/api/alerts/stream", &jar).await;
    let all: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let poll = app.http.get(format!("{}/api/alerts", app.clinician_url));
    let poll = poll.header(COOKIE, all.join("; ")).header("x-background", "1");
    for by_itself in [stream, poll.send().await.unwrap()] {
        assert_eq!(by_itself.status(), 200);
        assert!(cookies(by_itself.headers()).is_empty());
    }
    // Several things at once, as browsers do.
    let pages = (0..4).map(|_| in_browser(&app, "/api/alerts", &jar));
    let answers = futures::future::join_all(pages).await;
    assert!(answers.iter().all(|answer| answer.status() == 200));
    let renewed: Vec<_> = answers.iter().map(|answer| cookies(answer.headers())).collect();
    // Whichever answer comes last, the browser keeps the same refresh token.
    let refresh_tokens: Vec<_> = renewed
        .iter()
        .map(|cookies| cookies.iter().find(|(name, _)| name.ends_with("_refresh")))
        .collect();
    assert!(refresh_tokens[0].is_some(), "{renewed:?}");
    assert!(refresh_tokens.iter().all(|token| *token == refresh_tokens[0]), "{renewed:?}");
    assert!(renewed.iter().all(|cookies| cookies.len() == 2), "{renewed:?}");
}

#[tokio::test]
async fn keys_change_without_signing_anybody_out() {
    let mut app = TestApp::start().await;
    let session = signed_in(&app).await;
    let config = app.config().clone();
    healthflow::identity::signing_keys::rotate(&config.auth, &config.store.data_dir).unwrap();
    app.restart().await;
    assert_eq!(app.get("/api/sessions", &bearer(&session)).await.0, 200);
    assert_eq!(refresh(&app, &session["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn a_token_of_another_kind_opens_nothing() {
    let app = TestApp::start().await;
    let session = signed_in(&app).await;
    let refresh_token = session["refresh_token"].as_str().unwrap();
    let request = app.http.get(format!("{}/api/sessions", app.patient_url));
    let answer = request.bearer_auth(refresh_token).send().await.unwrap();
    assert_eq!(read(answer).await.0, 401);
}
