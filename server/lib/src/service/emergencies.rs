//! Opening the record of another clinic's patient in an emergency ("break the glass"): with a
//! reason, for a limited time, for everybody concerned to see.

use app::backend::Caller;
use app::error::AppError;
use app::wire::EmergencyItem;
use domain::access::{self, Action, EMERGENCY_ACCESS_MIN, Record};
use domain::field_error::FieldError;
use domain::ids::PatientId;
use domain::login::SoughtLogin;
use domain::timestamp::Timestamp;

use super::Service;
use super::gate::principal;

/// How long a reason is, in characters.
const REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=500;
/// So many are shown.
const SHOWN_MAX: i32 = 100;

impl Service {
    pub(super) async fn open_record_in_emergency(
        &self,
        caller: &Caller,
        patient: &str,
        reason: &str,
    ) -> Result<EmergencyItem, AppError> {
        let asking = principal(caller)?;
        let reason = check_reason(reason)?;
        let known = match self.patient_named(patient).await? {
            Some(patient_id) => self.views.patient(patient_id).await.map_err(AppError::from)?,
            None => None,
        };
        let Some(known) = known else {
            let message = "There is no patient of this user name or identifier: check how it is \
                           written.";
            return Err(FieldError::new("patient", "unknown", message).into());
        };
        if known.clinic_id == asking.clinic_id {
            let message = "This is a patient of your own clinic: open their page as always.";
            return Err(FieldError::new("patient", "own_clinic", message).into());
        }
        let record = Record { patient_id: known.patient_id, clinic_id: &known.clinic_id };
        let permit = self.permit(caller, Action::OpenInEmergency(record), Some(&reason)).await?;
        permit.recorded().await?;
        let opened_at = self.commands.clock.now();
        let opened = EmergencyItem {
            patient_id: known.patient_id,
            patient_login: known.patient_login,
            opened_by: asking.login.clone(),
            opened_from: asking.clinic_id.clone(),
            reason,
            opened_at,
            until: opened_at.plus_minutes(EMERGENCY_ACCESS_MIN),
        };
        self.emergencies.keep(&known.clinic_id, &opened).await.map_err(AppError::from)?;
        Ok(opened)
    }

    pub(super) async fn emergencies_of_clinic(
        &self,
        caller: &Caller,
    ) -> Result<Vec<EmergencyItem>, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        self.allow(caller, Action::ReadStaff(clinic_id)).await?;
        self.emergencies.of_clinic(clinic_id, SHOWN_MAX).await.map_err(AppError::from)
    }

    /// A number names nobody, so asking for it is no access that the audit log keeps: every page
    /// of an administrator does.
    pub(super) async fn emergencies_open_now(&self, caller: &Caller) -> Result<u32, AppError> {
        let asking = principal(caller)?;
        if !access::allows(&asking.subject(), &Action::ReadStaff(&asking.clinic_id), false) {
            return Err(AppError::Forbidden);
        }
        let newest = self.emergencies.of_clinic(&asking.clinic_id, SHOWN_MAX).await;
        let now = self.commands.clock.now();
        let open = newest.map_err(AppError::from)?.into_iter().filter(|item| item.until > now);
        Ok(u32::try_from(open.count()).unwrap_or(u32::MAX))
    }

    pub(super) async fn open_until(
        &self,
        caller: &Caller,
        patient_id: PatientId,
    ) -> Result<Option<Timestamp>, AppError> {
        let asking = principal(caller)?;
        // Patients, and those who see no health data, have none.
        if !asking.subject().role.opens_records_in_emergency() {
            return Ok(None);
        }
        let found = self.emergency_of(asking, patient_id).await?;
        Ok(found.map(|emergency| emergency.until))
    }

    /// The patient with this identifier or user name.
    async fn patient_named(&self, text: &str) -> Result<Option<PatientId>, AppError> {
        if let Ok(patient_id) = text.trim().parse() {
            return Ok(Some(patient_id));
        }
        let login = SoughtLogin::parse(text)
            .map_err(|fault| FieldError { field: "patient".to_owned(), ..fault })?;
        let user = self.users.find(&login).await.map_err(AppError::from)?;
        Ok(user.and_then(|user| user.patient_id))
    }
}

fn check_reason(text: &str) -> Result<String, FieldError> {
    let reason = text.trim();
    let message = format!(
        "Say in {} to {} characters why you must see this record now; its owner and their clinic \
         will read it.",
        REASON_CHARS.start(),
        REASON_CHARS.end()
    );
    if REASON_CHARS.contains(&reason.chars().count()) && !reason.chars().any(char::is_control) {
        Ok(reason.to_owned())
    } else {
        Err(FieldError::new("reason", "length", message))
    }
}
