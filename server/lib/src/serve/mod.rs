//! Puts the parts together and runs them until told to stop.

mod crew;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::backend::{Audience, WebApp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::crew::Crew;
use crate::audit::log::AuditLog;
use crate::audit::reading::AuditReader;
use crate::clock::{Clock, SystemClock};
use crate::commands::Commands;
use crate::config::{BackendKind, Config, Role};
use crate::http::edge::Edge;
use crate::http::edge::breaker::Breaker;
use crate::http::edge::listener::{self, ConnectionLimits, Listening};
use crate::http::edge::places::Places;
use crate::http::edge::tls::Tls;
use crate::http::pages::WebApps;
use crate::http::{self, Shared, pages};
use crate::identity::passwords::Passwords;
use crate::identity::sealed::Sealer;
use crate::identity::sessions::Sessions;
use crate::identity::sign_in_throttle::SignInThrottle;
use crate::identity::signing_keys::SigningKeys;
use crate::live::LiveAlerts;
use crate::relay::Outbox;
use crate::service::{self, Service};
use crate::store::emergencies::DynamoEmergencies;
use crate::store::sessions::DynamoSessions;
use crate::store::users::DynamoUsers;
use crate::store::views::DynamoViews;
use crate::wiring::{Messaging, Stores};

/// How long work in progress may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A running server.
pub struct Running {
    /// Where the Patient web app is served, unless another process does so.
    pub patient_addr: Option<SocketAddr>,
    /// Where the Clinician dashboard is served, unless another process does so.
    pub clinician_addr: Option<SocketAddr>,
    /// Where the embedded DynamoDB answers AWS tools, if it does.
    pub dynamodb_addr: Option<SocketAddr>,
    /// Where metrics are served, if they are.
    pub metrics_addr: Option<SocketAddr>,
    /// The circuit breaker, where web apps are served.
    pub breaker: Option<Arc<Breaker>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Lets requests in progress end, then stops.
    pub async fn stop(self) {
        // Nobody listening any more means that everything has stopped already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = tokio::time::timeout(GRACE, task).await;
        }
    }
}

/// Starts everything that this process's roles ask for; `apps` are the web apps it may serve.
///
/// # Errors
/// What cannot be started, and what to do about it.
pub async fn start(config: &Config, apps: &WebApps) -> Result<Running, String> {
    if config.backend == BackendKind::Embedded && !config.roles.contains(&Role::All) {
        return Err("The embedded backend is one process that does everything: leave --role out, \
                    or choose --backend aws."
            .to_owned());
    }
    let (stop, stopped) = watch::channel(false);
    let tls = config.edge.tls_files()?.map(Tls::open).transpose()?;
    // The doors first: a port in use is the most likely fault and should cost no time.
    let mut doors = Doors::open(config).await?;
    let stores = Stores::open(config).await?;
    if config.backend == BackendKind::Embedded {
        stores.provision(config).await?;
    }
    let background = stores.in_background(config);
    let messaging = Messaging::open(config, &background).await?;
    let mut crew = Crew { stopped, tasks: Vec::new() };
    let dynamodb_addr = crew.open_to_aws_tools(doors.dynamodb.take(), stores.engine.clone());
    let metrics_addr = crew.serve_metrics(doors.metrics.take())?;

    let live = Arc::new(LiveAlerts::default());
    let outbox = crew.relay(config, &background, &messaging);
    crew.consumers(config, &background, &messaging, &outbox, &live)?;
    crew.watch_queues(config, &messaging);
    if let Some(bus) = &messaging.embedded {
        crew.run(Arc::clone(bus).redrive_marked());
    }
    let mut running = Running {
        patient_addr: None,
        clinician_addr: None,
        dynamodb_addr,
        metrics_addr,
        breaker: None,
        stop,
        tasks: Vec::new(),
    };
    if config.does(Role::Web) {
        let audit = crew.audit(config, &stores).await?;
        let time = Arc::new(SystemClock);
        let breaker = Arc::new(Breaker::new(config.edge.breaker_policy(), time.clone()));
        let service = service(config, &stores, outbox, audit, Arc::clone(&breaker))?;
        if config.auth.demo {
            service::ensure_demo_accounts(&service).await?;
        }
        let service = Arc::new(service);
        crew.run(Arc::clone(&breaker).watch());
        running.breaker = Some(Arc::clone(&breaker));
        let edge = Arc::new(Edge::new(&config.edge, config.alert_policy(), breaker, time));
        let hall = Hall {
            config,
            apps,
            service,
            live,
            stopped: crew.stopped.clone(),
            edge,
            listening: listening(config, tls, &mut crew),
        };
        running.patient_addr = hall.serve(WebApp::Patient, doors.patient, &mut crew);
        running.clinician_addr = hall.serve(WebApp::Clinician, doors.clinician, &mut crew);
    }
    running.tasks = crew.tasks;
    Ok(running)
}

/// The use cases, on these stores.
///
/// # Errors
/// When the signing secret cannot be had.
pub fn service(
    config: &Config,
    stores: &Stores,
    outbox: Outbox,
    (audit, audit_reader): (AuditLog, AuditReader),
    breaker: Arc<Breaker>,
) -> Result<Service, String> {
    let keys = SigningKeys::load(&config.auth, &config.store.data_dir)?;
    let client = &stores.client;
    let users = DynamoUsers::new(client.clone(), &config.store.users_table);
    let records = DynamoSessions::new(client.clone(), &config.store.sessions_table);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limits = config.edge.throttle_limits(config.auth.demo);
    let throttle = SignInThrottle::new(keys.current.as_bytes(), limits, Arc::new(SystemClock));
    let sealer = Sealer::new(&keys).map_err(|error| error.to_string())?;
    let sessions = Sessions::new(users.clone(), records, keys, Arc::clone(&clock), &config.auth);
    Ok(Service {
        commands: Commands { store: Arc::new(stores.events.clone()), outbox, clock },
        events: stores.events.clone(),
        views: DynamoViews::new(client.clone(), stores.models.clone(), stores.generations.clone()),
        sessions,
        throttle: Arc::new(throttle),
        sealer,
        breaker,
        emergencies: DynamoEmergencies::new(client.clone(), &config.store.emergencies_table),
        users,
        passwords: Passwords::default(),
        audit,
        audit_reader,
        alert_policy: config.alert_policy(),
        clinic_id: config.auth.clinic.clone(),
        is_demo: config.auth.demo,
        register_on_sign_in: config.auth.register_on_sign_in.unwrap_or(config.auth.demo),
    })
}

/// How both web addresses are listened on.
fn listening(config: &Config, tls: Option<Tls>, crew: &mut Crew) -> Listening {
    let edge = &config.edge;
    let trusted = edge.trusted();
    let (max, per_address_max) = (edge.connections_max, edge.connections_per_address_max);
    let acceptor = tls.as_ref().map(Tls::acceptor);
    if let Some(tls) = tls {
        crew.run(tls.follow_renewals());
    }
    Listening {
        limits: ConnectionLimits::default(),
        places: Places::new(max, per_address_max, trusted.clone()),
        trusted,
        tls: acceptor,
    }
}

/// What both addresses share.
struct Hall<'a> {
    config: &'a Config,
    apps: &'a WebApps,
    service: Arc<Service>,
    live: Arc<LiveAlerts>,
    stopped: watch::Receiver<bool>,
    edge: Arc<Edge>,
    listening: Listening,
}

impl Hall<'_> {
    fn serve(
        &self,
        app: WebApp,
        listener: Option<TcpListener>,
        crew: &mut Crew,
    ) -> Option<SocketAddr> {
        let listener = listener?;
        let addr = listener.local_addr().ok()?;
        let audience = Audience { app, secure_cookies: self.config.secure_cookies() };
        let site_root = match app {
            WebApp::Patient => &self.config.http.patient_site,
            WebApp::Clinician => &self.config.http.clinician_site,
        };
        let state = Shared {
            service: Arc::clone(&self.service),
            live: Arc::clone(&self.live),
            audience,
            leptos: Arc::new(pages::leptos_options(audience, site_root, addr)),
            edge: Arc::clone(&self.edge),
            stop: self.stopped.clone(),
        };
        let (router, listening) = (http::router(state.into(), self.apps), self.listening.clone());
        let stop = wait(self.stopped.clone());
        crew.tasks.push(tokio::spawn(listener::serve(listener, router, listening, stop)));
        Some(addr)
    }
}

/// The addresses this process listens on.
struct Doors {
    patient: Option<TcpListener>,
    clinician: Option<TcpListener>,
    dynamodb: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

impl Doors {
    async fn open(config: &Config) -> Result<Self, String> {
        let http = &config.http;
        // Under `cargo leptos watch` each watcher runs a server of its own for its app alone.
        let watched = std::env::var("LEPTOS_SITE_ROOT")
            .ok()
            .filter(|_| std::env::var_os("LEPTOS_WATCH").is_some());
        let serves =
            |site: &std::path::Path| watched.as_deref().is_none_or(|only| site.ends_with(only));
        let mut doors = Self { patient: None, clinician: None, dynamodb: None, metrics: None };
        let web = config.does(Role::Web);
        if web && serves(&http.patient_site) {
            let door = bind(http.patient_addr, "HEALTHFLOW_PATIENT_ADDR").await?;
            doors.patient = Some(door);
        }
        if web && serves(&http.clinician_site) {
            let door = bind(http.clinician_addr, "HEALTHFLOW_CLINICIAN_ADDR").await?;
            doors.clinician = Some(door);
        }
        if let Some(addr) = config.dynamodb_addr()?
            && is_embedded_here(config)
        {
            doors.dynamodb = Some(bind(addr, "HEALTHFLOW_DYNAMODB_ADDR").await?);
        }
        if let Some(addr) = config.metrics_addr()? {
            doors.metrics = Some(bind(addr, "HEALTHFLOW_METRICS_ADDR").await?);
        }
        Ok(doors)
    }
}

/// Listens on `addr`.
///
/// # Errors
/// Why it cannot, and which setting chooses another address.
pub async fn bind(addr: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {} is in use by another program (perhaps another HealthFlow): stop it, or set \
             {setting} to a free address such as {}:{}.",
            addr.port(),
            addr.ip(),
            addr.port().saturating_add(100)
        ),
        _ => format!("Cannot listen on {addr}: {error}. Set {setting} to another address."),
    })
}

/// Whether this process holds the DynamoDB itself.
fn is_embedded_here(config: &Config) -> bool {
    config.backend == BackendKind::Embedded && config.endpoints.dynamodb.is_none()
}

/// Resolves when the server is told to stop.
async fn wait(mut stopped: watch::Receiver<bool>) {
    // A closed channel means the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
