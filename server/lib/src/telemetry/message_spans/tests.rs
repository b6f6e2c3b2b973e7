use domain::event::{Event, Recorded};
use domain::ids::PatientId;
use domain::patient::PatientCreated;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, SystemClock};

const QUEUE: Destination<'_> = Destination { system: "aws_sqs", name: "patients" };

fn event(trace_parent: Option<TraceParent>) -> Envelope {
    let created = PatientCreated {
        patient_id: PatientId(Uuid::nil()),
        clinic_id: "demo".parse().expect("a clinic"),
        patient_login: "anna".to_owned(),
        email: None,
    };
    let recorded = SystemClock.recorded(CorrelationId(Uuid::nil()), None);
    Envelope::new(Event::PatientCreated(created), 1, Recorded { trace_parent, ..recorded })
}

/// The span of processing `event`, after `act` was done with it.
fn exported(event: &mut Envelope, act: impl FnOnce(&MessageSpan)) -> SpanData {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let span = MessageSpan::processing_with(Some(&provider.tracer("test")), event, QUEUE);
    act(&span);
    drop(span);
    let mut spans = exporter.get_finished_spans().expect("an exporter in use");
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[test]
fn a_span_joins_the_trace_of_its_event_which_then_carries_the_span_on() {
    let parent = TraceParent::new(7, 9, 1);
    let mut event = event(parent);
    let span = exported(&mut event, |_| {});
    assert_eq!(span.span_context.trace_id(), 7.into());
    assert_eq!((span.parent_span_id, span.parent_span_is_remote), (9.into(), true));
    assert_eq!((span.name.as_ref(), span.span_kind), ("process patients", SpanKind::Consumer));
    let carried = event.trace_parent.expect("its own span");
    assert_eq!(carried.trace_id(), 7);
    assert_eq!(span.span_context.span_id(), carried.span_id().into());
}

#[test]
fn an_event_without_a_trace_begins_one() {
    let mut event = event(None);
    let span = exported(&mut event, |_| {});
    assert_eq!(span.parent_span_id, 0.into());
    assert!(event.trace_parent.is_some());
}

#[test]
fn a_failure_is_told_by_its_span() {
    let fail = |span: &MessageSpan| span.failed("store", "the store is overloaded".to_owned());
    let span = exported(&mut event(None), fail);
    assert_eq!(span.status, Status::error("the store is overloaded"));
    assert!(span.attributes.contains(&KeyValue::new("error.type", "store")));
}

#[test]
fn a_trace_that_its_sender_does_not_record_is_not_recorded() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let mut event = event(TraceParent::new(7, 9, 0));
    drop(MessageSpan::processing_with(Some(&provider.tracer("test")), &mut event, QUEUE));
    assert_eq!(exporter.get_finished_spans().expect("an exporter in use"), []);
    assert_eq!(event.trace_parent.map(TraceParent::trace_id), Some(7));
}

#[test]
fn where_no_traces_are_exported_an_event_keeps_its_place_for_others() {
    let parent = TraceParent::new(7, 9, 1);
    let mut event = event(parent);
    drop(MessageSpan::processing_with(None, &mut event, QUEUE));
    assert_eq!(event.trace_parent, parent);
}
