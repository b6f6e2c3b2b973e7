//! `/api/audit`: who did what in a clinic, for its auditor; `/api/disclosures`: who opened one's
//! own record.

mod export;

use app::backend::Backend;
use app::wire::{AuditPage, AuditQuery, DisclosureItem};
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;

pub(super) use export::export;

use super::{Asking, page_request, parameter, query};
use crate::http::AppState;
use crate::http::problem::Problem;
use crate::service::gate;

/// What a clinic's entries are chosen by.
const FILTER: [&str; 6] = ["who", "patient", "action", "from", "to", "denied"];

/// The entries of the auditor's clinic.
pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<AuditPage>, Problem> {
    gate::principal(&asking)?;
    let parameters = query(&request, &[&FILTER[..], &["limit", "cursor"]].concat())?;
    let page = page_request(&parameters)?;
    Ok(Json(state.service.audit_log(&asking.0, audit_query(&parameters), page).await?))
}

fn audit_query(parameters: &[(String, String)]) -> AuditQuery {
    let text = |name| parameter(parameters, name).unwrap_or_default();
    AuditQuery {
        who: text("who"),
        patient: text("patient"),
        action: text("action"),
        from: text("from"),
        to: text("to"),
        denied: text("denied"),
    }
}

#[derive(Serialize)]
pub(super) struct Disclosures {
    disclosures: Vec<DisclosureItem>,
    next_cursor: Option<String>,
}

/// Who opened the patient's own record.
pub(super) async fn disclosures(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<Disclosures>, Problem> {
    gate::principal(&asking)?;
    let parameters = query(&request, &["limit", "cursor"])?;
    let page = state.service.disclosures(&asking.0, page_request(&parameters)?).await?;
    Ok(Json(Disclosures { disclosures: page.items, next_cursor: page.next_cursor }))
}
