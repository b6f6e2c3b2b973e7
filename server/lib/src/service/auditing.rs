//! The audit log of a clinic, for its auditor: looked through in parts, and exported.

use std::collections::BTreeSet;

use app::access_words::ACCESS_WORDS;
use app::backend::{Caller, PageRequest};
use app::error::AppError;
use app::wire::{AuditItem, AuditPage, AuditQuery, NamedPatient};
use domain::access::Action;
use domain::field_error::FieldError;
use domain::ids::{AuditEntryId, ClinicId, PatientId};
use domain::login::SoughtLogin;
use domain::timestamp::Timestamp;
use futures::future::try_join_all;

use super::gate::principal;
use super::{Service, input};
use crate::audit::entry::Entry;
use crate::audit::reading::{AuditReader, Filter};
use crate::store::client::StoreError;
use crate::store::cursor;

/// The most entries of one export. One that ends there says so.
pub(crate) const EXPORT_MAX: usize = 100_000;
/// How many entries of an export are read at once.
const EXPORTED_AT_ONCE: usize = 500;
/// The most patients whose names are looked up for one part of a list.
const NAMES_MAX: usize = 100;
/// A day, in minutes.
const DAY_MIN: i64 = 24 * 60;

impl Service {
    /// What was done in the caller's clinic, newest first, as far as `query` looks for it.
    ///
    /// # Errors
    /// Every fault of the query by its field; whatever an access is denied for.
    pub(crate) async fn audit_log_of_clinic(
        &self,
        caller: &Caller,
        query: &AuditQuery,
        page: &PageRequest,
    ) -> Result<AuditPage, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        let (limit, after) = input::check_page(page)?;
        let permit = self.permit(caller, Action::ReadAuditLog(clinic_id), None).await?;
        let filter = self.audit_filter(clinic_id, query).await;
        let (filter, permit) = permit.unless_refused(filter).await?;
        let (reader, now) = (&self.audit_reader, self.commands.clock.now());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = reader.of_clinic(clinic_id, now, &filter, limit, after.as_deref()).await;
        let found = found.map_err(AppError::from)?;
        permit.recorded_about(filter.patient.into_iter()).await?;
        let entries: Vec<AuditItem> = found.items.into_iter().map(audit_item).collect();
        let patients = self.names_of(&entries).await?;
        let (clinic_id, next_cursor) = (clinic_id.clone(), found.next_cursor);
        Ok(AuditPage { clinic_id, entries, patients, next_cursor })
    }

    /// Begins an export of all that `query` looks for; it is recorded before anything is handed
    /// out.
    ///
    /// # Errors
    /// Whatever the list is refused for.
    pub(crate) async fn export_audit_log(
        &self,
        caller: &Caller,
        query: &AuditQuery,
    ) -> Result<AuditExport, AppError> {
        let clinic_id = &principal(caller)?.clinic_id;
        let action = Action::ReadAuditLog(clinic_id);
        let permit = self.permit(caller, action, Some("exported it")).await?;
        let filter = self.audit_filter(clinic_id, query).await;
        let (filter, permit) = permit.unless_refused(filter).await?;
        permit.recorded_about(filter.patient.into_iter()).await?;
        Ok(AuditExport {
            reader: self.audit_reader.clone(),
            clinic_id: clinic_id.clone(),
            now: self.commands.clock.now(),
            filter,
            at: Place::Begin,
            left: EXPORT_MAX,
        })
    }

    async fn audit_filter(
        &self,
        clinic_id: &ClinicId,
        query: &AuditQuery,
    ) -> Result<Filter, AppError> {
        let (checked, patient) = (check_query(query)?, query.patient.trim());
        let patient = match patient.parse() {
            _ if patient.is_empty() => None,
            Ok(patient_id) => Some(patient_id),
            Err(_) => Some(self.patient_of_clinic(clinic_id, patient).await?),
        };
        Ok(Filter { patient, ..checked })
    }

    /// The patient of this user name, if they are the clinic's: auditors are not told who else has
    /// an account.
    async fn patient_of_clinic(
        &self,
        clinic_id: &ClinicId,
        username: &str,
    ) -> Result<PatientId, AppError> {
        let user = match SoughtLogin::parse(username) {
            Ok(login) => self.users.find(&login).await.map_err(AppError::from)?,
            Err(_) => None,
        };
        let known = user.filter(|user| user.clinic_id == *clinic_id);
        known.and_then(|user| user.patient_id).ok_or_else(|| {
            let message = "No patient of your clinic has this user name or identifier: check how \
                           it is written.";
            FieldError::new("patient", "unknown", message).into()
        })
    }

    async fn names_of(&self, entries: &[AuditItem]) -> Result<Vec<NamedPatient>, AppError> {
        let patients: BTreeSet<PatientId> =
            entries.iter().flat_map(|entry| &entry.whose).copied().collect();
        let looked_up = patients.into_iter().take(NAMES_MAX).map(|id| self.views.patient(id));
        let known = try_join_all(looked_up).await.map_err(AppError::from)?;
        let named = known.into_iter().flatten().map(|known| NamedPatient {
            patient_id: known.patient_id,
            patient_login: known.patient_login,
        });
        Ok(named.collect())
    }
}

/// What `query` looks for, without the patient.
fn check_query(query: &AuditQuery) -> Result<Filter, AppError> {
    let mut faults = Vec::new();
    let mut checked = |result: Result<Option<Timestamp>, FieldError>| {
        result.map_err(|fault| faults.push(fault)).ok().flatten()
    };
    let from = checked(moment("from", &query.from, 0));
    let to = checked(moment("to", &query.to, DAY_MIN));
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let action = filled(&query.action);
    if let Some(action) = &action
        && !ACCESS_WORDS.iter().any(|words| words.name.starts_with(action.as_str()))
    {
        let names = ACCESS_WORDS.map(|words| words.name).join(", ");
        let message = format!("`action` must be one of {names}, or how some of them begin.");
        faults.push(FieldError::new("action", "unknown", message));
    }
    if !matches!(query.denied.trim(), "" | "true" | "false") {
        let message = "`denied` must be true, or false, or left out.";
        faults.push(FieldError::new("denied", "unknown", message));
    }
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        let message = "The last day lies before the first: choose a later one.";
        faults.push(FieldError::new("to", "out_of_range", message));
    }
    if !faults.is_empty() {
        return Err(AppError::Invalid(faults));
    }
    let (who, denied) = (filled(&query.who), query.denied.trim() == "true");
    Ok(Filter { from, to, who, action, denied, patient: None, clinic: None })
}

/// The moment that `text` names: a moment, or a day in UTC and so many minutes after it begins.
fn moment(field: &str, text: &str, after_day_min: i64) -> Result<Option<Timestamp>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let day =
        format!("{text}T00:00:00Z").parse().map(|day: Timestamp| day.plus_minutes(after_day_min));
    day.or_else(|_| text.parse()).map(Some).map_err(|_| {
        let message = format!(
            "`{field}` must be a day such as 2026-11-21, or a moment such as \
             2026-11-21T08:30:00+01:00."
        );
        FieldError::new(field, "malformed", message)
    })
}

fn audit_item(Entry { id, at, access }: Entry) -> AuditItem {
    AuditItem {
        entry_id: AuditEntryId(id),
        at,
        who: access.who,
        role: access.role.and_then(|role| role.parse().ok()),
        who_clinic: access.who_clinic,
        action: access.action.into_owned(),
        whose: access.whose,
        from: access.from.map(|from| from.to_string()),
        why: access.why,
        outcome: access.outcome,
        session_id: access.session_id,
        correlation_id: access.correlation_id,
    }
}

/// An export on its way, newest first.
pub(crate) struct AuditExport {
    reader: AuditReader,
    clinic_id: ClinicId,
    now: Timestamp,
    filter: Filter,
    at: Place,
    left: usize,
}

/// How far an export has come.
enum Place {
    Begin,
    /// Behind this sort key.
    Behind(String),
    End,
}

/// What comes next in an export.
pub(crate) enum Exported {
    /// Entries, perhaps none.
    Entries(Vec<AuditItem>),
    /// It ends although there are more: those before this moment.
    Incomplete(Timestamp),
}

impl AuditExport {
    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// When the store fails, or an entry is not as it was written.
    pub(crate) async fn next(&mut self) -> Result<Option<Exported>, StoreError> {
        let after = match &self.at {
            Place::Begin => None,
            Place::Behind(key) => Some(key.clone()),
            Place::End => return Ok(None),
        };
        if self.left == 0 {
            self.at = Place::End;
            // A sort key begins with its time.
            let at = after.as_deref().and_then(|key| key.split('#').next()?.parse().ok());
            return Ok(Some(Exported::Incomplete(at.unwrap_or(self.now))));
        }
        let limit = self.left.min(EXPORTED_AT_ONCE);
        let (clinic, filter) = (&self.clinic_id, &self.filter);
        let page = self.reader.of_clinic(clinic, self.now, filter, limit, after.as_deref()).await?;
        let behind = page.next_cursor.and_then(|next| cursor::decode(&next).ok());
        self.at = behind.map_or(Place::End, Place::Behind);
        self.left -= page.items.len();
        Ok(Some(Exported::Entries(page.items.into_iter().map(audit_item).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: &str, to: &str) -> AuditQuery {
        AuditQuery { from: from.to_owned(), to: to.to_owned(), ..AuditQuery::default() }
    }

    fn faulty_fields(query: &AuditQuery) -> Vec<String> {
        let Err(AppError::Invalid(faults)) = check_query(query) else { return Vec::new() };
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn nothing_filled_in_looks_for_everything() {
        let blank = AuditQuery { who: " ".to_owned(), ..query("", "") };
        assert_eq!(check_query(&blank), Ok(Filter::default()));
    }

    #[test]
    fn a_day_lasts_to_its_end_and_a_moment_is_what_it_says() {
        let between =
            |filter: Filter| [filter.from, filter.to].map(|at| at.map(Timestamp::sort_key));
        let days = check_query(&query("2026-11-20", "2026-11-21")).map(between);
        let expected = ["2026-11-20T00:00:00.000Z", "2026-11-22T00:00:00.000Z"];
        assert_eq!(days, Ok(expected.map(|at| Some(at.to_owned()))));
        let moments = check_query(&query("2026-11-20T01:00:00+01:00", "2026-11-22T00:00:00Z"));
        assert_eq!(moments.map(between), days);
    }

    #[test]
    fn every_fault_is_named() {
        let bad = AuditQuery {
            action: "observations.delete".to_owned(),
            denied: "perhaps".to_owned(),
            ..query("yesterday", "2026-13-01")
        };
        assert_eq!(faulty_fields(&bad), ["from", "to", "action", "denied"]);
        assert_eq!(faulty_fields(&query("2026-11-22", "2026-11-21")), ["to"]);
        let beginning = AuditQuery { action: "observations".to_owned(), ..query("", "") };
        assert!(faulty_fields(&beginning).is_empty());
    }
}
