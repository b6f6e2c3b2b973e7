//! The parts on which everything runs, as the configuration chooses them.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::clock::SystemClock;
use crate::config::{BackendKind, Config};
use crate::embedded::engine::Engine;
use crate::messaging::aws::{EventBridgeBus, SqsQueue};
use crate::messaging::aws_dead_letters::SqsDeadLetters;
use crate::messaging::aws_provision::Provisioner;
use crate::messaging::dead_letters::DeadLetters;
use crate::messaging::embedded::EmbeddedBus;
use crate::messaging::topology::{SUBSCRIPTIONS, Subscription};
use crate::messaging::{Bus, Queue};
use crate::store::client::{self, aws_clients};
use crate::store::dead_letters::DynamoDeadLetters;
use crate::store::dynamo_events::DynamoEventStore;
use crate::store::dynamo_read_models::DynamoReadModels;
use crate::store::generations::Generations;
use crate::store::tables;

/// The data file's name in the data folder.
const DATA_FILE: &str = "dynamodb.sqlite";

/// All that is kept.
#[derive(Clone)]
pub struct Stores {
    /// DynamoDB.
    pub client: Client,
    /// The DynamoDB in this process, if it is here.
    pub engine: Option<Engine>,
    /// Streams of events.
    pub events: DynamoEventStore,
    /// The read models.
    pub models: DynamoReadModels,
    /// Which of their generations are written and read.
    pub generations: Generations,
}

impl Stores {
    /// Opens what is configured.
    ///
    /// # Errors
    /// What cannot be opened, and what to do about it.
    pub async fn open(config: &Config) -> Result<Self, String> {
        let (client, engine) = match (config.backend, &config.endpoints.dynamodb) {
            (BackendKind::Embedded, None) => {
                let engine = Engine::open(&config.store.data_dir.join(DATA_FILE))?;
                (client::embedded(&engine), Some(engine))
            }
            (BackendKind::Embedded, Some(url)) => (client::embedded_elsewhere(url), None),
            (BackendKind::Aws, _) => (aws_clients(&config.endpoints).await.dynamodb, None),
        };
        Ok(Self::around(config, client, engine))
    }

    fn around(config: &Config, client: Client, engine: Option<Engine>) -> Self {
        let events = DynamoEventStore::new(client.clone(), &config.store.events_table);
        let models = DynamoReadModels::new(client.clone(), &config.store);
        let generations = Generations::new(Arc::new(models.clone()));
        Self { client, engine, events, models, generations }
    }

    /// The same for work that nobody waits for: where DynamoDB is in this process, it makes way
    /// for requests that somebody waits for.
    #[must_use]
    pub fn in_background(&self, config: &Config) -> Self {
        let client = self.engine.as_ref().map(client::embedded_background);
        Self::around(config, client.unwrap_or_else(|| self.client.clone()), self.engine.clone())
    }

    /// Creates the tables that are missing.
    ///
    /// # Errors
    /// What could not be created and why.
    pub async fn provision(&self, config: &Config) -> Result<(), String> {
        tables::provision(&self.client, &config.store).await.map(|_| ())
    }
}

/// How events travel.
pub struct Messaging {
    /// Takes events over.
    pub bus: Arc<dyn Bus>,
    /// The queue of each subscription.
    pub queues: Vec<(Subscription, Arc<dyn Queue>)>,
    /// The bus, if it is in this process.
    pub embedded: Option<Arc<EmbeddedBus>>,
}

impl Messaging {
    /// Finds the bus and the queues.
    ///
    /// # Errors
    /// What is missing; `healthflow provision` makes it.
    pub async fn open(config: &Config, stores: &Stores) -> Result<Self, String> {
        let mut queues: Vec<(Subscription, Arc<dyn Queue>)> = Vec::new();
        if config.backend == BackendKind::Embedded {
            let letters = Arc::new(embedded_dead_letters(config, stores));
            let bus = EmbeddedBus::new(&SUBSCRIPTIONS, letters, Arc::new(SystemClock));
            for subscription in SUBSCRIPTIONS {
                if let Some(queue) = bus.queue(&subscription) {
                    queues.push((subscription, queue));
                }
            }
            let bus = Arc::new(bus);
            return Ok(Self { bus: Arc::clone(&bus) as Arc<dyn Bus>, queues, embedded: Some(bus) });
        }
        let aws = aws_clients(&config.endpoints).await;
        for subscription in SUBSCRIPTIONS {
            let queue = SqsQueue::find(aws.sqs.clone(), &config.messaging, &subscription).await?;
            queues.push((subscription, Arc::new(queue)));
        }
        let bus = EventBridgeBus::new(aws.eventbridge, &config.messaging.event_bus_name);
        Ok(Self { bus: Arc::new(bus), queues, embedded: None })
    }

    /// The queue of `subscription`.
    ///
    /// # Errors
    /// When there is none.
    pub fn queue(&self, subscription: &Subscription) -> Result<Arc<dyn Queue>, String> {
        let found = self.queues.iter().find(|(of, _)| of == subscription);
        let found = found.ok_or_else(|| format!("There is no queue {}.", subscription.queue))?;
        Ok(Arc::clone(&found.1))
    }
}

fn embedded_dead_letters(config: &Config, stores: &Stores) -> DynamoDeadLetters {
    DynamoDeadLetters::new(stores.client.clone(), &config.store.dead_letters_table)
}

/// Where an operator handles what could not be delivered.
pub async fn dead_letters(config: &Config, stores: &Stores) -> Arc<dyn DeadLetters> {
    match config.backend {
        BackendKind::Embedded => Arc::new(embedded_dead_letters(config, stores)),
        BackendKind::Aws => {
            let sqs = aws_clients(&config.endpoints).await.sqs;
            Arc::new(SqsDeadLetters::new(sqs, &config.messaging, &SUBSCRIPTIONS))
        }
    }
}

/// Creates what is missing at the configured backend.
///
/// # Errors
/// What could not be created and why.
pub async fn provision(config: &Config) -> Result<(), String> {
    Stores::open(config).await?.provision(config).await?;
    if config.backend == BackendKind::Aws {
        let aws = aws_clients(&config.endpoints).await;
        let (events, queues) = (aws.eventbridge, aws.sqs);
        let names = config.messaging.clone();
        Provisioner { events, queues, names }.provision(&SUBSCRIPTIONS).await?;
    }
    Ok(())
}
