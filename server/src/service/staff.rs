//! The accounts of a clinic's staff, in the hands of its administrator.

use app::backend::Caller;
use app::error::AppError;
use app::wire::{NewStaff, OneTimePassword, StaffItem};
use domain::access::{Action, Role};
use domain::field_error::FieldError;
use domain::ids::ClinicId;
use domain::login::Login;

use super::gate::principal;
use super::{Service, refused_by_store};
use crate::identity::passwords::one_time;
use crate::store::users::User;

impl Service {
    pub(super) async fn staff_of_clinic(
        &self,
        caller: &Caller,
    ) -> Result<Vec<StaffItem>, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        self.allow(caller, Action::ReadStaff(clinic_id)).await?;
        let staff = self.users.staff_of(clinic_id).await.map_err(refused_by_store)?;
        Ok(staff.into_iter().map(staff_item).collect())
    }

    pub(super) async fn create_staff_account(
        &self,
        caller: &Caller,
        new: &NewStaff,
    ) -> Result<OneTimePassword, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        let role = new.role.parse::<Role>().ok().filter(|role| role.is_made_by_administrators());
        let (login, role) = match (Login::parse(&new.username), role) {
            (Ok(login), Some(role)) => (login, role),
            (login, role) => {
                let message = "`role` must be clinician, auditor or service.";
                let role = role.is_none().then(|| FieldError::new("role", "unknown", message));
                return Err(AppError::Invalid(login.err().into_iter().chain(role).collect()));
            }
        };
        self.allow(caller, Action::ManageStaff(clinic_id, role)).await?;
        self.create_account_of(clinic_id, login, role).await
    }

    /// Makes an account with a one-time password.
    ///
    /// # Errors
    /// The fault of the field `username` when the name is taken.
    pub(crate) async fn create_account_of(
        &self,
        clinic_id: &ClinicId,
        login: Login,
        role: Role,
    ) -> Result<OneTimePassword, AppError> {
        let password = one_time()?;
        let user = User {
            login,
            role,
            clinic_id: clinic_id.clone(),
            patient_id: None,
            password_hash: self.passwords.hash(&password).await?,
            must_change_password: true,
            is_disabled: false,
            sessions_since_ms: 0,
        };
        if !self.users.create(&user).await.map_err(refused_by_store)? {
            let message = "This user name is taken: choose another.";
            return Err(FieldError::new("username", "taken", message).into());
        }
        Ok(OneTimePassword { login: user.login.shown().to_owned(), password })
    }

    pub(super) async fn disable_staff_account(
        &self,
        caller: &Caller,
        username: &str,
        is_disabled: bool,
    ) -> Result<(), AppError> {
        let user = self.manageable(caller, username).await?;
        self.disable_account(&user, is_disabled).await
    }

    /// Forbids an account to sign in and ends its sessions, or allows it again.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn disable_account(
        &self,
        user: &User,
        is_disabled: bool,
    ) -> Result<(), AppError> {
        let now_ms = self.commands.clock.unix_ms();
        self.users.disable(&user.login, is_disabled, now_ms).await.map_err(refused_by_store)?;
        self.sessions.forget(&user.login).await;
        Ok(())
    }

    pub(super) async fn reset_staff_account(
        &self,
        caller: &Caller,
        username: &str,
    ) -> Result<OneTimePassword, AppError> {
        let user = self.manageable(caller, username).await?;
        self.reset_account(&user).await
    }

    /// Gives an account a one-time password and ends its sessions.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn reset_account(&self, user: &User) -> Result<OneTimePassword, AppError> {
        let password = one_time()?;
        let hash = self.passwords.hash(&password).await?;
        let now_ms = self.commands.clock.unix_ms();
        let changed = self.users.change_password(user, &hash, true, now_ms).await;
        if !changed.map_err(refused_by_store)? {
            return Err(AppError::Conflict(CHANGED_MEANWHILE.to_owned()));
        }
        self.sessions.forget(&user.login).await;
        Ok(OneTimePassword { login: user.login.shown().to_owned(), password })
    }

    /// The account of this name, if the caller may manage it.
    async fn manageable(&self, caller: &Caller, username: &str) -> Result<User, AppError> {
        let asking = principal(caller)?;
        let login = Login::parse(username)?;
        let user = self.users.find(&login).await.map_err(refused_by_store)?;
        let action = match &user {
            Some(user) => Action::ManageStaff(&user.clinic_id, user.role),
            None => Action::ManageStaff(&asking.clinic_id, Role::Clinician),
        };
        let allowed = self.allow(caller, action).await;
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

/// Two changed one password at once.
pub(super) const CHANGED_MEANWHILE: &str =
    "The password was changed at the same moment from elsewhere: look again.";

fn staff_item(user: User) -> StaffItem {
    StaffItem {
        login: user.login.shown().to_owned(),
        role: user.role,
        is_disabled: user.is_disabled,
        must_change_password: user.must_change_password,
    }
}
