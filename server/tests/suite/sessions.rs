//! Sessions: how they begin and end, and how fast a change about an account takes effect.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Role;
use reqwest::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp};

/// A change about an account takes effect within this time.
const EFFECT_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn signed_in(app: &TestApp) -> Value {
    let (status, answer) = app.log_in("anna", "a-patient's-password", "patient").await;
    assert_eq!(status, 200, "{answer}");
    answer
}

pub(crate) async fn refresh(app: &TestApp, token: &Value) -> (u16, Value) {
    app.post("/api/token", None, json!({ "refresh_token": token })).await
}

pub(crate) fn bearer(answer: &Value) -> SignedIn {
    SignedIn {
        token: answer["token"].as_str().unwrap().to_owned(),
        patient_id: answer["patient_id"].as_str().unwrap_or_default().to_owned(),
    }
}

/// What a browser would keep.
pub(crate) fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    lines
        .map(|line| {
            let (name, rest) = line.split_once('=').unwrap();
            (name.to_owned(), rest.split(';').next().unwrap().to_owned())
        })
        .collect()
}

pub(crate) async fn in_browser(app: &TestApp, path: &str, jar: &[(String, String)]) -> Response {
    let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = app.http.get(format!("{}{path}", app.clinician_url));
    request.header(COOKIE, cookies.join("; ")).send().await.unwrap()
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let app = TestApp::start().await;
    let (here, there) = (bearer(&signed_in(&app).await), bearer(&signed_in(&app).await));
    assert_eq!(app.post("/api/logout", Some(&here), json!({})).await.0, 204);
    assert_eq!(app.get("/api/sessions", &here).await.0, 401);
    let (status, sessions) = app.get("/api/sessions", &there).await;
    assert_eq!((status, sessions["sessions"].as_array().unwrap().len()), (200, 1));
    let again = bearer(&signed_in(&app).await);
    assert_eq!(app.post("/api/logout", Some(&again), json!({ "everywhere": true })).await.0, 204);
    for ended in [&there, &again] {
        assert_eq!(app.get("/api/sessions", ended).await.0, 401);
    }
}

#[tokio::test]
async fn ones_own_sessions_can_be_seen_and_ended() {
    let app = TestApp::start().await;
    let (here, there) = (bearer(&signed_in(&app).await), bearer(&signed_in(&app).await));
    let (_, listed) = app.get("/api/sessions", &here).await;
    let other =
        listed["sessions"].as_array().unwrap().iter().find(|s| s["is_this"] == json!(false));
    let path = format!("/api/sessions/{}/end", other.unwrap()["session_id"].as_str().unwrap());
    assert_eq!(app.post(&path, Some(&here), json!(null)).await.0, 204);
    assert_eq!(app.get("/api/sessions", &there).await.0, 401);
    assert_eq!(app.get("/api/sessions", &here).await.0, 200);
}

#[tokio::test]
async fn changing_the_password_ends_all_sessions_but_the_new_one() {
    let app = TestApp::start().await;
    let (here, there) = (bearer(&signed_in(&app).await), bearer(&signed_in(&app).await));
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let refused = [
        change("wrong", "a wholly different phrase"),
        change("a-patient's-password", "short"),
        change("a-patient's-password", "password123"),
        change("a-patient's-password", "a-patient's-password"),
    ];
    for body in refused {
        let (status, problem) = app.post("/api/password", Some(&here), body).await;
        assert_eq!(status, 400, "{problem}");
    }
    let good = change("a-patient's-password", "a wholly different phrase");
    let (status, new) = app.post("/api/password", Some(&here), good).await;
    assert_eq!(status, 200, "{new}");
    for ended in [&here, &there] {
        assert_eq!(app.get("/api/sessions", ended).await.0, 401);
    }
    assert_eq!(app.get("/api/sessions", &bearer(&new)).await.0, 200);
    assert_eq!(app.log_in("anna", "a-patient's-password", "patient").await.0, 401);
    assert_eq!(app.log_in("anna", "a wholly different phrase", "patient").await.0, 200);
}

#[tokio::test]
async fn signing_in_again_in_one_browser_ends_the_session_before() {
    let app = TestApp::start().await;
    let sign_in = async |jar: &[(String, String)]| {
        let form = [("username", "clinician1"), ("password", "demo")];
        let url = format!("{}/fn/session/sign_in", app.clinician_url);
        let sent: Vec<String> = jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = app.http.post(url).form(&form).header(ORIGIN, &app.clinician_url);
        let answer = request.header(COOKIE, sent.join("; ")).send().await.unwrap();
        cookies(answer.headers())
    };
    let first = sign_in(&[]).await;
    let elsewhere = sign_in(&[]).await;
    let second = sign_in(&first).await;
    assert_eq!(in_browser(&app, "/api/alerts", &first).await.status(), 401);
    for goes_on in [&elsewhere, &second] {
        assert_eq!(in_browser(&app, "/api/alerts", goes_on).await.status(), 200);
    }
}

#[tokio::test]
async fn whoever_holds_a_session_cannot_guess_its_password() {
    let app = TestApp::start_with(|config| config.edge.sign_in_failures_per_account = 3).await;
    let (here, there) = (bearer(&signed_in(&app).await), bearer(&signed_in(&app).await));
    let change = async |who: &SignedIn, current: &str| {
        let body =
            json!({ "current_password": current, "new_password": "a wholly different phrase" });
        app.post("/api/password", Some(who), body).await.0
    };
    for guess in 0..3 {
        assert_eq!(change(&here, &format!("guess {guess}")).await, 400);
    }
    assert_eq!(change(&here, "a-patient's-password").await, 429, "even with the right one");
    assert_eq!(change(&there, "a-patient's-password").await, 200, "another session counts anew");
}

#[tokio::test]
async fn a_disabled_account_is_out_within_five_seconds_on_every_server() {
    let app = TestApp::start().await;
    let url = app.dynamodb_url();
    // Another process, which learns of the change through the store alone.
    let secret = std::fs::read_to_string(app.config().store.data_dir.join("jwt-secret")).unwrap();
    let second = TestApp::start_with(|config| {
        config.auth.jwt_secret = Some(secret);
        config.endpoints.dynamodb = Some(url);
    })
    .await;
    let (clinician, administrator) = (app.clinician().await, app.administrator().await);
    let stream = second.api(Method::GET, "/api/alerts/stream", Some(&clinician)).send().await;
    let mut stream = stream.unwrap();
    assert_eq!(second.get("/api/alerts", &clinician).await.0, 200);
    let name = json!({ "username": "clinician1" });
    assert_eq!(app.post("/api/staff/disable", Some(&administrator), name.clone()).await.0, 204);
    let disabled = Instant::now();
    assert_eq!(app.get("/api/alerts", &clinician).await.0, 401, "here at once");
    while second.get("/api/alerts", &clinician).await.0 == 200 {
        assert!(disabled.elapsed() < EFFECT_WITHIN, "still in after {:?}", disabled.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rest = tokio::time::timeout(EFFECT_WITHIN, async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    rest.await.expect("the live stream ends too");
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 401);
    assert_eq!(app.post("/api/staff/enable", Some(&administrator), name).await.0, 204);
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 200);
    assert_eq!(app.get("/api/alerts", &clinician).await.0, 401, "the old session stays ended");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_when_it_is_too_old() {
    let app = TestApp::start().await;
    let session = signed_in(&app).await;
    let table = &app.config().store.sessions_table;
    let client = healthflow::store::client::embedded_elsewhere(&app.dynamodb_url());
    for limit in ["idle_until_ms", "ends_ms"] {
        let session = if limit == "ends_ms" { signed_in(&app).await } else { session.clone() };
        let (_, listed) = app.get("/api/sessions", &bearer(&session)).await;
        let this = listed["sessions"].as_array().unwrap().iter().find(|s| s["is_this"] == true);
        let id = this.unwrap()["session_id"].as_str().unwrap().to_owned();
        // As if that time had come.
        client
            .update_item()
            .table_name(table)
            .key("session_id", AttributeValue::S(id))
            .update_expression(format!("SET {limit} = :past"))
            .expression_attribute_values(":past", AttributeValue::N("1".to_owned()))
            .send()
            .await
            .unwrap();
        assert_eq!(refresh(&app, &session["refresh_token"]).await.0, 401, "{limit}");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(app.get("/api/sessions", &bearer(&session)).await.0, 401, "{limit}");
    }
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_choice_of_another() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let new = json!({ "username": "carla", "role": "clinician" });
    let (status, made) = app.post("/api/staff", Some(&administrator), new.clone()).await;
    assert_eq!(status, 200, "{made}");
    let (status, again) = app.post("/api/staff", Some(&administrator), new).await;
    assert_eq!((status, &again["errors"][0]["code"]), (400, &json!("taken")));
    let password = made["password"].as_str().unwrap();
    let carla = app.signed_in("carla", password, Role::Clinician).await;
    let (status, problem) = app.get("/api/alerts", &carla).await;
    assert_eq!(status, 403);
    assert_eq!(problem["type"], json!("urn:healthflow:problem:password-change-required"));
    let body = json!({ "current_password": password, "new_password": "quiet rivers run at dawn" });
    let (status, session) = app.post("/api/password", Some(&carla), body).await;
    assert_eq!(status, 200, "{session}");
    assert_eq!(app.get("/api/alerts", &bearer(&session)).await.0, 200);
    assert_eq!(app.log_in("carla", password, "clinician").await.0, 401);
}

#[tokio::test]
async fn administrators_make_no_administrators_and_reach_no_patients() {
    let app = TestApp::start().await;
    app.patient("anna").await;
    let administrator = app.administrator().await;
    for role in ["clinic_administrator", "patient", "root"] {
        let body = json!({ "username": "carl", "role": role });
        assert_eq!(app.post("/api/staff", Some(&administrator), body).await.0, 400, "{role}");
    }
    for name in ["anna", "admin1", "nobody"] {
        let body = json!({ "username": name });
        for path in ["/api/staff/disable", "/api/staff/enable", "/api/staff/reset"] {
            let status = app.post(path, Some(&administrator), body.clone()).await.0;
            assert_eq!(status, 404, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_new_account_needs_a_password_nobody_tries_first() {
    let app = TestApp::start().await;
    let url = format!("{}/fn/patient/create_account", app.patient_url);
    for (password, status) in
        [("password1", 400), ("healthflow1", 400), ("blue kettle on a roof", 302)]
    {
        let form = [("username", "anna"), ("password", password), ("email", "")];
        let request = app.http.post(&url).header("accept", "application/json").form(&form);
        let answer = request.send().await.unwrap();
        let found = answer.status().as_u16();
        let is_expected = found == status || (status == 302 && found == 200);
        assert!(is_expected, "{password}: {found}");
    }
}

#[tokio::test]
async fn strangers_who_guess_lock_out_strangers_and_not_the_owner() {
    let app = TestApp::start_with(|config| config.edge.sign_in_failures_per_account = 10).await;
    let url = format!("{}/fn/session/sign_in", app.clinician_url);
    let sign_in = async |password: &str, jar: &[(String, String)]| {
        let cookies: Vec<String> = jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let form = [("username", "clinician1"), ("password", password)];
        let request = app.http.post(&url).header("accept", "application/json").form(&form);
        // As the app's own page sends it.
        let request = request.header(ORIGIN, &app.clinician_url);
        request.header(COOKIE, cookies.join("; ")).send().await.unwrap()
    };
    let first = sign_in("demo", &[]).await;
    assert_eq!(first.status(), 200);
    let jar = cookies(first.headers());
    let device: Vec<_> = jar.into_iter().filter(|(name, _)| name.ends_with("_device")).collect();
    assert_eq!(device.len(), 1);
    for guess in 0..10 {
        assert_eq!(sign_in(&format!("guess {guess}"), &[]).await.status(), 401);
    }
    let refused = sign_in("demo", &[]).await;
    assert_eq!(refused.status(), 429, "even with the right password");
    let (status, problem) = app.log_in("clinician1", "demo", "clinician").await;
    assert_eq!(
        (status, &problem["type"]),
        (429, &json!("urn:healthflow:problem:too-many-requests"))
    );
    assert_eq!(sign_in("demo", &device).await.status(), 200, "the owner's own browser gets in");
    assert_eq!(app.log_in("admin1", "demo", "clinic_administrator").await.0, 200);
    // Who does not exist is treated alike.
    for _ in 0..10 {
        assert_eq!(app.log_in("nobody", "demo", "clinician").await.0, 401);
    }
    assert_eq!(app.log_in("nobody", "demo", "clinician").await.0, 429);
}

#[tokio::test]
async fn demo_accounts_are_nobodys_outside_demo_mode() {
    let mut app = TestApp::start().await;
    let (clinician, anna) = (app.clinician().await, bearer(&signed_in(&app).await));
    app.restart_with(|config| config.auth.demo = false).await;
    for somebody in [&clinician, &anna] {
        assert_eq!(app.get("/api/sessions", somebody).await.0, 401);
    }
    assert_eq!(app.log_in("clinician1", "demo", "clinician").await.0, 401);
    assert_eq!(app.log_in("anna", "a-patient's-password", "patient").await.0, 401);
}

#[tokio::test]
async fn registering_by_signing_in_needs_a_real_password_outside_demo_mode() {
    let app = TestApp::start_with(|config| {
        config.auth.demo = false;
        config.auth.register_on_sign_in = Some(true);
    })
    .await;
    for bad in ["short", "password123"] {
        assert_eq!(app.log_in("anna", bad, "patient").await.0, 400, "{bad}");
    }
    let (status, answer) = app.log_in("anna", "blue kettle on a roof", "patient").await;
    assert_eq!((status, &answer["new_user"]), (200, &json!(true)));
}
