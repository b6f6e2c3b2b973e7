//! Configuration: every setting, from the command line or the environment.

mod edge;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::alert_limits::AlertPolicy;

pub use edge::EdgeConfig;

/// Where metrics are served in demo mode.
pub const DEMO_METRICS_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// Where events, queues and tables live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BackendKind {
    /// In this process: DynamoDB in a file, the outbox as the queue.
    Embedded,
    /// DynamoDB, EventBridge and SQS, of AWS or LocalStack.
    Aws,
}

/// A part of the work, which a process of its own can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// All of it (the default).
    All,
    /// The web apps and the API; what they append is handed to the bus at once.
    Web,
    /// Finds events that were left behind and hands them to the bus.
    Relay,
    /// Keeps the patient view.
    PatientProjection,
    /// Keeps the observation view.
    ObservationProjection,
    /// Keeps the alert view.
    AlertProjection,
    /// Judges observations and raises alerts.
    AlertWorker,
}

/// All settings.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where events, queues and tables live.
    #[arg(long, global = true, env = "HEALTHFLOW_BACKEND", value_enum, default_value = "embedded")]
    pub backend: BackendKind,
    /// Which parts of the work this process does; several are separated by commas. With the
    /// embedded backend one process does everything.
    #[arg(
        long = "role",
        global = true,
        env = "HEALTHFLOW_ROLE",
        value_enum,
        value_delimiter = ',',
        default_value = "all"
    )]
    pub roles: Vec<Role>,
    /// What the server listens on.
    #[command(flatten)]
    pub http: HttpConfig,
    /// What stands between the network and the routes.
    #[command(flatten)]
    pub edge: EdgeConfig,
    /// Who may sign in, and how.
    #[command(flatten)]
    pub auth: AuthConfig,
    /// Where data lie.
    #[command(flatten)]
    pub store: StoreConfig,
    /// How events travel.
    #[command(flatten)]
    pub messaging: MessagingConfig,
    /// Where AWS's services answer.
    #[command(flatten)]
    pub endpoints: EndpointConfig,
    /// A symptom score above this raises an alert.
    #[arg(long, global = true, env = "ALERT_THRESHOLD", default_value_t = 7,
          value_parser = clap::value_parser!(u8).range(0..=10))]
    pub alert_threshold: u8,
    /// Write logs as JSON, one object a line.
    #[arg(long, global = true, env = "HEALTHFLOW_LOG_JSON", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub log_json: bool,
    /// Send traces to the OpenTelemetry collector at this address (OTLP over HTTP), such as
    /// http://127.0.0.1:4318. They hold correlation ids, routes and times; no health data.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

/// What the server listens on.
#[derive(Clone, Debug, Args)]
pub struct HttpConfig {
    /// The address of the Patient web app.
    #[arg(long, global = true, env = "HEALTHFLOW_PATIENT_ADDR", default_value = "127.0.0.1:5173")]
    pub patient_addr: SocketAddr,
    /// The address of the Clinician dashboard.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_CLINICIAN_ADDR",
        default_value = "127.0.0.1:5174"
    )]
    pub clinician_addr: SocketAddr,
    /// The folder with the built Patient web app.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_PATIENT_SITE",
        default_value = "target/site-patient"
    )]
    pub patient_site: PathBuf,
    /// The folder with the built Clinician dashboard.
    #[arg(
        long,
        global = true,
        env = "HEALTHFLOW_CLINICIAN_SITE",
        default_value = "target/site-clinician"
    )]
    pub clinician_site: PathBuf,
    /// Where metrics are served to Prometheus, at `/metrics`: an address, or `off`. It asks for no
    /// password, so keep it where only operators reach it. On by default in demo mode alone.
    #[arg(long, global = true, env = "HEALTHFLOW_METRICS_ADDR")]
    pub metrics_addr: Option<String>,
    /// Send session cookies over TLS alone; on with TLS, and unless in demo mode.
    #[arg(long, global = true, env = "HEALTHFLOW_SECURE_COOKIES", action = clap::ArgAction::Set)]
    pub secure_cookies: Option<bool>,
}

/// Who may sign in, and how.
#[derive(Clone, Args)]
pub struct AuthConfig {
    /// Demo mode: demo accounts exist, and the API makes an account for an unknown patient.
    #[arg(long, global = true, env = "HEALTHFLOW_DEMO", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub demo: bool,
    /// The secret that signs sessions, at least 32 characters; made and kept in the data folder
    /// when none is given.
    #[arg(long, global = true, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<String>,
    /// The secret that signed sessions before: what it signed is still believed until it expires.
    /// With a made secret, `healthflow rotate-key` does all of this.
    #[arg(long, global = true, env = "JWT_SECRET_PREVIOUS", hide_env_values = true)]
    pub jwt_secret_previous: Option<String>,
    /// How long an access token holds, in seconds. Then the refresh token asks for the next.
    #[arg(long, global = true, env = "HEALTHFLOW_ACCESS_TOKEN_S", default_value_t = 900,
          value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub access_token_s: u64,
    /// After so many minutes without a sign of life a session ends.
    #[arg(long, global = true, env = "HEALTHFLOW_IDLE_TIMEOUT_MIN", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=1_440))]
    pub idle_timeout_min: u64,
    /// After so many hours a session ends whatever happens.
    #[arg(long, global = true, env = "HEALTHFLOW_SESSION_MAX_H", default_value_t = 12,
          value_parser = clap::value_parser!(u64).range(1..=720))]
    pub session_max_h: u64,
    /// Make an account for an unknown patient who signs in by the API; on in demo mode alone.
    #[arg(long, global = true, env = "HEALTHFLOW_REGISTER_ON_SIGN_IN",
          action = clap::ArgAction::Set)]
    pub register_on_sign_in: Option<bool>,
    /// The clinic that new patients belong to.
    #[arg(long, global = true, env = "HEALTHFLOW_CLINIC", default_value = "demo")]
    pub clinic: domain::ids::ClinicId,
}

/// Without the secrets: what is printed for debugging may end up in a log.
impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuthConfig");
        shown.field("demo", &self.demo).field("clinic", &self.clinic).finish_non_exhaustive()
    }
}

/// Where data lie.
#[derive(Clone, Args)]
pub struct StoreConfig {
    /// The folder that holds all data of the embedded backend, and the secrets that are made.
    #[arg(long, global = true, env = "HEALTHFLOW_DATA_DIR", default_value = ".healthflow")]
    pub data_dir: PathBuf,
    /// Where the embedded DynamoDB answers AWS tools: a loopback address, or `off`. On by default
    /// in demo mode alone, because it asks for no password.
    #[arg(long, global = true, env = "HEALTHFLOW_DYNAMODB_ADDR")]
    pub dynamodb_addr: Option<String>,
    /// The table of events.
    #[arg(long, global = true, env = "EVENTS_TABLE", default_value = "healthflow-events")]
    pub events_table: String,
    /// The table of accounts.
    #[arg(long, global = true, env = "USERS_TABLE", default_value = "healthflow-users")]
    pub users_table: String,
    /// The table of sessions.
    #[arg(long, global = true, env = "SESSIONS_TABLE", default_value = "healthflow-sessions")]
    pub sessions_table: String,
    /// The table of records opened in an emergency.
    #[arg(
        long,
        global = true,
        env = "EMERGENCIES_TABLE",
        default_value = "healthflow-emergencies"
    )]
    pub emergencies_table: String,
    /// The table of the patient view.
    #[arg(long, global = true, env = "PATIENTS_TABLE", default_value = "healthflow-patients")]
    pub patients_table: String,
    /// The table of the observation view.
    #[arg(
        long,
        global = true,
        env = "OBSERVATIONS_TABLE",
        default_value = "healthflow-observations"
    )]
    pub observations_table: String,
    /// The table of the alert view.
    #[arg(long, global = true, env = "ALERTS_TABLE", default_value = "healthflow-alerts")]
    pub alerts_table: String,
    /// The table in which the embedded backend keeps undeliverable messages.
    #[arg(
        long,
        global = true,
        env = "DEAD_LETTERS_TABLE",
        default_value = "healthflow-dead-letters"
    )]
    pub dead_letters_table: String,
    /// The table that says which generation of each read model is read and written.
    #[arg(
        long,
        global = true,
        env = "READ_MODELS_TABLE",
        default_value = "healthflow-read-models"
    )]
    pub read_models_table: String,
    /// The table that says which process does what only one may do at a time.
    #[arg(long, global = true, env = "LEASES_TABLE", default_value = "healthflow-leases")]
    pub leases_table: String,
    /// The table of the audit log's blocks.
    #[arg(long, global = true, env = "AUDIT_TABLE", default_value = "healthflow-audit")]
    pub audit_table: String,
    /// The table that says where each of the audit log's chains ends.
    #[arg(
        long,
        global = true,
        env = "AUDIT_HEADS_TABLE",
        default_value = "healthflow-audit-heads"
    )]
    pub audit_heads_table: String,
    /// The table in which a clinic and a patient find their entries of the audit log.
    #[arg(
        long,
        global = true,
        env = "AUDIT_INDEX_TABLE",
        default_value = "healthflow-audit-index"
    )]
    pub audit_index_table: String,
    /// The secret that seals the audit log, at least 32 characters; made and kept in the data
    /// folder when none is given. Every process needs the same, and the database must not hold it.
    #[arg(long, global = true, env = "HEALTHFLOW_AUDIT_KEY", hide_env_values = true)]
    pub audit_key: Option<String>,
    /// The secret that sealed the audit log before: believed where it is read, and no more used.
    #[arg(long, global = true, env = "HEALTHFLOW_AUDIT_KEY_PREVIOUS", hide_env_values = true)]
    pub audit_key_previous: Option<String>,
}

/// Without the audit log's key: what is printed for debugging may end up in a log.
impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StoreConfig");
        shown.field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

impl StoreConfig {
    /// The names of all tables, to be changed.
    pub fn tables_mut(&mut self) -> [&mut String; 13] {
        [
            &mut self.events_table,
            &mut self.users_table,
            &mut self.sessions_table,
            &mut self.emergencies_table,
            &mut self.patients_table,
            &mut self.observations_table,
            &mut self.alerts_table,
            &mut self.dead_letters_table,
            &mut self.read_models_table,
            &mut self.leases_table,
            &mut self.audit_table,
            &mut self.audit_heads_table,
            &mut self.audit_index_table,
        ]
    }
}

/// How events travel with the `aws` backend.
#[derive(Clone, Debug, Args)]
pub struct MessagingConfig {
    /// The name of the event bus.
    #[arg(long, global = true, env = "EVENT_BUS_NAME", default_value = "healthflow-bus")]
    pub event_bus_name: String,
    /// Stands before the name of every queue, so that several installations share an account.
    #[arg(long, global = true, env = "QUEUE_PREFIX", default_value = "")]
    pub queue_prefix: String,
}

/// Where AWS's services answer, if not where AWS has them: LocalStack, or a DynamoDB of one's own.
#[derive(Clone, Debug, Default, Args)]
pub struct EndpointConfig {
    /// The endpoint of all services.
    #[arg(long = "aws-endpoint-url", global = true, env = "AWS_ENDPOINT_URL")]
    pub all: Option<String>,
    /// The endpoint of DynamoDB. With the embedded backend: use this one instead of opening a file.
    #[arg(long = "dynamodb-endpoint-url", global = true, env = "AWS_ENDPOINT_URL_DYNAMODB")]
    pub dynamodb: Option<String>,
    /// The endpoint of EventBridge.
    #[arg(long = "eventbridge-endpoint-url", global = true, env = "AWS_ENDPOINT_URL_EVENTBRIDGE")]
    pub eventbridge: Option<String>,
    /// The endpoint of SQS.
    #[arg(long = "sqs-endpoint-url", global = true, env = "AWS_ENDPOINT_URL_SQS")]
    pub sqs: Option<String>,
}

impl Config {
    /// What counts as dangerous.
    #[must_use]
    pub fn alert_policy(&self) -> AlertPolicy {
        AlertPolicy { symptom_score_above: self.alert_threshold }
    }

    /// Whether session cookies travel over TLS alone.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.http.secure_cookies.unwrap_or(!self.auth.demo || self.edge.has_tls())
    }

    /// Whether this process does `role`.
    #[must_use]
    pub fn does(&self, role: Role) -> bool {
        self.roles.contains(&Role::All) || self.roles.contains(&role)
    }

    /// Where metrics are served, if they are.
    ///
    /// # Errors
    /// A text that is neither `off` nor an address.
    pub fn metrics_addr(&self) -> Result<Option<SocketAddr>, String> {
        let text = match self.http.metrics_addr.as_deref() {
            None if self.auth.demo => return Ok(Some(DEMO_METRICS_ADDR)),
            None | Some("off" | "") => return Ok(None),
            Some(text) => text,
        };
        let addr = text.parse().map_err(|_| {
            format!("HEALTHFLOW_METRICS_ADDR is {text:?}: give an address such as {DEMO_METRICS_ADDR}, or off.")
        });
        addr.map(Some)
    }

    /// Where the embedded DynamoDB answers AWS tools, if it does.
    ///
    /// # Errors
    /// A text that is neither `off` nor a loopback address.
    pub fn dynamodb_addr(&self) -> Result<Option<SocketAddr>, String> {
        let text = match self.store.dynamodb_addr.as_deref() {
            None if self.auth.demo => "127.0.0.1:8000",
            None | Some("off" | "") => return Ok(None),
            Some(text) => text,
        };
        match text.parse::<SocketAddr>() {
            Ok(addr) if addr.ip().is_loopback() => Ok(Some(addr)),
            _ => Err(format!(
                "HEALTHFLOW_DYNAMODB_ADDR is {text:?}: give a loopback address such as \
                 127.0.0.1:8000, or off. It asks for no password, so it must stay on this machine."
            )),
        }
    }
}
