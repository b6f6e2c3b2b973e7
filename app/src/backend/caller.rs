//! Who calls, and the session in which they do.

use std::fmt;
use std::net::IpAddr;

use domain::access::{Role, Subject};
use domain::ids::{ClinicId, CorrelationId, PatientId, SessionId};

/// Somebody whose identity was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// The clinic they belong to.
    pub clinic_id: ClinicId,
    /// Which patient they are, if they are one.
    pub patient_id: Option<PatientId>,
    /// The session in which they ask.
    pub session_id: SessionId,
    /// Whether they must choose a new password before anything else.
    pub must_change_password: bool,
}

impl Principal {
    /// Who asks, as far as the rules of access need to know.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            role: self.role,
            clinic_id: &self.clinic_id,
            patient_id: self.patient_id,
            must_change_password: self.must_change_password,
        }
    }
}

/// One request: who asks, from where, and what joins all it causes.
#[derive(Clone)]
pub struct Caller {
    /// Who asks; `None` for a stranger.
    pub principal: Option<Principal>,
    /// Joins everything this request causes.
    pub correlation_id: CorrelationId,
    /// The address they ask from, if it is known.
    pub address: Option<IpAddr>,
    /// What their browser or program calls itself.
    pub user_agent: Option<String>,
    /// What proves that this device has signed in before.
    pub device_token: Option<String>,
    /// Whether a limit was due, and what they send is let in because it cannot wait. They cannot be
    /// asked anything: the page that asks may not be served to them.
    pub is_past_limits: bool,
}

/// Without the device token: what is printed for debugging may end up in a log.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Caller");
        shown.field("principal", &self.principal).field("correlation_id", &self.correlation_id);
        shown.finish_non_exhaustive()
    }
}

impl Caller {
    /// Somebody of whom nothing is known.
    #[must_use]
    pub fn stranger(correlation_id: CorrelationId) -> Self {
        Self {
            principal: None,
            correlation_id,
            address: None,
            user_agent: None,
            device_token: None,
            is_past_limits: false,
        }
    }
}

/// A session's tokens.
#[derive(Clone)]
pub struct Session {
    /// The bearer token.
    pub access_token: String,
    /// How long it holds, in seconds.
    pub expires_in_s: u64,
    /// What the next pair of tokens is asked for with, once; `None` where the caller has a good
    /// one already.
    pub refresh_token: Option<String>,
    /// How long that can be done at most, in seconds.
    pub refresh_expires_in_s: u64,
    /// What proves that this device has signed in, after a sign-in.
    pub device_token: Option<String>,
    /// Whose session it is.
    pub principal: Principal,
    /// Whether the account was made by this very sign-in.
    pub new_user: bool,
}

/// Without the tokens: what is printed for debugging may end up in a log.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("principal", &self.principal).field("new_user", &self.new_user);
        shown.finish_non_exhaustive()
    }
}
