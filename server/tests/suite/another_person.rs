//! A page belongs to whoever it was rendered for: in the session of somebody else nothing that it
//! sends is done.

use app::error::AppError;
use app::functions::page_of::is_for_owner_of_page;
use domain::access::Role;
use healthflow::http::endpoints::{ENDPOINTS, Endpoint, Who};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::scriptless::{Browser, led_back, seen_without_the_key};
use crate::stream::Reader;
use crate::test_app::{SignedIn, TestApp, read};

const SUBMIT: &str = "/fn/patient/submit_observation";
const PAGE: &str = "/send/heart_rate";

/// A call of `endpoint` by somebody who may call it, as a page with JavaScript sends it.
fn call(
    app: &TestApp,
    everybody: &[(Role, SignedIn)],
    endpoint: &Endpoint,
    form: &[(&str, &str)],
) -> RequestBuilder {
    let role = match endpoint.who {
        Who::Only(roles) => roles[0],
        Who::Anyone | Who::SignedIn => Role::Patient,
    };
    let who = everybody.iter().find(|(own, _)| *own == role).map(|(_, who)| who).unwrap();
    as_page(app, role, who, endpoint.path).form(form)
}

/// A request that a page in the session of `who` makes.
fn as_page(app: &TestApp, role: Role, who: &SignedIn, path: &str) -> RequestBuilder {
    let (url, name) = match role {
        Role::Patient => (&app.patient_url, "patient"),
        _ => (&app.clinician_url, "clinician"),
    };
    let cookie = format!("healthflow_{name}={}", who.token);
    let request = app.http.request(Method::POST, format!("{url}{path}"));
    request.header("accept", "application/json").header("origin", url).header("cookie", cookie)
}

fn functions() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.path.starts_with("/fn/"))
}

fn another_person() -> Value {
    serde_json::to_value(AppError::AnotherPerson).unwrap()
}

#[tokio::test]
async fn no_server_function_does_anything_for_a_page_of_somebody_else() {
    let app = TestApp::start().await;
    let everybody = app.everybody().await;
    for endpoint in functions().filter(|endpoint| is_for_owner_of_page(endpoint.path)) {
        for owner in ["somebody-else", ""] {
            let answer =
                call(&app, &everybody, endpoint, &[("page_of", owner)]).send().await.unwrap();
            assert_eq!(read(answer).await, (409, another_person()), "{}", endpoint.path);
        }
        let answer = call(&app, &everybody, endpoint, &[("value", "7")]).send().await.unwrap();
        let (status, refusal) = read(answer).await;
        assert_eq!(status, 400, "{}: {refusal}", endpoint.path);
        assert!(refusal.to_string().contains("sent incompletely"), "{refusal}");
    }
    for (role, who) in &everybody {
        assert_eq!(app.get("/api/sessions", who).await.0, 200, "the session of {role} goes on");
    }
}

#[tokio::test]
async fn every_server_function_answers_the_owner_of_the_page() {
    let app = TestApp::start().await;
    let everybody = app.everybody().await;
    let names = ["ANNA", "clinician1", "admin1", "auditor1"];
    // What ends the session comes last.
    let (ending, others): (Vec<_>, Vec<_>) =
        functions().partition(|endpoint| endpoint.path.contains("sign_out"));
    for endpoint in others.into_iter().chain(ending) {
        let answered =
            names.map(|name| call(&app, &everybody, endpoint, &[("page_of", name)]).send());
        let answered = futures::future::join_all(answered).await;
        let not_refused = answered.iter().filter(|answer| answer.as_ref().unwrap().status() != 409);
        assert!(not_refused.count() >= 1, "{}", endpoint.path);
    }
}

#[tokio::test]
async fn whose_page_it_was_is_said_before_what_somebody_of_another_role_may_not() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.clinician_url);
    let form = [("username", "admin1"), ("password", "demo")];
    browser.post("/sign-in", "/fn/session/sign_in", &form).await;
    let form = [("page_of", "nurse-a"), ("alert_id", "x")];
    let place = browser.post("/", "/fn/clinician/acknowledge_alert", &form).await;
    assert_eq!(place, "/not-yours");
    assert!(browser.get(&place).await.contains("nurse-a"));
}

#[tokio::test]
async fn whoever_names_themselves_in_a_form_may_do_so_on_any_page() {
    let app = TestApp::start().await;
    let bo = app.patient("bo").await;
    let form = [("username", "anna"), ("password", "mellow pheasants"), ("page_of", "carla")];
    let make = as_page(&app, Role::Patient, &bo, "/fn/patient/create_account").form(&form);
    assert_eq!(make.send().await.unwrap().status(), 200);
    let again = app.patient("bo").await;
    let sign_in = as_page(&app, Role::Patient, &again, "/fn/session/sign_in").form(&form);
    assert_eq!(sign_in.send().await.unwrap().status(), 200);
    assert_eq!(
        app.get("/api/sessions", &again).await.0,
        401,
        "who was here before is not any more"
    );
}

#[tokio::test]
async fn a_program_says_by_its_token_who_it_is() {
    let app = TestApp::start().await;
    let anna = app.patient("anna").await;
    let ask = app.api(Method::POST, "/fn/session/current_user", Some(&anna));
    assert_eq!(ask.send().await.unwrap().status(), 200);
}

async fn observations(app: &TestApp, who: &SignedIn) -> usize {
    app.all(who, "/api/observations?limit=10", "observations").await.len()
}

#[tokio::test]
async fn a_value_sent_on_a_page_of_somebody_else_stands_in_nobodys_record() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    browser.sign_up("anna").await;
    browser.sign_up("bo").await;
    let form = [
        ("page_of", "anna"),
        ("kind", "heart_rate"),
        ("unit", "/min"),
        ("value", "78"),
        ("note", "after lunch"),
        ("idempotency_key", "k1"),
    ];
    let place = browser.post(PAGE, SUBMIT, &form).await;
    assert_eq!(place, "/not-yours", "no name and no value stands in the address");
    let sealed = browser.typed().expect("a cookie").to_owned();
    let seen = seen_without_the_key(&sealed);
    assert!(!seen.contains("anna") && !seen.contains("after lunch"));
    for _again in 0..2 {
        let page = browser.get(&place).await;
        let said = page.replace(['\u{2068}', '\u{2069}'], "");
        assert!(said.contains("opened by anna. You are signed in as bo now: nothing was saved."));
        assert!(page.contains(&format!("href=\"{PAGE}\"")), "the way back");
        assert!(
            !page.contains("after lunch") && !page.contains("\"78\""),
            "what anna typed is hers"
        );
    }
    let fresh = browser.get(PAGE).await;
    assert!(!fresh.contains("after lunch"));
    assert_eq!(browser.typed(), None, "the notice has served");
    for name in ["anna", "bo"] {
        let session = app.log_in(name, "mellow pheasants", "patient").await.1;
        let token = session["token"].as_str().unwrap().to_owned();
        let who = SignedIn { token, patient_id: String::new() };
        assert_eq!(observations(&app, &who).await, 0, "{name}");
    }
}

#[tokio::test]
async fn the_notice_is_for_the_session_that_was_refused_alone() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    browser.sign_up("bo").await;
    browser.post(PAGE, "/fn/session/sign_out", &[("page_of", "anna")]).await;
    let sealed = browser.typed().expect("a cookie").to_owned();
    let mut other = Browser::new(&app, &app.patient_url);
    other.sign_up("carla").await;
    other.cookies.push(("healthflow_patient_typed".to_owned(), sealed));
    let page = other.get("/not-yours").await;
    assert!(!page.contains("anna") && page.contains("opened by somebody else. Nothing was saved."));
}

#[tokio::test]
async fn signing_out_on_an_old_page_signs_out_nobody_else() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    browser.sign_up("bo").await;
    for (path, owner) in [
        ("/fn/session/sign_out", "anna"),
        ("/fn/session/sign_out", ""),
        ("/fn/session/sign_out_everywhere", "anna"),
    ] {
        assert_eq!(browser.post("/me", path, &[("page_of", owner)]).await, "/not-yours");
        assert!(browser.get("/me").await.contains("Signed in as"), "{path} of {owner:?}");
    }
    assert_eq!(browser.post("/me", "/fn/session/sign_out", &[("page_of", "bo")]).await, "/sign-in");
}

#[tokio::test]
async fn a_form_outlives_its_session_for_the_same_person() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app, &app.patient_url);
    browser.sign_up("anna").await;
    browser.cookies.clear();
    let form = [
        ("page_of", "anna"),
        ("kind", "weight"),
        ("unit", "kg"),
        ("value", "71"),
        ("idempotency_key", "k1"),
    ];
    assert_eq!(browser.post("/send/weight", SUBMIT, &form).await, "/sign-in");
    let who = [("username", "Anna"), ("password", "mellow pheasants")];
    let place = browser.post("/sign-in", "/fn/session/sign_in", &who).await;
    assert_eq!(led_back(&place), "/send/weight");
    let receipt = browser.post("/send/weight", SUBMIT, &form).await;
    assert!(receipt.starts_with("/sent/"), "{receipt}");
}

#[tokio::test]
async fn what_was_refused_is_in_the_audit_log() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let path = "/fn/clinician/acknowledge_alert";
    let call = as_page(&app, Role::Clinician, &clinician, path);
    let answer = call.form(&[("page_of", "nurse-a"), ("alert_id", "x")]).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    let search = json!({ "who": "clinician1", "denied": true });
    let found = app.found_in_audit_log(&app.auditor().await, search).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let expected = format!("called POST {path} from a page of somebody else");
    assert_eq!(found[0]["why"], json!(expected));
}

#[tokio::test]
async fn the_audit_log_is_exported_from_a_page_of_ones_own_alone() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    let export = async |owner: &[(&str, &str)]| {
        let form = [&[("format", "csv")], owner].concat();
        let request = as_page(&app, Role::Auditor, &auditor, "/api/audit/export").form(&form);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(export(&[("page_of", "another-auditor")]).await, 409);
    assert_eq!(export(&[]).await, 400);
    assert_eq!(export(&[("page_of", "auditor1")]).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_says_first_whose_it_is() {
    let app = TestApp::start().await;
    let (anna, clinician) = (app.patient("anna").await, app.clinician().await);
    app.submit(&anna, json!({ "score": 9 })).await;
    app.wait_for_alerts(&clinician, 1).await;
    let mut reader = Reader::open(&app, &clinician, None).await;
    assert_eq!(reader.next_named("").await.alert, json!("clinician1"));
}

#[tokio::test]
async fn no_page_is_kept_by_a_browser() {
    let app = TestApp::start().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| {
        !["/api/", "/fn/", "/health/"].iter().any(|other| endpoint.path.starts_with(other))
    }) {
        let path = endpoint.path.replace("{kind}", "weight").replace("{id}", "1");
        for url in [&app.patient_url, &app.clinician_url] {
            let answer = app.http.get(format!("{url}{path}")).send().await.unwrap();
            assert_eq!(answer.headers()["cache-control"], "no-store", "{url}{path}");
        }
    }
}
