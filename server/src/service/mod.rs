//! What the server does for its callers: authorise, decide, append, read.

mod accounts;
mod input;
mod observations;

use app::backend::{Backend, Caller, PageRequest, Session, Submission};
use app::error::AppError;
use app::wire::{AlertItem, ObservationItem, Page, Receipt, Role};
use async_trait::async_trait;
use domain::aggregate::Aggregate;
use domain::alert::{Alert, AlertCommand, Rejection};
use domain::event::StreamId;
use domain::ids::{AlertId, ClinicId, ObservationId, PatientId};

pub use accounts::{DEMO_CLINICIAN, ensure_demo_accounts};

use crate::commands::{CommandError, Commands, Expect};
use crate::identity::access::{self, Action};
use crate::identity::passwords::Passwords;
use crate::identity::tokens::Tokens;
use crate::store::client::StoreError;
use crate::store::dynamo_events::DynamoEventStore;
use crate::store::event_store::EventStore;
use crate::store::users::DynamoUsers;
use crate::store::views::DynamoViews;

/// Everything the use cases stand on.
#[derive(Clone)]
pub struct Service {
    /// Decides on commands and records what follows.
    pub commands: Commands,
    /// Streams of events, for what is written together with other things.
    pub events: DynamoEventStore,
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

impl Service {
    /// Notes that the caller takes care of an alert of their clinic. The first who says so stays.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for alerts that are not there or belong to another clinic.
    pub async fn acknowledge_alert(&self, caller: &Caller, id: AlertId) -> Result<(), AppError> {
        let principal = access::principal(caller)?;
        access::check(principal, Action::HandleAlerts { clinic_id: &principal.clinic_id })?;
        let stream = StreamId::alert(id);
        let events = self.events.load(&stream).await.map_err(refused_by_store)?;
        let alert = Alert::fold(events.iter().map(|envelope| &envelope.event));
        let clinic = alert.map(|alert| alert.created.clinic_id).ok_or(AppError::NotFound)?;
        // Whoever may not see it is not told that it exists.
        access::check(principal, Action::HandleAlerts { clinic_id: &clinic })
            .map_err(|_| AppError::NotFound)?;
        let command = AlertCommand::Acknowledge { by: principal.login.clone() };
        let correlation_id = caller.correlation_id;
        self.commands
            .handle::<Alert>(&stream, Expect::Existing, &command, correlation_id, None)
            .await
            .map(|_| ())
            .map_err(|error| refused_command(error, |Rejection::NotRaised| AppError::NotFound))
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn can_reach_the_store(&self) -> Result<(), StoreError> {
        self.events.unsent(0, None).await.map(|_| ())
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
        self.sign_in_known(role, username, password).await
    }

    async fn create_account(
        &self,
        caller: &Caller,
        username: &str,
        password: &str,
        email: &str,
    ) -> Result<Session, AppError> {
        self.create_patient_account(caller, username, password, email).await
    }

    async fn submit_observation(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Receipt, AppError> {
        self.submit(caller, &submission).await
    }

    async fn observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationItem, AppError> {
        self.one_observation(caller, id).await
    }

    async fn observations(
        &self,
        caller: &Caller,
        patient_id: Option<PatientId>,
        page: PageRequest,
    ) -> Result<Page<ObservationItem>, AppError> {
        let subject = self.subject(caller, patient_id).await?;
        let (limit, after) = input::check_page(&page)?;
        let found = self.views.observations(subject.patient_id, limit, after.as_deref()).await;
        found.map_err(refused_by_store)
    }

    async fn alerts(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AlertItem>, AppError> {
        let principal = access::principal(caller)?;
        access::check(principal, Action::HandleAlerts { clinic_id: &principal.clinic_id })?;
        let (limit, after) = input::check_page(&page)?;
        let found = self.views.alerts(&principal.clinic_id, limit, after.as_deref()).await;
        found.map_err(refused_by_store)
    }
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

/// What a caller learns about a command that was not done; `rejected` puts the rules' own words.
fn refused_command<R>(error: CommandError<R>, rejected: impl Fn(R) -> AppError) -> AppError {
    match error {
        CommandError::Rejected(rejection) => rejected(rejection),
        CommandError::Contended(_) => AppError::Overloaded { retry_after_s: 1 },
        CommandError::Store(error) => refused_by_store(error),
    }
}
