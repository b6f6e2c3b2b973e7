//! The work behind the doors: relay, consumers, and what watches over them.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::wait;
use crate::audit;
use crate::audit::log::AuditLog;
use crate::audit::reading::AuditReader;
use crate::audit::store::AuditStore;
use crate::clock::SystemClock;
use crate::config::{BackendKind, Config, Role};
use crate::consumers::alert_worker::AlertWorker;
use crate::consumers::projector::{Projector, RowListener};
use crate::consumers::{self, Consumer};
use crate::embedded::endpoint;
use crate::embedded::engine::Engine;
use crate::http;
use crate::live::LiveAlerts;
use crate::metrics;
use crate::projections::{ALERTS, OBSERVATIONS, PATIENTS, Projection};
use crate::relay::{Outbox, RelayParts, SweepLease, relay, until};
use crate::store::event_store::EventStore;
use crate::store::leases::DynamoLease;
use crate::wiring::{Messaging, Stores};

/// How often the metrics of the queues are brought up to date.
const LOOK_AT_QUEUES_EVERY: Duration = Duration::from_secs(5);

/// The work behind the doors.
pub(super) struct Crew {
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Crew {
    pub(super) fn run(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(until(self.stopped.clone(), work)));
    }

    /// Lets a listener run, which ends by itself once the server is told to stop.
    pub(super) fn listen(
        &mut self,
        serving: impl Future<Output = std::io::Result<()>> + Send + 'static,
    ) {
        self.tasks.push(tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "a listener failed");
            }
        }));
    }

    pub(super) fn open_to_aws_tools(
        &mut self,
        listener: Option<TcpListener>,
        engine: Option<Engine>,
    ) -> Option<SocketAddr> {
        let (listener, engine) = listener.zip(engine)?;
        let addr = listener.local_addr().ok();
        self.listen(endpoint::serve(listener, engine, wait(self.stopped.clone())));
        addr
    }

    pub(super) fn serve_metrics(
        &mut self,
        door: Option<TcpListener>,
    ) -> Result<Option<SocketAddr>, String> {
        let Some(listener) = door else { return Ok(None) };
        let addr = listener.local_addr().ok();
        let router = http::metrics_router(metrics::install()?);
        self.listen(
            axum::serve(listener, router)
                .with_graceful_shutdown(wait(self.stopped.clone()))
                .into_future(),
        );
        Ok(addr)
    }

    /// Begins this process's chain of the audit log, and opens what all processes recorded. The
    /// chain ends by itself with the last who can record: requests in progress still need it.
    pub(super) async fn audit(
        &mut self,
        config: &Config,
        stores: &Stores,
    ) -> Result<(AuditLog, AuditReader), String> {
        let key = audit::key::of(&config.store)?;
        let store = AuditStore::new(stores.client.clone(), &config.store);
        let reader = AuditReader::new(store.clone(), key.clone());
        let opened = AuditLog::open(store, key, Arc::new(SystemClock)).await;
        let (log, writing) = opened.map_err(|error| {
            format!(
                "Cannot begin the audit log in the table {}: {error}. Is it there? `healthflow \
                 provision` makes it.",
                config.store.audit_table
            )
        })?;
        self.tasks.push(writing);
        Ok((log, reader))
    }

    /// Every process hands what it appends to the bus; those with the role look for more.
    pub(super) fn relay(
        &mut self,
        config: &Config,
        stores: &Stores,
        messaging: &Messaging,
    ) -> Outbox {
        let lease = (config.backend == BackendKind::Aws).then(|| {
            let table = &config.store.leases_table;
            let lease = DynamoLease::new(stores.client.clone(), table, "outbox-sweeper");
            Arc::new(lease) as Arc<dyn SweepLease>
        });
        let (outbox, work) = relay(RelayParts {
            store: Arc::new(stores.events.clone()),
            bus: Arc::clone(&messaging.bus),
            clock: Arc::new(SystemClock),
            lease,
        });
        self.run(work.fast_path);
        if config.does(Role::Relay) {
            self.run(work.sweeping);
        }
        outbox
    }

    pub(super) fn consumers(
        &mut self,
        config: &Config,
        stores: &Stores,
        messaging: &Messaging,
        outbox: &Outbox,
        live: &Arc<LiveAlerts>,
    ) -> Result<(), String> {
        let store: Arc<dyn EventStore> = Arc::new(stores.events.clone());
        let mut consumers: Vec<Arc<dyn Consumer>> = Vec::new();
        for (role, projection) in PROJECTORS {
            if config.does(role) {
                consumers.push(Arc::new(Projector {
                    projection,
                    store: Arc::clone(&store),
                    models: stores.generations.clone(),
                    listener: (role == Role::AlertProjection)
                        .then(|| Arc::clone(live) as Arc<dyn RowListener>),
                }));
            }
        }
        if config.does(Role::AlertWorker) {
            let policy = config.alert_policy();
            let (outbox, clock) = (outbox.clone(), Arc::new(SystemClock));
            consumers.push(Arc::new(AlertWorker { policy, store, outbox, clock }));
        }
        for consumer in consumers {
            let queue = messaging.queue(&consumer.subscription())?;
            self.run(consumers::run(consumer, queue, Arc::new(SystemClock)));
        }
        Ok(())
    }

    /// Keeps the metrics of the queues up to date.
    pub(super) fn watch_queues(&mut self, config: &Config, messaging: &Messaging) {
        if !config.does(Role::Relay) {
            return;
        }
        let queues = messaging.queues.clone();
        self.run(async move {
            loop {
                for (subscription, queue) in &queues {
                    match queue.depth().await {
                        Ok(depth) => metrics::queue_depth(subscription.queue, depth),
                        Err(error) => tracing::debug!(%error, "a queue cannot be looked at"),
                    }
                }
                tokio::time::sleep(LOOK_AT_QUEUES_EVERY).await;
            }
        });
    }
}

/// Which role keeps which read model.
static PROJECTORS: [(Role, &Projection); 3] = [
    (Role::PatientProjection, &PATIENTS),
    (Role::ObservationProjection, &OBSERVATIONS),
    (Role::AlertProjection, &ALERTS),
];
