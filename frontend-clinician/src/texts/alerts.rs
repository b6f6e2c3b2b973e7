//! Alerts, and how they arrive.

use app::widgets::isolated;
use app::wire::{AlertItem, Reassessment, ReassessmentCause};
use domain::alert_limits::Severity;

use super::ALERTS;
use crate::live::{LiveState, Unattended};

pub(crate) const NO_ALERTS_TITLE: &str = "No alerts";
pub(crate) const NO_ALERTS_TEXT: &str =
    "When a patient sends a dangerous value, it appears here by itself.";
pub(crate) const NOTHING_OLDER_TITLE: &str = "Nothing older";
pub(crate) const NOTHING_OLDER_TEXT: &str = "You have seen every alert of the clinic.";
pub(crate) const PAGING: &str = "More of the list";
pub(crate) const OLDER_ALERTS: &str = "Older alerts";
pub(crate) const COLUMN_SEVERITY: &str = "Severity";
pub(crate) const COLUMN_PATIENT: &str = "Patient";
pub(crate) const COLUMN_WHY: &str = "Why";
pub(crate) const COLUMN_VALUE: &str = "Value";
pub(crate) const COLUMN_RAISED: &str = "Raised";
pub(crate) const COLUMN_CARE: &str = "Care";
pub(crate) const NEW: &str = "New";
pub(crate) const TAKE_OVER: &str = "Take over";
pub(crate) const TAKING_OVER: &str = "Taking over…";
pub(crate) const TAKE_OVER_FAULT: &str = "The alert was not taken over";
pub(crate) const GIVE_BACK_FAULT: &str = "The alert was not given back";

/// An alert in words, for those who do not see its row.
pub(crate) fn alert_in_words(alert: &AlertItem) -> String {
    let (kind, value) = (alert.measurement.kind().label(), &alert.measurement);
    let late = if alert.is_late() { ", measured earlier" } else { "" };
    format!("{kind} {value}{late}, of {}", isolated(&alert.patient_login))
}

/// Marks an alert that somebody takes care of, before their name.
pub(crate) const TAKEN_BY: &str = "Taken by";
pub(crate) const GIVE_BACK: &str = "Give back";
pub(crate) const GIVING_BACK: &str = "Giving back…";
pub(crate) const NOTHING_TO_DO: &str = "Nothing to do";
pub(crate) const LATE: &str = "Measured earlier, received late";

/// What became of an alert whose observation was corrected or withdrawn; behind it stands why, or what
/// the sender wrote beside the value before, in their words.
pub(crate) fn reassessed(reassessed: &Reassessment) -> String {
    let Reassessment { cause, stands, before, .. } = reassessed;
    let value = &before.measurement;
    let mut words = match (cause, stands) {
        (ReassessmentCause::Withdrawn, _) => "Whoever sent it took it back".to_owned(),
        (ReassessmentCause::Corrected, true) => format!("Before, it said {value}"),
        (ReassessmentCause::Corrected, false) => {
            format!("What it says now is not dangerous in this way. Before, it said {value}")
        }
    };
    words.push(if reassessed_words(reassessed).is_some() { ':' } else { '.' });
    words
}

/// Why an observation was withdrawn, or what its sender wrote beside it before, in their words.
pub(crate) fn reassessed_words(reassessed: &Reassessment) -> Option<&str> {
    reassessed.reason.as_deref().or(reassessed.before.note.as_deref())
}

/// That an alert needs somebody anew, and who took care of it before.
pub(crate) fn needs_somebody_anew(by: &str) -> String {
    format!("It needs somebody anew; {} took care of it before.", isolated(by))
}

// The live state.
pub(crate) const LIVE: &str = "Live";
pub(crate) const CONNECTING: &str = "Connecting…";
pub(crate) const NOT_LIVE: &str = "Not live";
pub(crate) const NEVER_LIVE: &str = ": reload the page to see new alerts";
pub(crate) const RECONNECTING: &str = "Reconnecting…";
pub(crate) const CUT_TITLE: &str = "New alerts do not arrive by themselves.";
pub(crate) const CUT_TEXT: &str = "The connection to HealthFlow is cut; it is tried again every few seconds. If this stays, check \
     the network connection, or use another computer.";
pub(crate) const RELOAD: &str = "Load the page again";
pub(crate) const ALERTS_STOPPED: &str = "New alerts do not arrive here until somebody signs in.";
pub(crate) const SIGNED_OUT_TITLE: &str = "Signed out";
pub(crate) const SIGNED_OUT: &str = "Your session has ended. What was shown here was removed from the screen, and new alerts do not \
     arrive.";

/// While the stream is cut: when it was last certain that nothing was missing.
pub(crate) fn last_checked(at: Option<&str>) -> String {
    match at {
        Some(time) => format!("Last checked {time}"),
        None => "Not checked yet".to_owned(),
    }
}

/// How long ago the stream was last heard.
pub(crate) fn heard_ago(seconds: i64) -> String {
    match seconds {
        ..5 => "now".to_owned(),
        5..60 => format!("{} s ago", seconds - seconds % 5),
        _ => format!("{} min ago", seconds / 60),
    }
}

/// The title of the page that calls itself `page`. It says how many alerts wait and how urgent the
/// worst is, and names nobody they are about: titles stand in lists of windows for all to see.
pub(crate) fn title(page: &str, unattended: Unattended, state: LiveState) -> String {
    let Unattended { count, worst, goes_on } = unattended;
    let waiting = worst.map(|worst| {
        let more = if goes_on { "+" } else { "" };
        format!("({count}{more}) {}", worst.label())
    });
    // On another page the count would seem to be about that page.
    let page = match waiting {
        Some(waiting) if page.starts_with(ALERTS) => format!("{waiting} – {page}"),
        Some(waiting) => format!("{waiting} – {ALERTS} | {page}"),
        None => page.to_owned(),
    };
    match state {
        LiveState::Cut => format!("Not live – {page}"),
        _ => page,
    }
}

/// What waits in the part of values that arrived late, which may be out of sight.
pub(crate) fn late_waits(count: usize, worst: Severity) -> String {
    let wait = if count == 1 { "waits" } else { "wait" };
    format!("{count} received late {wait}: {}", worst.label().to_lowercase())
}

/// What waits while somebody works in the table.
pub(crate) fn show_waiting(count: usize) -> String {
    match count {
        1 => "1 new alert – show".to_owned(),
        _ => format!("{count} new alerts – show"),
    }
}

/// So many alerts are said aloud one by one.
const SAID_MAX: usize = 3;

/// Says aloud what has arrived.
pub(crate) fn announcement(arrived: &[&AlertItem]) -> String {
    let head = match arrived.len() {
        0 => return String::new(),
        1 => "New alert.".to_owned(),
        count => format!("{count} new alerts."),
    };
    let said = arrived.iter().take(SAID_MAX);
    let said = said.map(|alert| format!(" {}: {}.", alert.severity.label(), alert_in_words(alert)));
    let rest = match arrived.len().saturating_sub(SAID_MAX) {
        0 => String::new(),
        more => format!(" And {more} more."),
    };
    format!("{head}{}{rest}", said.collect::<String>())
}

#[cfg(test)]
mod tests {
    use app::wire::PastValue;
    use domain::measurement::Measurement;

    use super::*;
    use crate::texts::ACCOUNT;

    #[test]
    fn a_title_counts_what_waits_and_names_the_worst() {
        let title = |page, count, worst, state| {
            super::title(page, Unattended { count, worst, goes_on: false }, state)
        };
        let (critical, high) = (Some(Severity::Critical), Some(Severity::High));
        assert_eq!(title(ALERTS, 3, critical, LiveState::Live), "(3) Critical – Alerts");
        assert_eq!(title(ALERTS, 1, high, LiveState::Cut), "Not live – (1) High – Alerts");
        assert_eq!(title(ALERTS, 0, None, LiveState::Live), "Alerts");
        assert_eq!(title(ACCOUNT, 3, critical, LiveState::Live), "(3) Critical – Alerts | Account");
        assert_eq!(title(ACCOUNT, 0, None, LiveState::SignedOut), "Account");
        let goes_on = Unattended { count: 50, worst: Some(Severity::Watch), goes_on: true };
        assert_eq!(super::title(ALERTS, goes_on, LiveState::Off), "(50+) Watch – Alerts");
    }

    #[test]
    fn what_became_of_an_alert_is_said_as_it_was_and_with_the_senders_words() {
        let at = "2026-11-21T08:30:00Z".parse().expect("a time");
        let before = PastValue { measurement: Measurement::SymptomScore(9), note: None };
        let corrected = Reassessment {
            at,
            cause: ReassessmentCause::Corrected,
            stands: true,
            before: before.clone(),
            reason: None,
            released_from: None,
        };
        assert_eq!(reassessed(&corrected), "Before, it said 9 of 10.");
        let note = Some("dizzy".to_owned());
        let noted = Reassessment { before: PastValue { note, ..before }, ..corrected.clone() };
        assert_eq!(reassessed(&noted), "Before, it said 9 of 10:");
        assert_eq!(reassessed_words(&noted), Some("dizzy"));
        let withdrawn = Reassessment {
            cause: ReassessmentCause::Withdrawn,
            stands: false,
            reason: Some("my husband's".to_owned()),
            ..noted
        };
        assert_eq!(reassessed(&withdrawn), "Whoever sent it took it back:");
        assert_eq!(reassessed_words(&withdrawn), Some("my husband's"));
    }

    #[test]
    fn what_is_live_says_how_long_ago_it_was_heard() {
        assert_eq!(heard_ago(-3), "now");
        assert_eq!(heard_ago(14), "10 s ago");
        assert_eq!(heard_ago(119), "1 min ago");
    }
}
