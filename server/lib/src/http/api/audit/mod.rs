//! `/api/audit/…`: who did what in a clinic, for its auditor; `/api/disclosures`: who opened one's
//! own record.

mod export;

use app::backend::Backend;
use app::error::AppError;
use app::wire::{AuditPage, AuditQuery, DisclosureItem};
use axum::Json;
use axum::extract::{Request, State};
use domain::field_error::FieldError;
use domain::measurement::RawNumber;
use serde::Serialize;

pub(super) use export::export;

use super::{Asking, page_request, parameter, query};
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;
use crate::service::gate;

/// What a clinic's entries are chosen by. It names people, so it comes in bodies, never in an
/// address.
const FILTER: [&str; 6] = ["who", "patient", "action", "from", "to", "denied"];

/// The entries of the auditor's clinic that the body looks for.
pub(super) async fn search(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<AuditPage>, Problem> {
    gate::principal(&asking)?;
    let text = read_text(request).await?;
    let sought = sought(&text, &["limit", "cursor"]).map_err(AppError::Invalid)?;
    let (query, page) = (audit_query(&sought), page_request(&sought)?);
    Ok(Json(state.service.audit_log_of_clinic(&asking.0, &query, &page).await?))
}

/// The fields of a search, and these `more`, in a JSON object. What they say is judged later.
///
/// # Errors
/// Every fault of the body's form.
pub(super) fn sought(text: &str, more: &[&str]) -> Result<Vec<(String, String)>, Vec<FieldError>> {
    let known = [&FILTER[..], more].concat();
    let fields = Fields::parse(text, &known)?;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for name in known {
        let value = match name {
            "denied" => fields.flag(name).map(|flag| flag.map(|is_set| is_set.to_string())),
            "limit" => whole_number(&fields, name),
            _ => fields.text(name),
        };
        match value {
            Ok(value) => found.extend(value.map(|value| (name.to_owned(), value))),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn whole_number(fields: &Fields<'_>, name: &str) -> Result<Option<String>, FieldError> {
    // Of devices a number is taken as text too; a limit has no digits to lose.
    let number = if fields.is_text(name) { RawNumber::NotANumber } else { fields.number(name) };
    match number {
        RawNumber::Absent => Ok(None),
        // As it is written without a fraction; which numbers will do is judged later.
        RawNumber::Number(number) if number.fract().is_zero() => {
            Ok(Some(number.normalize().to_string()))
        }
        _ => {
            let message = format!("`{name}` must be a whole number.");
            Err(FieldError::new(name, "not_a_number", message))
        }
    }
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
