//! The types both web apps and the REST API exchange.

mod accounts;
mod alerts;
mod audit;
mod observations;

pub use domain::access::Role;
pub use domain::alert::ReassessmentCause;
pub use domain::observation::Sender;
pub use domain::observation_time::TimeDoubt;
use serde::{Deserialize, Serialize};

pub use self::accounts::{
    BreakerItem, EmergencyItem, NewStaff, OneTimePassword, SessionItem, SignedInUser, StaffItem,
};
pub use self::alerts::{Acknowledgement, AlertItem, PastValue, Reassessment};
pub use self::audit::{
    AuditFindings, AuditItem, AuditPage, AuditQuery, DisclosureItem, NamedPatient, Outcome,
};
pub use self::observations::{
    AlertProgress, BlankForm, EarlierVersion, ObservationItem, ObservationReceipt, Receipt,
    RecordPart, Withdrawal,
};

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next_cursor: Option<String>,
}
