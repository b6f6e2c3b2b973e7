//! Pages of other origins: what they may not make a browser do, and what a listed one may.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;

use crate::test_app::{SignedIn, TestApp};

const LISTED: &str = "https://portal.example";
const UNLISTED: &str = "https://evil.example";

async fn with_listed() -> TestApp {
    TestApp::start_with(|config| config.edge.cors_origins = vec![LISTED.parse().unwrap()]).await
}

fn submission(app: &TestApp, who: Option<&SignedIn>) -> RequestBuilder {
    app.api(Method::POST, "/api/observations", who).json(&json!({ "score": 5 }))
}

/// The session of somebody signed in, as their browser sends it.
fn cookie(who: &SignedIn) -> String {
    format!("healthflow_patient={}", who.token)
}

fn allowed_origin(answer: &Response) -> Option<&str> {
    answer.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let neighbour = app.clinician_url.as_str();
    for (name, value) in [
        ("origin", neighbour),
        ("origin", UNLISTED),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let with_bearer = submission(&app, Some(&anna));
        let with_cookie = submission(&app, None).header("cookie", cookie(&anna));
        let form = [("kind", "symptom_score"), ("score", "9"), ("idempotency_key", "k")];
        let url = format!("{}/fn/patient/submit_observation", app.patient_url);
        let as_form = app.http.post(url).header("cookie", cookie(&anna)).form(&form);
        for request in [with_bearer, with_cookie, as_form] {
            let answer = request.header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name}: {value}");
            assert_eq!(allowed_origin(&answer), None, "{name}: {value}");
        }
    }
    let own = app.all(&anna, "/api/observations?limit=10", "observations").await;
    assert!(own.is_empty());
}

#[tokio::test]
async fn a_cookie_without_a_word_about_its_origin_changes_nothing() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let bare = submission(&app, None).header("cookie", cookie(&anna));
    assert_eq!(bare.send().await.unwrap().status(), 403);
    let own_page = submission(&app, None).header("cookie", cookie(&anna));
    let own_page = own_page.header("origin", &app.patient_url);
    assert_eq!(own_page.send().await.unwrap().status(), 200);
    let reading = app.api(Method::GET, "/api/observations", None).header("cookie", cookie(&anna));
    assert_eq!(reading.send().await.unwrap().status(), 200, "reading changes nothing");
}

#[tokio::test]
async fn the_api_is_closed_to_other_origins_unless_they_are_listed() {
    for app in [TestApp::start().await, with_listed().await] {
        let url = format!("{}/api/observations", app.patient_url);
        let preflight = app.http.request(Method::OPTIONS, url).header("origin", UNLISTED);
        let preflight = preflight.header("access-control-request-method", "POST");
        let answer = preflight.send().await.unwrap();
        assert_eq!(allowed_origin(&answer), None);
    }
}

#[tokio::test]
async fn a_listed_page_uses_the_api_with_a_bearer_token() {
    let app = with_listed().await;
    let anna = app.patient("anna").await;
    let url = format!("{}/api/observations", app.patient_url);
    let preflight = app
        .http
        .request(Method::OPTIONS, url)
        .header("origin", LISTED)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,if-match");
    let answer = preflight.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (200, Some(LISTED)));
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));

    let sent = submission(&app, Some(&anna)).header("origin", LISTED);
    let answer = sent.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (200, Some(LISTED)));
}

#[tokio::test]
async fn a_listed_page_gains_nothing_by_a_cookie_or_beside_the_api() {
    let app = with_listed().await;
    let anna = app.patient("anna").await;
    for method in [Method::GET, Method::POST] {
        let request = app.api(method, "/api/observations", None).json(&json!({ "score": 5 }));
        let request = request.header("origin", LISTED).header("cookie", cookie(&anna));
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    let url = format!("{}/fn/patient/my_observations", app.patient_url);
    let server_function = app.http.post(url).header("origin", LISTED);
    let answer = server_function.bearer_auth(&anna.token).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), allowed_origin(&answer)), (403, None));
}
