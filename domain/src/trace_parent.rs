//! Where in a distributed trace something happens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of a trace, in the format of W3C Trace Context, version 00:
/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

/// The text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no W3C trace context")]
pub struct NotATraceParent;

impl TraceParent {
    /// The span `span_id` of the trace `trace_id`; `None` when one of them is zero, which stands
    /// for none. Bit 0 of `flags` says whether the trace is recorded.
    #[must_use]
    pub fn new(trace_id: u128, span_id: u64, flags: u8) -> Option<Self> {
        (trace_id != 0 && span_id != 0).then_some(Self { trace_id, span_id, flags })
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The span.
    #[must_use]
    pub fn span_id(self) -> u64 {
        self.span_id
    }

    /// The trace's flags.
    #[must_use]
    pub fn flags(self) -> u8 {
        self.flags
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let is_lower_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length);
            part.filter(|part| part.chars().all(is_lower_hex)).ok_or(NotATraceParent)
        };
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        if version != "00" || parts.next().is_some() {
            return Err(NotATraceParent);
        }
        let trace_id = u128::from_str_radix(trace, 16).map_err(|_| NotATraceParent)?;
        let span_id = u64::from_str_radix(span, 16).map_err(|_| NotATraceParent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NotATraceParent)?;
        Self::new(trace_id, span_id, flags).ok_or(NotATraceParent)
    }
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a `traceparent` that may be there. One that cannot be understood counts as none, as W3C
/// wants it: no event is given up for want of its trace.
///
/// # Errors
/// When it is neither text nor null.
pub fn lenient<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TraceParent>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn is_written_as_it_was_read() {
        let read: TraceParent = EXAMPLE.parse().expect("W3C's own example");
        assert_eq!(read.trace_id(), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!((read.span_id(), read.flags()), (0xb7ad_6b71_6920_3331, 1));
        assert_eq!(read.to_string(), EXAMPLE);
    }

    #[test]
    fn refuses_what_w3c_forbids() {
        let wrong = [
            "",
            "00",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];
        for text in wrong {
            assert_eq!(text.parse::<TraceParent>(), Err(NotATraceParent), "{text}");
        }
    }
}
