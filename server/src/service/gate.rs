//! The one way to anybody's data: [`Service::allow`]. REST, server functions and live streams all
//! pass here.

use app::backend::{Caller, Principal};
use app::error::AppError;
use app::wire::EmergencyItem;
use domain::access::{self, Action, Decision};
use domain::login::Login;

use super::{Service, refused_by_store};

/// Who asks, if anybody is signed in.
///
/// # Errors
/// [`AppError::SignInRequired`] for a stranger.
pub(crate) fn principal(caller: &Caller) -> Result<&Principal, AppError> {
    caller.principal.as_ref().ok_or(AppError::SignInRequired)
}

impl Service {
    /// Lets the caller do `action`, if a rule of [`domain::access`] allows it.
    ///
    /// # Errors
    /// [`AppError::SignInRequired`] for strangers, [`AppError::Forbidden`] unless a rule allows it
    /// ([`AppError::NotFound`] where they must not learn whether it exists),
    /// [`AppError::PasswordChangeRequired`] before a one-time password was replaced.
    pub(crate) async fn allow(&self, caller: &Caller, action: Action<'_>) -> Result<(), AppError> {
        self.allow_because(caller, action, None).await
    }

    /// The same, for a reason that is kept.
    ///
    /// # Errors
    /// As [`Service::allow`].
    pub(crate) async fn allow_because(
        &self,
        caller: &Caller,
        action: Action<'_>,
        _reason: Option<&str>,
    ) -> Result<(), AppError> {
        let principal = principal(caller)?;
        let subject = principal.subject();
        let mut decision = access::decide(&subject, &action, false);
        if let Action::ReadObservations(record) = action
            && decision != Decision::Allowed
            // Asked for only where it would help.
            && access::allows(&subject, &action, true)
        {
            let emergency = self.emergency_of(principal, record.patient_id).await?;
            decision = access::decide(&subject, &action, emergency.is_some());
        }
        match decision {
            Decision::Allowed => Ok(()),
            Decision::Hidden => Err(AppError::NotFound),
            Decision::Denied if principal.must_change_password => {
                Err(AppError::PasswordChangeRequired)
            }
            Decision::Denied => Err(AppError::Forbidden),
        }
    }

    /// The emergency in which this clinician may see this patient's record now.
    pub(super) async fn emergency_of(
        &self,
        principal: &Principal,
        patient_id: domain::ids::PatientId,
    ) -> Result<Option<EmergencyItem>, AppError> {
        let login = Login::parse(&principal.login).map_err(|_| AppError::Unavailable)?;
        let last = self.emergencies.last(&login, patient_id).await.map_err(refused_by_store)?;
        let now = self.commands.clock.now();
        Ok(last.filter(|emergency| emergency.until > now))
    }
}
