//! What the Clinician dashboard asks of the server.

use leptos::prelude::*;

use crate::error::AppError;
use crate::wire::{AlertItem, ObservationItem, Page};

/// The clinic's alerts, newest first.
#[server(prefix = "/fn", endpoint = "clinician/alerts")]
pub async fn alerts(
    #[server(default)] cursor: Option<String>,
) -> Result<Page<AlertItem>, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let page = PageRequest { limit: None, cursor };
    answered(backend().alerts(&caller(), page).await)
}

/// The observations of a patient of the clinic, newest first.
#[server(prefix = "/fn", endpoint = "clinician/patient_observations")]
pub async fn patient_observations(
    patient_id: String,
    #[server(default)] cursor: Option<String>,
) -> Result<Page<ObservationItem>, AppError> {
    use crate::backend::{PageRequest, answered, backend, caller};
    let id = answered(patient_id.parse().map_err(|_| AppError::NotFound))?;
    let page = PageRequest { limit: None, cursor };
    answered(backend().observations(&caller(), Some(id), page).await)
}
