//! The alerts that are shown and those that wait, without gaps and without repeats.

use std::collections::{HashMap, HashSet};

use app::wire::{AlertItem, Page};
use domain::ids::AlertId;
use domain::timestamp::Timestamp;

use super::Unattended;

/// More rows than this make a page slow: the list then begins anew with its newest page.
pub(crate) const ROWS_MAX: usize = 500;

/// The newest alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Feed {
    /// Whether the list was there once: what comes before it may be old.
    has_begun: bool,
    /// What is shown, newest first.
    rows: Vec<Row>,
    /// What waits to be shown, newest first.
    waiting: Vec<Row>,
    /// Where the list goes on below `rows`.
    next_cursor: Option<String>,
    /// What is waiting replaces the rows, because alerts between the two are unknown; then the list
    /// goes on at this cursor.
    replacement_cursor: Option<String>,
    /// When those arrived that were not there from the beginning.
    arrived_at: HashMap<AlertId, Timestamp>,
    /// Each alert with all that became of it, which can come before the alert itself.
    latest: HashMap<AlertId, AlertItem>,
    /// How often something became of one that was known.
    changes: usize,
}

/// Where an alert stands in the list; the greatest is first. It stays there, whatever becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    created_at: Timestamp,
    id: AlertId,
    is_late: bool,
}

impl Row {
    fn of(item: &AlertItem) -> Self {
        Self { created_at: item.created_at, id: item.alert_id, is_late: item.is_late() }
    }
}

impl Feed {
    /// Takes in the newest page of the list as it was just opened, and shows it. What the stream
    /// brought before it or meanwhile stays.
    pub(crate) fn begin(&mut self, page: Page<AlertItem>) {
        self.note(&page.items);
        let mut rows = std::mem::take(&mut self.waiting);
        rows.append(&mut self.rows);
        self.rows = page.items.iter().map(Row::of).collect();
        self.next_cursor = page.next_cursor;
        self.replacement_cursor = None;
        self.has_begun = true;
        let shown = self.known();
        rows.retain(|row| !shown.contains(&row.id) && !self.is_on_an_older_page(*row));
        self.rows.append(&mut rows);
        sort_newest_first(&mut self.rows);
        self.forget_what_is_not_known();
    }

    /// The alerts that are shown, newest first: those of values that arrived `late`, or the others.
    pub(crate) fn shown(&self, late: bool) -> Vec<AlertId> {
        self.rows.iter().filter(|row| row.is_late == late).map(|row| row.id).collect()
    }

    /// Whether nothing is shown.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Where the list goes on below.
    pub(crate) fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }

    /// When `id` arrived; `None` if it was there from the beginning.
    pub(crate) fn arrived_at(&self, id: AlertId) -> Option<Timestamp> {
        self.arrived_at.get(&id).copied()
    }

    /// The alert `id` with all that became of it; `None` for one that is not known.
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
        let is_shown = |id| self.rows.iter().any(|row| row.id == id);
        self.waiting.iter().filter(|row| !is_shown(row.id)).count()
    }

    /// Whether there is more than a page can show well.
    pub(crate) fn is_overgrown(&self) -> bool {
        self.rows.len() + self.waiting.len() > ROWS_MAX
    }

    /// What nobody takes care of yet, shown or waiting to be shown.
    pub(crate) fn unattended(&self) -> Unattended {
        self.unattended_among(|_| true)
    }

    /// What of that is about values that arrived late: it stands below all others.
    pub(crate) fn unattended_late(&self) -> Unattended {
        self.unattended_among(AlertItem::is_late)
    }

    fn unattended_among(&self, counts: impl Fn(&AlertItem) -> bool) -> Unattended {
        // What waits to replace the rows may be among them.
        let open = self.known();
        let open = open.iter().filter_map(|id| self.latest.get(id));
        let open = open.filter(|item| item.waits() && counts(item));
        let (mut count, mut worst) = (0, None);
        for item in open {
            count += 1;
            worst = worst.max(Some(item.severity));
        }
        Unattended { count, worst, goes_on: self.next_cursor.is_some() }
    }

    /// Takes in alerts that were pushed, and returns those that are new, which wait for
    /// [`Feed::release`], and those that need somebody anew.
    pub(crate) fn arrive(&mut self, items: Vec<AlertItem>, now: Timestamp) -> Vec<AlertItem> {
        let anew = self.note(&items);
        let known = self.known();
        let is_new = |item: &AlertItem| {
            !known.contains(&item.alert_id) && !self.is_on_an_older_page(Row::of(item))
        };
        let mut new: Vec<AlertItem> = items.into_iter().filter(is_new).collect();
        self.waiting.extend(new.iter().map(Row::of));
        sort_newest_first(&mut self.waiting);
        if !self.has_begun {
            return Vec::new();
        }
        new.extend(anew.into_iter().filter(|item| known.contains(&item.alert_id)));
        self.arrived_at.extend(new.iter().map(|item| (item.alert_id, now)));
        new
    }

    /// Takes in the newest page of the list, and returns what is new in it.
    pub(crate) fn catch_up(&mut self, page: Page<AlertItem>, now: Timestamp) -> Vec<AlertItem> {
        if !self.has_begun {
            self.begin(page);
            return Vec::new();
        }
        let known = self.known();
        let joins = page.next_cursor.is_none()
            || page.items.iter().any(|item| known.contains(&item.alert_id));
        if joins && !self.is_overgrown() {
            return self.arrive(page.items, now);
        }
        // More was missed than a page holds, so what lies between is unknown: begin anew.
        self.note(&page.items);
        self.waiting = page.items.iter().map(Row::of).collect();
        self.replacement_cursor = page.next_cursor;
        let mut new = page.items;
        new.retain(|item| !known.contains(&item.alert_id));
        self.arrived_at.extend(new.iter().map(|item| (item.alert_id, now)));
        new
    }

    /// Shows what waits.
    pub(crate) fn release(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if let Some(cursor) = self.replacement_cursor.take() {
            self.rows = waiting;
            self.next_cursor = Some(cursor);
            self.forget_what_is_not_known();
        } else {
            self.rows.append(&mut waiting);
            sort_newest_first(&mut self.rows);
        }
    }

    /// Whether `row` lies below the last one, where the list goes on at its cursor: the stream
    /// may begin with alerts from before the page was opened.
    fn is_on_an_older_page(&self, row: Row) -> bool {
        let last = self.rows.last().filter(|_| self.next_cursor.is_some());
        last.is_some_and(|last| row < *last)
    }

    /// Of what the stream brings and what the list says, whichever comes first, the later one counts.
    /// Returns those that need somebody anew: they stand again after they were lifted, or are more
    /// urgent than what somebody took care of.
    fn note(&mut self, items: &[AlertItem]) -> Vec<AlertItem> {
        let mut anew = Vec::new();
        for item in items {
            let known = self.latest.get(&item.alert_id);
            if known.is_some_and(|known| known.changed_at() >= item.changed_at()) {
                continue;
            }
            if known.is_some_and(|known| item.waits() && is_more(known, item)) {
                anew.push(item.clone());
            }
            self.changes += usize::from(known.is_some());
            self.latest.insert(item.alert_id, item.clone());
        }
        anew
    }

    fn forget_what_is_not_known(&mut self) {
        let known = self.known();
        self.arrived_at.retain(|id, _| known.contains(id));
        self.latest.retain(|id, _| known.contains(id));
    }

    fn known(&self) -> HashSet<AlertId> {
        self.rows.iter().chain(&self.waiting).map(|row| row.id).collect()
    }
}

/// Whether an alert says more `now` than it said `before`.
fn is_more(before: &AlertItem, now: &AlertItem) -> bool {
    !before.stands() || now.severity > before.severity
}

fn sort_newest_first(rows: &mut [Row]) {
    rows.sort_by_key(|row| std::cmp::Reverse(*row));
}

#[cfg(test)]
mod tests;
