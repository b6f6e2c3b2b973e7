//! A span for each event that is sent or processed, in the trace of the request that caused it:
//! named and described as OpenTelemetry's semantic conventions for messaging want it.
//!
//! Events travel in batches, and a span has one parent: each event's span hangs on the place in
//! the trace that the event carries, and is linked to the span of the batch. They are made here
//! and not as spans of `tracing`, because a batch is worked on as a whole: none of its events'
//! spans can be the one that log lines stand in.

use domain::event::Envelope;
use domain::ids::{CorrelationId, EventId};
use domain::trace_parent::TraceParent;
use opentelemetry::trace::{
    SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue, global};
use serde::Deserialize;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{SERVICE_NAME, trace_context};
use crate::messaging::Destination;
use crate::store::event_store::StoredEvent;

/// What is done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Send,
    Process,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Process => "process",
        }
    }

    fn kind(self) -> SpanKind {
        match self {
            Self::Send => SpanKind::Producer,
            Self::Process => SpanKind::Consumer,
        }
    }
}

/// What a span says of its event; nothing of the event's content.
struct Described<'a> {
    event_id: EventId,
    event_type: &'a str,
    /// What is known of where it comes from: nothing, should it not be readable.
    origin: Option<Origin>,
}

/// Where an event comes from.
#[derive(Clone, Copy, Deserialize)]
struct Origin {
    correlation_id: CorrelationId,
    #[serde(default, rename = "traceparent", deserialize_with = "domain::trace_parent::lenient")]
    trace_parent: Option<TraceParent>,
}

/// The span of one event; it ends when this is dropped.
pub struct MessageSpan(Context);

impl MessageSpan {
    /// The span of handing an event to a bus.
    #[must_use]
    pub fn sending(event: &StoredEvent, to: Destination<'_>) -> Self {
        let origin = serde_json::from_str(&event.json).ok();
        let described =
            Described { event_id: event.event_id, event_type: &event.event_type, origin };
        Self::begin(Operation::Send, to, &described)
    }

    /// The span of what a consumer does about an event, which then carries it on: what is caused
    /// from here hangs on this span.
    #[must_use]
    pub fn processing(event: &mut Envelope, from: Destination<'_>) -> Self {
        let origin =
            Origin { correlation_id: event.correlation_id, trace_parent: event.trace_parent };
        let event_type = event.event.wire_name();
        let described = Described { event_id: event.event_id, event_type, origin: Some(origin) };
        let span = Self::begin(Operation::Process, from, &described);
        event.trace_parent = trace_context::of(&span.0).or(event.trace_parent);
        span
    }

    fn begin(operation: Operation, at: Destination<'_>, event: &Described<'_>) -> Self {
        let mut attributes = vec![
            KeyValue::new("messaging.system", at.system),
            KeyValue::new("messaging.operation.name", operation.name()),
            KeyValue::new("messaging.operation.type", operation.name()),
            KeyValue::new("messaging.destination.name", at.name.to_owned()),
            KeyValue::new("messaging.message.id", event.event_id.to_string()),
            KeyValue::new("healthflow.event.type", event.event_type.to_owned()),
        ];
        if let Some(origin) = event.origin {
            let joined_by = origin.correlation_id.to_string();
            attributes.push(KeyValue::new("messaging.message.conversation_id", joined_by));
        }
        let parent = event.origin.and_then(|origin| origin.trace_parent);
        let parent = parent.map(trace_context::remote);
        let batch = Span::current();
        if let Some(parent) = &parent {
            batch.add_link(parent.clone());
        }
        let name = format!("{} {}", operation.name(), at.name);
        let batch = batch.context().span().span_context().clone();
        let mut span = SpanBuilder::from_name(name).with_kind(operation.kind());
        span = span.with_attributes(attributes);
        if batch.is_valid() {
            span = span.with_links(vec![opentelemetry::trace::Link::with_context(batch)]);
        }
        let parent = parent
            .map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let tracer = global::tracer_provider().tracer(SERVICE_NAME);
        let span = tracer.build_with_context(span, &parent);
        Self(parent.with_span(span))
    }

    /// Notes that it did not work: `kind` is one of a few, `reason` names nothing of the event's
    /// content.
    pub fn failed(&self, kind: &'static str, reason: String) {
        let span = self.0.span();
        span.set_attribute(KeyValue::new("error.type", kind));
        span.set_status(Status::error(reason));
    }
}
