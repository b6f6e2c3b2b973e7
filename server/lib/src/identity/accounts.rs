//! Making, disabling and resetting accounts, for administrators and operators alike.

use std::sync::Arc;

use app::error::AppError;
use app::wire::OneTimePassword;
use domain::access::Role;
use domain::field_error::FieldError;
use domain::ids::ClinicId;
use domain::login::{Login, SoughtLogin};

use super::passwords::{Passwords, one_time};
use crate::clock::Clock;
use crate::store::users::{DynamoUsers, User};

/// Two changed one password at once.
pub const CHANGED_MEANWHILE: &str =
    "The password was changed at the same moment from elsewhere: look again.";

/// Accounts, in the hands of somebody who may manage them.
#[derive(Clone)]
pub struct Accounts {
    /// Where they are kept.
    pub users: DynamoUsers,
    /// Hashes their passwords.
    pub passwords: Passwords,
    /// Says when sessions end.
    pub clock: Arc<dyn Clock>,
}

impl Accounts {
    /// Makes an account with a one-time password.
    ///
    /// # Errors
    /// The fault of the field `username` when the name is taken; a store that fails.
    pub async fn create(
        &self,
        clinic_id: &ClinicId,
        login: Login,
        role: Role,
    ) -> Result<OneTimePassword, AppError> {
        self.check_free(&login).await?;
        let password = one_time()?;
        let user = User {
            login,
            role,
            clinic_id: clinic_id.clone(),
            patient_id: None,
            password_hash: self.passwords.hash(&password).await?,
            must_change_password: true,
            is_disabled: false,
            is_demo: false,
            sessions_since_ms: 0,
        };
        if !self.users.create(&user).await? {
            return Err(taken().into());
        }
        Ok(OneTimePassword { login: user.login.shown().to_owned(), password })
    }

    /// Makes sure that no older account has this name in another spelling. None arises any more: new
    /// ones are kept under one key alone, which [`DynamoUsers::create`] finds taken.
    async fn check_free(&self, login: &Login) -> Result<(), AppError> {
        let older = self.users.find(&SoughtLogin::parse(login.shown())?).await?;
        if older.is_some() { Err(taken().into()) } else { Ok(()) }
    }

    /// Forbids an account to sign in and ends its sessions, or allows it again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn disable(&self, user: &User, is_disabled: bool) -> Result<(), AppError> {
        self.users.disable(&user.login, is_disabled, self.clock.unix_ms()).await?;
        Ok(())
    }

    /// Gives an account a one-time password and ends its sessions.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the password was changed meanwhile; a store that fails.
    pub async fn reset(&self, user: &User) -> Result<OneTimePassword, AppError> {
        let password = one_time()?;
        let hash = self.passwords.hash(&password).await?;
        let now_ms = self.clock.unix_ms();
        if !self.users.change_password(user, &hash, true, now_ms).await? {
            return Err(AppError::Conflict(CHANGED_MEANWHILE.to_owned()));
        }
        Ok(OneTimePassword { login: user.login.shown().to_owned(), password })
    }
}

fn taken() -> FieldError {
    FieldError::new("username", "taken", "This user name is taken: choose another.")
}
