//! What people can write is text on every page, in the head of the page too: never markup.

use domain::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scriptless::Browser;
use crate::test_app::{SignedIn, TestApp, read};

/// Ends whatever it may stand in, and would then be an element.
const MARKUP: &str = "</title></textarea></script>\"'><zz>&amp;";
/// The same as a user name.
const NAME: &str = "an</title>\"'><zz>&amp;";
const PASSWORD: &str = "mellow pheasants";

async fn send(app: &TestApp, who: &SignedIn, path: &str, body: Value) -> Value {
    // Sessions are listed with what the program called itself.
    let request = app.api(Method::POST, path, Some(who)).json(&body).header("user-agent", MARKUP);
    let (status, answer) = read(request.send().await.unwrap()).await;
    assert!(status < 300, "{path}: {answer}");
    answer
}

/// The pages, each of which has to say `words` in the way in which markup is no markup.
async fn hold(browser: &mut Browser<'_>, pages: &[&str]) {
    for path in pages {
        let page = browser.get(path).await;
        assert!(page.contains("</html>"), "{path} is no page: {page}");
        let found = page.to_lowercase().find("<zz");
        assert_eq!(found.map(|at| &page[at.saturating_sub(200)..at + 20]), None, "{path}");
        let heads = page.matches("</title>").count();
        assert_eq!(heads, 1, "{path} has one title");
    }
}

async fn says_it(browser: &mut Browser<'_>, path: &str) {
    let page = browser.get(path).await;
    assert!(page.contains("&lt;zz&gt;"), "{path} does not show what was written: {page}");
}

#[tokio::test]
async fn whatever_people_write_is_text_on_every_page() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    browser.sign_up(NAME).await;
    let patient = app.signed_in(NAME, PASSWORD, Role::Patient).await;
    let mut ids = Vec::new();
    for value in [39.4, 39.5, 39.6, 36.5] {
        let body = json!({ "kind": "temperature", "value": value, "unit": "Cel", "note": MARKUP });
        let receipt = send(&app, &patient, "/api/observations", body).await;
        ids.push(receipt["observation_id"].as_str().unwrap().to_owned());
    }
    let corrected = json!({ "value": 36.4, "unit": "Cel", "note": format!("2 {MARKUP}") });
    send(&app, &patient, &format!("/api/observations/{}/correct", ids[0]), corrected).await;
    let reason = json!({ "reason": MARKUP });
    send(&app, &patient, &format!("/api/observations/{}/withdraw", ids[1]), reason).await;
    let form = [
        ("kind", "heart_rate"),
        ("idempotency_key", "k1"),
        ("value", MARKUP),
        ("unit", "/min"),
        ("note", MARKUP),
    ];
    let refused = browser.post("/send/heart_rate", "/fn/patient/submit_observation", &form).await;
    says_it(&mut browser, &refused).await;

    let form = [("page_of", MARKUP), ("kind", "weight"), ("value", "70"), ("unit", "kg")];
    let place = browser.post("/send/weight", "/fn/patient/submit_observation", &form).await;
    assert_eq!(place, "/not-yours");
    hold(&mut browser, &[&place]).await;
    says_it(&mut browser, &place).await;

    let clinician = app.clinician().await;
    app.wait_for_alerts(&clinician, 3).await;
    let far = app.somebody("far-nurse", Role::Clinician, "far").await;
    let emergency = json!({ "patient": NAME, "reason": MARKUP });
    send(&app, &far, "/api/emergencies", emergency).await;
    let administrator = app.administrator().await;
    let body = json!({ "username": "clinician2", "role": "clinician" });
    send(&app, &administrator, "/api/staff", body).await;
    let reset = json!({ "username": "clinician2", "reason": MARKUP });
    send(&app, &administrator, "/api/staff/disable", reset).await;

    let (sent, correct) = (format!("/sent/{}", ids[2]), format!("/correct/{}", ids[2]));
    let withdrawn = format!("/sent/{}", ids[1]);
    let odd = format!("/history?cursor={0}&__err={0}&after={0}", "%3Czz%3E%22%27%3E%3Czz%3E");
    let own = ["/", "/send", "/send/heart_rate", &sent, &withdrawn, &correct, "/history", &odd];
    hold(&mut browser, &own).await;
    hold(&mut browser, &["/me", "/access", "/%3Czz%3E", "/send/%3Czz%3E"]).await;
    for path in ["/", "/history", "/me", "/access"] {
        says_it(&mut browser, path).await;
    }

    let record = format!("/patients/{}", patient.patient_id);
    let pages = ["/", &record, "/emergency", "/staff", "/operation", "/audit", "/account"];
    for (name, password, shows) in [
        ("clinician1", "demo", &["/", record.as_str()][..]),
        ("admin1", "demo", &["/staff"]),
        ("auditor1", "demo", &["/audit"]),
        ("far-nurse", "a password of the staff", &[record.as_str()]),
    ] {
        let mut browser = Browser::new(&app, &app.clinician_url);
        let form = [("username", name), ("password", password)];
        let place = browser.post("/sign-in", "/fn/session/sign_in", &form).await;
        assert!(!place.starts_with("/sign-in"), "{name} is in");
        hold(&mut browser, &pages).await;
        for path in shows {
            says_it(&mut browser, path).await;
        }
    }
}
