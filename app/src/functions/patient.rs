//! What the Patient web app asks of the server.

// One argument per field of the form, which works without JavaScript. The macro's copies of the
// function would not inherit an allowance beside it.
#![allow(clippy::too_many_arguments)]

use leptos::prelude::*;

use crate::error::AppError;
use crate::wire::{BlankForm, DisclosureItem, ObservationItem, ObservationReceipt, Page};

/// Makes an account, signs in and leads to the start page.
#[server(prefix = "/fn", endpoint = "patient/create_account")]
pub async fn create_account(
    username: String,
    password: String,
    #[server(default)] email: String,
) -> Result<(), AppError> {
    use crate::backend::{answered, audience, backend, caller, set_cookies};
    let made = backend().create_account(&caller(), &username, &password, &email).await;
    let session = answered(made)?;
    set_cookies(audience().cookies_of(&session));
    leptos_axum::redirect("/");
    Ok(())
}

/// Sends an observation of one's own, as typed, and leads to its receipt. The fields are those of
/// the form; what a kind does not have stays empty. A dangerous value goes once it was `seen`.
#[server(prefix = "/fn", endpoint = "patient/submit_observation")]
pub async fn submit_observation(
    kind: String,
    idempotency_key: String,
    #[server(default)] score: String,
    #[server(default)] value: String,
    #[server(default)] systolic: String,
    #[server(default)] diastolic: String,
    #[server(default)] unit: String,
    #[server(default)] note: String,
    #[server(default)] seen: String,
) -> Result<(), AppError> {
    use crate::backend::{Submission, answered, backend, caller};
    use domain::typed_measurement::TypedMeasurement;
    let filled = |text: String| (!text.trim().is_empty()).then_some(text);
    let submission = Submission {
        measurement: TypedMeasurement { kind, score, value, systolic, diastolic, unit }.into(),
        note: filled(note),
        idempotency_key: filled(idempotency_key),
        seen: Some(seen),
        ..Submission::default()
    };
    let receipt = answered(backend().submit_observation(&caller(), submission).await)?;
    leptos_axum::redirect(&format!("/sent/{}", receipt.observation_id));
    Ok(())
}

/// Corrects an observation of one's own and leads to its receipt. The fields are those of the form,
/// filled with what was sent before.
#[server(prefix = "/fn", endpoint = "patient/correct_observation")]
pub async fn correct_observation(
    observation_id: String,
    kind: String,
    idempotency_key: String,
    #[server(default)] score: String,
    #[server(default)] value: String,
    #[server(default)] systolic: String,
    #[server(default)] diastolic: String,
    #[server(default)] unit: String,
    #[server(default)] note: String,
    #[server(default)] seen: String,
) -> Result<(), AppError> {
    use crate::backend::{Correction, answered, backend, caller};
    use domain::typed_measurement::TypedMeasurement;
    let id = answered(observation_id.parse().map_err(|_| AppError::NotFound))?;
    let correction = Correction {
        measurement: Some(
            TypedMeasurement { kind, score, value, systolic, diastolic, unit }.into(),
        ),
        note: Some(note),
        idempotency_key: Some(idempotency_key).filter(|key| !key.trim().is_empty()),
        seen: Some(seen),
        ..Correction::default()
    };
    let receipt = answered(backend().correct_observation(&caller(), id, correction).await)?;
    leptos_axum::redirect(&format!("/sent/{}", receipt.observation_id));
    Ok(())
}

/// Withdraws an observation of one's own, and leads to what was sent.
#[server(prefix = "/fn", endpoint = "patient/withdraw_observation")]
pub async fn withdraw_observation(observation_id: String, reason: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    let id = answered(observation_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().withdraw_observation(&caller(), id, &reason).await)?;
    leptos_axum::redirect(&format!("/sent/{id}"));
    Ok(())
}

/// One observation of one's own as soon as it was accepted, and how far its alert has come.
#[server(prefix = "/fn", endpoint = "patient/observation")]
pub async fn observation(observation_id: String) -> Result<ObservationReceipt, AppError> {
    use crate::backend::{answered, backend, caller};
    let id = answered(observation_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().observation(&caller(), id).await)
}

/// One's own observations, newest first.
#[server(prefix = "/fn", endpoint = "patient/my_observations")]
pub async fn my_observations(
    #[server(default)] cursor: Option<String>,
) -> Result<Page<ObservationItem>, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let page = PageRequest { limit: None, cursor };
    answered(backend().observations(&caller(), None, page).await)
}

/// Who opened one's own record, newest first.
#[server(prefix = "/fn", endpoint = "patient/disclosures")]
pub async fn disclosures(
    #[server(default)] cursor: Option<String>,
) -> Result<Page<DisclosureItem>, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let page = PageRequest { limit: None, cursor };
    answered(backend().disclosures(&caller(), page).await)
}

/// What a form for an observation begins with: a fresh idempotency key, so that sending it twice
/// counts once, and what the clinic calls dangerous.
#[server(prefix = "/fn", endpoint = "patient/form_start")]
pub async fn form_start() -> Result<BlankForm, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().form_start(&caller()))
}
