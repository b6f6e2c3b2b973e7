//! Carries the SDK's requests to the engine without a socket.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;

use super::engine::Engine;
use super::lanes::Lane;
use super::operations::Tokens;

const TARGET: &str = "x-amz-target";

/// An HTTP client for the SDK that ends in this process.
#[derive(Clone, Debug)]
pub struct EmbeddedHttpClient {
    engine: Engine,
    lane: Lane,
}

impl EmbeddedHttpClient {
    /// The client in front of `engine`, all of whose requests take this lane.
    #[must_use]
    pub fn new(engine: Engine, lane: Lane) -> Self {
        Self { engine, lane }
    }
}

impl HttpClient for EmbeddedHttpClient {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for EmbeddedHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { engine, lane } = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get(TARGET).unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let stopped = |error: super::engine::Stopped| ConnectorError::io(error.into());
            let answer =
                engine.call(lane, Tokens::Ignored, operation, body).await.map_err(stopped)?;
            let status = StatusCode::try_from(answer.status)
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            Ok(Response::new(status, SdkBody::from(answer.body)))
        })
    }
}
