//! What browsers get: pages, cookies, and each app its own.

use reqwest::{Method, Response};

use crate::scriptless::led_back;
use crate::test_app::TestApp;

async fn sign_in_by_form(app: &TestApp, url: &str, username: &str, password: &str) -> Response {
    let form = [("username", username), ("password", password)];
    app.http
        .post(format!("{url}/fn/session/sign_in"))
        .header("accept", "text/html")
        .header("referer", format!("{url}/sign-in"))
        .form(&form)
        .send()
        .await
        .unwrap()
}

fn cookie(answer: &Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn pages_allow_scripts_by_a_fresh_nonce_alone() {
    let app = TestApp::start().await;
    let mut policies = Vec::new();
    for _ in 0..2 {
        let answer = app.api(Method::GET, "/sign-in", None).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'nonce-"), "{policy}");
        policies.push(policy);
    }
    assert_ne!(policies[0], policies[1]);
}

#[tokio::test]
async fn a_form_without_javascript_signs_in_with_a_guarded_cookie() {
    let app = TestApp::start().await;
    let answer = sign_in_by_form(&app, &app.clinician_url, "clinician1", "demo").await;
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/");
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let stream = app.http.get(format!("{}/api/alerts", app.clinician_url));
    let answer = stream.header("cookie", cookie(&answer)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the cookie serves the app's own calls");
}

#[tokio::test]
async fn cookies_need_tls_outside_demo_mode() {
    let app = TestApp::start_with(|config| config.auth.demo = false).await;
    let form = [("username", "anna"), ("password", "a long password")];
    let url = format!("{}/fn/patient/create_account", app.patient_url);
    let answer = app.http.post(url).form(&form).send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(set.contains("; Secure"), "{set}");
}

#[tokio::test]
async fn over_tls_every_cookie_belongs_to_this_host_and_to_no_script() {
    let app = TestApp::start_with(|config| config.http.secure_cookies = Some(true)).await;
    let let_in = sign_in_by_form(&app, &app.clinician_url, "clinician1", "demo").await;
    let refused = sign_in_by_form(&app, &app.clinician_url, "clinician1", "wrong").await;
    let cookies: Vec<&str> = [&let_in, &refused]
        .into_iter()
        .flat_map(|answer| answer.headers().get_all("set-cookie"))
        .map(|line| line.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 4, "those of the session, and what was typed: {cookies:?}");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-healthflow_clinician"), "{cookie}");
        for attribute in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn password_fields_are_masked_and_open_to_password_managers() {
    let app = TestApp::start().await;
    for (path, autocomplete) in [("/sign-in", "current-password"), ("/sign-up", "new-password")] {
        let page = app.api(Method::GET, path, None).send().await.unwrap().text().await.unwrap();
        let fields: Vec<&str> =
            page.split('<').filter(|tag| tag.contains("name=\"password\"")).collect();
        assert_eq!(fields.len(), 1, "{path}");
        assert!(fields[0].starts_with("input"), "{}", fields[0]);
        assert!(fields[0].contains("type=\"password\""), "{}", fields[0]);
        let allowed = format!("autocomplete=\"{autocomplete}\"");
        assert!(fields[0].contains(&allowed), "{}", fields[0]);
        assert!(!page.contains("onpaste"), "{path}");
    }
}

#[tokio::test]
async fn each_app_serves_its_own_people_alone() {
    let app = TestApp::start().await;
    for (url, path) in [
        (&app.patient_url, "/fn/clinician/alerts"),
        (&app.clinician_url, "/fn/patient/my_observations"),
    ] {
        let answer = app.http.post(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    let refused = sign_in_by_form(&app, &app.patient_url, "clinician1", "demo").await;
    let cookies = refused.headers().get_all("set-cookie").iter();
    let cookies: Vec<&str> = cookies.map(|line| line.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].starts_with("healthflow_patient_typed="), "what was typed, no session");
    let location = refused.headers()["location"].to_str().unwrap();
    assert_eq!(led_back(location), "/sign-in");
}

#[tokio::test]
async fn a_wrong_address_is_told_to_everybody_whatever_their_role() {
    let app = TestApp::start().await;
    for username in ["clinician1", "admin1", "auditor1"] {
        let answer = sign_in_by_form(&app, &app.clinician_url, username, "demo").await;
        let page = app.http.get(format!("{}/nowhere", app.clinician_url));
        let page = page.header("cookie", cookie(&answer)).send().await.unwrap();
        assert_eq!(page.status(), 404, "{username}");
        assert!(page.text().await.unwrap().contains("Sign out"), "{username}");
    }
}

#[tokio::test]
async fn server_functions_refuse_strangers() {
    let app = TestApp::start().await;
    for (url, path) in [
        (&app.patient_url, "/fn/patient/my_observations"),
        (&app.clinician_url, "/fn/clinician/alerts"),
    ] {
        let answer = app.http.post(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn the_dynamodb_port_turns_browsers_away() {
    let app = TestApp::start().await;
    let list = || {
        app.http
            .post(app.dynamodb_url())
            .header("x-amz-target", "DynamoDB_20120810.ListTables")
            .body("{}")
    };
    assert_eq!(list().send().await.unwrap().status(), 200);
    for (name, value) in [("origin", "http://evil.example"), ("host", "evil.example:8000")] {
        assert_eq!(list().header(name, value).send().await.unwrap().status(), 403, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_never_carries_off_the_headers_of_a_page() {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    let app = TestApp::start_with(|config| {
        config.http.patient_site = site.path().to_owned();
    })
    .await;
    let get = async |path: &str| app.api(Method::GET, path, None).send().await.unwrap();
    for _ in 0..50 {
        let both = futures::future::join_all(
            (0..16).map(|at| get(if at % 2 == 0 { "/sign-in" } else { "/favicon.svg" })),
        );
        for (at, answer) in both.await.into_iter().enumerate() {
            assert_eq!(answer.status(), 200);
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert_eq!(policy.contains("'nonce-"), at % 2 == 0, "{at}: {policy}");
        }
    }
    assert_eq!(get("/nowhere").await.status(), 404);
}
