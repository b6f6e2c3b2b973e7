//! What the Patient web app asks of the server.

use domain::typed_measurement::TypedMeasurement;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::wire::{BlankForm, DisclosureItem, ObservationItem, ObservationReceipt, Page};

/// What the form for an observation holds, as typed. Its fields lie flat in the form, as a browser
/// without JavaScript posts them; what a kind does not have stays empty or away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedObservation {
    /// The measurement.
    #[serde(flatten)]
    pub measurement: TypedMeasurement,
    /// `note`, what the sender wrote beside it.
    #[serde(default)]
    pub note: String,
    /// `idempotency_key`: sent twice under one key, it counts once.
    pub idempotency_key: String,
    /// `seen`, the dangerous value that was shown for a second look; empty before that.
    #[serde(default)]
    pub seen: String,
}

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

/// Sends an observation of one's own, as typed, and leads to its receipt. A dangerous value goes once
/// it was `seen`.
#[server(prefix = "/fn", endpoint = "patient/submit_observation")]
pub async fn submit_observation(
    #[server(flatten)] typed: TypedObservation,
) -> Result<(), AppError> {
    use crate::backend::{Submission, answered, backend, caller};
    let submission = Submission {
        measurement: typed.measurement.into(),
        note: filled(typed.note),
        idempotency_key: filled(typed.idempotency_key),
        seen: Some(typed.seen),
        ..Submission::default()
    };
    let receipt = answered(backend().submit_observation(&caller(), submission).await)?;
    leptos_axum::redirect(&format!("/sent/{}", receipt.observation_id));
    Ok(())
}

/// Corrects an observation of one's own and leads to its receipt. The form was filled with what was
/// sent before. Where another version than `based_on` stands there by now, nothing is changed:
/// [`AppError::Changed`]; what it says now, [`observation`] answers.
#[server(prefix = "/fn", endpoint = "patient/correct_observation")]
pub async fn correct_observation(
    observation_id: String,
    based_on: u64,
    #[server(flatten)] typed: TypedObservation,
) -> Result<(), AppError> {
    use crate::backend::{Correction, answered, backend, caller};
    let id = answered(observation_id.parse().map_err(|_| AppError::NotFound))?;
    let correction = Correction {
        measurement: Some(typed.measurement.into()),
        note: Some(typed.note),
        idempotency_key: filled(typed.idempotency_key),
        based_on: Some(based_on),
        seen: Some(typed.seen),
        ..Correction::default()
    };
    let receipt = answered(backend().correct_observation(&caller(), id, correction).await)?;
    leptos_axum::redirect(&format!("/sent/{}", receipt.observation_id));
    Ok(())
}

#[cfg(feature = "ssr")]
fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// Withdraws an observation of one's own, and leads to what was sent; with `based_on` as in
/// [`correct_observation`].
#[server(prefix = "/fn", endpoint = "patient/withdraw_observation")]
pub async fn withdraw_observation(
    observation_id: String,
    based_on: u64,
    reason: String,
) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    let id = answered(observation_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().withdraw_observation(&caller(), id, &reason, Some(based_on)).await)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Option<TypedObservation> {
        // As server functions read forms.
        let form = serde_qs::Config::new(5, false).deserialize_str::<CorrectObservation>(form);
        form.ok().map(|form| form.typed)
    }

    #[test]
    fn a_form_is_read_flat_whatever_else_stands_in_it() {
        let form = "page_of=anna&observation_id=1&based_on=2&kind=blood_pressure&score=&systolic=120&\
                    diastolic=80&unit=mm%5BHg%5D&note=at+home%0D%0A&idempotency_key=k";
        let text = str::to_owned;
        let measurement = TypedMeasurement {
            kind: text("blood_pressure"),
            systolic: text("120"),
            diastolic: text("80"),
            unit: text("mm[Hg]"),
            ..TypedMeasurement::default()
        };
        let expected = TypedObservation {
            measurement,
            note: text("at home\r\n"),
            idempotency_key: text("k"),
            seen: String::new(),
        };
        assert_eq!(read(form), Some(expected));
    }

    #[test]
    fn a_form_without_its_kind_key_or_version_or_with_two_values_is_incomplete() {
        for form in [
            "observation_id=1&based_on=2&kind=weight&value=70&unit=kg",
            "observation_id=1&based_on=2&idempotency_key=k&value=70&unit=kg",
            "observation_id=1&kind=weight&idempotency_key=k&value=70",
            "based_on=2&kind=weight&idempotency_key=k&value=70&unit=kg",
            "observation_id=1&based_on=2&kind=weight&idempotency_key=k&value=70&value=71",
        ] {
            assert_eq!(read(form), None, "{form}");
        }
    }

    #[test]
    fn what_a_page_sends_is_what_is_read() {
        let typed = TypedObservation {
            measurement: TypedMeasurement::default(),
            note: "a & b = c".to_owned(),
            idempotency_key: "k".to_owned(),
            seen: "39.4 °C".to_owned(),
        };
        let observation_id = "1".to_owned();
        let sent = CorrectObservation { observation_id, based_on: 2, typed: typed.clone() };
        let form = serde_qs::to_string(&sent).expect("serialises");
        assert_eq!(read(&form), Some(typed));
    }
}
