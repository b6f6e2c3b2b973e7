//! A form that comes back without JavaScript: it says why for as long as that is true, to whoever
//! sent it, and no address makes a page say anything.

use healthflow::http::endpoints::ENDPOINTS;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scriptless::{Browser, field, led_back, seen_without_the_key};
use crate::test_app::{SignedIn, TestApp};

const SUBMIT: &str = "/fn/patient/submit_observation";
const SIGN_IN: &str = "/fn/session/sign_in";
const PAGE: &str = "/send/heart_rate";

/// What somebody wants a page to say, as the server function's own macro would write it.
const MADE_UP: &str = "eyJJbnZhbGlkIjpbeyJmaWVsZCI6InZhbHVlIiwiY29kZSI6Inh4IiwibWVzc2FnZSI6IllvdX\
                       IgY2xpbmljIGlzIGNsb3NlZC4gQ2FsbCArMS05MDAtU0NBTS4ifV19";

fn heart_rate<'a>(value: &'a str, seen: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("kind", "heart_rate"),
        ("unit", "/min"),
        ("value", value),
        ("note", "dizzy"),
        ("idempotency_key", "k1"),
        ("seen", seen),
    ]
}

async fn signed_in(app: &TestApp, name: &str) -> SignedIn {
    let (_, session) = app.log_in(name, "mellow pheasants", "patient").await;
    let token = session["token"].as_str().unwrap().to_owned();
    SignedIn { token, patient_id: String::new() }
}

async fn observations(app: &TestApp, name: &str) -> Vec<Value> {
    let who = signed_in(app, name).await;
    app.all(&who, "/api/observations?limit=10", "observations").await
}

/// Ends every session of this patient, as another device does.
async fn sign_out_everywhere(app: &TestApp, name: &str) {
    let who = signed_in(app, name).await;
    let sessions = app.get("/api/sessions", &who).await.1;
    let sessions = sessions["sessions"].as_array().unwrap().clone();
    let others = sessions.iter().filter(|session| session["is_this"] == false);
    let ids = others.map(|session| session["session_id"].as_str().unwrap().to_owned());
    for id in ids {
        let path = format!("/api/sessions/{id}/end");
        app.api(Method::POST, &path, Some(&who)).send().await.unwrap();
    }
}

async fn sign_in(browser: &mut Browser<'_>, name: &str) -> String {
    let form = [("username", name), ("password", "mellow pheasants")];
    browser.post("/sign-in", SIGN_IN, &form).await
}

#[tokio::test]
async fn a_value_sent_after_the_session_was_over_waits_for_its_owner() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    sign_out_everywhere(&app, "anna").await;
    let place = anna.post(PAGE, SUBMIT, &heart_rate("170", "170 per minute")).await;
    assert_eq!(place, "/sign-in");
    let unsent = anna.cookies.iter().find(|(name, _)| name.ends_with("_unsent")).unwrap();
    assert!(!seen_without_the_key(&unsent.1).contains("dizzy"));
    let page = anna.get(&place).await;
    assert!(
        page.contains("what you entered was not saved") && page.contains("comes back"),
        "{page}"
    );
    assert!(!page.contains("dizzy"), "whoever is here may read this page");
    let wrong = [("username", "anna"), ("password", "no such pheasants")];
    let again = anna.post("/sign-in", SIGN_IN, &wrong).await;
    let page = anna.get(&again).await;
    assert!(page.contains("was not saved") && page.contains("password is wrong"));

    let form = sign_in(&mut anna, "Anna").await;
    assert_eq!(led_back(&form), PAGE);
    for _loaded_again in 0..2 {
        let page = anna.get(&form).await;
        assert!(field(&page, "value").contains("value=\"170\""), "{}", field(&page, "value"));
        assert!(page.contains("dizzy</textarea>"), "with its note");
        assert!(page.contains("This was not sent"), "{page}");
        assert!(!page.contains("You entered 170"), "nothing is taken for looked at");
    }
    assert_eq!(observations(&app, "anna").await, [] as [Value; 0], "nothing is sent by itself");
    let question = anna.post(PAGE, SUBMIT, &heart_rate("170", "")).await;
    assert!(anna.get(&question).await.contains("You entered 170 per minute"));
    let sent = anna.post(PAGE, SUBMIT, &heart_rate("170", "170 per minute")).await;
    assert!(sent.starts_with("/sent/"), "{sent}");
    let page = anna.get(&form).await;
    assert!(!field(&page, "value").contains("170") && !page.contains("not sent"), "it has served");
}

#[tokio::test]
async fn nobody_else_gets_what_was_typed_after_the_session_was_over() {
    let app = TestApp::start().await;
    let mut tablet = Browser::new(&app, &app.patient_url);
    tablet.sign_up("bo").await;
    tablet.sign_up("anna").await;
    sign_out_everywhere(&app, "anna").await;
    assert_eq!(tablet.post(PAGE, SUBMIT, &heart_rate("170", "")).await, "/sign-in");
    let kept = tablet.cookies.clone();
    assert_eq!(sign_in(&mut tablet, "bo").await, "/");
    tablet.cookies.extend(kept.iter().filter(|(name, _)| name.ends_with("_unsent")).cloned());
    let page = tablet.get(PAGE).await;
    assert!(
        !page.contains("dizzy") && !field(&page, "value").contains("170"),
        "not even with its cookie"
    );
    assert!(!page.contains("not sent"));
    assert!(!tablet.cookies.iter().any(|(name, _)| name.ends_with("_unsent")), "it is gone");
    assert_eq!(sign_in(&mut tablet, "anna").await, "/", "for good");
}

#[tokio::test]
async fn what_cannot_come_back_is_said_not_to_be_saved_all_the_same() {
    let app = TestApp::start().await;
    for (url, page, path, form) in [
        (&app.patient_url, "/me", "/fn/session/change_password", [("new_password", "x")]),
        (&app.patient_url, PAGE, SUBMIT, [("page_of", "")]),
        (&app.clinician_url, "/", "/fn/clinician/acknowledge_alert", [("alert_id", "x")]),
        (&app.clinician_url, "/staff", "/fn/clinician/disable_staff", [("username", "x")]),
        (&app.clinician_url, "/operation", "/fn/clinician/breaker_hold", [("page_of", "x")]),
    ] {
        let mut browser = Browser::new(&app, url);
        let place = browser.post(page, path, &form).await;
        assert_eq!(place, "/sign-in", "{path}");
        let page = browser.get(&place).await;
        assert!(page.contains("nothing was saved"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_reason_for_an_emergency_waits_for_its_clinician() {
    let app = TestApp::start().await;
    let mut clinician = Browser::new(&app, &app.clinician_url);
    let reason = [
        ("patient", "anna-of-far"),
        ("reason", "brought in unconscious"),
        ("page_of", "clinician1"),
    ];
    let open = "/fn/clinician/open_in_emergency";
    assert_eq!(clinician.post("/emergency", open, &reason).await, "/sign-in");
    let place =
        clinician.post("/sign-in", SIGN_IN, &[("username", "clinician1"), ("password", "demo")]);
    let place = place.await;
    assert_eq!(led_back(&place), "/emergency");
    let page = clinician.get(&place).await;
    assert!(field(&page, "patient").contains("anna-of-far"));
    assert!(page.contains("brought in unconscious</textarea>") && page.contains("not sent"));
}

#[tokio::test]
async fn no_address_makes_a_page_say_anything() {
    let app = TestApp::start().await;
    let functions: Vec<_> =
        ENDPOINTS.iter().filter(|endpoint| endpoint.path.starts_with("/fn/")).collect();
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let mut people = vec![anna, Browser::new(&app, &app.patient_url)];
    for name in ["clinician1", "admin1", "auditor1", ""] {
        let mut staff = Browser::new(&app, &app.clinician_url);
        if !name.is_empty() {
            let form = [("username", name), ("password", "demo")];
            staff.post("/sign-in", SIGN_IN, &form).await;
        }
        people.push(staff);
    }
    let pages: Vec<String> = ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.method == "GET" && !endpoint.path.starts_with("/api"))
        .filter(|endpoint| !endpoint.path.starts_with("/health"))
        .map(|endpoint| endpoint.path.replace("{kind}", "temperature").replace("{id}", "1"))
        .collect();
    let id = "0192d4e0-7a55-7c3f-8a60-2f1f6f7a2b10";
    for person in &mut people {
        for page in &pages {
            for function in &functions {
                let path = function.path.replace('/', "%2F");
                let place = format!("{page}?__path={path}&__err={MADE_UP}&came_back={id}");
                // One function for each page of both apps is the form's own; the others are quick.
                if !is_on(page, function.path) {
                    continue;
                }
                let shown = person.get(&place).await;
                assert!(!shown.contains("1-900"), "{place}");
                assert!(!shown.contains("class=\"summary\""), "{place}");
            }
        }
    }
}

/// Whether a form of this page goes to this server function.
fn is_on(page: &str, function: &str) -> bool {
    let pages: &[&str] = match function {
        "/fn/session/sign_in" => &["/sign-in"],
        "/fn/session/change_password" | "/fn/session/end_session" => &["/me", "/account"],
        "/fn/patient/create_account" => &["/sign-up"],
        "/fn/patient/submit_observation" => &["/send/temperature"],
        "/fn/patient/correct_observation" | "/fn/patient/withdraw_observation" => &["/correct/1"],
        "/fn/clinician/acknowledge_alert" | "/fn/clinician/release_alert" => &["/"],
        "/fn/clinician/open_in_emergency" => &["/emergency"],
        "/fn/clinician/create_staff" | "/fn/clinician/disable_staff" => &["/staff"],
        "/fn/clinician/reset_staff" => &["/staff"],
        "/fn/clinician/breaker_hold" | "/fn/clinician/breaker_reset" => &["/operation"],
        "/fn/clinician/find_in_audit" => &["/audit"],
        _ => &[],
    };
    pages.contains(&page)
}

#[tokio::test]
async fn what_was_sent_after_all_is_not_said_to_be_unsent() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let question = anna.post(PAGE, SUBMIT, &heart_rate("150", "")).await;
    assert_eq!(led_back(&question), PAGE);
    assert!(anna.get(&question).await.contains("You entered 150"));
    let sent = anna.post(PAGE, SUBMIT, &heart_rate("150", "150 per minute")).await;
    assert!(sent.starts_with("/sent/"), "{sent}");
    assert_eq!(anna.typed(), None, "it has served as soon as it was sent");
    let back = anna.get(&question).await;
    assert!(!back.contains("nothing was sent yet") && !back.contains("You entered"), "{back}");
}

#[tokio::test]
async fn an_address_says_nothing_once_another_form_was_refused() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let first = anna.post(PAGE, SUBMIT, &heart_rate("999", "")).await;
    let second = anna.post(&first, SUBMIT, &heart_rate("998", "")).await;
    assert_ne!(first, second);
    assert!(field(&anna.get(&second).await, "value").contains("998"));
    let page = anna.get(&first).await;
    assert!(!page.contains("nothing was sent yet") && !field(&page, "value").contains("99"));
    let plain = anna.get(PAGE).await;
    assert!(!plain.contains("nothing was sent yet"), "nor does the page by itself");
}

#[tokio::test]
async fn a_refusal_is_seen_in_its_own_session_alone() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let place = anna.post(PAGE, SUBMIT, &heart_rate("999", "")).await;
    let sealed = anna.typed().expect("a cookie").to_owned();
    let mut stranger = Browser::new(&app, &app.patient_url);
    let refused = stranger.post("/sign-in", SIGN_IN, &[("username", "anna"), ("password", "x")]);
    let refused = refused.await;
    assert!(stranger.get(&refused).await.contains("password is wrong"));
    let mut bo = Browser::new(&app, &app.patient_url);
    bo.sign_up("bo").await;
    bo.cookies.push(("healthflow_patient_typed".to_owned(), sealed));
    for place in [&place, &refused] {
        let page = bo.get(place).await;
        assert!(!page.contains("class=\"summary\""), "{place}");
    }
}

#[tokio::test]
async fn a_form_that_says_not_where_it_stands_is_refused_with_words() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let request = app.http.post(format!("{}{SUBMIT}", app.patient_url));
    let request = request.header("accept", "text/html").header("origin", &app.patient_url);
    let request = request.header("cookie", format!("healthflow_patient={}", anna.token));
    let form = [&heart_rate("999", "")[..], &[("page_of", "anna")]].concat();
    let answer = request.form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let page = answer.text().await.unwrap();
    assert!(page.contains("cannot be used") && !page.contains("999"), "{page}");
}

#[tokio::test]
async fn a_value_that_was_withdrawn_meanwhile_says_so_and_goes_as_a_new_one() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let sent = anna.post(PAGE, SUBMIT, &heart_rate("72", "")).await;
    let id = sent.strip_prefix("/sent/").expect("a receipt").to_owned();
    let path = format!("/api/observations/{id}/withdraw");
    let who = signed_in(&app, "anna").await;
    let reason = json!({ "reason": "my husband's" });
    assert_eq!(
        app.api(Method::POST, &path, Some(&who)).json(&reason).send().await.unwrap().status(),
        200
    );
    let form = [&heart_rate("74", "")[..], &[("observation_id", id.as_str()), ("based_on", "1")]];
    let form = form.concat();
    let page = format!("/correct/{id}");
    let place = anna.post(&page, "/fn/patient/correct_observation", &form).await;
    assert_eq!(led_back(&place), page);
    let shown = anna.get(&place).await;
    assert!(shown.contains("This value was withdrawn. Nothing was changed"), "{shown}");
    assert!(!shown.contains("no such page"), "{shown}");
    assert!(shown.contains(&format!("action=\"{SUBMIT}\"")), "it can be sent as a new one");
    assert!(field(&shown, "value").contains("74") && shown.contains("dizzy</textarea>"));
    // Dangerous, it is asked about as on any other page.
    let question = anna.post(&page, SUBMIT, &heart_rate("174", "")).await;
    assert!(anna.get(&question).await.contains("You entered 174"), "{question}");
    let plain = anna.get(&page).await;
    assert!(plain.contains("Withdrawn") && !plain.contains("no such page"), "{plain}");
}

#[tokio::test]
async fn a_correction_made_upon_an_older_version_shows_what_stands_there_now() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let sent = anna.post(PAGE, SUBMIT, &heart_rate("72", "")).await;
    let id = sent.strip_prefix("/sent/").expect("a receipt").to_owned();
    let (page, correct) = (format!("/correct/{id}"), "/fn/patient/correct_observation");
    let opened = anna.get(&page).await;
    assert!(field(&opened, "based_on").contains("value=\"1\""), "{}", field(&opened, "based_on"));
    // Each page has a key of its own.
    let of = |value, seen, (based_on, key)| {
        let mut form = heart_rate(value, seen).to_vec();
        form.retain(|(name, _)| *name != "idempotency_key");
        form.extend([("observation_id", id.as_str()), ("based_on", based_on)]);
        form.extend([("idempotency_key", key)]);
        form
    };
    // Another device corrects it meanwhile.
    let other = anna.post(&page, correct, &of("152", "152 per minute", ("1", "a"))).await;
    assert_eq!(other, sent, "corrected");
    let stale = anna.post(&page, correct, &of("72", "", ("1", "b"))).await;
    let shown = anna.get(&stale).await;
    assert!(shown.contains("It was changed meanwhile: it says 152 per minute now"), "{shown}");
    assert!(field(&shown, "value").contains("72"), "beside what was typed");
    assert!(field(&shown, "based_on").contains("value=\"2\""), "and may take its place now");
    assert!(anna.get(&sent).await.contains("152"), "nothing was changed");
    // What a question or a fault leads back to is still made upon what was seen at first.
    let question = anna.post(&page, correct, &of("180", "", ("1", "c"))).await;
    let shown = anna.get(&question).await;
    assert!(shown.contains("You entered 180") && !shown.contains("changed meanwhile"), "{shown}");
    assert!(field(&shown, "based_on").contains("value=\"1\""), "{}", field(&shown, "based_on"));
    let withdrawn = [("observation_id", id.as_str()), ("based_on", "1"), ("reason", "not mine")];
    let stale = anna.post(&page, "/fn/patient/withdraw_observation", &withdrawn).await;
    let shown = anna.get(&stale).await;
    assert!(shown.contains("it says 152 per minute now"), "{shown}");
    assert!(field(&shown, "reason").contains("not mine"));
    let deliberate = anna.post(&page, correct, &of("72", "", ("2", "d"))).await;
    assert_eq!(deliberate, sent);
    assert!(anna.get(&sent).await.contains("Corrected"));
}

#[tokio::test]
async fn a_reason_that_is_missing_is_asked_for_where_it_was_asked() {
    let app = TestApp::start().await;
    app.administrator().await;
    for name in ["nurse-a", "nurse-b"] {
        app.somebody(name, domain::access::Role::Clinician, "demo").await;
    }
    let mut administrator = Browser::new(&app, &app.clinician_url);
    administrator.post("/sign-in", SIGN_IN, &[("username", "admin1"), ("password", "demo")]).await;
    let long = "x".repeat(1_000);
    let form = [("username", "nurse-b"), ("enable", "no"), ("reason", long.as_str())];
    let place = administrator.post("/staff", "/fn/clinician/disable_staff", &form).await;
    let page = administrator.get(&place).await;
    let open: Vec<_> = page
        .split("<details")
        .skip(1)
        .filter(|part| part.split_once('>').is_some_and(|(tag, _)| tag.contains(" open")))
        .collect();
    let [asked] = open.as_slice() else { panic!("{} are open", open.len()) };
    assert!(asked.contains("switch-nurse-b-reason") && asked.contains(&long), "{asked}");
}

#[tokio::test]
async fn a_long_note_beside_a_dangerous_value_comes_back_whole() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let note = "\u{8a3a}".repeat(900);
    let form = |note, seen| {
        let kind = [("kind", "heart_rate"), ("unit", "/min"), ("value", "160")];
        [&kind[..], &[("note", note), ("idempotency_key", "k1"), ("seen", seen)]].concat()
    };
    let question = anna.post(PAGE, SUBMIT, &form(&note, "")).await;
    let page = anna.get(&question).await;
    assert!(page.contains("You entered 160") && page.contains(&note));
    let sent = anna.post(PAGE, SUBMIT, &form(&note, "160 per minute")).await;
    assert!(anna.get(&sent).await.contains(&note));
    let kept = anna.cookies.iter().filter(|(name, _)| name.contains("_typed"));
    assert_eq!(kept.count(), 0, "both cookies have served");
    let endless = "x".repeat(9_000);
    let question = anna.post(PAGE, SUBMIT, &form(&endless, "")).await;
    let page = anna.get(&question).await;
    assert!(page.contains("too long to come back") && !page.contains(&endless), "{page}");
}

#[tokio::test]
async fn what_was_entered_when_the_time_was_up_waits_for_its_owner() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let left = [
        ("after", "idle"),
        ("unsent_to", SUBMIT),
        ("unsent_on", PAGE),
        ("value", "170"),
        ("note", "dizzy"),
        ("password", "secret"),
    ];
    let place = anna.post(PAGE, "/fn/session/sign_out", &left).await;
    assert_eq!(place, "/sign-in?after=idle");
    let page = anna.get(&place).await;
    assert!(page.contains("what you entered was not saved") && !page.contains("dizzy"), "{page}");
    let form = sign_in(&mut anna, "anna").await;
    assert_eq!(led_back(&form), PAGE);
    let page = anna.get(&form).await;
    assert!(field(&page, "value").contains("170") && page.contains("dizzy</textarea>"));
    assert_eq!(observations(&app, "anna").await, [] as [Value; 0]);
    for (to, on) in [(SUBMIT, "//evil.example/"), ("/fn/session/change_password", "/me")] {
        let left = [("unsent_to", to), ("unsent_on", on), ("value", "1"), ("new_password", "x")];
        anna.post(PAGE, "/fn/session/sign_out", &left).await;
        assert_eq!(sign_in(&mut anna, "anna").await, "/", "{to} on {on}");
    }
}
