//! What an auditor looks for, on its way through an address: sealed, because it names people.

use app::backend::{Caller, PageRequest};
use app::error::AppError;
use app::wire::{AuditFindings, AuditQuery};
use domain::field_error::FieldError;
use domain::ids::PatientId;

use super::Service;
use super::gate::principal;
use crate::identity::sealed::Purpose;

/// The longest text in one of the fields, in characters: no name, identifier or time is longer, and
/// the address stays short enough for every browser and proxy.
const FIELD_MAX_CHARS: usize = 100;

impl Service {
    /// Only whether it fits into an address is looked at here. What is wrong with it is said where
    /// it is read, so that a page that is loaded again says it again.
    pub(super) fn sealed_audit_query(
        &self,
        caller: &Caller,
        query: &AuditQuery,
    ) -> Result<String, AppError> {
        check_lengths(query)?;
        let session = principal(caller)?.session_id;
        let text = serde_json::to_string(query).map_err(|_| AppError::Unavailable)?;
        self.sealer.seal(Purpose::AuditQuery, Some(session), &text).map_err(|error| {
            tracing::error!(%error, "what an auditor looks for was not sealed");
            AppError::Unavailable
        })
    }

    pub(super) async fn audit_findings(
        &self,
        caller: &Caller,
        sealed: Option<&str>,
        patient: Option<PatientId>,
        page: &PageRequest,
    ) -> Result<AuditFindings, AppError> {
        let session = principal(caller)?.session_id;
        let opened = match sealed {
            Some(sealed) => {
                let opened = self.sealer.open(Purpose::AuditQuery, Some(session), sealed);
                opened.and_then(|text| serde_json::from_str(&text).ok())
            }
            None => {
                let patient = patient.map(|id| id.to_string()).unwrap_or_default();
                Some(AuditQuery { patient, ..AuditQuery::default() })
            }
        };
        let Some(query) = opened else {
            let message = "What this address looks for was meant for a session that has ended, or \
                           the address is incomplete: fill in the form again.";
            let found = Err(vec![FieldError::new("query", "outdated", message)]);
            return Ok(AuditFindings { query: AuditQuery::default(), found });
        };
        let found = match self.audit_log_of_clinic(caller, &query, page).await {
            Ok(found) => Ok(found),
            Err(AppError::Invalid(faults)) => Err(faults),
            Err(error) => return Err(error),
        };
        Ok(AuditFindings { query, found })
    }
}

fn check_lengths(query: &AuditQuery) -> Result<(), AppError> {
    let too_long =
        query.fields().into_iter().filter(|(_, text)| text.chars().count() > FIELD_MAX_CHARS);
    let message = format!("Shorten this to at most {FIELD_MAX_CHARS} characters.");
    let faults: Vec<_> =
        too_long.map(|(field, _)| FieldError::new(field, "too_long", message.clone())).collect();
    if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_no_address_holds_is_refused_by_its_field() {
        let query = AuditQuery { patient: "ä".repeat(FIELD_MAX_CHARS), ..AuditQuery::default() };
        assert_eq!(check_lengths(&query), Ok(()));
        let too_long = AuditQuery { who: "ä".repeat(FIELD_MAX_CHARS + 1), ..query };
        let refusal = check_lengths(&too_long).expect_err("too long");
        assert!(refusal.of_field("who").is_some() && refusal.of_field("patient").is_none());
    }
}
