//! The alerts that are shown and those that wait, without gaps and without repeats.

use std::collections::{HashMap, HashSet};

use app::wire::{AlertItem, Page};
use domain::alert_limits::Severity;
use domain::ids::AlertId;
use domain::timestamp::Timestamp;

use super::Unattended;

/// More rows than this make a page slow: the list then begins anew with its newest page.
pub(crate) const ROWS_MAX: usize = 500;

/// The newest alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Feed {
    /// What is shown, newest first.
    rows: Vec<AlertItem>,
    /// What waits to be shown, newest first.
    waiting: Vec<AlertItem>,
    /// Where the list goes on below `rows`.
    next_cursor: Option<String>,
    /// What is waiting replaces the rows, because alerts between the two are unknown; then the list
    /// goes on at this cursor.
    replacement_cursor: Option<String>,
    /// When those arrived that were not there from the beginning.
    arrived_at: HashMap<AlertId, Timestamp>,
    /// What became of each since, as far as it is known: it can come after the alert itself.
    latest: HashMap<AlertId, AlertItem>,
    /// How often something became of one that was known.
    changes: usize,
}

impl Feed {
    /// The list as it is when the page is opened.
    pub(crate) fn new(page: Page<AlertItem>) -> Self {
        let mut feed = Self { next_cursor: page.next_cursor, ..Self::default() };
        feed.note(&page.items);
        feed.rows = page.items;
        feed
    }

    /// What is shown, newest first.
    pub(crate) fn rows(&self) -> &[AlertItem] {
        &self.rows
    }

    /// Where the list goes on below.
    pub(crate) fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// When `id` arrived; `None` if it was there from the beginning.
    pub(crate) fn arrived_at(&self, id: AlertId) -> Option<Timestamp> {
        self.arrived_at.get(&id).copied()
    }

    /// The alert `id` with all that became of it.
    pub(crate) fn latest(&self, id: AlertId) -> Option<AlertItem> {
        self.latest.get(&id).cloned()
    }

    /// How often something became of an alert that was known; it only grows.
    pub(crate) fn changes(&self) -> usize {
        self.changes
    }

    /// Whether something waits to be shown.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many alerts wait that are not shown yet.
    pub(crate) fn waiting_count(&self) -> usize {
        self.waiting.iter().filter(|item| !self.is_shown(item.alert_id)).count()
    }

    /// Whether there is more than a page can show well.
    pub(crate) fn is_overgrown(&self) -> bool {
        self.rows.len() + self.waiting.len() > ROWS_MAX
    }

    /// What nobody takes care of yet, shown or waiting to be shown.
    pub(crate) fn unattended(&self) -> Unattended {
        let open = self.rows.iter().chain(&self.waiting);
        let open = open.map(|item| self.latest.get(&item.alert_id).unwrap_or(item));
        // What waits to replace the rows may be among them.
        let open: HashMap<AlertId, Severity> =
            open.filter(|item| item.waits()).map(|item| (item.alert_id, item.severity)).collect();
        Unattended {
            count: open.len(),
            worst: open.values().max().copied(),
            goes_on: self.next_cursor.is_some(),
        }
    }

    /// Takes in alerts that were pushed, and returns those that are new. They wait for
    /// [`Feed::release`].
    pub(crate) fn arrive(&mut self, items: Vec<AlertItem>, now: Timestamp) -> Vec<AlertItem> {
        self.note(&items);
        let known = self.known();
        let new: Vec<AlertItem> = items
            .into_iter()
            .filter(|item| !known.contains(&item.alert_id) && !self.is_on_an_older_page(item))
            .collect();
        self.arrived_at.extend(new.iter().map(|item| (item.alert_id, now)));
        self.waiting.extend(new.iter().cloned());
        sort_newest_first(&mut self.waiting);
        new
    }

    /// Takes in the newest page of the list, and returns what is new in it.
    pub(crate) fn catch_up(&mut self, page: Page<AlertItem>, now: Timestamp) -> Vec<AlertItem> {
        let known = self.known();
        let joins = page.next_cursor.is_none()
            || page.items.iter().any(|item| known.contains(&item.alert_id));
        if joins && !self.is_overgrown() {
            return self.arrive(page.items, now);
        }
        // More was missed than a page holds, so what lies between is unknown: begin anew.
        self.note(&page.items);
        let new: Vec<AlertItem> =
            page.items.iter().filter(|item| !known.contains(&item.alert_id)).cloned().collect();
        self.arrived_at.extend(new.iter().map(|item| (item.alert_id, now)));
        self.waiting = page.items;
        self.replacement_cursor = page.next_cursor;
        new
    }

    /// Shows what waits.
    pub(crate) fn release(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(cursor) = self.replacement_cursor.take() {
            self.rows = waiting;
            self.next_cursor = Some(cursor);
            let shown: HashSet<AlertId> = self.known();
            self.arrived_at.retain(|id, _| shown.contains(id));
            self.latest.retain(|id, _| shown.contains(id));
        } else {
            self.rows.extend(waiting);
            sort_newest_first(&mut self.rows);
        }
    }

    /// Whether `item` lies below the last row, where the list goes on at its cursor: the stream
    /// may begin with alerts from before the page was opened.
    fn is_on_an_older_page(&self, item: &AlertItem) -> bool {
        let last = self.rows.last().filter(|_| self.next_cursor.is_some());
        last.is_some_and(|last| place(item) < place(last))
    }

    /// Of what the stream brings and what the list says, whichever comes first, the later one counts.
    fn note(&mut self, items: &[AlertItem]) {
        for item in items {
            let known = self.latest.get(&item.alert_id);
            if known.is_some_and(|known| known.changed_at() >= item.changed_at()) {
                continue;
            }
            self.changes += usize::from(known.is_some());
            self.latest.insert(item.alert_id, item.clone());
        }
    }

    fn is_shown(&self, id: AlertId) -> bool {
        self.rows.iter().any(|item| item.alert_id == id)
    }

    fn known(&self) -> HashSet<AlertId> {
        self.rows.iter().chain(&self.waiting).map(|item| item.alert_id).collect()
    }
}

/// Where an alert stands in the list; the greatest is first.
fn place(item: &AlertItem) -> (Timestamp, AlertId) {
    (item.created_at, item.alert_id)
}

fn sort_newest_first(items: &mut [AlertItem]) {
    items.sort_by_key(|item| std::cmp::Reverse(place(item)));
}

#[cfg(test)]
mod tests {
    use app::wire::Acknowledgement;
    use domain::ids::{ObservationId, PatientId};
    use domain::measurement::Measurement;

    use super::*;

    fn id<T: std::str::FromStr>(number: u8) -> T
    where
        T::Err: std::fmt::Debug,
    {
        format!("0198c1a0-0000-7000-8000-0000000000{number:02x}").parse().expect("an id")
    }

    fn at(second: u8) -> Timestamp {
        Timestamp::from_unix_ms(1_700_000_000_000 + i64::from(second) * 1000).expect("a time")
    }

    fn alert(number: u8) -> AlertItem {
        AlertItem {
            alert_id: id::<AlertId>(number),
            patient_id: id::<PatientId>(0),
            patient_login: "ann".to_owned(),
            observation_id: id::<ObservationId>(number),
            measurement: Measurement::SymptomScore(9),
            severity: Severity::High,
            rule: "symptom-score-high".to_owned(),
            message: "Score above threshold (7)".to_owned(),
            note: None,
            created_at: at(number),
            effective_at: at(number),
            time_doubt: None,
            received_at: None,
            acknowledged: None,
            released_at: None,
            reassessed: None,
        }
    }

    fn page(numbers: &[u8], next_cursor: Option<&str>) -> Page<AlertItem> {
        let items = numbers.iter().map(|number| alert(*number)).collect();
        Page { items, next_cursor: next_cursor.map(str::to_owned) }
    }

    fn shown(feed: &Feed) -> Vec<AlertItem> {
        feed.rows().to_vec()
    }

    #[test]
    fn shows_a_new_alert_first_once_released() {
        let mut feed = Feed::new(page(&[2, 1], Some("older")));
        assert_eq!(feed.arrive(vec![alert(3)], at(9)), [alert(3)]);
        assert_eq!((shown(&feed).len(), feed.waiting_count()), (2, 1));
        feed.release();
        assert_eq!(shown(&feed), [alert(3), alert(2), alert(1)]);
        assert_eq!(feed.arrived_at(alert(3).alert_id), Some(at(9)));
        assert_eq!(feed.arrived_at(alert(2).alert_id), None);
        assert_eq!(feed.next_cursor(), Some("older"));
    }

    #[test]
    fn takes_the_same_alert_once() {
        let mut feed = Feed::new(page(&[1], None));
        feed.arrive(vec![alert(2)], at(9));
        assert_eq!(feed.arrive(vec![alert(2), alert(1)], at(9)), []);
        feed.release();
        assert_eq!(feed.catch_up(page(&[2, 1], None), at(9)), []);
        feed.release();
        assert_eq!(shown(&feed), [alert(2), alert(1)]);
    }

    #[test]
    fn puts_a_late_alert_into_its_place() {
        let mut feed = Feed::new(page(&[5, 1], None));
        feed.arrive(vec![alert(3)], at(9));
        feed.release();
        assert_eq!(shown(&feed), [alert(5), alert(3), alert(1)]);
    }

    #[test]
    fn leaves_to_the_older_pages_what_is_on_them() {
        let mut feed = Feed::new(page(&[5, 4], Some("before 4")));
        assert_eq!(feed.arrive(vec![alert(3), alert(6)], at(9)), [alert(6)]);
    }

    #[test]
    fn catches_up_with_what_was_missed() {
        let mut feed = Feed::new(page(&[2, 1], Some("older")));
        let new = feed.catch_up(page(&[4, 3, 2], Some("another")), at(9));
        feed.release();
        assert_eq!(new, [alert(4), alert(3)]);
        assert_eq!(shown(&feed), [alert(4), alert(3), alert(2), alert(1)]);
        assert_eq!(feed.next_cursor(), Some("older"));
    }

    #[test]
    fn begins_anew_where_more_was_missed_than_a_page_holds() {
        let mut feed = Feed::new(page(&[2, 1], Some("older")));
        feed.arrive(vec![alert(3)], at(9));
        feed.catch_up(page(&[9, 8, 7], Some("before 7")), at(9));
        assert_eq!((shown(&feed).len(), feed.waiting_count()), (2, 3));
        feed.release();
        assert_eq!(shown(&feed), [alert(9), alert(8), alert(7)]);
        assert_eq!(feed.next_cursor(), Some("before 7"));
    }

    #[test]
    fn an_alert_that_comes_again_tells_who_takes_care_of_it_and_is_not_new() {
        let mut feed = Feed::new(page(&[1], None));
        let taken = Acknowledgement { by: "nurse".to_owned(), at: at(2) };
        let again = AlertItem { acknowledged: Some(taken.clone()), ..alert(1) };
        assert_eq!(feed.arrive(vec![again], at(9)), []);
        assert_eq!(feed.latest(alert(1).alert_id).and_then(|a| a.acknowledged), Some(taken));
        assert_eq!((shown(&feed).len(), feed.has_waiting()), (1, false));
    }

    #[test]
    fn counts_what_nobody_takes_care_of_and_names_the_worst() {
        let mut feed = Feed::new(page(&[2, 1], None));
        feed.arrive(vec![AlertItem { severity: Severity::Critical, ..alert(3) }], at(9));
        let unattended = |count, worst| Unattended { count, worst, goes_on: false };
        assert_eq!(feed.unattended(), unattended(3, Some(Severity::Critical)));
        let taken = Acknowledgement { by: "nurse".to_owned(), at: at(4) };
        feed.arrive(vec![AlertItem { acknowledged: Some(taken), ..alert(3) }], at(9));
        assert_eq!(feed.unattended(), unattended(2, Some(Severity::High)));
        assert_eq!(Feed::new(page(&[], None)).unattended(), unattended(0, None));
    }

    #[test]
    fn what_was_given_back_or_corrected_counts_and_what_comes_late_does_not() {
        let mut feed = Feed::new(page(&[1], None));
        let taken = Acknowledgement { by: "nurse".to_owned(), at: at(2) };
        let taken = AlertItem { acknowledged: Some(taken), ..alert(1) };
        let released = AlertItem { released_at: Some(at(3)), ..alert(1) };
        feed.arrive(vec![released.clone()], at(9));
        feed.arrive(vec![taken], at(9));
        assert_eq!(feed.latest(alert(1).alert_id), Some(released));
        assert_eq!(feed.unattended().count, 1);
        let before = app::wire::PastValue { measurement: Measurement::SymptomScore(9), note: None };
        let reassessed = app::wire::Reassessment {
            at: at(4),
            cause: app::wire::ReassessmentCause::Withdrawn,
            stands: false,
            before,
            reason: Some("not mine".to_owned()),
            released_from: None,
        };
        feed.arrive(vec![AlertItem { reassessed: Some(reassessed), ..alert(1) }], at(9));
        assert_eq!((feed.unattended().count, feed.changes()), (0, 2));
    }

    #[test]
    fn fills_an_empty_list() {
        let mut feed = Feed::new(page(&[], None));
        feed.catch_up(page(&[1], None), at(9));
        feed.release();
        assert_eq!(shown(&feed), [alert(1)]);
    }
}
