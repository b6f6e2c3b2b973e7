//! Which entries a clinic and a patient find, and where: pure.
//!
//! A patient's access to their own record has no row: it is by far the most there is, and nobody
//! looks for it. It is in the chain, and in every export.

use std::collections::BTreeSet;

use domain::ids::{ClinicId, PatientId};
use domain::timestamp::Timestamp;

use super::chain::AuditKey;
use super::entry::Entry;
use super::hash::Hash;

/// An entry where people look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose list it is in: the table's partition.
    pub scope: String,
    /// Where in the list: sorts as time does.
    pub place: String,
    /// The JSON of the entry, as far as it concerns the scope.
    pub body: String,
    /// What shows that this program wrote it.
    pub seal: Hash,
}

impl Row {
    /// Whether it is as it was written.
    #[must_use]
    pub fn is_genuine(&self, key: &AuditKey) -> bool {
        let seal = |key: &AuditKey| key.of_row(&self.scope, &self.place, &self.body);
        key.believed().any(|key| seal(key) == self.seal)
    }
}

/// The scope of what concerned a clinic on one day, in UTC. A day each, so that no partition grows
/// for ever.
#[must_use]
pub fn of_clinic(clinic: &ClinicId, day: &str) -> String {
    format!("clinic#{clinic}#{day}")
}

/// The scope of what concerned a patient.
#[must_use]
pub fn of_patient(patient: PatientId) -> String {
    format!("patient#{patient}")
}

/// The day of a time, in UTC, such as `2026-11-21`.
#[must_use]
pub fn day_of(at: Timestamp) -> String {
    at.sort_key().chars().take("2026-11-21".len()).collect()
}

/// Where an entry stands in its lists: sorts as time does.
#[must_use]
pub fn place_of(entry: &Entry) -> String {
    format!("{}#{}", entry.at.sort_key(), entry.id)
}

/// The rows of an entry. A patient's row names no other patient.
///
/// # Errors
/// An entry that cannot be written as JSON.
pub fn rows(key: &AuditKey, entry: &Entry) -> Result<Vec<Row>, serde_json::Error> {
    if entry.access.is_to_own_record() {
        return Ok(Vec::new());
    }
    let place = place_of(entry);
    let row = |scope: String, entry: &Entry| {
        let body = serde_json::to_string(entry)?;
        let seal = key.of_row(&scope, &place, &body);
        Ok(Row { scope, place: place.clone(), body, seal })
    };
    let mut rows = Vec::new();
    if let Some(clinic) = &entry.access.clinic_id {
        rows.push(row(of_clinic(clinic, &day_of(entry.at)), entry)?);
    }
    let patients: BTreeSet<PatientId> = entry.access.whose.iter().copied().collect();
    for patient in patients {
        let mut own = entry.clone();
        own.access.whose = vec![patient];
        rows.push(row(of_patient(patient), &own)?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::entry::Access;
    use super::super::entry::tests::access;
    use super::*;
    use uuid::Uuid;

    fn rows_of(access: Access) -> Vec<Row> {
        let at = "2026-11-21T00:30:00+01:00".parse().expect("a time");
        let entry = Entry { id: Uuid::from_u128(9), at, access };
        rows(&AuditKey::new(b"k"), &entry).expect("JSON")
    }

    fn scopes(access: Access) -> Vec<String> {
        let rows = rows_of(access);
        assert!(rows.iter().all(|row| row.place.starts_with("2026-11-20T23:30:00.000Z#0000")));
        rows.into_iter().map(|row| row.scope).collect()
    }

    #[test]
    fn the_clinic_and_each_patient_find_an_entry_on_its_day_in_utc() {
        let patient = |n| of_patient(PatientId(Uuid::from_u128(n)));
        let expected = ["clinic#north#2026-11-20".to_owned(), patient(1), patient(2)];
        assert_eq!(scopes(access(&[2, 1, 2])), expected);
    }

    #[test]
    fn a_patients_row_names_no_other_patient() {
        let named = rows_of(access(&[1, 2])).into_iter().map(|row| {
            serde_json::from_str::<Entry>(&row.body).expect("an entry").access.whose.len()
        });
        assert_eq!(named.collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_patients_access_to_their_own_record_has_no_row() {
        let own = PatientId(Uuid::from_u128(1));
        assert_eq!(scopes(Access { patient: Some(own), ..access(&[1]) }), [""; 0]);
    }
}
