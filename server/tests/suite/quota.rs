//! The quota: what each user may ask for, how they are told, and how much is done at once.

use reqwest::{Method, Response};
use serde_json::json;

use crate::test_app::{SignedIn, TestApp};

/// Enough for two sign-ins from one address.
const UNITS: u32 = 40;

async fn with_quota() -> TestApp {
    TestApp::start_with(|config| config.edge.quota_per_minute = UNITS).await
}

/// Number `parameter` in a header of structured fields with one member.
fn parameter(answer: &Response, name: &str, parameter: &str) -> u32 {
    let value = answer.headers()[name].to_str().unwrap();
    let mut parts = value.split(';');
    assert_eq!(parts.next(), Some("\"units\""), "{value}");
    let found = parts.find_map(|part| part.strip_prefix(parameter)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {parameter} in {value}")).parse().unwrap()
}

async fn list(app: &TestApp, who: &SignedIn) -> Response {
    app.api(Method::GET, "/api/observations", Some(who)).send().await.unwrap()
}

/// Reads until the quota is used up; gives how often it was not.
async fn use_up(app: &TestApp, who: &SignedIn) -> (u32, Response) {
    for served in 0..UNITS * 3 {
        let answer = list(app, who).await;
        if answer.status() == 429 {
            return (served, answer);
        }
        assert_eq!(answer.status(), 200);
    }
    panic!("the quota of {UNITS} has no end");
}

#[tokio::test]
async fn answers_tell_what_is_left_and_what_things_cost() {
    let app = with_quota().await;
    let anna = app.patient("anna").await;
    let first = list(&app, &anna).await;
    assert_eq!(parameter(&first, "ratelimit-policy", "q"), UNITS);
    assert_eq!(parameter(&first, "ratelimit-policy", "w"), 60);
    assert_eq!(parameter(&first, "ratelimit", "r"), UNITS - 1, "a read costs 1");
    assert!(parameter(&first, "ratelimit", "t") <= 60);
    let sent = app.api(Method::POST, "/api/observations", Some(&anna));
    let sent = sent.json(&json!({ "score": 5 })).send().await.unwrap();
    // A unit may have come back in between.
    let left = parameter(&sent, "ratelimit", "r");
    assert!((UNITS - 3..UNITS - 1).contains(&left), "a change costs 2: {left}");
}

#[tokio::test]
async fn whoever_used_up_theirs_is_told_when_to_come_back_and_others_are_served() {
    let app = with_quota().await;
    let (anna, bert) = (app.patient("anna").await, app.patient("bert").await);
    let (served, refused) = use_up(&app, &anna).await;
    assert!(served >= UNITS, "{served}");
    assert_eq!(parameter(&refused, "ratelimit", "r"), 0);
    let retry_after: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after));
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert_eq!(list(&app, &bert).await.status(), 200);
    assert_eq!(app.api(Method::GET, "/health/live", None).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn strangers_share_the_quota_of_their_address() {
    let app = with_quota().await;
    let sign_in = async || {
        let (status, _) = app.log_in("nobody", "a wrong password", "clinician").await;
        status
    };
    let refused = async {
        for served in 0..UNITS {
            if sign_in().await == 429 {
                return served;
            }
        }
        panic!("strangers sign in without end");
    };
    // 10 each; one more may have come back meanwhile.
    assert!((4..=5).contains(&refused.await));
}

#[tokio::test]
async fn apps_and_people_are_refused_in_their_own_language() {
    let app = with_quota().await;
    let anna = app.patient("anna").await;
    use_up(&app, &anna).await;
    let request = |method, path: &str, accept: &str| {
        app.api(method, path, Some(&anna)).header("accept", accept).send()
    };
    let function = request(Method::POST, "/fn/patient/my_observations", "application/json");
    let answer = function.await.unwrap();
    assert_eq!(answer.status(), 429);
    let error: app::error::AppError = answer.json().await.unwrap();
    assert!(matches!(error, app::error::AppError::TooManyRequests { .. }), "{error:?}");
    let page = request(Method::GET, "/history", "text/html").await.unwrap();
    assert_eq!(page.status(), 429);
    let wait = page.headers()["retry-after"].to_str().unwrap().to_owned();
    assert_eq!(page.headers()["refresh"], wait.as_str());
    assert!(!page.headers().contains_key("content-encoding"));
    let text = page.text().await.unwrap();
    assert!(text.contains("<h1>Too many requests</h1>"), "{text}");
    assert!(text.contains(&format!("<span class=\"said\">{wait}</span>")), "{text}");
}

#[tokio::test]
async fn one_user_has_so_many_streams_and_gets_the_places_back() {
    use healthflow::http::edge::components::STREAMS_PER_USER;
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let open =
        async || app.api(Method::GET, "/api/alerts/stream", Some(&clinician)).send().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..STREAMS_PER_USER {
        let stream = open().await;
        assert_eq!(stream.status(), 200);
        held.push(stream);
    }
    let refused = open().await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    drop(held);
    // The server notices that a reader has gone when it next writes, which is soon.
    for _ in 0..200 {
        if open().await.status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("streams that ended keep their places");
}
