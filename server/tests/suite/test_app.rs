//! A whole server on free ports, used from outside as its callers do.

use std::time::Duration;

use clap::Parser;
use domain::access::Role;
use healthflow::cli::Cli;
use healthflow::config::{BackendKind, Config};
use healthflow::http::edge::breaker::Breaker;
use healthflow::http::pages::{Views, WebApps};
use healthflow::identity::passwords::Passwords;
use healthflow::serve::{self, Running};
use healthflow::store::client;
use healthflow::store::users::{DynamoUsers, User};
use healthflow::wiring;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::localstack;

/// A running server with data of its own.
pub(crate) struct TestApp {
    pub(crate) http: Client,
    pub(crate) patient_url: String,
    pub(crate) clinician_url: String,
    running: Option<Running>,
    config: Config,
    _data: TempDir,
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) token: String,
    pub(crate) patient_id: String,
}

pub(crate) fn config(data: &TempDir) -> Config {
    let mut config = Cli::parse_from(["healthflow"]).config;
    let any = "127.0.0.1:0".parse().unwrap();
    config.backend = BackendKind::Embedded;
    config.http.patient_addr = any;
    config.http.clinician_addr = any;
    config.auth.demo = true;
    config.store.data_dir = data.path().to_owned();
    config.store.dynamodb_addr = Some("127.0.0.1:0".to_owned());
    config.http.metrics_addr = Some("127.0.0.1:0".to_owned());
    // Tests are many people behind one address; those of a limit set it themselves.
    config.edge.sign_in_failures_per_account = 0;
    config.edge.sign_in_failures_per_address = 0;
    config.edge.registrations_per_address = Some(0);
    config.edge.quota_per_minute = 0;
    config.edge.requests_per_minute_max = 0;
    config
}

/// The web apps as the binary brings them.
fn web_apps() -> WebApps {
    WebApps {
        patient: Views::new(frontend_patient::App, frontend_patient::shell),
        clinician: Views::new(frontend_clinician::App, frontend_clinician::shell),
    }
}

/// Settings for LocalStack, with tables, bus and queues of their own that are there.
pub(crate) async fn provisioned_on_localstack(data: &TempDir) -> Config {
    let mut config = config(data);
    config.backend = BackendKind::Aws;
    config.endpoints = localstack::endpoints();
    config.messaging.event_bus_name = localstack::unique("bus");
    config.messaging.queue_prefix = localstack::unique("");
    for table in config.store.tables_mut() {
        *table = localstack::unique(table);
    }
    wiring::provision(&config).await.expect("provisioned");
    wiring::provision(&config).await.expect("provisioning again changes nothing");
    config
}

/// The environment in which a process of its own has the settings of `config`.
pub(crate) fn settings_of(config: &Config) -> Vec<(&'static str, String)> {
    let (store, endpoints) = (&config.store, &config.endpoints);
    vec![
        ("HEALTHFLOW_BACKEND", "aws".to_owned()),
        ("AWS_ENDPOINT_URL", endpoints.all.clone().unwrap()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone().unwrap()),
        ("EVENT_BUS_NAME", config.messaging.event_bus_name.clone()),
        ("QUEUE_PREFIX", config.messaging.queue_prefix.clone()),
        ("EVENTS_TABLE", store.events_table.clone()),
        ("USERS_TABLE", store.users_table.clone()),
        ("SESSIONS_TABLE", store.sessions_table.clone()),
        ("EMERGENCIES_TABLE", store.emergencies_table.clone()),
        ("PATIENTS_TABLE", store.patients_table.clone()),
        ("OBSERVATIONS_TABLE", store.observations_table.clone()),
        ("ALERTS_TABLE", store.alerts_table.clone()),
        ("DEAD_LETTERS_TABLE", store.dead_letters_table.clone()),
        ("READ_MODELS_TABLE", store.read_models_table.clone()),
        ("LEASES_TABLE", store.leases_table.clone()),
        ("AUDIT_TABLE", store.audit_table.clone()),
        ("AUDIT_HEADS_TABLE", store.audit_heads_table.clone()),
        ("AUDIT_INDEX_TABLE", store.audit_index_table.clone()),
    ]
}

impl TestApp {
    /// A server on the embedded backend.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = config(&data);
        change(&mut config);
        let running = serve::start(&config, &web_apps()).await.expect("the server starts");
        Self::around(running, config, data)
    }

    /// A server on LocalStack, with tables, bus and queues of its own.
    pub(crate) async fn start_on_localstack() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = provisioned_on_localstack(&data).await;
        let running = serve::start(&config, &web_apps()).await.expect("the server starts");
        Self::around(running, config, data)
    }

    fn around(running: Running, config: Config, data: TempDir) -> Self {
        let url = |addr: Option<std::net::SocketAddr>| format!("http://{}", addr.unwrap());
        Self {
            // Redirects are answers to look at, not to follow.
            http: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            patient_url: url(running.patient_addr),
            clinician_url: url(running.clinician_addr),
            running: Some(running),
            config,
            _data: data,
        }
    }

    /// Stops the server and starts another one on the same data.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same with other settings.
    pub(crate) async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.running.take().unwrap().stop().await;
        let running =
            serve::start(&self.config, &web_apps()).await.expect("the server starts again");
        self.patient_url = format!("http://{}", running.patient_addr.unwrap());
        self.clinician_url = format!("http://{}", running.clinician_addr.unwrap());
        self.running = Some(running);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        self.running.as_ref().unwrap().breaker.as_ref().unwrap()
    }

    pub(crate) fn dynamodb_url(&self) -> String {
        format!("http://{}", self.running.as_ref().unwrap().dynamodb_addr.unwrap())
    }

    /// Another way to the server's store, whichever it is.
    pub(crate) async fn store_client(&self) -> aws_sdk_dynamodb::Client {
        match self.config.backend {
            BackendKind::Embedded => client::embedded_elsewhere(&self.dynamodb_url()),
            BackendKind::Aws => client::aws_clients(&self.config.endpoints).await.dynamodb,
        }
    }

    /// A request to the API on the patient's address.
    pub(crate) fn api(&self, method: Method, path: &str, who: Option<&SignedIn>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.patient_url));
        match who {
            Some(who) => request.bearer_auth(&who.token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str, who: &SignedIn) -> (u16, Value) {
        read(self.api(Method::GET, path, Some(who)).send().await.unwrap()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        who: Option<&SignedIn>,
        body: Value,
    ) -> (u16, Value) {
        read(self.api(Method::POST, path, who).json(&body).send().await.unwrap()).await
    }

    pub(crate) async fn log_in(&self, username: &str, password: &str, role: &str) -> (u16, Value) {
        let body = json!({ "username": username, "password": password, "role": role });
        self.post("/api/login", None, body).await
    }

    pub(crate) async fn patient(&self, username: &str) -> SignedIn {
        let (status, answer) = self.log_in(username, "a-patient's-password", "patient").await;
        assert_eq!(status, 200, "{answer}");
        SignedIn {
            token: answer["token"].as_str().unwrap().to_owned(),
            patient_id: answer["patient_id"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn clinician(&self) -> SignedIn {
        self.signed_in("clinician1", "demo", Role::Clinician).await
    }

    pub(crate) async fn administrator(&self) -> SignedIn {
        self.signed_in("admin1", "demo", Role::ClinicAdministrator).await
    }

    pub(crate) async fn auditor(&self) -> SignedIn {
        self.signed_in("auditor1", "demo", Role::Auditor).await
    }

    /// Somebody of every role, signed in.
    pub(crate) async fn everybody(&self) -> Vec<(Role, SignedIn)> {
        vec![
            (Role::Patient, self.patient("anna").await),
            (Role::Clinician, self.clinician().await),
            (Role::ClinicAdministrator, self.administrator().await),
            (Role::Auditor, self.auditor().await),
            (Role::Service, self.somebody("gateway", Role::Service, "demo").await),
        ]
    }

    pub(crate) async fn signed_in(&self, username: &str, password: &str, role: Role) -> SignedIn {
        let (status, answer) = self.log_in(username, password, role.wire_name()).await;
        assert_eq!(status, 200, "{answer}");
        SignedIn {
            token: answer["token"].as_str().unwrap().to_owned(),
            patient_id: answer["patient_id"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Somebody new of any clinic and role, signed in.
    pub(crate) async fn somebody(&self, username: &str, role: Role, clinic: &str) -> SignedIn {
        let password = "a password of the staff";
        let user = User {
            login: username.parse().unwrap(),
            role,
            clinic_id: clinic.parse().unwrap(),
            patient_id: None,
            password_hash: Passwords::default().hash(password).await.unwrap(),
            must_change_password: false,
            is_disabled: false,
            is_demo: false,
            sessions_since_ms: 0,
        };
        let users = DynamoUsers::new(self.store_client().await, &self.config.store.users_table);
        assert!(users.create(&user).await.unwrap(), "{username} is taken");
        self.signed_in(username, password, role).await
    }

    pub(crate) async fn submit(&self, who: &SignedIn, body: Value) -> Value {
        let (status, receipt) = self.post("/api/observations", Some(who), body).await;
        assert_eq!(status, 200, "{receipt}");
        receipt
    }

    /// All alerts of the clinic, part by part.
    pub(crate) async fn all_alerts(&self, who: &SignedIn, limit: u32) -> Vec<Value> {
        self.all(who, &format!("/api/alerts?limit={limit}"), "alerts").await
    }

    pub(crate) async fn all(&self, who: &SignedIn, path: &str, name: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.get(&format!("{path}{cursor}"), who).await;
            assert_eq!(status, 200, "{page}");
            found.extend(page[name].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// All entries of the audit log that `search` looks for, part by part.
    pub(crate) async fn found_in_audit_log(&self, who: &SignedIn, mut search: Value) -> Vec<Value> {
        let mut found = Vec::new();
        loop {
            let (status, page) = self.post("/api/audit/search", Some(who), search.clone()).await;
            assert_eq!(status, 200, "{page}");
            found.extend(page["entries"].as_array().unwrap().iter().cloned());
            if page["next_cursor"].is_null() {
                return found;
            }
            search["cursor"] = page["next_cursor"].clone();
        }
    }

    /// Waits until the list of a patient shows so many of their observations.
    pub(crate) async fn wait_for_observations(&self, who: &SignedIn, count: usize) -> Vec<Value> {
        for _ in 0..400 {
            let found = self.all(who, "/api/observations?limit=100", "observations").await;
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} observations did not come within 20 s");
    }

    /// Waits until the staff of a clinic can find a patient.
    pub(crate) async fn wait_for_patient(&self, staff: &SignedIn, patient: &SignedIn) {
        let path = format!("/api/observations?patient_id={}", patient.patient_id);
        for _ in 0..400 {
            if self.get(&path, staff).await.0 == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the patient did not appear within 8 s");
    }

    /// Waits until the clinic has so many alerts.
    pub(crate) async fn wait_for_alerts(&self, who: &SignedIn, count: usize) -> Vec<Value> {
        for _ in 0..400 {
            let alerts = self.all_alerts(who, 100).await;
            if alerts.len() >= count {
                return alerts;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} alerts did not come within 20 s");
    }
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
