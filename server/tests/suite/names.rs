//! Names and passwords: what looks the same is the same, on whatever keyboard it was typed.

use domain::access::Role;
use domain::login::Login;
use healthflow::identity::passwords::Passwords;
use healthflow::store::client::embedded_elsewhere;
use healthflow::store::users::{DynamoUsers, User};
use serde_json::{Value, json};

use crate::test_app::{SignedIn, TestApp, read};

const PASSWORD: &str = "blue kettle on a roof";
/// As a Mac sends it: letters and accents apart.
const NFD: &str = "Rene\u{301}e Sjo\u{308}berg";
/// As Android sends it.
const NFC: &str = "Ren\u{e9}e Sj\u{f6}berg";

async fn create_account(app: &TestApp, username: &str) -> (u16, Value) {
    let form = [("username", username), ("password", "another phrase of mine"), ("email", "")];
    let url = format!("{}/fn/patient/create_account", app.patient_url);
    read(app.http.post(url).header("accept", "application/json").form(&form).send().await.unwrap())
        .await
}

/// An account as an older release kept it: under what was typed, in small letters.
async fn older_account(app: &TestApp, typed: &str, role: Role) {
    let is_patient = role == Role::Patient;
    let user = User {
        login: Login::kept(typed, &typed.trim().to_lowercase()),
        role,
        clinic_id: app.config().auth.clinic.clone(),
        patient_id: is_patient.then(|| domain::ids::PatientId(uuid::Uuid::from_u128(7))),
        password_hash: Passwords::default().hash(PASSWORD).await.unwrap(),
        must_change_password: false,
        is_disabled: false,
        is_demo: false,
        sessions_since_ms: 0,
    };
    let client = embedded_elsewhere(&app.dynamodb_url());
    let users = DynamoUsers::new(client, &app.config().store.users_table);
    assert!(users.create(&user).await.unwrap());
}

#[tokio::test]
async fn a_name_with_an_accent_is_one_person_on_every_keyboard() {
    let app = TestApp::start().await;
    let (status, first) = app.log_in(NFD, PASSWORD, "patient").await;
    assert_eq!((status, &first["new_user"]), (200, &json!(true)), "{first}");
    for typed in [NFC, NFD, &NFC.to_uppercase(), "  rene\u{301}e  sj\u{f6}berg "] {
        let (status, again) = app.log_in(typed, PASSWORD, "patient").await;
        assert_eq!((status, &again["new_user"]), (200, &json!(false)), "{typed:?}: {again}");
        assert_eq!(again["patient_id"], first["patient_id"], "{typed:?}");
    }
    assert_eq!(create_account(&app, NFC).await.0, 400);
}

#[tokio::test]
async fn a_password_with_an_accent_is_one_on_every_keyboard() {
    let app = TestApp::start().await;
    let (mac, android) = ("blue cafe\u{301} on a roof", "blue caf\u{e9} on a roof");
    assert_eq!(app.log_in("anna", mac, "patient").await.0, 200);
    assert_eq!(app.log_in("anna", android, "patient").await.0, 200);
    assert_eq!(app.log_in("anna", "blue cafe on a roof", "patient").await.0, 401);
}

#[tokio::test]
async fn an_account_of_before_keeps_its_name_and_gets_no_double() {
    let app = TestApp::start().await;
    older_account(&app, NFD, Role::Patient).await;
    let mut sessions = Vec::new();
    for typed in [NFD, NFC] {
        let (status, answer) = app.log_in(typed, PASSWORD, "patient").await;
        assert_eq!((status, &answer["new_user"]), (200, &json!(false)), "{typed:?}: {answer}");
        sessions.push(answer);
    }
    for typed in [NFD, NFC] {
        let (status, answer) = create_account(&app, typed).await;
        assert_eq!(status, 400, "{typed:?}");
        assert!(answer.to_string().contains("taken"), "{answer}");
    }
    // All that an account does finds it by its own key.
    let who = |answer: &Value| SignedIn {
        token: answer["token"].as_str().unwrap().to_owned(),
        patient_id: String::new(),
    };
    let (status, listed) = app.get("/api/sessions", &who(&sessions[0])).await;
    assert_eq!((status, listed["sessions"].as_array().unwrap().len()), (200, 2), "{listed}");
    let everywhere = json!({ "everywhere": true });
    assert_eq!(app.post("/api/logout", Some(&who(&sessions[0])), everywhere).await.0, 204);
    assert_eq!(app.get("/api/sessions", &who(&sessions[1])).await.0, 401);
}

#[tokio::test]
async fn an_account_whose_name_would_be_refused_today_still_opens() {
    let app = TestApp::start().await;
    older_account(&app, "an\u{200b}na", Role::Patient).await;
    assert_eq!(app.log_in("An\u{200b}na", PASSWORD, "patient").await.0, 200);
    // Somebody else is called what it looks like.
    let (status, anna) = app.log_in("anna", PASSWORD, "patient").await;
    assert_eq!((status, &anna["new_user"]), (200, &json!(true)));
}

#[tokio::test]
async fn names_that_look_like_others_are_refused_with_words() {
    let app = TestApp::start().await;
    for name in
        ["an\u{200b}na", "an\u{ad}na", "\u{202e}anna", "\u{2067}anna", "\u{3164}", "\u{feff}x"]
    {
        let (status, problem) = app.log_in(name, PASSWORD, "patient").await;
        let fault = &problem["errors"][0];
        assert_eq!((status, &fault["code"]), (400, &json!("unseen")), "{name:?}: {problem}");
        assert!(fault["message"].as_str().unwrap().contains("invisible"), "{problem}");
        assert_eq!(create_account(&app, name).await.0, 400, "{name:?}");
    }
}

#[tokio::test]
async fn staff_get_names_that_everybody_can_type_and_older_ones_stay() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    for name in ["josé", "carla maria", "cаrla", "carla@clinic"] {
        let body = json!({ "username": name, "role": "clinician" });
        let (status, problem) = app.post("/api/staff", Some(&administrator), body).await;
        assert_eq!(status, 400, "{name}: {problem}");
        assert_eq!(problem["errors"][0]["field"], "username");
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains("a to z"), "{problem}");
    }
    let body = json!({ "username": "Carla.M-2_x", "role": "clinician" });
    assert_eq!(app.post("/api/staff", Some(&administrator), body).await.0, 200);
    older_account(&app, "Jose\u{301}", Role::Clinician).await;
    assert_eq!(app.log_in("jos\u{e9}", PASSWORD, "clinician").await.0, 200);
    let name = json!({ "username": "Jos\u{e9}" });
    assert_eq!(app.post("/api/staff/disable", Some(&administrator), name.clone()).await.0, 204);
    assert_eq!(app.log_in("jose\u{301}", PASSWORD, "clinician").await.0, 401);
    assert_eq!(app.post("/api/staff/reset", Some(&administrator), name).await.0, 200);
}
