//! How the DynamoDB client is made, and how its failures are told apart.

use app::error::AppError;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_dynamodb::types::builders::PutBuilder;

use super::writing::DoubtWatch;
use crate::config::EndpointConfig;
use crate::embedded::connector::EmbeddedHttpClient;
use crate::embedded::engine::Engine;
use crate::embedded::lanes::Lane;

/// A client of the DynamoDB in this process. It goes through the SDK like any other, only not
/// through a socket.
#[must_use]
pub fn embedded(engine: &Engine) -> Client {
    embedded_in(Lane::Foreground, engine)
}

/// The same for work that nobody waits for: it makes way for the other client's requests.
#[must_use]
pub fn embedded_background(engine: &Engine) -> Client {
    embedded_in(Lane::Background, engine)
}

fn embedded_in(lane: Lane, engine: &Engine) -> Client {
    let config = without_aws()
        .endpoint_url("http://embedded.invalid")
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(EmbeddedHttpClient::new(engine.clone(), lane));
    Client::from_conf(config.build())
}

/// A client of an embedded DynamoDB in another process, as `healthflow dynamodb` serves it.
#[must_use]
pub fn embedded_elsewhere(endpoint_url: &str) -> Client {
    Client::from_conf(without_aws().endpoint_url(endpoint_url).build())
}

/// Settings that need nothing from AWS: the embedded DynamoDB checks no credentials, so there are
/// none, and nothing is signed.
pub(super) fn without_aws() -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(behavior_version())
        .region(Region::new("us-east-1"))
        .allow_no_auth()
        .interceptor(DoubtWatch)
}

/// The clients of AWS's services.
#[derive(Clone, Debug)]
pub struct AwsClients {
    /// DynamoDB.
    pub dynamodb: Client,
    /// EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
}

/// The clients of AWS's services where they are configured to be. Region and credentials come
/// from the environment, as with every AWS tool.
pub async fn aws_clients(endpoints: &EndpointConfig) -> AwsClients {
    let mut loader = aws_config::defaults(behavior_version());
    if let Some(url) = &endpoints.all {
        loader = loader.endpoint_url(url);
    }
    let shared = loader.load().await;
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&shared).interceptor(DoubtWatch);
    let mut eventbridge = aws_sdk_eventbridge::config::Builder::from(&shared);
    let mut sqs = aws_sdk_sqs::config::Builder::from(&shared);
    // Set only where given: setting nothing would take away what the line above brought.
    if endpoints.dynamodb.is_some() {
        dynamodb.set_endpoint_url(endpoints.dynamodb.clone());
    }
    if endpoints.eventbridge.is_some() {
        eventbridge.set_endpoint_url(endpoints.eventbridge.clone());
    }
    if endpoints.sqs.is_some() {
        sqs.set_endpoint_url(endpoints.sqs.clone());
    }
    AwsClients {
        dynamodb: Client::from_conf(dynamodb.build()),
        eventbridge: aws_sdk_eventbridge::Client::from_conf(eventbridge.build()),
        sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
    }
}

/// The SDK's defaults, fixed to a date so that an update does not change them by surprise.
fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store asked to be spared; nothing was written.
    #[error("the store is overloaded")]
    Throttled,
    /// The store could not be reached or does not work at the moment; nothing was written.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store was asked to write, and whether it did is not known.
    #[error("it is not known whether the store has written: {0}")]
    OutcomeUnknown(String),
    /// The store refused, and says so in its own words.
    #[error("the store failed: {0}")]
    Failed(String),
    /// Something stored cannot be read any more.
    #[error("stored data cannot be decoded: {0}")]
    Undecodable(String),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Throttled => Self::Overloaded { retry_after_s: 2 },
            error => {
                tracing::error!(%error, "the store did not answer a request");
                match error {
                    StoreError::OutcomeUnknown(_) => Self::OutcomeUnknown,
                    _ => Self::Unavailable,
                }
            }
        }
    }
}

impl StoreError {
    /// What the SDK's error about a request that reads means; for those that write there is
    /// [`super::writing::write`].
    pub fn of_reading<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let code = error.code().map(str::to_owned);
        match code.as_deref() {
            Some(
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded",
            ) => Self::Throttled,
            Some(
                code @ ("InternalServerError"
                | "InternalFailure"
                | "ServiceUnavailable"
                | "RequestTimeout"
                // A table that is being made, or whose store is just starting.
                | "ResourceNotFoundException"),
            ) => Self::Unavailable(code.to_owned()),
            Some(code) => Self::Failed(code.to_owned()),
            None => Self::Unavailable(kind_of(&error).to_owned()),
        }
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }

    /// The same where what may have been written is nothing that anybody asked for, such as the
    /// record of an access.
    #[must_use]
    pub fn with_nothing_saved(self) -> Self {
        match self {
            Self::OutcomeUnknown(why) => Self::Unavailable(why),
            error => error,
        }
    }
}

/// A put as part of a transaction.
///
/// # Errors
/// [`StoreError::Failed`], should it name no table or no item.
pub fn put_in_transaction(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(|e| StoreError::Failed(e.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn kind_of<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "the request could not be built",
        SdkError::TimeoutError(_) => "time-out",
        SdkError::DispatchFailure(_) => "the endpoint cannot be reached",
        SdkError::ResponseError(_) => "the answer is garbled",
        _ => "an unknown failure",
    }
}
