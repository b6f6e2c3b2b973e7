//! How the DynamoDB client is made, and how its failures are told apart.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::embedded::connector::EmbeddedHttpClient;
use crate::embedded::engine::Engine;

/// A client of the DynamoDB in this process. It goes through the SDK like any other, only not
/// through a socket.
#[must_use]
pub fn embedded(engine: &Engine) -> Client {
    let credentials = Credentials::new("embedded", "embedded", None, None, "embedded");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(behavior_version())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url("http://embedded.invalid")
        .http_client(EmbeddedHttpClient::new(engine.clone()))
        .build();
    Client::from_conf(config)
}

/// The SDK's defaults, fixed to a date so that an update does not change them by surprise.
#[must_use]
pub fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store asked to be spared; nothing was written.
    #[error("the store is overloaded")]
    Throttled,
    /// The store could not be reached or failed, and says so in its own words.
    #[error("the store failed: {0}")]
    Failed(String),
    /// Something stored cannot be read any more.
    #[error("stored data cannot be decoded: {0}")]
    Undecodable(String),
}

impl StoreError {
    /// What the SDK's error means.
    pub fn from_sdk<E, R>(error: SdkError<E, R>) -> Self
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
            Some(code) => Self::Failed(code.to_owned()),
            None => Self::Failed(kind_of(&error).to_owned()),
        }
    }
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
