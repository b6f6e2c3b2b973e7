//! The headers that protect, on every kind of answer.

use reqwest::{RequestBuilder, Response};

use crate::test_app::TestApp;

const ALWAYS: [&str; 8] = [
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cache-control",
];

/// One answer of every kind: what it is, the status it has, and the request.
fn of_every_kind(app: &TestApp) -> Vec<(&'static str, u16, RequestBuilder)> {
    let get = |path: &str| app.http.get(format!("{}{path}", app.patient_url));
    let post = |path: &str| app.http.post(format!("{}{path}", app.patient_url));
    let too_large = post("/fn/session/sign_in").body(vec![b'x'; 100 * 1024]);
    vec![
        ("a page", 200, get("/sign-in")),
        ("a page that is not there", 404, get("/nowhere")),
        ("a file", 200, get("/favicon.svg")),
        ("JSON", 200, get("/api/openapi.json")),
        ("the API's page", 200, get("/api/docs")),
        ("its script", 200, get("/api/docs/try.js")),
        ("health", 200, get("/health/live")),
        ("a stranger's request", 401, get("/api/alerts")),
        ("an unknown path of the API", 404, get("/api/nothing")),
        ("a wrong method", 405, get("/api/login")),
        ("a refused server function", 401, post("/fn/patient/my_observations")),
        ("another app's server function", 404, post("/fn/clinician/alerts")),
        ("a form that is too large", 413, too_large),
        ("another site's request", 403, post("/api/login").header("origin", "https://a.example")),
    ]
}

fn check(kind: &str, answer: &Response) {
    let headers = answer.headers();
    for name in ALWAYS {
        assert_eq!(headers.get_all(name).iter().count(), 1, "{kind}: {name}");
    }
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{kind}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{kind}: {policy}");
    let is_file = kind == "a file" || kind == "its script";
    let cache = if is_file { "no-cache" } else { "no-store" };
    assert_eq!(headers["cache-control"], cache, "{kind}");
    assert!(!policy.contains("unsafe-inline"), "{kind}: {policy}");
    assert!(!policy.contains("'unsafe-eval'"), "{kind}: {policy}");
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(!headers.contains_key(name), "{kind}: {name}");
    }
}

async fn with_a_file() -> (tempfile::TempDir, TestApp) {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    let path = site.path().to_owned();
    (site, TestApp::start_with(move |config| config.http.patient_site = path).await)
}

#[tokio::test]
async fn every_kind_of_answer_carries_them() {
    let (_site, app) = with_a_file().await;
    for (kind, status, request) in of_every_kind(&app) {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{kind}");
        check(kind, &answer);
        assert!(!answer.headers().contains_key("strict-transport-security"), "{kind}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_tls_where_cookies_need_it() {
    let app = TestApp::start_with(|config| config.http.secure_cookies = Some(true)).await;
    for path in ["/sign-in", "/api/nothing", "/health/live"] {
        let answer = app.http.get(format!("{}{path}", app.patient_url)).send().await.unwrap();
        let hsts = answer.headers()["strict-transport-security"].to_str().unwrap();
        assert_eq!(hsts, "max-age=63072000; includeSubDomains", "{path}");
    }
}

#[tokio::test]
async fn every_text_says_that_it_is_utf_8() {
    let (_site, app) = with_a_file().await;
    for (path, expected) in [
        ("/sign-in", "text/html; charset=utf-8"),
        ("/nowhere", "text/html; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml; charset=utf-8"),
        ("/api/docs", "text/html; charset=utf-8"),
        ("/api/docs/try.js", "text/javascript; charset=utf-8"),
        ("/api/docs/try.css", "text/css; charset=utf-8"),
        ("/api/openapi.json", "application/json"),
        ("/api/nothing", "application/problem+json"),
    ] {
        let answer = app.http.get(format!("{}{path}", app.patient_url)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], expected, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_served_that_nobody_meant_to_serve() {
    let (site, app) = with_a_file().await;
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    let secret = site.path().with_extension("secret");
    std::fs::write(&secret, "secret").unwrap();
    let beside = secret.file_name().unwrap().to_str().unwrap().to_owned();
    let up = format!("/%2e%2e/{beside}");
    let encoded = format!("/..%2f{beside}");
    for path in ["/pkg/", "/pkg", "/.git/config", "/metrics", "/.env", &up, &encoded] {
        let answer = app.http.get(format!("{}{path}", app.patient_url)).send().await.unwrap();
        assert!(!answer.status().is_success(), "{path}: {}", answer.status());
    }
    std::fs::remove_file(secret).unwrap();
    let trace = reqwest::Method::TRACE;
    for path in ["/sign-in", "/api/login", "/favicon.svg"] {
        let request = app.http.request(trace.clone(), format!("{}{path}", app.patient_url));
        assert_eq!(request.send().await.unwrap().status(), 405, "{path}");
    }
}

#[tokio::test]
async fn the_page_for_designers_is_served_in_demo_mode_alone() {
    for (demo, status) in [(true, 200), (false, 404)] {
        let app = TestApp::start_with(|config| config.auth.demo = demo).await;
        for url in [&app.patient_url, &app.clinician_url] {
            let answer = app.http.get(format!("{url}/design")).send().await.unwrap();
            assert_eq!(answer.status(), status, "demo mode: {demo}");
        }
    }
}
