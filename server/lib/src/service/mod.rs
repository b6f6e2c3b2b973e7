//! What the server does for its callers: authorise, decide, append, read.

mod accounts;
mod alerts;
mod audit_query;
pub(crate) mod auditing;
mod demo_accounts;
mod disclosures;
mod emergencies;
pub(crate) mod gate;
pub mod input;
mod observations;
mod operation;
mod own_account;
mod putting_right;
mod receipts;
mod saving;
mod staff;

use std::sync::Arc;

use app::backend::{Backend, Caller, Correction, PageRequest, Session, Submission, WebApp};
use app::error::AppError;
use app::wire::{
    Acknowledgement, AlertItem, AuditFindings, AuditQuery, BlankForm, BreakerItem, DisclosureItem,
    EmergencyItem, NewStaff, ObservationItem, ObservationReceipt, OneTimePassword, Page, Receipt,
    SessionItem, SignedInUser, StaffItem,
};
use async_trait::async_trait;
use domain::access::Action;
use domain::alert_limits::AlertPolicy;
use domain::ids::{AlertId, ClinicId, ObservationId, PatientId, SessionId};
use domain::timestamp::Timestamp;

pub use demo_accounts::{DEMO_ACCOUNTS, DEMO_PASSWORD, ensure_demo_accounts};

use crate::audit::log::AuditLog;
use crate::audit::reading::AuditReader;
use crate::commands::{CommandError, Commands};
use crate::http::edge::breaker::Breaker;
use crate::identity::passwords::Passwords;
use crate::identity::sealed::Sealer;
use crate::identity::sessions::{SessionError, Sessions};
use crate::identity::sign_in_throttle::SignInThrottle;
use crate::store::client::StoreError;
use crate::store::dynamo_events::DynamoEventStore;
use crate::store::emergencies::DynamoEmergencies;
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
    /// Who is signed in.
    pub sessions: Sessions,
    /// Seals what goes out and comes back, and is for nobody else to read.
    pub sealer: Sealer,
    /// Turns floods away from this process.
    pub breaker: Arc<Breaker>,
    /// How often somebody may try to sign in.
    pub throttle: Arc<SignInThrottle>,
    /// Records opened in an emergency.
    pub emergencies: DynamoEmergencies,
    /// Where every access to somebody's data is recorded.
    pub audit: AuditLog,
    /// What was recorded, as people look for it.
    pub audit_reader: AuditReader,
    /// What counts as dangerous.
    pub alert_policy: AlertPolicy,
    /// The clinic new patients belong to.
    pub clinic_id: ClinicId,
    /// Whether this is a demonstration: then accounts need no real passwords.
    pub is_demo: bool,
    /// Whether an unknown patient who signs in by the API gets an account.
    pub register_on_sign_in: bool,
}

impl Service {
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
        caller: &Caller,
        app: WebApp,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError> {
        self.sign_in_known(caller, |role| app.admits(role), username, password).await
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

    async fn sign_out(&self, caller: &Caller, everywhere: bool) -> Result<(), AppError> {
        self.sign_out_of(caller, everywhere).await
    }

    async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
    ) -> Result<Session, AppError> {
        self.change_own_password(caller, current, new).await
    }

    async fn my_sessions(&self, caller: &Caller) -> Result<Vec<SessionItem>, AppError> {
        self.own_sessions(caller).await
    }

    async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), AppError> {
        self.end_own_session(caller, id).await
    }

    async fn staff(&self, caller: &Caller) -> Result<Vec<StaffItem>, AppError> {
        self.staff_of_clinic(caller).await
    }

    async fn create_staff(
        &self,
        caller: &Caller,
        new: NewStaff,
    ) -> Result<OneTimePassword, AppError> {
        self.create_staff_account(caller, &new).await
    }

    async fn disable_staff(
        &self,
        caller: &Caller,
        username: &str,
        is_disabled: bool,
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        self.disable_staff_account(caller, username, is_disabled, reason).await
    }

    async fn reset_staff(
        &self,
        caller: &Caller,
        username: &str,
        reason: Option<&str>,
    ) -> Result<OneTimePassword, AppError> {
        self.reset_staff_account(caller, username, reason).await
    }

    async fn open_in_emergency(
        &self,
        caller: &Caller,
        patient: &str,
        reason: &str,
    ) -> Result<EmergencyItem, AppError> {
        self.open_record_in_emergency(caller, patient, reason).await
    }

    async fn emergencies(&self, caller: &Caller) -> Result<Vec<EmergencyItem>, AppError> {
        self.emergencies_of_clinic(caller).await
    }

    async fn open_emergencies(&self, caller: &Caller) -> Result<u32, AppError> {
        self.emergencies_open_now(caller).await
    }

    async fn emergency_until(
        &self,
        caller: &Caller,
        patient_id: PatientId,
    ) -> Result<Option<Timestamp>, AppError> {
        self.open_until(caller, patient_id).await
    }

    fn seal_audit_query(&self, caller: &Caller, query: &AuditQuery) -> Result<String, AppError> {
        self.sealed_audit_query(caller, query)
    }

    async fn audit_log(
        &self,
        caller: &Caller,
        sealed: Option<String>,
        patient: Option<PatientId>,
        page: PageRequest,
    ) -> Result<AuditFindings, AppError> {
        self.audit_findings(caller, sealed.as_deref(), patient, &page).await
    }

    async fn disclosures(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<DisclosureItem>, AppError> {
        self.own_disclosures(caller, &page).await
    }

    async fn signed_in_user(&self, caller: &Caller) -> Result<SignedInUser, AppError> {
        self.own_standing(caller).await
    }

    async fn breaker(&self, caller: &Caller) -> Result<BreakerItem, AppError> {
        self.breaker_state(caller).await
    }

    async fn operate_breaker(
        &self,
        caller: &Caller,
        holds: bool,
        reason: Option<&str>,
    ) -> Result<BreakerItem, AppError> {
        self.operate(caller, holds, reason).await
    }

    async fn submit_observation(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Receipt, AppError> {
        self.submit(caller, &submission).await
    }

    async fn correct_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
        correction: Correction,
    ) -> Result<Receipt, AppError> {
        self.correct(caller, id, &correction).await
    }

    async fn withdraw_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
        reason: &str,
        based_on: Option<u64>,
    ) -> Result<Receipt, AppError> {
        self.withdraw(caller, id, reason, based_on).await
    }

    fn form_start(&self, caller: &Caller) -> Result<BlankForm, AppError> {
        gate::principal(caller)?;
        Ok(self.blank_form())
    }

    async fn observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationReceipt, AppError> {
        self.one_observation(caller, id).await
    }

    async fn observations(
        &self,
        caller: &Caller,
        patient_id: Option<PatientId>,
        page: PageRequest,
    ) -> Result<Page<ObservationItem>, AppError> {
        let (limit, after) = input::check_page(&page)?;
        let (subject, permit) =
            self.subject(caller, patient_id, observations::Purpose::Read).await?;
        permit.recorded().await?;
        let found = self.views.observations(subject.patient_id, limit, after.as_deref()).await;
        let mut found = found.map_err(AppError::from)?;
        found.items.iter_mut().for_each(|item| self.judge(item));
        Ok(found)
    }

    async fn acknowledge_alert(
        &self,
        caller: &Caller,
        id: AlertId,
    ) -> Result<Acknowledgement, AppError> {
        self.take_over(caller, id).await
    }

    async fn release_alert(&self, caller: &Caller, id: AlertId) -> Result<(), AppError> {
        self.give_back(caller, id).await
    }

    async fn alerts(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<AlertItem>, AppError> {
        let principal = gate::principal(caller)?;
        let (limit, after) = input::check_page(&page)?;
        let permit = self.permit(caller, Action::ReadAlerts(&principal.clinic_id), None).await?;
        let found = self.views.alerts(&principal.clinic_id, limit, after.as_deref()).await;
        let found = found.map_err(AppError::from)?;
        permit.recorded_about(found.items.iter().map(|alert| alert.patient_id)).await?;
        Ok(found)
    }
}

/// What somebody learns whose session could not be found, begun or kept alive: nothing of what they
/// asked for was done.
pub(crate) fn refused_session(error: SessionError) -> AppError {
    match error {
        SessionError::Store(error) => error.with_nothing_saved().into(),
        SessionError::Token(reason) => {
            tracing::error!(reason, "a token could not be made");
            AppError::Unavailable
        }
    }
}

/// What a caller learns about a command that was not done; `rejected` puts the rules' own words.
fn refused_command<R>(error: CommandError<R>, rejected: impl Fn(R) -> AppError) -> AppError {
    match error {
        CommandError::Rejected(rejection) => rejected(rejection),
        CommandError::Contended(_) => AppError::Overloaded { retry_after_s: 1 },
        CommandError::Store(error) => error.into(),
    }
}
