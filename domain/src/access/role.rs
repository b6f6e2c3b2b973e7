//! What accounts are for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sends and sees their own observations.
    Patient,
    /// Sees the alerts and patients of their clinic.
    Clinician,
    /// Looks after the accounts of their clinic's staff; sees no health data.
    ClinicAdministrator,
    /// Reads who did what in their clinic; sees no health data.
    Auditor,
    /// A program, such as a gateway of devices: sends observations of the clinic's patients.
    Service,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Patient, Self::Clinician, Self::ClinicAdministrator, Self::Auditor, Self::Service];

    /// The role's name on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
            Self::ClinicAdministrator => "clinic_administrator",
            Self::Auditor => "auditor",
            Self::Service => "service",
        }
    }

    /// Whether people of this role may open another clinic's record in an emergency.
    #[must_use]
    pub fn opens_records_in_emergency(self) -> bool {
        self == Self::Clinician
    }

    /// Whether accounts of this role are made by a clinic's administrator. Administrators are made
    /// by the operator, patients by themselves.
    #[must_use]
    pub fn is_made_by_administrators(self) -> bool {
        matches!(self, Self::Clinician | Self::Auditor | Self::Service)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is none of patient, clinician, clinic_administrator, auditor and service")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.wire_name() == text).ok_or(NotARole)
    }
}
