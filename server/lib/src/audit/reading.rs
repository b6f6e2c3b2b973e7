//! Reading the audit log: a clinic's and a patient's entries, newest first, and all of it.

use app::wire::Page;
use domain::ids::{ClinicId, PatientId};
use domain::login::SoughtLogin;
use domain::timestamp::Timestamp;

use super::chain::AuditKey;
use super::entry::{Entry, Outcome};
use super::index::{self, Row};
use super::store::AuditStore;
use crate::store::client::StoreError;
use crate::store::cursor;
use crate::store::item::Item;

/// How many rows are looked at for one part of a list; when few of them match, the part is short
/// and has a cursor all the same.
const LOOKED_AT_MAX: usize = 2_000;
/// How many rows are read at once.
const ROWS_AT_ONCE: usize = 250;
/// How many of a clinic's days are looked into for one part of a list.
const DAYS_MAX: usize = 62;
/// A day, in minutes.
const DAY_MIN: i64 = 24 * 60;
/// A year, in minutes.
const YEAR_MIN: i64 = 366 * DAY_MIN;
/// Before 2026 there was no log, in milliseconds since 1970. Each day is looked into, so whoever
/// asks for all since the year 1 would keep the store busy with days on which nothing can be.
const RECORDED_SINCE_MS: i64 = 1_767_225_600_000;
/// Sorts behind every place of a day or a time.
const BEHIND: char = '~';

/// Which entries somebody looks for; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// By the person of this login; capital letters do not matter.
    pub who: Option<String>,
    /// To this patient's data.
    pub patient: Option<PatientId>,
    /// To data that this clinic answers for.
    pub clinic: Option<ClinicId>,
    /// With this action, or one whose name begins so, such as `observations`.
    pub action: Option<String>,
    /// Only what was denied.
    pub denied: bool,
}

impl Filter {
    /// Whether `entry` is among them.
    #[must_use]
    pub fn takes(&self, Entry { at, access, .. }: &Entry) -> bool {
        let same = |who: &str| {
            let login = access.who.as_deref().unwrap_or_default();
            login == who || SoughtLogin::parse(who).is_ok_and(|sought| sought.is(login))
        };
        self.from.is_none_or(|from| *at >= from)
            && self.to.is_none_or(|to| *at < to)
            && self.who.as_deref().is_none_or(same)
            && self.patient.is_none_or(|patient| access.whose.contains(&patient))
            && self.clinic.as_ref().is_none_or(|clinic| access.clinic_id.as_ref() == Some(clinic))
            && self.action.as_deref().is_none_or(|action| access.action.starts_with(action))
            && (!self.denied || access.outcome == Outcome::Denied)
    }
}

/// Reads what is indexed.
#[derive(Clone, Debug)]
pub struct AuditReader {
    store: AuditStore,
    key: AuditKey,
}

impl AuditReader {
    /// The entries in `store`, sealed with `key`.
    #[must_use]
    pub fn new(store: AuditStore, key: AuditKey) -> Self {
        Self { store, key }
    }

    /// Who opened a patient's record, newest first, as far as `filter` takes it; without what they
    /// did themself.
    ///
    /// # Errors
    /// When the store fails, or a row is not as it was written.
    pub async fn of_patient(
        &self,
        patient: PatientId,
        filter: &Filter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<Entry>, StoreError> {
        let mut list = List::new(filter, limit, after);
        let scope = index::of_patient(patient);
        self.fill(&mut list, &scope).await?;
        Ok(list.page())
    }

    /// Who opened what a clinic answers for, newest first, as far as `filter` takes it: of the last
    /// year before `now`, unless it says from when on. Without what patients did themselves.
    ///
    /// # Errors
    /// When the store fails, or a row is not as it was written.
    pub async fn of_clinic(
        &self,
        clinic: &ClinicId,
        now: Timestamp,
        filter: &Filter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<Entry>, StoreError> {
        let from = filter.from.unwrap_or_else(|| now.plus_minutes(-YEAR_MIN));
        let from = Some(from).max(Timestamp::from_unix_ms(RECORDED_SINCE_MS));
        let filter = &Filter { clinic: Some(clinic.clone()), from, ..filter.clone() };
        if let Some(patient) = filter.patient {
            return self.of_patient(patient, filter, limit, after).await;
        }
        let mut list = List::new(filter, limit, after);
        // A clock that runs ahead has written tomorrow's entries already.
        let mut day = now.plus_minutes(DAY_MIN);
        if let Some(before) = list.before.get(..24).and_then(|at| at.parse().ok()) {
            day = day.min(before);
        }
        for _ in 0..DAYS_MAX {
            let name = index::day_of(day);
            if list.is_full() || format!("{name}{BEHIND}") < list.from {
                return Ok(list.page());
            }
            self.fill(&mut list, &index::of_clinic(clinic, &name)).await?;
            day = day.plus_minutes(-DAY_MIN);
        }
        // There may be more before; the next part begins there.
        let end_of_day = format!("{}T23:59:59.999Z{BEHIND}", index::day_of(day));
        list.stopped_at.get_or_insert(end_of_day);
        Ok(list.page())
    }

    async fn fill(&self, list: &mut List<'_>, scope: &str) -> Result<(), StoreError> {
        let mut before = list.before.clone();
        while !list.is_full() {
            let rows = self.store.rows(scope, &list.from, &before, ROWS_AT_ONCE).await?;
            for row in &rows {
                list.take(&row.place, self.read(row)?);
            }
            match rows.last() {
                Some(last) if rows.len() >= ROWS_AT_ONCE => before.clone_from(&last.place),
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// The entry of a row. One that was tampered with is not shown as if it were true.
    fn read(&self, row: &Row) -> Result<Entry, StoreError> {
        let broken = |why: &str| {
            let why =
                format!("the audit log's row {} {why}: run `healthflow audit verify`", row.place);
            StoreError::Undecodable(why)
        };
        if !row.is_genuine(&self.key) {
            return Err(broken("is not as it was written"));
        }
        serde_json::from_str(&row.body).map_err(|_| broken("cannot be understood"))
    }
}

/// A list on its way.
struct List<'a> {
    filter: &'a Filter,
    limit: usize,
    from: String,
    before: String,
    taken: Vec<Entry>,
    looked_at: usize,
    /// The last place that was looked at, when there may be more behind it.
    last: Option<String>,
    stopped_at: Option<String>,
}

impl<'a> List<'a> {
    fn new(filter: &'a Filter, limit: usize, after: Option<&str>) -> Self {
        let from = filter.from.map_or_else(|| "0".to_owned(), Timestamp::sort_key);
        let to = filter.to.map_or_else(|| BEHIND.to_string(), Timestamp::sort_key);
        let before = after.map_or(to.clone(), |after| to.min(after.to_owned()));
        let (taken, last, stopped_at) = (Vec::new(), None, None);
        Self { filter, limit, from, before, taken, looked_at: 0, last, stopped_at }
    }

    fn is_full(&self) -> bool {
        self.stopped_at.is_some()
    }

    fn take(&mut self, place: &str, entry: Entry) {
        if self.is_full() {
            return;
        }
        // One more than wanted tells that there is a next part.
        let takes = self.filter.takes(&entry);
        if (takes && self.taken.len() == self.limit) || self.looked_at == LOOKED_AT_MAX {
            self.stopped_at.clone_from(&self.last);
            return;
        }
        self.looked_at += 1;
        self.last = Some(place.to_owned());
        if takes {
            self.taken.push(entry);
        }
    }

    fn page(self) -> Page<Entry> {
        let next_cursor = self.stopped_at.as_deref().map(cursor::encode);
        Page { items: self.taken, next_cursor }
    }
}

/// All entries that a filter takes, straight from the chains: each chain's in their order.
pub struct Export {
    store: AuditStore,
    key: AuditKey,
    filter: Filter,
    after: Option<Item>,
    at_end: bool,
    left_out: u64,
}

impl Export {
    /// Begins an export from `store`.
    #[must_use]
    pub fn new(store: AuditStore, key: AuditKey, filter: Filter) -> Self {
        Self { store, key, filter, after: None, at_end: false, left_out: 0 }
    }

    /// The next entries, perhaps none; `None` at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, StoreError> {
        if self.at_end {
            return Ok(None);
        }
        let part = self.store.blocks(self.after.take()).await?;
        self.at_end = part.next.is_none();
        self.after = part.next;
        let mut taken = Vec::new();
        for block in part.items {
            let genuine = block.ok().filter(|block| block.is_genuine(&self.key));
            let content = genuine.and_then(|block| block.content().ok());
            match content.and_then(|content| content.read_entries().ok()) {
                Some(entries) => {
                    taken.extend(entries.into_iter().filter(|entry| self.filter.takes(entry)));
                }
                None => self.left_out += 1,
            }
        }
        Ok(Some(taken))
    }

    /// How many blocks are not as they were written, and were left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}
