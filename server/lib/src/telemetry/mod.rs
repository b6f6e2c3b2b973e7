//! Logs to the terminal, and traces to an OpenTelemetry collector where one is configured.

pub mod message_spans;
pub mod trace_context;

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::Config;

/// Under this name traces are found.
const SERVICE_NAME: &str = "healthflow";

/// Makes spans that are none of `tracing`'s, where traces are exported.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Keeps logs and traces going; dropping it sends what is left.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces {
            // A collector that is away is no reason not to stop.
            let _ = traces.shutdown();
        }
    }
}

/// Begins to log as configured.
///
/// # Errors
/// An endpoint for traces that is none.
pub fn start(config: &Config) -> Result<Telemetry, String> {
    let filter =
        EnvFilter::try_from_env("HEALTHFLOW_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = if config.log_json { log.json().boxed() } else { log.boxed() };
    let traces = config.otlp_endpoint.as_deref().map(exporting_to).transpose()?;
    let layer = traces
        .as_ref()
        .map(|traces| tracing_opentelemetry::layer().with_tracer(traces.tracer(SERVICE_NAME)));
    if let Some(traces) = &traces {
        // Logging can begin once only, so nobody was here before.
        let _ = TRACER.set(traces.tracer(SERVICE_NAME));
    }
    tracing_subscriber::registry().with(filter).with(log).with(layer).init();
    Ok(Telemetry { traces })
}

fn exporting_to(endpoint: &str) -> Result<SdkTracerProvider, String> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build();
    let exporter = exporter.map_err(|error| {
        format!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is {endpoint:?}: {error}. Give the collector's address, \
             such as http://127.0.0.1:4318, or leave it out."
        )
    })?;
    let resource = Resource::builder().with_service_name(SERVICE_NAME).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
