//! What was typed stands in no address and no log, and comes back to whoever typed it.

use reqwest::{Method, Response};

use crate::test_app::TestApp;

/// A browser without JavaScript: it keeps cookies and shows what it gets.
struct Browser<'a> {
    app: &'a TestApp,
    url: &'a str,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp, url: &'a str) -> Self {
        Self { app, url, cookies: Vec::new() }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let kept: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("accept", "text/html").header("origin", self.url);
        let answer = request.header("cookie", kept.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let cookie = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// Posts the form of `page` to the server function at `path`; where that leads.
    async fn post(&mut self, page: &str, path: &str, form: &[(&str, &str)]) -> String {
        let request = self.app.http.request(Method::POST, format!("{}{path}", self.url));
        let request = request.header("referer", format!("{}{page}", self.url)).form(form);
        let answer = self.send(request).await;
        assert_eq!(answer.status(), 302, "{path}");
        let place = answer.headers()["location"].to_str().unwrap();
        place.strip_prefix(self.url).unwrap_or(place).to_owned()
    }

    async fn get(&mut self, path: &str) -> String {
        let request = self.app.http.request(Method::GET, format!("{}{path}", self.url));
        self.send(request).await.text().await.unwrap()
    }

    fn typed(&self) -> Option<&str> {
        let found = self.cookies.iter().find(|(name, _)| name.ends_with("_typed"));
        found.map(|(_, value)| value.as_str())
    }

    async fn sign_up(&mut self, name: &str) {
        let form = [("username", name), ("password", "mellow pheasants"), ("email", "")];
        let place = self.post("/sign-up", "/fn/patient/create_account", &form).await;
        assert_eq!(place, "/");
    }
}

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

/// The tag of the field of this name.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let named = format!("name=\"{name}\"");
    page.split('<').find(|tag| tag.contains(&named)).unwrap_or_else(|| panic!("no {name}: {page}"))
}

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed_and_nobody_else_reads_it() {
    let app = TestApp::start().await;
    let mut anna = Browser::new(&app, &app.patient_url);
    anna.sign_up("anna").await;
    let place = anna.post(PAGE, SUBMIT, &REFUSED).await;
    assert!(place.starts_with("/send/heart_rate?") && !place.contains("999"), "{place}");
    let sealed = anna.typed().expect("a cookie").to_owned();
    assert!(!sealed.contains("999") && sealed.len() < 4_000);
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
    assert!(!page.contains("999") && !page.contains("a walk"), "it is sealed for another session");

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
        assert!(!shown.contains("hidden-pheasants") && !place.contains("pheasants"), "{page}");
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
    assert!(!place.contains("nobody") && !place.contains("unconscious"), "{place}");
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
