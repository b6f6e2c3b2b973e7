//! Who opened a patient's record, for the patient.

use app::backend::{Caller, PageRequest, Principal};
use app::error::AppError;
use app::wire::{DisclosureItem, Page};
use domain::access::{Action, OPEN_IN_EMERGENCY, Role};
use domain::ids::ClinicId;

use super::gate::{EMERGENCY, principal};
use super::{Service, input};
use crate::audit::entry::Entry;
use crate::audit::index::place_of;
use crate::audit::reading::Filter;
use crate::store::cursor;

/// What the same person does again within this time counts as once, in milliseconds: a list of
/// alerts that stays open is asked for again and again.
const TOGETHER_MS: i64 = 60 * 60 * 1_000;
/// How many entries are read at once.
const READ_AT_ONCE: usize = 250;
/// How many entries are looked at for one part of the list.
const LOOKED_AT_MAX: usize = 2_000;

impl Service {
    pub(super) async fn own_disclosures(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<DisclosureItem>, AppError> {
        let asking = principal(caller)?;
        // Whoever is no patient has no record: then there is nothing they may ask for.
        let Some(patient_id) = asking.patient_id else { return Err(AppError::Forbidden) };
        let (limit, mut after) = input::check_page(page)?;
        self.allow(caller, Action::ReadOwnDisclosures(patient_id)).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut list = Disclosures::new(asking, limit);
        let (reader, all) = (&self.audit_reader, Filter::default());
        loop {
            let part = reader.of_patient(patient_id, &all, READ_AT_ONCE, after.as_deref()).await;
            let part = part.map_err(AppError::from)?;
            if part.items.into_iter().any(|entry| list.take(entry).is_err()) {
                return Ok(list.page_before_more());
            }
            match part.next_cursor {
                None => return Ok(Page { items: list.taken, next_cursor: None }),
                Some(_) if list.looked_at >= LOOKED_AT_MAX => return Ok(list.page_before_more()),
                Some(next) => after = cursor::decode(&next).ok(),
            }
        }
    }
}

/// There is no room for an entry.
#[derive(Debug)]
struct Full;

/// A part of the list on its way, newest first: pure.
struct Disclosures<'a> {
    own_clinic: &'a ClinicId,
    limit: usize,
    taken: Vec<DisclosureItem>,
    looked_at: usize,
    /// The place of the last entry that is in the list.
    last: Option<String>,
}

impl<'a> Disclosures<'a> {
    fn new(patient: &'a Principal, limit: usize) -> Self {
        let (taken, last) = (Vec::new(), None);
        Self { own_clinic: &patient.clinic_id, limit, taken, looked_at: 0, last }
    }

    fn take(&mut self, entry: Entry) -> Result<(), Full> {
        let place = place_of(&entry);
        let item = item(entry, self.own_clinic);
        let is_full = self.taken.len() == self.limit;
        match self.taken.iter_mut().rev().find(|earlier| are_together(earlier, &item)) {
            Some(together) => together.times += 1,
            None if is_full => return Err(Full),
            None => self.taken.push(item),
        }
        self.looked_at += 1;
        self.last = Some(place);
        Ok(())
    }

    fn page_before_more(self) -> Page<DisclosureItem> {
        Page { items: self.taken, next_cursor: self.last.as_deref().map(cursor::encode) }
    }
}

fn are_together(one: &DisclosureItem, other: &DisclosureItem) -> bool {
    let apart_ms = one.at.unix_ms() - other.at.unix_ms();
    apart_ms <= TOGETHER_MS
        && *one == DisclosureItem { at: one.at, times: one.times, ..other.clone() }
}

fn item(Entry { at, access, .. }: Entry, own_clinic: &ClinicId) -> DisclosureItem {
    let role = access.role.and_then(|role| role.parse().ok());
    let is_opening = access.action == OPEN_IN_EMERGENCY;
    let emergency_reason = access.why.and_then(|why| match why.strip_prefix(EMERGENCY) {
        Some(reason) => Some(reason.to_owned()),
        None => is_opening.then_some(why),
    });
    DisclosureItem {
        at,
        times: 1,
        // What another patient is called is nobody's business.
        who: access.who.filter(|_| role != Some(Role::Patient)),
        role,
        other_clinic: access.who_clinic.filter(|clinic| clinic != own_clinic),
        action: access.action.into_owned(),
        emergency_reason,
        outcome: access.outcome,
    }
}

#[cfg(test)]
mod tests {
    use domain::timestamp::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::audit::entry::tests::access;
    use crate::audit::entry::{Access, Outcome};

    fn clinic(name: &str) -> ClinicId {
        name.parse().expect("a clinic")
    }

    /// An entry so many minutes before noon.
    fn entry(minutes_ago: i64, access: Access) -> Entry {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
        let id = Uuid::from_u128(u128::from(minutes_ago.unsigned_abs()));
        Entry { id, at: noon.plus_minutes(-minutes_ago), access }
    }

    fn listed(entries: Vec<Entry>, limit: usize) -> Page<DisclosureItem> {
        let north = clinic("north");
        let (taken, last) = (Vec::new(), None);
        let mut list = Disclosures { own_clinic: &north, limit, taken, looked_at: 0, last };
        let is_full = entries.into_iter().any(|entry| list.take(entry).is_err());
        if is_full {
            list.page_before_more()
        } else {
            Page { items: list.taken, next_cursor: None }
        }
    }

    fn by(who: &str) -> Access {
        Access { who: Some(who.to_owned()), who_clinic: Some(clinic("north")), ..access(&[1]) }
    }

    fn times(page: &Page<DisclosureItem>) -> Vec<(Option<&str>, u32)> {
        page.items.iter().map(|item| (item.who.as_deref(), item.times)).collect()
    }

    #[test]
    fn what_one_person_did_within_an_hour_is_one_line_with_its_last_time() {
        let entries = [(0, "a"), (1, "b"), (2, "a"), (60, "a"), (61, "a"), (62, "b")];
        let entries = entries.map(|(ago, who)| entry(ago, by(who)));
        let page = listed(entries.clone().into(), 10);
        assert_eq!(times(&page), [(Some("a"), 3), (Some("b"), 1), (Some("a"), 1), (Some("b"), 1)]);
        assert_eq!(page.items[0].at, entries[0].at);
    }

    #[test]
    fn what_differs_is_never_put_together() {
        let denied = Access { outcome: Outcome::Denied, ..by("a") };
        let other = Access { action: "alerts.read".into(), ..by("a") };
        let entries = [denied, other, by("a")].map(|access| entry(1, access));
        assert_eq!(listed(entries.into(), 10).items.len(), 3);
    }

    #[test]
    fn the_next_part_begins_where_the_list_was_full() {
        let entries = [(0, "a"), (1, "b"), (2, "a"), (3, "c"), (4, "a")];
        let entries = entries.map(|(ago, who)| entry(ago, by(who)));
        let page = listed(entries.clone().into(), 2);
        assert_eq!(times(&page), [(Some("a"), 2), (Some("b"), 1)]);
        assert_eq!(page.next_cursor, Some(cursor::encode(&place_of(&entries[2]))));
    }

    #[test]
    fn a_patient_reads_the_reason_of_an_emergency_and_of_nothing_else() {
        let reason = |action: &'static str, why: &str| {
            let access = Access { action: action.into(), why: Some(why.to_owned()), ..by("a") };
            item(entry(0, access), &clinic("north")).emergency_reason
        };
        assert_eq!(reason("observations.read", "emergency: coma").as_deref(), Some("coma"));
        assert_eq!(reason("record.open-in-emergency", "coma").as_deref(), Some("coma"));
        assert_eq!(reason("audit-log.read", "exported it"), None);
    }

    #[test]
    fn a_patient_reads_whose_clinic_it_is_not_and_no_other_patients_name() {
        let far = Access { who_clinic: Some(clinic("south")), ..by("far") };
        assert_eq!(item(entry(0, far), &clinic("north")).other_clinic, Some(clinic("south")));
        assert_eq!(item(entry(0, by("a")), &clinic("north")).other_clinic, None);
        let patient = Access { role: Some("patient".into()), ..by("mallory") };
        assert_eq!(item(entry(0, patient), &clinic("north")).who, None);
    }
}
