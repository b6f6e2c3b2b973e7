//! One's own account, once signed in: signing out, the password, the sessions.

use app::backend::{Caller, Session};
use app::error::AppError;
use app::wire::{SessionItem, SignedInUser};
use domain::access::Action;
use domain::field_error::FieldError;
use domain::ids::SessionId;
use domain::login::{self, SoughtLogin};
use domain::timestamp::Timestamp;

use super::Service;
use super::gate::{SESSION_END, access_of, principal};
use super::saving::once_written;
use crate::audit::entry::Access;
use crate::identity::accounts::CHANGED_MEANWHILE;
use crate::store::users::User;

impl Service {
    pub(super) async fn sign_out_of(
        &self,
        caller: &Caller,
        everywhere: bool,
    ) -> Result<(), AppError> {
        // Whoever is signed out already has what they want.
        let Some(principal) = &caller.principal else { return Ok(()) };
        if everywhere {
            let login = self.own_account(caller).await?.login;
            let now_ms = self.commands.clock.unix_ms();
            self.users.end_sessions(&login, now_ms).await.map_err(AppError::from)?;
            self.sessions.forget(&login).await;
        }
        let ended = self.sessions.end(principal.session_id, "signed out").await;
        let ended = ended.map_err(AppError::from);
        // With all of them this one has ended already.
        ended.map_err(|error| if everywhere { once_written(error) } else { error })?;
        let clinic_id = Some(principal.clinic_id.clone());
        let access = Access { clinic_id, ..access_of(caller, SESSION_END) };
        self.audit.record(access).await.map_err(AppError::from).map_err(once_written)
    }

    pub(super) async fn change_own_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
    ) -> Result<Session, AppError> {
        self.allow(caller, Action::ManageOwnAccount).await?;
        let user = self.own_account(caller).await?;
        if let Err(fault) = login::check_new_password(new) {
            return Err(FieldError { field: "new_password".to_owned(), ..fault }.into());
        }
        self.check_present_password(caller, &user, current).await?;
        self.passwords.refuse_common(new, &user.login).await.map_err(in_field_of_new_password)?;
        if login::prepared_password(current) == login::prepared_password(new) {
            let message = "This is your present password: choose another.";
            return Err(FieldError::new("new_password", "same", message).into());
        }
        let hash = self.passwords.hash(new).await?;
        let now_ms = self.commands.clock.unix_ms();
        let changed = self.users.change_password(&user, &hash, false, now_ms).await;
        if !changed.map_err(AppError::from)? {
            return Err(AppError::Conflict(CHANGED_MEANWHILE.to_owned()));
        }
        self.sessions.forget(&user.login).await;
        let user = User { must_change_password: false, ..user };
        self.begin_session(caller, &user).await.map_err(once_written)
    }

    /// Checks the password of somebody who is signed in, so often in one session at most.
    async fn check_present_password(
        &self,
        caller: &Caller,
        user: &User,
        password: &str,
    ) -> Result<(), AppError> {
        let attempt = self.throttle.check_in_session(principal(caller)?.session_id);
        let attempt = attempt.inspect_err(|_| {
            tracing::warn!("too many wrong passwords in one session: one was not tried");
        })?;
        let verified = self.passwords.verify(password, Some(&user.password_hash)).await;
        if verified == Ok(false) {
            attempt.failed();
            let message = "This is not your present password.";
            return Err(FieldError::new("current_password", "wrong", message).into());
        }
        // Right, or nothing was checked: it does not count.
        attempt.succeeded();
        verified.map(|_| ())
    }

    pub(super) async fn own_sessions(&self, caller: &Caller) -> Result<Vec<SessionItem>, AppError> {
        self.allow(caller, Action::ManageOwnAccount).await?;
        let own = principal(caller)?.session_id;
        let user = self.own_account(caller).await?;
        let found = self.sessions.of_user(&user).await.map_err(AppError::from)?;
        let at = |unix_ms: u64| {
            let unix_ms = i64::try_from(unix_ms).ok();
            unix_ms.and_then(Timestamp::from_unix_ms).ok_or(AppError::Unavailable)
        };
        found
            .into_iter()
            .map(|record| {
                Ok(SessionItem {
                    session_id: record.session_id,
                    device: record.device,
                    created_at: at(record.created_ms)?,
                    last_used_at: at(record.last_used_ms)?,
                    is_this: record.session_id == own,
                })
            })
            .collect()
    }

    pub(super) async fn end_own_session(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<(), AppError> {
        self.allow(caller, Action::ManageOwnAccount).await?;
        let user = self.own_account(caller).await?;
        let own = self.sessions.of_user(&user).await.map_err(AppError::from)?;
        if !own.iter().any(|record| record.session_id == id) {
            return Err(AppError::NotFound);
        }
        self.sessions.end(id, "ended by its owner").await.map_err(AppError::from)
    }

    pub(super) async fn own_standing(&self, caller: &Caller) -> Result<SignedInUser, AppError> {
        let principal = principal(caller)?;
        let standing = self.sessions.standing(principal.session_id).await;
        let standing = standing.map_err(AppError::from)?.ok_or(AppError::SignInRequired)?;
        let ends_in_s = standing.ends_in_s(self.commands.clock.unix_ms());
        let seconds = |s: u64| u32::try_from(s).unwrap_or(u32::MAX);
        Ok(SignedInUser {
            login: principal.login.clone(),
            role: principal.role,
            must_change_password: principal.must_change_password,
            idle_timeout_s: seconds(self.sessions.limits().idle.as_secs()),
            ends_in_s: seconds(ends_in_s),
        })
    }

    async fn own_account(&self, caller: &Caller) -> Result<User, AppError> {
        let login = SoughtLogin::parse(&principal(caller)?.login)?;
        let user = self.users.find(&login).await.map_err(AppError::from)?;
        user.ok_or(AppError::SignInRequired)
    }
}

fn in_field_of_new_password(error: AppError) -> AppError {
    match error {
        AppError::Invalid(faults) => {
            let rename = |fault| FieldError { field: "new_password".to_owned(), ..fault };
            AppError::Invalid(faults.into_iter().map(rename).collect())
        }
        other => other,
    }
}
