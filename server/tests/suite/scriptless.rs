//! A browser without JavaScript, as far as forms go.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Response};

use crate::test_app::TestApp;

/// A browser without JavaScript: it keeps cookies and shows what it gets.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    url: &'a str,
    /// For whom its pages are rendered.
    owner: String,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a TestApp, url: &'a str) -> Self {
        Self { app, url, owner: String::new(), cookies: Vec::new() }
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

    /// Posts the form of `page` to the server function at `path`; where that leads. Unless the form
    /// says whose page it is on, it is on one of whoever signed in here last.
    pub(crate) async fn post(&mut self, page: &str, path: &str, form: &[(&str, &str)]) -> String {
        let request = self.app.http.request(Method::POST, format!("{}{path}", self.url));
        let mut sent = form.to_vec();
        if !form.iter().any(|(name, _)| *name == "page_of") {
            sent.push(("page_of", &self.owner));
        }
        let request = request.header("referer", format!("{}{page}", self.url)).form(&sent);
        let answer = self.send(request).await;
        assert!(matches!(answer.status().as_u16(), 302 | 303), "{path}: {}", answer.status());
        let place = answer.headers()["location"].to_str().unwrap();
        if matches!(path, "/fn/session/sign_in" | "/fn/patient/create_account")
            && let Some((_, name)) = form.iter().find(|(name, _)| *name == "username")
        {
            (*name).clone_into(&mut self.owner);
        }
        place.strip_prefix(self.url).unwrap_or(place).to_owned()
    }

    pub(crate) async fn get(&mut self, path: &str) -> String {
        let request = self.app.http.request(Method::GET, format!("{}{path}", self.url));
        self.send(request).await.text().await.unwrap()
    }

    pub(crate) fn typed(&self) -> Option<&str> {
        let found = self.cookies.iter().find(|(name, _)| name.ends_with("_typed"));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) async fn sign_up(&mut self, name: &str) {
        let form = [("username", name), ("password", "mellow pheasants"), ("email", "")];
        let place = self.post("/sign-up", "/fn/patient/create_account", &form).await;
        assert_eq!(place, "/");
    }
}

/// The path of the page that a refused form leads back to. Its address names the form, and says no more.
pub(crate) fn led_back(place: &str) -> &str {
    let (page, id) = place.split_once("?came_back=").unwrap_or_else(|| panic!("{place}"));
    assert!(id.parse::<uuid::Uuid>().is_ok(), "{place}");
    page
}

/// The tag of the field of this name.
pub(crate) fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let named = format!("name=\"{name}\"");
    page.split('<').find(|tag| tag.contains(&named)).unwrap_or_else(|| panic!("no {name}: {page}"))
}

/// What is to be seen in a sealed text by whoever has no key.
pub(crate) fn seen_without_the_key(sealed: &str) -> String {
    String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(sealed).unwrap()).into_owned()
}
