//! Signing in, and making an account to sign in to.

use std::net::{IpAddr, Ipv6Addr};

use app::backend::{Caller, Session};
use app::error::AppError;
use domain::access::Role;
use domain::aggregate::Aggregate;
use domain::event::{Envelope, Recorded};
use domain::field_error::FieldError;
use domain::ids::PatientId;
use domain::login::{self, Login, SoughtLogin};
use domain::patient::{Patient, RegisterPatient};

use super::gate::{SESSION_BEGIN, access_of};
use super::input::{check_credentials, check_email};
use super::saving::{nothing_to_look_for, once_written};
use super::{Service, refused_session};
use crate::audit::entry::{Access, Outcome};
use crate::http::client_addr::ClientAddr;
use crate::identity::device;
use crate::identity::passwords::Passwords;
use crate::store::event_store::AppendError;
use crate::store::users::User;
use crate::telemetry::trace_context;

/// Somebody who becomes a patient.
struct NewPatient {
    login: Login,
    email: Option<String>,
    is_demo: bool,
}

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
        let sought = check_credentials(username, password)?;
        let mut user = self.users.find(&sought).await.map_err(AppError::from)?;
        if user.is_none() && role == Role::Patient && self.register_on_sign_in {
            let login = Login::parse(username)?;
            if !self.is_demo {
                login::check_new_password(password)?;
                self.passwords.refuse_common(password, &login).await?;
            }
            let new = NewPatient { login, email: None, is_demo: self.is_demo };
            if let Some(session) = self.register(caller, new, password).await? {
                return Ok(session);
            }
            // Somebody was quicker; perhaps the same person, at the same moment.
            user = self.users.find(&sought).await.map_err(AppError::from)?;
        }
        self.verify(caller, &sought, user, |found| found == role, password).await
    }

    pub(super) async fn sign_in_known(
        &self,
        caller: &Caller,
        admits: impl Fn(Role) -> bool,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        let sought = check_credentials(username, password)?;
        let user = self.users.find(&sought).await.map_err(AppError::from)?;
        let session = self.verify(caller, &sought, user, admits, password).await?;
        self.end_session_before(caller).await.map_err(nothing_to_look_for)?;
        Ok(session)
    }

    /// Makes an account. Whoever makes it once more, name and password the same, is signed in: the
    /// answer to the first time may have been lost.
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
        self.passwords.refuse_common(password, &login).await?;
        let new = NewPatient { login, email, is_demo: false };
        let session = match self.register(caller, new, password).await? {
            Some(session) => session,
            None => self.sign_in_as_registered(caller, username, password).await?,
        };
        self.end_session_before(caller).await.map_err(once_written)?;
        Ok(session)
    }

    /// Signs in to the account that has this name, if that is whose the password is.
    async fn sign_in_as_registered(
        &self,
        caller: &Caller,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        let sought = SoughtLogin::parse(username)?;
        let user = self.users.find(&sought).await.map_err(AppError::from)?;
        let is_patient = |role| role == Role::Patient;
        let signed_in = self.verify(caller, &sought, user, is_patient, password).await;
        signed_in.map_err(|error| match error {
            AppError::WrongCredentials => {
                let message = "This user name is taken: choose another, or sign in.";
                FieldError::new("username", "taken", message).into()
            }
            other => other,
        })
    }

    async fn verify(
        &self,
        caller: &Caller,
        sought: &SoughtLogin,
        user: Option<User>,
        admits: impl Fn(Role) -> bool,
        password: &str,
    ) -> Result<Session, AppError> {
        let device = caller.device_token.as_deref();
        // However the name of an account is spelled, its attempts are counted together.
        let counted = user.as_ref().map_or(sought.key(), |user| user.login.key());
        let attempt = self.throttle.check(address_of(caller), counted, device);
        let attempt = attempt
            .inspect_err(|_| tracing::warn!("too many failed sign-ins: one was not tried"))?;
        let hash = user.as_ref().map(|user| user.password_hash.as_str());
        let verified = match self.passwords.verify(password, hash).await {
            Ok(verified) => verified,
            Err(error) => {
                // Nothing was checked, so it does not count.
                attempt.succeeded();
                return Err(error);
            }
        };
        let is_good = |user: &&User| verified && admits(user.role) && user.is_open(self.is_demo);
        let Some(user) = user.as_ref().filter(is_good) else {
            attempt.failed();
            // Recorded whether there is such an account or not, so that both take the same time.
            self.record_sign_in(caller, user.as_ref(), Outcome::Denied).await?;
            return Err(AppError::WrongCredentials);
        };
        attempt.succeeded();
        self.record_sign_in(caller, Some(user), Outcome::Allowed).await?;
        if Passwords::is_outdated(&user.password_hash) {
            let stronger = self.passwords.hash(password).await?;
            // Where somebody changed the password meanwhile, theirs stays.
            let kept = self.users.rehash(user, &stronger).await.map_err(AppError::from);
            kept.map_err(nothing_to_look_for)?;
        }
        self.begin_session(caller, user).await
    }

    /// Records that somebody signed in to this account, or tried to. A name that nobody has is
    /// not kept: it may be a password, typed into the wrong field.
    async fn record_sign_in(
        &self,
        caller: &Caller,
        user: Option<&User>,
        outcome: Outcome,
    ) -> Result<(), AppError> {
        let access = Access {
            who: user.map(|user| user.login.shown().to_owned()),
            role: user.map(|user| user.role.wire_name().into()),
            who_clinic: user.map(|user| user.clinic_id.clone()),
            patient: user.and_then(|user| user.patient_id),
            clinic_id: user.map(|user| user.clinic_id.clone()),
            outcome,
            ..access_of(caller, SESSION_BEGIN)
        };
        self.audit.record(access).await.map_err(AppError::from)
    }

    pub(super) async fn begin_session(
        &self,
        caller: &Caller,
        user: &User,
    ) -> Result<Session, AppError> {
        let device = device::in_words(caller.user_agent.as_deref());
        let session = self.sessions.begin(user, device).await.map_err(refused_session)?;
        let device_token = Some(self.throttle.device_token(user.login.key()));
        Ok(Session { device_token, ..session })
    }

    /// Ends the session in which a browser signed in anew: a token that somebody planted there or
    /// kept is then worth nothing. Programs end theirs themselves: they may hold several.
    async fn end_session_before(&self, caller: &Caller) -> Result<(), AppError> {
        let Some(before) = &caller.principal else { return Ok(()) };
        self.sessions.end(before.session_id, "signed in again").await.map_err(AppError::from)
    }

    /// Makes an account and its patient; `None` when the login is taken, in whatever spelling.
    async fn register(
        &self,
        caller: &Caller,
        new: NewPatient,
        password: &str,
    ) -> Result<Option<Session>, AppError> {
        let NewPatient { login, email, is_demo } = new;
        self.throttle.check_registration(address_of(caller))?;
        // No account arises any more under another key than the prepared one, which the transaction
        // below finds taken; an older one may be kept under another.
        let older = self.users.find(&SoughtLogin::parse(login.shown())?).await;
        if older.map_err(AppError::from)?.is_some() {
            return Ok(None);
        }
        let clock = &self.commands.clock;
        let patient_id = PatientId(clock.fresh_uuid());
        let user = User {
            role: Role::Patient,
            clinic_id: self.clinic_id.clone(),
            patient_id: Some(patient_id),
            password_hash: self.passwords.hash(password).await?,
            must_change_password: false,
            is_disabled: false,
            is_demo,
            sessions_since_ms: 0,
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
        let recorded = Recorded { trace_parent: trace_context::current(), ..recorded };
        // Account and event in one transaction: neither can exist without the other.
        let account = self.users.creation(&user).map_err(AppError::from)?;
        match self.events.append_with(&Envelope::new(created, 1, recorded), account).await {
            Ok(Some(stored)) => self.commands.outbox.offer(stored),
            Ok(None) => return Ok(None),
            Err(AppendError::Store(error)) => return Err(error.into()),
            // The identifier was drawn a moment ago.
            Err(AppendError::Conflict(_)) => return Err(AppError::Unavailable),
        }
        // From here on there is an account, whatever becomes of signing in to it.
        let recorded = self.record_sign_in(caller, Some(&user), Outcome::Allowed).await;
        recorded.map_err(once_written)?;
        let session = self.begin_session(caller, &user).await.map_err(once_written)?;
        Ok(Some(Session { new_user: true, ..session }))
    }
}

/// Where an attempt to sign in comes from; those of whom nothing is known count as one.
fn address_of(caller: &Caller) -> ClientAddr {
    ClientAddr(caller.address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
}
