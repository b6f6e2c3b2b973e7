//! Where the tests' LocalStack is, as `tools/test` says.

use healthflow::config::EndpointConfig;

/// The endpoints of the LocalStack under test.
pub(crate) fn endpoints() -> EndpointConfig {
    let named = |name: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tools/test"))
    };
    EndpointConfig {
        all: Some(named("HEALTHFLOW_TEST_LOCALSTACK_URL")),
        dynamodb: Some(named("HEALTHFLOW_TEST_LOCALSTACK_DYNAMODB_URL")),
        eventbridge: None,
        sqs: None,
    }
}

/// A name nobody else uses, so that tests do not meet on the shared LocalStack.
pub(crate) fn unique(name: &str) -> String {
    let fresh = uuid::Uuid::new_v4().simple().to_string();
    format!("{}-{name}", &fresh[..8])
}
