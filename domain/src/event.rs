//! Stored events: a published format. Wire names, schema versions and the envelope are fixed by
//! the golden files in `domain/golden`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::{AlertAcknowledged, AlertCreated, AlertReassessed, AlertReleased};
use crate::ids::{AlertId, CorrelationId, EventId, ObservationId, PatientId};
use crate::observation::{ObservationCorrected, ObservationSubmitted, ObservationWithdrawn};
use crate::patient::PatientCreated;
use crate::timestamp::Timestamp;
use crate::trace_parent::{self, TraceParent};
use crate::upcast::{self, DecodeError};

/// Everything that can have happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "payload")]
pub enum Event {
    /// A patient was registered.
    PatientCreated(PatientCreated),
    /// An observation was taken in.
    ObservationSubmitted(ObservationSubmitted),
    /// An observation was corrected by who had sent it.
    ObservationCorrected(ObservationCorrected),
    /// An observation was withdrawn by who had sent it.
    ObservationWithdrawn(ObservationWithdrawn),
    /// An alert was raised.
    AlertCreated(AlertCreated),
    /// A clinician takes care of an alert.
    AlertAcknowledged(AlertAcknowledged),
    /// Nobody takes care of an alert any more.
    AlertReleased(AlertReleased),
    /// An alert was judged again, because what raised it was corrected or withdrawn.
    AlertReassessed(AlertReassessed),
}

/// The wire name of [`PatientCreated`].
pub const PATIENT_CREATED: &str = "PatientCreated";
/// The wire name of [`ObservationSubmitted`].
pub const OBSERVATION_SUBMITTED: &str = "ObservationSubmitted";
/// The wire name of [`ObservationCorrected`].
pub const OBSERVATION_CORRECTED: &str = "ObservationCorrected";
/// The wire name of [`ObservationWithdrawn`].
pub const OBSERVATION_WITHDRAWN: &str = "ObservationWithdrawn";
/// The wire name of [`AlertCreated`].
pub const ALERT_CREATED: &str = "AlertCreated";
/// The wire name of [`AlertAcknowledged`].
pub const ALERT_ACKNOWLEDGED: &str = "AlertAcknowledged";
/// The wire name of [`AlertReleased`].
pub const ALERT_RELEASED: &str = "AlertReleased";
/// The wire name of [`AlertReassessed`].
pub const ALERT_REASSESSED: &str = "AlertReassessed";

impl Event {
    /// The event's stable name on the wire, the EventBridge `DetailType`.
    #[must_use]
    pub fn wire_name(&self) -> &'static str {
        match self {
            Self::PatientCreated(_) => PATIENT_CREATED,
            Self::ObservationSubmitted(_) => OBSERVATION_SUBMITTED,
            Self::ObservationCorrected(_) => OBSERVATION_CORRECTED,
            Self::ObservationWithdrawn(_) => OBSERVATION_WITHDRAWN,
            Self::AlertCreated(_) => ALERT_CREATED,
            Self::AlertAcknowledged(_) => ALERT_ACKNOWLEDGED,
            Self::AlertReleased(_) => ALERT_RELEASED,
            Self::AlertReassessed(_) => ALERT_REASSESSED,
        }
    }

    /// The version of the payload's schema that is written today.
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        upcast::current_version(self.wire_name()).unwrap_or(1)
    }

    /// The stream the event belongs to.
    #[must_use]
    pub fn stream_id(&self) -> StreamId {
        match self {
            Self::PatientCreated(event) => StreamId::patient(event.patient_id),
            Self::ObservationSubmitted(event) => StreamId::observation(event.observation_id),
            Self::ObservationCorrected(event) => StreamId::observation(event.observation_id),
            Self::ObservationWithdrawn(event) => StreamId::observation(event.observation_id),
            Self::AlertCreated(event) => StreamId::alert(event.alert_id),
            Self::AlertAcknowledged(event) => StreamId::alert(event.alert_id),
            Self::AlertReleased(event) => StreamId::alert(event.alert_id),
            Self::AlertReassessed(event) => StreamId::alert(event.alert_id),
        }
    }
}

/// The stream of one aggregate, such as `observation-0198…`: the unit of order and of conflict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    /// A patient's stream.
    #[must_use]
    pub fn patient(id: PatientId) -> Self {
        Self(format!("patient-{id}"))
    }

    /// An observation's stream.
    #[must_use]
    pub fn observation(id: ObservationId) -> Self {
        Self(format!("observation-{id}"))
    }

    /// An alert's stream.
    #[must_use]
    pub fn alert(id: AlertId) -> Self {
        Self(format!("alert-{id}"))
    }

    /// The stream of this name, as it is stored.
    #[must_use]
    pub fn stored(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event as it is stored and sent: `{event_id, timestamp, type, payload, …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The event; the same at every delivery.
    pub event_id: EventId,
    /// When it was recorded.
    pub timestamp: Timestamp,
    /// The stream it belongs to.
    pub stream_id: StreamId,
    /// Its place in the stream, from 1.
    pub stream_version: u64,
    /// The version of the payload's schema.
    pub schema_version: u32,
    /// Joins everything that one request caused.
    pub correlation_id: CorrelationId,
    /// The event that caused it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// Where in a distributed trace it was recorded, if one was: the distributed tracing extension
    /// of CloudEvents.
    #[serde(
        default,
        rename = "traceparent",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace_parent::lenient"
    )]
    pub trace_parent: Option<TraceParent>,
    /// What happened: `type` and `payload`.
    #[serde(flatten)]
    pub event: Event,
}

/// The circumstances in which an event is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The new event's identifier.
    pub event_id: EventId,
    /// Now.
    pub timestamp: Timestamp,
    /// The request's.
    pub correlation_id: CorrelationId,
    /// The event that caused it, if one did.
    pub causation_id: Option<EventId>,
    /// Where in a distributed trace that is, if it is traced.
    pub trace_parent: Option<TraceParent>,
}

impl Envelope {
    /// Puts `event` at place `stream_version` of its stream.
    #[must_use]
    pub fn new(event: Event, stream_version: u64, recorded: Recorded) -> Self {
        Self {
            event_id: recorded.event_id,
            timestamp: recorded.timestamp,
            stream_id: event.stream_id(),
            stream_version,
            schema_version: event.schema_version(),
            correlation_id: recorded.correlation_id,
            causation_id: recorded.causation_id,
            trace_parent: recorded.trace_parent,
            event,
        }
    }

    /// Reads an event as it was stored or sent, in whatever version it was written.
    ///
    /// # Errors
    /// Why it cannot be understood.
    pub fn decode(json: &str) -> Result<Self, DecodeError> {
        let head: Head<'_> = serde_json::from_str(json)?;
        let (event_type, written) = (head.event_type.as_ref(), head.schema_version);
        let current = upcast::current_version(event_type)
            .ok_or_else(|| DecodeError::UnknownType(event_type.to_owned()))?;
        if written == current {
            return Ok(serde_json::from_str(json)?);
        }
        if written > current {
            let event_type = event_type.to_owned();
            return Err(DecodeError::NewerSchema { event_type, version: written });
        }
        let mut envelope = serde_json::from_str(json)?;
        upcast::upcast(&mut envelope, event_type, written);
        Ok(serde_json::from_value(Value::Object(envelope))?)
    }
}

/// What tells how the rest is to be read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    event_type: Cow<'a, str>,
    schema_version: u32,
}
