//! Signing in and making accounts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{TestApp, read};

#[tokio::test]
async fn an_unknown_patient_gets_an_account_in_demo_mode() {
    let app = TestApp::start().await;
    let (status, first) = app.log_in(" Anna ", "anything", "patient").await;
    assert_eq!(
        (status, &first["new_user"], &first["role"]),
        (200, &json!(true), &json!("patient"))
    );
    let (status, again) = app.log_in("anna", "anything", "patient").await;
    assert_eq!((status, &again["new_user"]), (200, &json!(false)));
    assert_eq!(again["patient_id"], first["patient_id"]);
}

#[tokio::test]
async fn an_unknown_patient_gets_none_outside_demo_mode() {
    let app = TestApp::start_with(|config| config.auth.demo = false).await;
    for (username, role) in [("anna", "patient"), ("clinician1", "clinician")] {
        let (status, problem) = app.log_in(username, "demo", role).await;
        assert_eq!((status, &problem["detail"]), (401, &json!("Invalid credentials")));
    }
}

#[tokio::test]
async fn a_password_counts_exactly_as_it_was_given() {
    let app = TestApp::start().await;
    let password = "  Ünder the BRIDGE  ";
    assert_eq!(app.log_in("anna", password, "patient").await.0, 200);
    assert_eq!(app.log_in("anna", password, "patient").await.0, 200);
    for near in [password.trim(), &password.to_lowercase(), &password[..password.len() - 1]] {
        assert_eq!(app.log_in("anna", near, "patient").await.0, 401, "{near:?}");
    }
}

#[tokio::test]
async fn refuses_wrong_passwords_wrong_roles_and_unknown_clinicians_alike() {
    let app = TestApp::start().await;
    app.patient("anna").await;
    let mut answers = Vec::new();
    for (username, password, role) in [
        ("anna", "wrong", "patient"),
        ("anna", "a-patient's-password", "clinician"),
        ("clinician1", "demo", "patient"),
        ("nobody", "demo", "clinician"),
    ] {
        answers.push(app.log_in(username, password, role).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!((answers[0].0, &answers[0].1["detail"]), (401, &json!("Invalid credentials")));
}

#[tokio::test]
async fn refuses_malformed_login_data() {
    let app = TestApp::start().await;
    let full = json!({ "username": "anna", "password": "pw", "role": "patient" });
    let mut bodies = vec![json!([]), json!(null), json!({})];
    for (field, value) in [
        ("username", json!(" ")),
        ("username", json!(7)),
        ("username", json!("x".repeat(65))),
        ("password", json!("")),
        ("password", json!(null)),
        ("role", json!("admin")),
        ("role", json!(["patient"])),
        ("surplus", json!(1)),
    ] {
        let mut body = full.clone();
        body[field] = value;
        bodies.push(body);
    }
    for body in bodies {
        let (status, problem) = app.post("/api/login", None, body.clone()).await;
        assert_eq!((status, &problem["detail"]), (400, &json!("Invalid login data")), "{body}");
        assert!(problem["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{problem}");
    }
}

#[tokio::test]
async fn of_many_who_register_one_name_at_once_one_wins() {
    let app = TestApp::start().await;
    let attempts = (0..6).map(|n| {
        let body =
            json!({ "username": "anna", "password": format!("password-{n}"), "role": "patient" });
        let request = app.api(Method::POST, "/api/login", None).json(&body);
        async move { read(request.send().await.unwrap()).await }
    });
    let answers: Vec<(u16, Value)> = futures::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn the_same_person_who_registers_twice_at_once_is_signed_in_twice() {
    let app = TestApp::start().await;
    let attempts = (0..4).map(|_| app.log_in("anna", "one and the same", "patient"));
    let answers = futures::future::join_all(attempts).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    let first = &answers[0].1["patient_id"];
    assert!(answers.iter().all(|(_, answer)| answer["patient_id"] == *first));
}

#[tokio::test]
async fn the_sign_in_page_makes_no_account_of_a_slip() {
    let app = TestApp::start().await;
    let form = [("username", "anan"), ("password", "a-patient's-password")];
    let url = format!("{}/fn/session/sign_in", app.patient_url);
    let answer = app.http.post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}
