//! HealthFlow's rules, each once: what may be observed, what is dangerous, what happened.
//!
//! Everything here is pure: no I/O, no clock, no randomness. Time and identifiers come in as
//! arguments, so that the browser, the server and a replay years later decide alike.

pub mod access;
pub mod aggregate;
pub mod alert;
pub mod alert_limits;
pub mod decimal;
pub mod event;
pub mod field_error;
pub mod ids;
#[cfg(not(target_arch = "wasm32"))]
pub mod login;
pub mod measurement;
pub mod note;
pub mod observation;
pub mod observation_time;
pub mod patient;
pub mod raw_number;
pub mod reason;
pub mod timestamp;
pub mod trace_parent;
pub mod typed_measurement;
pub mod upcast;
pub mod vital;
