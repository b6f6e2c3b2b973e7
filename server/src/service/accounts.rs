//! Accounts: signing in, registering, and those of demo mode.

use app::backend::{Caller, Principal, Session};
use app::error::AppError;
use app::wire::Role;
use domain::aggregate::Aggregate;
use domain::event::Envelope;
use domain::field_error::FieldError;
use domain::ids::PatientId;
use domain::login::{self, Login};
use domain::patient::{Patient, RegisterPatient};

use super::input::{check_credentials, check_email};
use super::{Service, refused_by_store};
use crate::identity::tokens::LIFETIME_S;
use crate::store::event_store::AppendError;
use crate::store::users::User;

/// User name and password of the demo clinician.
pub const DEMO_CLINICIAN: (&str, &str) = ("clinician1", "demo");

impl Service {
    /// Signs in by the API: where configured so, an unknown patient gets an account.
    ///
    /// # Errors
    /// As [`app::backend::Backend::sign_in`].
    pub async fn sign_in_or_register(
        &self,
        caller: &Caller,
        role: Role,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        let login = check_credentials(username, password)?;
        let mut user = self.users.find(&login).await.map_err(refused_by_store)?;
        if user.is_none() && role == Role::Patient && self.register_on_sign_in {
            if let Some(session) = self.register(caller, login.clone(), password, None).await? {
                return Ok(session);
            }
            // Somebody was quicker; perhaps the same person, at the same moment.
            user = self.users.find(&login).await.map_err(refused_by_store)?;
        }
        self.verify(user, role, password).await
    }

    pub(super) async fn sign_in_known(
        &self,
        role: Role,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        let login = check_credentials(username, password)?;
        let user = self.users.find(&login).await.map_err(refused_by_store)?;
        self.verify(user, role, password).await
    }

    pub(super) async fn create_patient_account(
        &self,
        caller: &Caller,
        username: &str,
        password: &str,
        email: &str,
    ) -> Result<Session, AppError> {
        let mut faults = Vec::new();
        let login = Login::parse(username).map_err(|fault| faults.push(fault)).ok();
        if let Err(fault) = login::check_new_password(password) {
            faults.push(fault);
        }
        let email = check_email(email).map_err(|fault| faults.push(fault)).ok().flatten();
        let (Some(login), true) = (login, faults.is_empty()) else {
            return Err(AppError::Invalid(faults));
        };
        self.register(caller, login, password, email).await?.ok_or_else(|| {
            let message = "This user name is taken: choose another, or sign in.";
            FieldError::new("username", "taken", message).into()
        })
    }

    async fn verify(
        &self,
        user: Option<User>,
        role: Role,
        password: &str,
    ) -> Result<Session, AppError> {
        let hash = user.as_ref().map(|user| user.password_hash.as_str());
        let verified = self.passwords.verify(password, hash).await?;
        match user.filter(|user| verified && user.role == role) {
            Some(user) => self.session(&user, false),
            None => Err(AppError::WrongCredentials),
        }
    }

    /// Makes an account and its patient; `None` when the login is taken.
    async fn register(
        &self,
        caller: &Caller,
        login: Login,
        password: &str,
        email: Option<String>,
    ) -> Result<Option<Session>, AppError> {
        let clock = &self.commands.clock;
        let patient_id = PatientId(clock.fresh_uuid());
        let user = User {
            role: Role::Patient,
            clinic_id: self.clinic_id.clone(),
            patient_id: Some(patient_id),
            password_hash: self.passwords.hash(password).await?,
            login,
        };
        let command = RegisterPatient {
            patient_id,
            clinic_id: user.clinic_id.clone(),
            patient_login: user.login.shown().to_owned(),
            email,
        };
        let created = Patient::decide(None, &command).ok().flatten();
        let created = created.ok_or(AppError::Unavailable)?;
        let recorded = clock.recorded(caller.correlation_id, None);
        // Account and event in one transaction: neither can exist without the other.
        let account = self.users.creation(&user).map_err(refused_by_store)?;
        match self.events.append_with(&Envelope::new(created, 1, recorded), account).await {
            Ok(Some(stored)) => self.commands.outbox.offer(stored),
            Ok(None) => return Ok(None),
            Err(AppendError::Store(error)) => return Err(refused_by_store(error)),
            // The identifier was drawn a moment ago.
            Err(AppendError::Conflict(_)) => return Err(AppError::Unavailable),
        }
        self.session(&user, true).map(Some)
    }

    fn session(&self, user: &User, new_user: bool) -> Result<Session, AppError> {
        let principal = Principal {
            login: user.login.shown().to_owned(),
            role: user.role,
            clinic_id: user.clinic_id.clone(),
            patient_id: user.patient_id,
        };
        let token = self.tokens.issue(&principal).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            AppError::Unavailable
        })?;
        Ok(Session { token, expires_in_s: LIFETIME_S, principal, new_user })
    }
}

/// Makes the demo accounts that are missing.
///
/// # Errors
/// When the store fails.
pub async fn ensure_demo_accounts(service: &Service) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("Cannot make the demo account: {error}");
    let login = Login::parse(DEMO_CLINICIAN.0).map_err(|fault| failed(&fault.message))?;
    if service.users.find(&login).await.map_err(|error| failed(&error))?.is_some() {
        return Ok(());
    }
    let user = User {
        login,
        role: Role::Clinician,
        clinic_id: service.clinic_id.clone(),
        patient_id: None,
        password_hash: service.passwords.hash(DEMO_CLINICIAN.1).await.map_err(|e| failed(&e))?,
    };
    service.users.ensure(&user).await.map_err(|error| failed(&error))
}
