//! What the server does for its callers: authorise, decide, append, read.

use app::backend::{Backend, Caller, PageRequest, Principal, Session, Submission};
use app::error::AppError;
use app::wire::{AlertItem, ObservationItem, Page, Receipt, Role};
use async_trait::async_trait;
use domain::event::{Envelope, Event, StreamId};
use domain::field_error::FieldError;
use domain::ids::{ClinicId, ObservationId, PatientId};
use domain::login::{self, Login};
use domain::measurement::Measurement;
use domain::observation::{self, SubmitObservation};
use domain::patient::{self, RegisterPatient};

use crate::clock;
use crate::identity::access::{self, Action};
use crate::identity::passwords::Passwords;
use crate::identity::tokens::{LIFETIME_S, Tokens};
use crate::relay::Outbox;
use crate::store::client::StoreError;
use crate::store::cursor;
use crate::store::events::{AppendError, DynamoEventStore};
use crate::store::users::{DynamoUsers, User};
use crate::store::views::{DynamoViews, PAGE_DEFAULT, PAGE_MAX, observation_view};

/// The longest idempotency key, in characters.
const IDEMPOTENCY_KEY_MAX_CHARS: usize = 200;

/// Everything the use cases stand on.
#[derive(Clone)]
pub struct Service {
    /// Streams of events.
    pub events: DynamoEventStore,
    /// Where appended events are sent from.
    pub outbox: Outbox,
    /// The read models.
    pub views: DynamoViews,
    /// Accounts.
    pub users: DynamoUsers,
    /// Password hashing.
    pub passwords: Passwords,
    /// Sessions.
    pub tokens: Tokens,
    /// The clinic new patients belong to.
    pub clinic_id: ClinicId,
    /// Whether an unknown patient who signs in by the API gets an account; demo mode alone.
    pub register_on_sign_in: bool,
}

/// Whose observation it is, with what the event says about them.
struct Subject {
    patient_id: PatientId,
    patient_login: String,
    clinic_id: ClinicId,
}

impl Service {
    /// Signs in by the API: where configured so, an unknown patient gets an account.
    ///
    /// # Errors
    /// As [`Backend::sign_in`].
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

    async fn register(
        &self,
        caller: &Caller,
        login: Login,
        password: &str,
        email: Option<String>,
    ) -> Result<Option<Session>, AppError> {
        let patient_id = PatientId(clock::fresh_uuid());
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
        let created = patient::decide(None, command).ok().flatten().ok_or(AppError::Unavailable)?;
        let recorded = clock::recorded(caller.correlation_id, None);
        let envelope = Envelope::new(Event::PatientCreated(created), 1, recorded);
        // Account and event in one transaction: neither can exist without the other.
        let account = self.users.creation(&user).map_err(refused_by_store)?;
        match self.events.append_all(&[envelope], vec![account]).await {
            Ok(stored) => stored.into_iter().for_each(|event| self.outbox.offer(event)),
            Err(AppendError::ConditionFailed) => return Ok(None),
            Err(error) => return Err(refused_append(error)),
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

    /// Whose observation is meant, once it is clear that the caller may use it.
    async fn subject(
        &self,
        caller: &Caller,
        named: Option<PatientId>,
    ) -> Result<Subject, AppError> {
        let principal = access::principal(caller)?;
        let Some(patient_id) = named.or(principal.patient_id) else {
            let message = "Name the patient: `patient_id` may be left out by a patient only.";
            return Err(FieldError::new("patient_id", "required", message).into());
        };
        if principal.patient_id == Some(patient_id) {
            let clinic_id = principal.clinic_id.clone();
            access::check(
                principal,
                Action::UseObservations { patient_id, clinic_id: &clinic_id },
            )?;
            return Ok(Subject { patient_id, patient_login: principal.login.clone(), clinic_id });
        }
        // Patients learn nothing about others, not even whether they exist.
        if principal.role == Role::Patient {
            return Err(AppError::Forbidden);
        }
        let known = self.views.patient(patient_id).await.map_err(refused_by_store)?;
        let known = known.ok_or(AppError::NotFound)?;
        let action = Action::UseObservations { patient_id, clinic_id: &known.clinic_id };
        access::check(principal, action).map_err(|_| AppError::NotFound)?;
        let (patient_login, clinic_id) = (known.patient_login, known.clinic_id);
        Ok(Subject { patient_id, patient_login, clinic_id })
    }

    /// Appends a first event, or finds the one of an earlier, equal submission.
    async fn record_observation(
        &self,
        caller: &Caller,
        command: SubmitObservation,
    ) -> Result<Receipt, AppError> {
        let observation_id = command.observation_id;
        let submitted = observation::decide(None, command.clone()).ok().flatten();
        let submitted = submitted.ok_or(AppError::Unavailable)?;
        let recorded = clock::recorded(caller.correlation_id, None);
        let envelope = Envelope::new(Event::ObservationSubmitted(submitted), 1, recorded);
        match self.events.append(&envelope).await {
            Ok(stored) => {
                let event_id = stored.event_id;
                self.outbox.offer(stored);
                Ok(Receipt { observation_id, event_id })
            }
            Err(AppendError::Conflict(_)) => self.repeated(command).await,
            Err(error) => Err(refused_append(error)),
        }
    }

    /// Decides again on what is there.
    async fn repeated(&self, command: SubmitObservation) -> Result<Receipt, AppError> {
        let observation_id = command.observation_id;
        let (envelope, state) = self.recorded_observation(observation_id).await?;
        match observation::decide(Some(&state), command) {
            Ok(_) => Ok(Receipt { observation_id, event_id: envelope.event_id }),
            Err(rejection) => Err(AppError::Conflict(rejection.to_string())),
        }
    }

    async fn recorded_observation(
        &self,
        id: ObservationId,
    ) -> Result<(Envelope, observation::Observation), AppError> {
        let stream = StreamId::observation(id);
        let events = self.events.load(&stream).await.map_err(refused_by_store)?;
        let first = events.into_iter().next().ok_or(AppError::NotFound)?;
        match first.event.clone() {
            Event::ObservationSubmitted(submitted) => Ok((first, submitted)),
            _ => Err(AppError::NotFound),
        }
    }
}

#[async_trait]
impl Backend for Service {
    async fn sign_in(
        &self,
        role: Role,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        let login = check_credentials(username, password)?;
        let user = self.users.find(&login).await.map_err(refused_by_store)?;
        self.verify(user, role, password).await
    }

    async fn create_account(
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

    async fn submit_observation(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Receipt, AppError> {
        // Strangers are told to sign in before anything about their input.
        access::principal(caller)?;
        let mut faults = Vec::new();
        let named = submission.patient_id.as_deref().map(parse_patient_id).transpose();
        let named = named.map_err(|fault| faults.push(fault)).ok().flatten();
        let measurement =
            Measurement::parse(&submission.measurement).map_err(|more| faults.extend(more)).ok();
        let effective_at = submission.effective_at.as_deref().map(parse_effective_at).transpose();
        let effective_at = effective_at.map_err(|fault| faults.push(fault)).ok().flatten();
        let note = submission.note.as_deref().map(observation::check_note).transpose();
        let note = note.map_err(|fault| faults.push(fault)).ok().flatten().flatten();
        let key = submission.idempotency_key.as_deref().map(check_idempotency_key).transpose();
        let key = key.map_err(|fault| faults.push(fault)).ok().flatten();
        let (Some(measurement), true) = (measurement, faults.is_empty()) else {
            return Err(AppError::Invalid(faults));
        };
        let subject = self.subject(caller, named).await?;
        let observation_id = match key {
            Some(key) => ObservationId::from_idempotency_key(subject.patient_id, key),
            None => ObservationId(clock::fresh_uuid()),
        };
        let command = SubmitObservation {
            observation_id,
            patient_id: subject.patient_id,
            patient_login: subject.patient_login,
            clinic_id: subject.clinic_id,
            measurement,
            effective_at,
            note,
        };
        self.record_observation(caller, command).await
    }

    async fn observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationItem, AppError> {
        let principal = access::principal(caller)?;
        let (envelope, submitted) = self.recorded_observation(id).await?;
        let (patient_id, clinic_id) = (submitted.patient_id, &submitted.clinic_id);
        // Whoever may not see it is not told that it exists.
        access::check(principal, Action::UseObservations { patient_id, clinic_id })
            .map_err(|_| AppError::NotFound)?;
        Ok(observation_view(&envelope, &submitted))
    }

    async fn observations(
        &self,
        caller: &Caller,
        patient_id: Option<PatientId>,
        page: PageRequest,
    ) -> Result<Page<ObservationItem>, AppError> {
        let subject = self.subject(caller, patient_id).await?;
        let (limit, after) = check_page(&page)?;
        let found = self.views.observations(subject.patient_id, limit, after.as_deref()).await;
        found.map_err(refused_by_store)
    }

    async fn alerts(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AlertItem>, AppError> {
        let principal = access::principal(caller)?;
        access::check(principal, Action::ReadAlerts { clinic_id: &principal.clinic_id })?;
        let (limit, after) = check_page(&page)?;
        let found = self.views.alerts(&principal.clinic_id, limit, after.as_deref()).await;
        found.map_err(refused_by_store)
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

/// User name and password of the demo clinician.
pub const DEMO_CLINICIAN: (&str, &str) = ("clinician1", "demo");

fn check_credentials(username: &str, password: &str) -> Result<Login, AppError> {
    let login = Login::parse(username)?;
    if password.is_empty() {
        return Err(FieldError::new("password", "required", "Enter a password.").into());
    }
    if password.chars().count() > login::PASSWORD_MAX_CHARS {
        return Err(AppError::WrongCredentials);
    }
    Ok(login)
}

fn parse_patient_id(text: &str) -> Result<PatientId, FieldError> {
    let message = "`patient_id` must be the UUID from the sign-in's answer.";
    text.parse().map_err(|_| FieldError::new("patient_id", "malformed", message))
}

fn parse_effective_at(text: &str) -> Result<domain::timestamp::Timestamp, FieldError> {
    let at = text.parse().map_err(|fault: domain::timestamp::NotATimestamp| {
        FieldError::new("effective_at", "malformed", format!("`effective_at` {fault}."))
    })?;
    observation::check_effective_at(at, clock::now())
}

fn check_idempotency_key(key: &str) -> Result<&str, FieldError> {
    let fits = (1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    let message = format!(
        "An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_MAX_CHARS} visible ASCII characters; a UUID \
         is a good one."
    );
    if fits { Ok(key) } else { Err(FieldError::new("Idempotency-Key", "malformed", message)) }
}

fn check_email(text: &str) -> Result<Option<String>, FieldError> {
    let email = text.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let plausible = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let message = "This is not an e-mail address: write it like name@example.org, or leave it out.";
    if plausible {
        Ok(Some(email.to_owned()))
    } else {
        Err(FieldError::new("email", "malformed", message))
    }
}

fn check_page(page: &PageRequest) -> Result<(u32, Option<String>), AppError> {
    let limit = page.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("`limit` must be a whole number from 1 to {PAGE_MAX}.");
        return Err(FieldError::new("limit", "out_of_range", message).into());
    }
    Ok((limit, page.cursor.as_deref().map(cursor::decode).transpose()?))
}

fn refused_by_store(error: StoreError) -> AppError {
    match error {
        StoreError::Throttled => AppError::Overloaded { retry_after_s: 2 },
        error => {
            tracing::error!(%error, "the store did not answer a request");
            AppError::Unavailable
        }
    }
}

fn refused_append(error: AppendError) -> AppError {
    match error {
        AppendError::Store(error) => refused_by_store(error),
        error => {
            tracing::error!(%error, "an append was refused");
            AppError::Unavailable
        }
    }
}

/// Whether the store answers.
///
/// # Errors
/// Why it does not.
pub async fn can_reach_the_store(service: &Service) -> Result<(), StoreError> {
    service.events.unsent(0, None).await.map(|_| ())
}
