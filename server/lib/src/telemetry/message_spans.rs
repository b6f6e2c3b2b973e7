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
use opentelemetry::trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use serde::Deserialize;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{TRACER, trace_context};
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
    /// Where it comes from; `None` should it not be readable.
    origin: Option<Origin>,
}

/// Where an event comes from.
#[derive(Clone, Copy, Deserialize)]
struct Origin {
    correlation_id: CorrelationId,
    #[serde(default, rename = "traceparent", deserialize_with = "domain::trace_parent::lenient")]
    trace_parent: Option<TraceParent>,
}

/// The span of one event; it ends when this is dropped. Where no traces are exported, it is none.
pub struct MessageSpan(Option<Context>);

impl MessageSpan {
    /// The span of handing an event to a bus.
    #[must_use]
    pub fn sending(event: &StoredEvent, to: Destination<'_>) -> Self {
        Self::begin(TRACER.get(), Operation::Send, to, || Described {
            event_id: event.event_id,
            event_type: &event.event_type,
            origin: serde_json::from_str(&event.json).ok(),
        })
    }

    /// The span of what a consumer does about an event, which then carries it on: what is caused
    /// from here hangs on this span.
    #[must_use]
    pub fn processing(event: &mut Envelope, from: Destination<'_>) -> Self {
        Self::processing_with(TRACER.get(), event, from)
    }

    fn processing_with(
        tracer: Option<&SdkTracer>,
        event: &mut Envelope,
        from: Destination<'_>,
    ) -> Self {
        let (correlation_id, trace_parent) = (event.correlation_id, event.trace_parent);
        let span = Self::begin(tracer, Operation::Process, from, || Described {
            event_id: event.event_id,
            event_type: event.event.wire_name(),
            origin: Some(Origin { correlation_id, trace_parent }),
        });
        event.trace_parent = span.0.as_ref().and_then(trace_context::of).or(trace_parent);
        span
    }

    fn begin<'a>(
        tracer: Option<&SdkTracer>,
        operation: Operation,
        at: Destination<'_>,
        describe: impl FnOnce() -> Described<'a>,
    ) -> Self {
        let Some(tracer) = tracer else { return Self(None) };
        let event = describe();
        let mut attributes = vec![
            KeyValue::new("messaging.system", at.system),
            KeyValue::new("messaging.operation.name", operation.name()),
            KeyValue::new("messaging.operation.type", operation.name()),
            KeyValue::new("messaging.destination.name", at.name.to_owned()),
            KeyValue::new("messaging.message.id", event.event_id.to_string()),
            KeyValue::new("healthflow.event.type", event.event_type.to_owned()),
        ];
        let joined_by = event.origin.map(|origin| origin.correlation_id.to_string());
        attributes
            .extend(joined_by.map(|id| KeyValue::new("messaging.message.conversation_id", id)));
        let mut span = SpanBuilder::from_name(format!("{} {}", operation.name(), at.name))
            .with_kind(operation.kind())
            .with_attributes(attributes);
        let batch = Span::current();
        let batch_place = batch.context().span().span_context().clone();
        if batch_place.is_valid() {
            span = span.with_links(vec![Link::with_context(batch_place)]);
        }
        let mut parent = Context::new();
        if let Some(place) = event.origin.and_then(|origin| origin.trace_parent) {
            let place = trace_context::remote(place);
            batch.add_link(place.clone());
            parent = parent.with_remote_span_context(place);
        }
        let span = tracer.build_with_context(span, &parent);
        Self(Some(parent.with_span(span)))
    }

    /// Notes that it did not work: `kind` is one of a few, `reason` names nothing of the event's
    /// content.
    pub fn failed(&self, kind: &'static str, reason: String) {
        if let Some(context) = &self.0 {
            let span = context.span();
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(reason));
        }
    }
}

#[cfg(test)]
mod tests;
