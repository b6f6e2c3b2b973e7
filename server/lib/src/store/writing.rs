//! Requests that write, and what is known of them when they fail.
//!
//! Whoever waits is told that nothing was saved only where that is sure. A request that was cut off
//! after it was sent may have been done; and the SDK sends it again by itself, so that the last
//! answer alone does not tell what became of the first. [`DoubtWatch`] sees every attempt.

use std::cell::Cell;
use std::error::Error;
use std::io;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error as OperationError, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::client::StoreError;

tokio::task_local! {
    /// Whether an attempt of the request that this task waits for may have been done.
    static IN_DOUBT: Cell<bool>;
}

/// Why a request that writes was not answered with success.
#[derive(Debug)]
pub struct WriteError<E, R> {
    error: SdkError<E, R>,
    in_doubt: bool,
}

/// Sends a request that writes.
///
/// # Errors
/// What the store said, and whether it may have written all the same.
pub async fn write<O, E, R>(
    sending: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<O, WriteError<E, R>> {
    let watched = async {
        let sent = sending.await;
        (sent, IN_DOUBT.with(Cell::get))
    };
    let (sent, in_doubt) = IN_DOUBT.scope(Cell::new(false), watched).await;
    sent.map_err(|error| WriteError { in_doubt: in_doubt || is_cut_off(&error), error })
}

/// What became of a conditional write: whether it was done. A condition that does not hold is no
/// failure.
///
/// # Errors
/// When the store did not do its part.
pub async fn written<O, E, R>(
    sending: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata,
{
    match write(sending).await {
        Ok(_) => Ok(true),
        // What an earlier attempt wrote is what stands in the way of a later one.
        Err(failed) if failed.is_unmet_condition() && !failed.in_doubt => Ok(false),
        Err(failed) => Err(failed.into()),
    }
}

impl<E, R> WriteError<E, R> {
    /// The store's own words, if it refused.
    #[must_use]
    pub fn as_service_error(&self) -> Option<&E> {
        self.error.as_service_error()
    }

    /// Whether it may have been written, by an attempt before the last one at least.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }
}

impl<E: ProvideErrorMetadata, R> WriteError<E, R> {
    fn is_unmet_condition(&self) -> bool {
        self.error.code() == Some("ConditionalCheckFailedException")
    }
}

impl<E: ProvideErrorMetadata, R> From<WriteError<E, R>> for StoreError {
    fn from(failed: WriteError<E, R>) -> Self {
        let in_doubt = failed.in_doubt || is_heard_by_nobody_knows(failed.error.code());
        match Self::of_reading(failed.error) {
            error if !in_doubt => error,
            error => Self::OutcomeUnknown(error.to_string()),
        }
    }
}

/// Whether the store says with this `code` that it does not know itself.
fn is_heard_by_nobody_knows(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "InternalServerError"
                | "InternalFailure"
                | "ServiceUnavailable"
                | "RequestTimeout"
                | "TransactionInProgressException"
        )
    )
}

/// Whether the request may have reached the store though no answer came back.
fn is_cut_off<E, R>(error: &SdkError<E, R>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().is_none_or(|error| !never_left(error))
        }
        SdkError::ServiceError(_) => false,
        _ => true,
    }
}

/// Whether no connection came about, so that nothing was sent.
fn never_left(error: &ConnectorError) -> bool {
    if error.is_user() {
        return true;
    }
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        let refused = cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable
            )
        });
        // The type of a time-out while connecting is the SDK's own; its words are not.
        let too_slow = || cause.to_string().contains("connect timeout");
        if refused || cause.is::<ResolveDnsError>() || too_slow() {
            return true;
        }
        next = cause.source();
    }
    false
}

/// Sees each attempt of a request that [`write()`] sends.
#[derive(Debug)]
pub struct DoubtWatch;

#[dyn_dispatch_hint]
impl Intercept for DoubtWatch {
    fn name(&self) -> &'static str {
        "DoubtWatch"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error()
            && leaves_doubt(error, context.response())
        {
            // Requests that read are not watched.
            let _ = IN_DOUBT.try_with(|in_doubt| in_doubt.set(true));
        }
        Ok(())
    }
}

fn leaves_doubt(
    error: &OrchestratorError<OperationError>,
    response: Option<&HttpResponse>,
) -> bool {
    match response {
        // What it refuses in good order it has not done.
        Some(response) if error.is_operation_error() => !response.status().is_client_error(),
        Some(_) => true,
        None => {
            error.is_timeout_error()
                || error.as_connector_error().is_some_and(|error| !never_left(error))
        }
    }
}

#[cfg(test)]
mod tests;
