//! What was typed stands in no address and no log, and comes back to whoever typed it.

use crate::scriptless::{Browser, field, led_back, seen_without_the_key};
use crate::test_app::TestApp;

const NOTE: &str = "</textarea><b>after a walk</b>";
const REFUSED: [(&str, &str); 5] = [
    ("kind", "heart_rate"),
    ("idempotency_key", "k1"),
    ("value", "999"),
    ("unit", "/min"),
    ("note", NOTE),
];
const SUBMIT: &str = "/fn/patient/submit_observation";
const PAGE: &str = "/send/heart_rate";

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed_and_nobody_else_reads_it() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let place = anna.post(PAGE, SUBMIT, &REFUSED).await;
    assert_eq!(led_back(&place), PAGE);
    let sealed = anna.typed().expect("a cookie").to_owned();
    let seen = seen_without_the_key(&sealed);
    assert!(!seen.contains("after a walk") && sealed.len() < 4_000);
    let page = anna.get(&place).await;
    assert!(field(&page, "value").contains("value=\"999\""), "{}", field(&page, "value"));
    assert!(page.contains("&lt;/textarea&gt;&lt;b&gt;after a walk"), "the note is there, escaped");
    assert!(!page.contains("<b>after a walk"), "and nothing but text");
    let again = anna.get(&place).await;
    assert!(field(&again, "value").contains("999"), "so it is when the page is loaded again");

    let mut bo = Browser::new(&app, &app.patient_url);
    bo.sign_up("bo").await;
    bo.cookies.push(("healthflow_patient_typed".to_owned(), sealed.clone()));
    let page = bo.get(&place).await;
    let value = field(&page, "value");
    assert!(!value.contains("999"), "it is sealed for another session: {value}");
    assert!(!page.contains("a walk"), "with its note");

    let elsewhere = place.replace(PAGE, "/send/weight");
    let page = anna.get(&elsewhere).await;
    assert!(!field(&page, "value").contains("999"), "it belongs to another page");
    assert_eq!(anna.typed(), None, "and has served");
}

#[tokio::test]
async fn what_was_typed_is_gone_once_another_page_is_shown() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    anna.post(PAGE, SUBMIT, &REFUSED).await;
    assert!(anna.typed().is_some());
    let mended =
        [("value", "72"), ("kind", "heart_rate"), ("idempotency_key", "k2"), ("unit", "/min")];
    let receipt = anna.post(PAGE, SUBMIT, &mended).await;
    anna.get(&receipt).await;
    assert_eq!(anna.typed(), None);
}

#[tokio::test]
async fn a_stranger_gets_the_user_name_back_and_never_a_password() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    let form =
        [("username", "an\u{e4}<b>"), ("password", "hidden-pheasants"), ("email", "no address")];
    for (page, path) in
        [("/sign-in", "/fn/session/sign_in"), ("/sign-up", "/fn/patient/create_account")]
    {
        let place = browser.post(page, path, &form).await;
        let shown = browser.get(&place).await;
        let username = field(&shown, "username");
        assert!(
            username.contains("value=\"an\u{e4}&lt;b&gt;\"")
                || username.contains("value=\"an\u{e4}<b>\""),
            "{username}"
        );
        assert_eq!(led_back(&place), page);
        assert!(!shown.contains("hidden-pheasants"), "{page}");
        assert!(!field(&shown, "password").contains("value="));
    }
    assert!(browser.get("/sign-up").await.contains("name=\"email\""));
}

#[tokio::test]
async fn an_emergency_comes_back_with_patient_and_reason() {
    let app = TestApp::start().await;
    let mut clinician = Browser::new(&app, &app.clinician_url);
    let form = [("username", "clinician1"), ("password", "demo")];
    clinician.post("/sign-in", "/fn/session/sign_in", &form).await;
    let form = [("patient", "nobody-of-this-name"), ("reason", "brought in unconscious")];
    let place = clinician.post("/emergency", "/fn/clinician/open_in_emergency", &form).await;
    assert_eq!(led_back(&place), "/emergency");
    let page = clinician.get(&place).await;
    assert!(field(&page, "patient").contains("value=\"nobody-of-this-name\""));
    assert!(page.contains("brought in unconscious</textarea>"));
}

#[tokio::test]
async fn whom_an_auditor_looks_for_is_sealed_in_the_address() {
    let app = TestApp::start().await;
    app.patient("anna-of-north").await;
    let mut auditor = Browser::new(&app, &app.clinician_url);
    let form = [("username", "auditor1"), ("password", "demo")];
    auditor.post("/sign-in", "/fn/session/sign_in", &form).await;
    let find = "/fn/clinician/find_in_audit";
    assert_eq!(auditor.post("/audit", find, &[("who", ""), ("patient", "")]).await, "/audit");

    let place = auditor.post("/audit", find, &[("who", "auditor1"), ("denied", "true")]).await;
    assert!(place.starts_with("/audit?query=") && !place.contains("auditor1"), "{place}");
    let page = auditor.get(&place).await;
    assert!(field(&page, "who").contains("value=\"auditor1\""), "{}", field(&page, "who"));
    assert!(field(&page, "denied").contains("checked"), "{}", field(&page, "denied"));
    let hidden = format!("action=\"{}\"", "/api/audit/export");
    assert!(page.contains(&hidden), "what is found can be downloaded");

    let place = auditor.post("/audit", find, &[("patient", "nobody-of-north")]).await;
    let page = auditor.get(&place).await;
    assert!(page.contains("No patient of your clinic has this user name"), "{page}");
    assert!(field(&page, "patient").contains("value=\"nobody-of-north\""));

    // In another session of the same person it is worth nothing.
    let mut second = Browser::new(&app, &app.clinician_url);
    second.post("/sign-in", "/fn/session/sign_in", &form).await;
    let page = second.get(&place).await;
    assert!(page.contains("meant for a session that has ended"), "{page}");
    assert!(!page.contains("nobody-of-north"));

    let too_long = "x".repeat(101);
    let place = auditor.post("/audit", find, &[("who", &too_long)]).await;
    let page = auditor.get(&place).await;
    assert!(page.contains("at most 100 characters") && field(&page, "who").contains(&too_long));
}
