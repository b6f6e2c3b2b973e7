//! Without JavaScript too, a dangerous value goes once it was looked at again.

use crate::scriptless::{Browser, field, led_back};
use crate::test_app::TestApp;

const SUBMIT: &str = "/fn/patient/submit_observation";

/// Sends a heart rate of which this was `seen`; where that leads.
async fn send(browser: &mut Browser<'_>, value: &str, seen: &str) -> String {
    let form = [
        ("kind", "heart_rate"),
        ("unit", "/min"),
        ("value", value),
        ("note", "after a run"),
        ("idempotency_key", value),
        ("seen", seen),
    ];
    browser.post("/send/heart_rate", SUBMIT, &form).await
}

#[tokio::test]
async fn a_dangerous_value_is_shown_again_and_goes_as_it_was_seen() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let back = send(&mut anna, "150", "").await;
    assert_eq!(led_back(&back), "/send/heart_rate");
    assert!(anna.get("/history").await.contains("Nothing sent yet"), "nothing was stored");

    let back = send(&mut anna, "150", "").await;
    let page = anna.get(&back).await;
    assert!(page.contains("You entered 150 per minute"), "{page}");
    assert!(field(&page, "seen").contains("150 per minute"), "{}", field(&page, "seen"));
    assert!(field(&page, "value").contains("150"), "what is sent is still in the form");
    assert!(page.contains("after a run"), "with its note");

    let another = send(&mut anna, "160", "150 per minute").await;
    assert!(another.starts_with("/send/heart_rate?"), "this one was not seen: {another}");
    let receipt = send(&mut anna, "150", "150 per minute").await;
    assert!(receipt.starts_with("/sent/"), "{receipt}");
}

#[tokio::test]
async fn an_ordinary_value_goes_at_once() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    assert!(send(&mut anna, "72", "").await.starts_with("/sent/"));
}

#[tokio::test]
async fn what_is_dangerous_is_what_the_clinic_says() {
    let app = TestApp::start_with(|config| config.alert_threshold = 4).await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    for (score, goes) in [("4", true), ("5", false)] {
        let form = [("kind", "symptom_score"), ("score", score), ("idempotency_key", score)];
        let place = anna.post("/send/symptom_score", SUBMIT, &form).await;
        assert_eq!(place.starts_with("/sent/"), goes, "{score}: {place}");
    }
}
