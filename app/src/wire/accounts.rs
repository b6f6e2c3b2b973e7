//! Accounts and their administration: sessions, staff, emergencies, the circuit breaker.

use domain::access::Role;
use domain::ids::{ClinicId, PatientId, SessionId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Who is signed in, as far as a page needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedInUser {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// Whether they must choose a new password before anything else.
    pub must_change_password: bool,
    /// After so many seconds without a sign of life the session ends.
    pub idle_timeout_s: u32,
    /// So many seconds are left until the session ends whatever happens.
    pub ends_in_s: u32,
}

/// A session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionItem {
    /// The session.
    pub session_id: SessionId,
    /// The browser or program, in words.
    pub device: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// An account of a clinic's staff, as its administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffItem {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may not sign in.
    pub is_disabled: bool,
    /// Whether they have yet to choose a password.
    pub must_change_password: bool,
}

/// Somebody new on a clinic's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStaff {
    /// The name they will sign in with.
    pub username: String,
    /// What they may do, by its wire name.
    pub role: String,
}

/// A password that opens an account once, to choose another. It is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimePassword {
    /// Whose account it opens.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A record that was opened in an emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyItem {
    /// Whose record.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// Who opened it.
    pub opened_by: String,
    /// The clinic they belong to.
    pub opened_from: ClinicId,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub opened_at: Timestamp,
    /// Until when it stays open.
    pub until: Timestamp,
}

/// How a server's circuit breaker stands, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerItem {
    /// What it does: `closed` (everything is let in), `recovering` (a part is), `open` (nothing
    /// but critical observations is) or `held` (the same until it is reset).
    pub phase: String,
    /// How much of the limit it lets in, in percent.
    pub lets_in_percent: u32,
    /// How many requests came within the last minute, served and refused.
    pub requests_last_minute: u64,
    /// How many may come; 0 for no limit.
    pub requests_per_minute_max: u32,
}
