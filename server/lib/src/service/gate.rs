//! The one way to anybody's data: [`Service::permit`]. REST, server functions and live streams all
//! pass here; what is decided is in the audit log before anybody gets an answer.

use app::backend::{Caller, Principal};
use app::error::AppError;
use app::wire::EmergencyItem;
use domain::access::{self, Action, Decision};
use domain::ids::PatientId;
use domain::reason::parse_reason;

use super::Service;
use crate::audit::entry::{Access, Outcome};
use crate::audit::log::{AuditError, AuditLog, Companion};

/// What stands before the reason of a record that was opened in an emergency.
pub(super) const EMERGENCY: &str = "emergency: ";
/// The action of somebody who was turned away before it was clear whose data they wanted.
const ENDPOINT_CALL: &str = "endpoint.call";
/// The action of somebody who signs in.
pub(super) const SESSION_BEGIN: &str = "session.begin";
/// The action of somebody who signs out.
pub(super) const SESSION_END: &str = "session.end";

/// That somebody may do what they asked for. It must be recorded before they get an answer.
#[must_use = "what is allowed must be recorded"]
pub(crate) struct Permit {
    access: Access,
    log: AuditLog,
}

impl Permit {
    /// Records it.
    ///
    /// # Errors
    /// When that is not possible: then nothing may be answered.
    pub(super) async fn recorded(self) -> Result<(), AppError> {
        self.log.record(self.access).await.map_err(AppError::from)
    }

    /// Hands on what was found behind the permit; a refusal is an answer too, and recorded before it
    /// is given.
    ///
    /// # Errors
    /// The refusal, or that it cannot be recorded.
    pub(super) async fn unless_refused<T>(
        self,
        found: Result<T, AppError>,
    ) -> Result<(T, Self), AppError> {
        match found {
            Ok(found) => Ok((found, self)),
            Err(refusal) => {
                self.recorded().await?;
                Err(refusal)
            }
        }
    }

    /// Records it together with the event that follows from it, and tells whether that could be
    /// written.
    ///
    /// # Errors
    /// When it cannot be recorded; then the event is not written either.
    pub(super) async fn recorded_with(self, companion: Companion) -> Result<bool, AuditError> {
        self.log.record_with(self.access, companion).await
    }

    /// Records it, with the patients whose data are answered.
    ///
    /// # Errors
    /// When that is not possible: then nothing may be answered.
    pub(super) async fn recorded_about(
        mut self,
        patients: impl Iterator<Item = PatientId>,
    ) -> Result<(), AppError> {
        self.access.whose.extend(patients);
        self.access.whose.sort_unstable();
        self.access.whose.dedup();
        self.recorded().await
    }
}

/// Who asks, if anybody is signed in.
///
/// # Errors
/// [`AppError::SignInRequired`] for a stranger.
pub(crate) fn principal(caller: &Caller) -> Result<&Principal, AppError> {
    caller.principal.as_ref().ok_or(AppError::SignInRequired)
}

impl Service {
    /// Lets the caller do `action`, if a rule of [`domain::access`] allows it, and records that.
    ///
    /// # Errors
    /// As [`Service::permit`].
    pub(crate) async fn allow(&self, caller: &Caller, action: Action<'_>) -> Result<(), AppError> {
        self.permit(caller, action, None).await?.recorded().await
    }

    /// Lets the caller do `action`, for this `reason`, if a rule of [`domain::access`] allows it.
    /// What is denied is recorded here; what is allowed, by whoever has the permit.
    ///
    /// # Errors
    /// [`AppError::SignInRequired`] for strangers, [`AppError::Forbidden`] unless a rule allows it
    /// ([`AppError::NotFound`] where they must not learn whether it exists),
    /// [`AppError::PasswordChangeRequired`] before a one-time password was replaced.
    pub(crate) async fn permit(
        &self,
        caller: &Caller,
        action: Action<'_>,
        reason: Option<&str>,
    ) -> Result<Permit, AppError> {
        self.permit_about(caller, action, reason, action.patient_id()).await
    }

    /// [`Service::permit`] where it is known whose data is concerned, though `action` does not say.
    ///
    /// # Errors
    /// As [`Service::permit`].
    pub(crate) async fn permit_about(
        &self,
        caller: &Caller,
        action: Action<'_>,
        reason: Option<&str>,
        whose: Option<PatientId>,
    ) -> Result<Permit, AppError> {
        let principal = principal(caller)?;
        let subject = principal.subject();
        let mut decision = access::decide(&subject, &action, false);
        let mut why = reason.map(str::to_owned);
        if let Action::ReadObservations(record) = action
            && decision != Decision::Allowed
            // Asked for only where it would help.
            && access::allows(&subject, &action, true)
        {
            let emergency = self.emergency_of(principal, record.patient_id).await?;
            decision = access::decide(&subject, &action, emergency.is_some());
            why = emergency.map(|emergency| format!("{EMERGENCY}{}", emergency.reason));
        }
        let own_clinic = (action == Action::OperateBreaker).then_some(&principal.clinic_id);
        let mut access = Access {
            whose: whose.into_iter().collect(),
            // What is nobody's is for the auditor of whoever does it, where it concerns others.
            clinic_id: action.clinic_id().or(own_clinic).cloned(),
            why,
            ..access_of(caller, action.name())
        };
        if decision == Decision::Allowed {
            return Ok(Permit { access, log: self.audit.clone() });
        }
        access.outcome = Outcome::Denied;
        self.audit.record(access).await?;
        Err(match decision {
            Decision::Hidden => AppError::NotFound,
            _ if principal.must_change_password => AppError::PasswordChangeRequired,
            _ => AppError::Forbidden,
        })
    }

    /// Records that somebody signed in was turned away before it was clear whose data they wanted.
    ///
    /// # Errors
    /// When that is not possible.
    pub(crate) async fn record_refusal(
        &self,
        caller: &Caller,
        endpoint: &str,
    ) -> Result<(), AppError> {
        let Some(principal) = &caller.principal else { return Ok(()) };
        let access = Access {
            clinic_id: Some(principal.clinic_id.clone()),
            outcome: Outcome::Denied,
            why: Some(format!("called {endpoint}")),
            ..access_of(caller, ENDPOINT_CALL)
        };
        self.audit.record(access).await.map_err(AppError::from)
    }

    /// The emergency in which this clinician may see this patient's record now.
    pub(super) async fn emergency_of(
        &self,
        principal: &Principal,
        patient_id: PatientId,
    ) -> Result<Option<EmergencyItem>, AppError> {
        let last =
            self.emergencies.last(&principal.login, patient_id).await.map_err(AppError::from)?;
        let now = self.commands.clock.now();
        Ok(last.filter(|emergency| emergency.until > now))
    }
}

/// What somebody did, and why if they said so, as the audit log keeps it.
///
/// # Errors
/// A reason that is none.
pub(super) fn what_and_why(what: &str, reason: Option<&str>) -> Result<String, AppError> {
    let reason = reason.map(parse_reason).transpose()?;
    Ok(reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}")))
}

/// What is known of an access from who asks alone.
pub(super) fn access_of(caller: &Caller, action: &'static str) -> Access {
    let principal = caller.principal.as_ref();
    Access {
        who: principal.map(|principal| principal.login.clone()),
        role: principal.map(|principal| principal.role.wire_name().into()),
        who_clinic: principal.map(|principal| principal.clinic_id.clone()),
        patient: principal.and_then(|principal| principal.patient_id),
        session_id: principal.map(|principal| principal.session_id),
        action: action.into(),
        whose: Vec::new(),
        clinic_id: None,
        from: caller.address,
        why: None,
        outcome: Outcome::Allowed,
        correlation_id: caller.correlation_id,
    }
}

#[cfg(test)]
mod tests {
    use app::access_words;

    #[test]
    fn every_action_the_audit_log_knows_has_words() {
        let more = [super::ENDPOINT_CALL, super::SESSION_BEGIN, super::SESSION_END];
        for name in domain::access::ACTION_NAMES.into_iter().chain(more) {
            assert!(access_words::of(name).is_some(), "{name}");
        }
    }
}
