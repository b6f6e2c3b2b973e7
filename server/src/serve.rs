//! Puts the parts together and runs them until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::backend::Audience;
use app::wire::Role;
use aws_sdk_dynamodb::Client;
use domain::alert_limits::AlertPolicy;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{BackendKind, Config};
use crate::consumers::alert_projection::AlertProjection;
use crate::consumers::alert_worker::AlertWorker;
use crate::consumers::observation_projection::ObservationProjection;
use crate::consumers::patient_projection::PatientProjection;
use crate::consumers::{self, Consumer};
use crate::embedded::endpoint;
use crate::embedded::engine::Engine;
use crate::http::{self, AppState, pages};
use crate::identity::passwords::Passwords;
use crate::identity::tokens::{self, Tokens};
use crate::live::LiveAlerts;
use crate::messaging::aws::{EventBridgeBus, Provisioner, SqsQueue};
use crate::messaging::embedded::EmbeddedBus;
use crate::messaging::topology::SUBSCRIPTIONS;
use crate::messaging::{Bus, Queue};
use crate::relay::{Relay, until};
use crate::service::{self, Service};
use crate::store::client::{self, aws_clients};
use crate::store::events::DynamoEventStore;
use crate::store::tables;
use crate::store::users::DynamoUsers;
use crate::store::views::DynamoViews;

/// The data file's name in the data folder.
const DATA_FILE: &str = "dynamodb.sqlite";
/// How long work in progress may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// Where the Patient web app is served, unless another process does so.
    pub patient_addr: Option<SocketAddr>,
    /// Where the Clinician dashboard is served, unless another process does so.
    pub clinician_addr: Option<SocketAddr>,
    /// Where the embedded DynamoDB answers AWS tools, if it does.
    pub dynamodb_addr: Option<SocketAddr>,
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

/// Starts everything.
///
/// # Errors
/// What cannot be started, and what to do about it.
pub async fn start(config: &Config) -> Result<Running, String> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = Vec::new();
    // The doors first: a port in use is the most likely fault and should cost no time.
    let doors = Doors::open(config).await?;
    let secret = tokens::secret(config.auth.jwt_secret.as_deref(), &config.store.data_dir)?;
    let tokens = Tokens::new(&secret)?;

    let (client, engine) = dynamodb(config).await?;
    let background = engine.as_ref().map_or_else(|| client.clone(), client::embedded_background);
    let dynamodb_addr = match (engine, doors.dynamodb) {
        (Some(engine), Some(listener)) => {
            let addr = listener.local_addr().ok();
            let serving = endpoint::serve(listener, engine, wait(stopped.clone()));
            tasks.push(tokio::spawn(async move { log_failure(serving.await) }));
            addr
        }
        _ => None,
    };
    if config.backend == BackendKind::Embedded {
        tables::provision(&client, &config.store).await?;
    }
    let (bus, queues) = messaging(config, &client).await?;

    let events = DynamoEventStore::new(client.clone(), &config.store.events_table);
    let views = DynamoViews::new(client.clone(), &config.store);
    let live = Arc::new(LiveAlerts::default());
    let later = DynamoEventStore::new(background.clone(), &config.store.events_table);
    let projected = DynamoViews::new(background, &config.store);
    let (outbox, relay_tasks) = Relay::start(later.clone(), bus, stopped.clone());
    tasks.extend(relay_tasks);
    let policy = AlertPolicy { symptom_score_above: config.alert_threshold };
    let consumers: [Arc<dyn Consumer>; 4] = [
        Arc::new(PatientProjection { views: projected.clone() }),
        Arc::new(ObservationProjection { views: projected.clone() }),
        Arc::new(AlertWorker { policy, events: later, outbox: outbox.clone() }),
        Arc::new(AlertProjection { views: projected, live: Arc::clone(&live) }),
    ];
    for consumer in consumers {
        let subscription = consumer.subscription();
        let queue = queues.iter().find(|(of, _)| *of == subscription).map(|(_, queue)| queue);
        let queue = queue.ok_or_else(|| format!("There is no queue {}.", subscription.queue))?;
        let work = consumers::run(consumer, Arc::clone(queue));
        tasks.push(tokio::spawn(until(stopped.clone(), work)));
    }

    let service = Service {
        events,
        outbox,
        views,
        users: DynamoUsers::new(client, &config.store.users_table),
        passwords: Passwords::default(),
        tokens,
        clinic_id: config.auth.clinic.clone(),
        register_on_sign_in: config.auth.demo,
    };
    if config.auth.demo {
        service::ensure_demo_accounts(&service).await?;
    }
    let service = Arc::new(service);
    let hall = Hall { config, service, live, stopped, room: http::room() };
    let patient_addr = hall.serve(Role::Patient, doors.patient, &mut tasks);
    let clinician_addr = hall.serve(Role::Clinician, doors.clinician, &mut tasks);
    Ok(Running { patient_addr, clinician_addr, dynamodb_addr, stop, tasks })
}

/// What both addresses share.
struct Hall<'a> {
    config: &'a Config,
    service: Arc<Service>,
    live: Arc<LiveAlerts>,
    stopped: watch::Receiver<bool>,
    room: Arc<tokio::sync::Semaphore>,
}

impl Hall<'_> {
    fn serve(
        &self,
        role: Role,
        listener: Option<TcpListener>,
        tasks: &mut Vec<JoinHandle<()>>,
    ) -> Option<SocketAddr> {
        let listener = listener?;
        let addr = listener.local_addr().ok()?;
        let audience = Audience { role, secure_cookies: self.config.secure_cookies() };
        let site_root = match role {
            Role::Patient => &self.config.http.patient_site,
            Role::Clinician => &self.config.http.clinician_site,
        };
        let state = AppState {
            service: Arc::clone(&self.service),
            live: Arc::clone(&self.live),
            audience,
            leptos: pages::leptos_options(audience, site_root, addr),
            room: Arc::clone(&self.room),
            stop: self.stopped.clone(),
        };
        let serving = axum::serve(listener, http::router(state))
            .with_graceful_shutdown(wait(self.stopped.clone()));
        tasks.push(tokio::spawn(async move { log_failure(serving.await) }));
        Some(addr)
    }
}

/// The addresses this process listens on.
struct Doors {
    patient: Option<TcpListener>,
    clinician: Option<TcpListener>,
    dynamodb: Option<TcpListener>,
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
        let mut doors = Self { patient: None, clinician: None, dynamodb: None };
        if serves(&http.patient_site) {
            let door = bind(http.patient_addr, "HEALTHFLOW_PATIENT_ADDR").await?;
            doors.patient = Some(door);
        }
        if serves(&http.clinician_site) {
            let door = bind(http.clinician_addr, "HEALTHFLOW_CLINICIAN_ADDR").await?;
            doors.clinician = Some(door);
        }
        if let Some(addr) = config.dynamodb_addr()?
            && is_embedded_here(config)
        {
            doors.dynamodb = Some(bind(addr, "HEALTHFLOW_DYNAMODB_ADDR").await?);
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

/// The DynamoDB client; with the engine when it is in this process.
async fn dynamodb(config: &Config) -> Result<(Client, Option<Engine>), String> {
    match (config.backend, &config.endpoints.dynamodb) {
        (BackendKind::Embedded, None) => {
            let engine = Engine::open(&config.store.data_dir.join(DATA_FILE))?;
            Ok((client::embedded(&engine), Some(engine)))
        }
        (BackendKind::Embedded, Some(url)) => Ok((client::embedded_elsewhere(url), None)),
        (BackendKind::Aws, _) => Ok((aws_clients(&config.endpoints).await.dynamodb, None)),
    }
}

type Queues = Vec<(crate::messaging::topology::Subscription, Arc<dyn Queue>)>;

async fn messaging(config: &Config, client: &Client) -> Result<(Arc<dyn Bus>, Queues), String> {
    let mut queues: Queues = Vec::new();
    if config.backend == BackendKind::Embedded {
        let bus = EmbeddedBus::new(&SUBSCRIPTIONS, client, &config.store.dead_letters_table);
        for subscription in SUBSCRIPTIONS {
            if let Some(queue) = bus.queue(&subscription) {
                queues.push((subscription, queue));
            }
        }
        return Ok((Arc::new(bus), queues));
    }
    let aws = aws_clients(&config.endpoints).await;
    for subscription in SUBSCRIPTIONS {
        let name = format!("{}{}", config.messaging.queue_prefix, subscription.queue);
        let queue = SqsQueue::find(aws.sqs.clone(), &name).await?;
        queues.push((subscription, Arc::new(queue)));
    }
    let bus = EventBridgeBus::new(aws.eventbridge, &config.messaging.event_bus_name);
    Ok((Arc::new(bus), queues))
}

/// Creates what is missing at the configured backend.
///
/// # Errors
/// What could not be created and why.
pub async fn provision(config: &Config) -> Result<(), String> {
    let (client, _engine) = dynamodb(config).await?;
    tables::provision(&client, &config.store).await?;
    if config.backend == BackendKind::Aws {
        let aws = aws_clients(&config.endpoints).await;
        let (events, queues) = (aws.eventbridge, aws.sqs);
        let names = config.messaging.clone();
        Provisioner { events, queues, names }.provision(&SUBSCRIPTIONS).await?;
    }
    Ok(())
}

/// Resolves when the server is told to stop.
async fn wait(mut stopped: watch::Receiver<bool>) {
    // A closed channel means the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn log_failure(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "a listener failed");
    }
}
