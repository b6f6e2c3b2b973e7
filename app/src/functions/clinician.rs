//! What the Clinician dashboard asks of the server.

// One argument per field of a form. The macro's copies of the function would not inherit an
// allowance beside it.
#![allow(clippy::too_many_arguments)]

use leptos::prelude::*;

use crate::error::AppError;
use crate::wire::{
    Acknowledgement, AlertItem, AuditFindings, BreakerItem, EmergencyItem, OneTimePassword, Page,
    RecordPart, StaffItem,
};

/// The clinic's alerts, newest first.
#[server(prefix = "/fn", endpoint = "clinician/alerts")]
pub async fn alerts(
    #[server(default)] cursor: Option<String>,
) -> Result<Page<AlertItem>, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let page = PageRequest { limit: None, cursor };
    answered(backend().alerts(&caller(), page).await)
}

/// Takes care of an alert. Answers who does: it stays with the first. Without JavaScript it leads
/// back to the page it was sent from.
#[server(prefix = "/fn", endpoint = "clinician/acknowledge_alert")]
pub async fn acknowledge_alert(alert_id: String) -> Result<Acknowledgement, AppError> {
    use crate::backend::{answered, backend, caller};
    let id = answered(alert_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().acknowledge_alert(&caller(), id).await)
}

/// Gives an alert back: nobody takes care of it any more. Without JavaScript it leads back to the
/// page it was sent from.
#[server(prefix = "/fn", endpoint = "clinician/release_alert")]
pub async fn release_alert(alert_id: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    let id = answered(alert_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().release_alert(&caller(), id).await)
}

/// The observations of a patient of the clinic, or of one whose record is open because of an
/// emergency, newest first.
#[server(prefix = "/fn", endpoint = "clinician/patient_observations")]
pub async fn patient_observations(
    patient_id: String,
    #[server(default)] cursor: Option<String>,
) -> Result<RecordPart, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let id = answered(patient_id.parse().map_err(|_| AppError::NotFound))?;
    let page = PageRequest { limit: None, cursor };
    let observations = answered(backend().observations(&caller(), Some(id), page).await)?;
    let open_until = answered(backend().emergency_until(&caller(), id).await)?;
    Ok(RecordPart { observations, open_until })
}

/// Opens the record of another clinic's patient in an emergency and leads to it.
#[server(prefix = "/fn", endpoint = "clinician/open_in_emergency")]
pub async fn open_in_emergency(patient: String, reason: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    let opened = answered(backend().open_in_emergency(&caller(), &patient, &reason).await)?;
    leptos_axum::redirect(&format!("/patients/{}", opened.patient_id));
    Ok(())
}

/// The records opened in an emergency that concern the clinic, newest first.
#[server(prefix = "/fn", endpoint = "clinician/emergencies")]
pub async fn emergencies() -> Result<Vec<EmergencyItem>, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().emergencies(&caller()).await)
}

/// How many records of the clinic's patients are open in an emergency now.
#[server(prefix = "/fn", endpoint = "clinician/open_emergencies")]
pub async fn open_emergencies() -> Result<u32, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().open_emergencies(&caller()).await)
}

/// The accounts of the clinic's staff.
#[server(prefix = "/fn", endpoint = "clinician/staff")]
pub async fn staff() -> Result<Vec<StaffItem>, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().staff(&caller()).await)
}

/// Makes an account for somebody of the clinic's staff; the answer holds its one-time password.
#[server(prefix = "/fn", endpoint = "clinician/create_staff")]
pub async fn create_staff(
    username: String,
    #[server(default)] role: String,
) -> Result<OneTimePassword, AppError> {
    use crate::backend::{answered, backend, caller};
    use crate::wire::NewStaff;
    answered(backend().create_staff(&caller(), NewStaff { username, role }).await)
}

/// Forbids an account to sign in, or allows it again where `enable` says `yes`, for this `reason`.
#[server(prefix = "/fn", endpoint = "clinician/disable_staff")]
pub async fn disable_staff(
    username: String,
    #[server(default)] enable: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    let is_disabled = enable != "yes";
    answered(backend().disable_staff(&caller(), &username, is_disabled, Some(&reason)).await)?;
    leptos_axum::redirect("/staff");
    Ok(())
}

/// Gives an account another one-time password, for this `reason`.
#[server(prefix = "/fn", endpoint = "clinician/reset_staff")]
pub async fn reset_staff(
    username: String,
    #[server(default)] reason: String,
) -> Result<OneTimePassword, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().reset_staff(&caller(), &username, Some(&reason)).await)
}

/// How the server's circuit breaker stands.
#[server(prefix = "/fn", endpoint = "clinician/breaker")]
pub async fn breaker() -> Result<BreakerItem, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().breaker(&caller()).await)
}

/// Holds the circuit breaker open, for this `reason`: only critical observations get through.
#[server(prefix = "/fn", endpoint = "clinician/breaker_hold")]
pub async fn breaker_hold(#[server(default)] reason: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().operate_breaker(&caller(), true, Some(&reason)).await)?;
    leptos_axum::redirect("/operation");
    Ok(())
}

/// Resets the circuit breaker, for this `reason`: everything is let in again.
#[server(prefix = "/fn", endpoint = "clinician/breaker_reset")]
pub async fn breaker_reset(#[server(default)] reason: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().operate_breaker(&caller(), false, Some(&reason)).await)?;
    leptos_axum::redirect("/operation");
    Ok(())
}

/// Leads to what was done in the clinic, as far as the fields look for it. They are sealed in the
/// address: whom an auditor looks for stands in no history and no log.
#[server(prefix = "/fn", endpoint = "clinician/find_in_audit")]
pub async fn find_in_audit(
    #[server(default)] who: String,
    #[server(default)] patient: String,
    #[server(default)] action: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] denied: String,
) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    use crate::places::{AUDIT_PATH, AUDIT_QUERY};
    use crate::wire::AuditQuery;
    let query = AuditQuery { who, patient, action, from, to, denied };
    let place = if query == AuditQuery::default() {
        AUDIT_PATH.to_owned()
    } else {
        let sealed = answered(backend().seal_audit_query(&caller(), &query))?;
        format!("{AUDIT_PATH}?{AUDIT_QUERY}={sealed}")
    };
    leptos_axum::redirect(&place);
    Ok(())
}

/// What was done in the clinic, newest first: as far as `query`, which [`find_in_audit`] sealed,
/// looks for it; without it all that was done with the data of the patient of this identifier.
#[server(prefix = "/fn", endpoint = "clinician/audit")]
pub async fn audit_log(
    #[server(default)] query: Option<String>,
    #[server(default)] patient_id: Option<String>,
    #[server(default)] cursor: Option<String>,
) -> Result<AuditFindings, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let patient_id = patient_id.map(|id| id.parse()).transpose();
    let patient_id = answered(patient_id.map_err(|_| AppError::NotFound))?;
    let page = PageRequest { limit: None, cursor };
    answered(backend().audit_log(&caller(), query, patient_id, page).await)
}
