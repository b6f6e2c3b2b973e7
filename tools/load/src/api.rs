//! The API as a client uses it.

use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Somebody signed in twice: as a patient who sends, as a clinician who reads.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Client,
    server: String,
    patient_token: String,
    clinician_token: String,
}

/// What can be listed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    /// The patient's observations.
    Observations,
    /// The clinic's alerts.
    Alerts,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page {
    /// Identifiers of the observations on it, or of those its alerts are about.
    pub(crate) observations: Vec<String>,
    /// Where the next part begins.
    pub(crate) next_cursor: Option<String>,
}

impl Api {
    pub(crate) async fn sign_in(server: &str) -> Result<Self, String> {
        let http = Client::builder().pool_max_idle_per_host(256).build().map_err(told)?;
        let log_in = async |username: &str, password: &str, role: &str| {
            let body = json!({ "username": username, "password": password, "role": role });
            let sent = http.post(format!("{server}/api/login")).json(&body).send().await;
            let answer: Value = sent.map_err(told)?.json().await.map_err(told)?;
            let token = answer["token"].as_str().map(str::to_owned);
            token.ok_or_else(|| format!("No token for {username}: is the server in demo mode?"))
        };
        let patient_token = log_in("load", "a password for the load", "patient").await?;
        let clinician_token = log_in("clinician1", "demo", "clinician").await?;
        Ok(Self { http, server: server.to_owned(), patient_token, clinician_token })
    }

    /// Sends a symptom score; gives the observation's identifier.
    pub(crate) async fn submit(&self, score: u8) -> Result<String, String> {
        let request = self.http.post(format!("{}/api/observations", self.server));
        let request = request.bearer_auth(&self.patient_token).json(&json!({ "score": score }));
        let answer = request.send().await.map_err(told)?;
        if !answer.status().is_success() {
            return Err(format!("an observation was answered {}", answer.status()));
        }
        let receipt: Value = answer.json().await.map_err(told)?;
        receipt["observation_id"].as_str().map(str::to_owned).ok_or("no receipt".to_owned())
    }

    /// A part of a list, newest first, from behind `cursor`: the observations on it.
    pub(crate) async fn page(&self, list: List, cursor: Option<&str>) -> Result<Page, String> {
        let (name, token) = match list {
            List::Observations => ("observations", &self.patient_token),
            List::Alerts => ("alerts", &self.clinician_token),
        };
        let mut url = format!("{}/api/{name}?limit=100", self.server);
        if let Some(cursor) = cursor {
            url = format!("{url}&cursor={cursor}");
        }
        let answer = self.http.get(url).bearer_auth(token).send().await.map_err(told)?;
        let page: Value = answer.error_for_status().map_err(told)?.json().await.map_err(told)?;
        let items = page[name].as_array().ok_or_else(|| format!("no {name} in the answer"))?;
        let ids = items.iter().filter_map(|item| item["observation_id"].as_str());
        Ok(Page {
            observations: ids.map(str::to_owned).collect(),
            next_cursor: page["next_cursor"].as_str().map(str::to_owned),
        })
    }

    pub(crate) async fn stream(&self) -> Result<Response, String> {
        let request = self.http.get(format!("{}/api/alerts/stream", self.server));
        request.bearer_auth(&self.clinician_token).send().await.map_err(told)
    }
}

pub(crate) fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
