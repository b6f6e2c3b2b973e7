//! From OpenTelemetry's notion of a place in a trace to the one that events carry, and back.

use domain::trace_parent::TraceParent;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Where in a trace the caller is; `None` where no traces are exported.
#[must_use]
pub fn current() -> Option<TraceParent> {
    of(&Span::current().context())
}

/// The place of the span in `context`, if there is one.
pub(super) fn of(context: &Context) -> Option<TraceParent> {
    let span = context.span();
    let place = span.span_context();
    let trace_id = u128::from_be_bytes(place.trace_id().to_bytes());
    let span_id = u64::from_be_bytes(place.span_id().to_bytes());
    TraceParent::new(trace_id, span_id, place.trace_flags().to_u8())
}

/// What another process, or an earlier moment, left behind.
pub(super) fn remote(parent: TraceParent) -> SpanContext {
    let trace_id = TraceId::from_bytes(parent.trace_id().to_be_bytes());
    let span_id = SpanId::from_bytes(parent.span_id().to_be_bytes());
    let flags = TraceFlags::new(parent.flags());
    SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE)
}
