//! The accounts of a clinic's staff, in the hands of its administrator.

use std::sync::Arc;

use app::backend::Caller;
use app::error::AppError;
use app::wire::{NewStaff, OneTimePassword, StaffItem};
use domain::access::{Action, Role};
use domain::field_error::FieldError;
use domain::login::{Login, SoughtLogin};

use super::Service;
use super::gate::{principal, what_and_why};
use crate::identity::accounts::Accounts;
use crate::store::users::User;

impl Service {
    pub(super) async fn staff_of_clinic(
        &self,
        caller: &Caller,
    ) -> Result<Vec<StaffItem>, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        self.allow(caller, Action::ReadStaff(clinic_id)).await?;
        let staff = self.users.staff_of(clinic_id).await.map_err(AppError::from)?;
        Ok(staff.into_iter().map(staff_item).collect())
    }

    pub(super) async fn create_staff_account(
        &self,
        caller: &Caller,
        new: &NewStaff,
    ) -> Result<OneTimePassword, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        let role = new.role.parse::<Role>().ok().filter(|role| role.is_made_by_administrators());
        let (login, role) = match (Login::parse_of_staff(&new.username), role) {
            (Ok(login), Some(role)) => (login, role),
            (login, role) => {
                let message = "`role` must be clinician, auditor or service.";
                let role = role.is_none().then(|| FieldError::new("role", "unknown", message));
                return Err(AppError::Invalid(login.err().into_iter().chain(role).collect()));
            }
        };
        let what = format!("made {}", login.shown());
        let permit = self.permit(caller, Action::ManageStaff(clinic_id, role), Some(&what)).await?;
        permit.recorded().await?;
        self.accounts().create(clinic_id, login, role).await
    }

    pub(super) async fn disable_staff_account(
        &self,
        caller: &Caller,
        username: &str,
        is_disabled: bool,
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        let what = if is_disabled { "disabled" } else { "enabled" };
        let user = self.manageable(caller, username, what, reason).await?;
        self.accounts().disable(&user, is_disabled).await?;
        self.sessions.forget(&user.login).await;
        Ok(())
    }

    pub(super) async fn reset_staff_account(
        &self,
        caller: &Caller,
        username: &str,
        reason: Option<&str>,
    ) -> Result<OneTimePassword, AppError> {
        let user = self.manageable(caller, username, "reset the access of", reason).await?;
        let reset = self.accounts().reset(&user).await?;
        self.sessions.forget(&user.login).await;
        Ok(reset)
    }

    fn accounts(&self) -> Accounts {
        let (users, passwords) = (self.users.clone(), self.passwords.clone());
        Accounts { users, passwords, clock: Arc::clone(&self.commands.clock) }
    }

    /// The account of this name, if the caller may manage it. What is done to it, and why, is kept
    /// in the audit log.
    async fn manageable(
        &self,
        caller: &Caller,
        username: &str,
        what: &str,
        reason: Option<&str>,
    ) -> Result<User, AppError> {
        let asking = principal(caller)?;
        let login = SoughtLogin::parse(username)?;
        let user = self.users.find(&login).await.map_err(AppError::from)?;
        let shown = user.as_ref().map_or(username.trim(), |user| user.login.shown());
        let why = what_and_why(&format!("{what} {shown}"), reason)?;
        let action = match &user {
            Some(user) => Action::ManageStaff(&user.clinic_id, user.role),
            None => Action::ManageStaff(&asking.clinic_id, Role::Clinician),
        };
        let allowed = match self.permit(caller, action, Some(&why)).await {
            Ok(permit) => permit.recorded().await,
            Err(refusal) => Err(refusal),
        };
        match (allowed, user) {
            (Ok(_), Some(user)) => Ok(user),
            (Ok(_), None) => Err(AppError::NotFound),
            // Administrators are not told who else has an account.
            (Err(AppError::Forbidden), _) if asking.role == Role::ClinicAdministrator => {
                Err(AppError::NotFound)
            }
            (Err(error), _) => Err(error),
        }
    }
}

fn staff_item(user: User) -> StaffItem {
    StaffItem {
        login: user.login.shown().to_owned(),
        role: user.role,
        is_disabled: user.is_disabled,
        must_change_password: user.must_change_password,
    }
}
