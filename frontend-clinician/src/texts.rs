//! Every text of the Clinician dashboard.

use app::widgets::isolated;
use app::wire::{AlertItem, Reassessment, ReassessmentCause};

use crate::live::{LiveState, Unattended};

/// Names the navigation.
pub(crate) const PARTS: &str = "Parts of the dashboard";
pub(crate) const ALERTS: &str = "Alerts";
pub(crate) const ACCOUNT: &str = "Account";

// Signing in.
pub(crate) const SIGN_IN_LEAD: &str = "For the staff of the clinic. Patients have their own app.";

// The account.
pub(crate) const SESSION_TEXT: &str =
    "For safety a session ends after a while. On a shared computer, sign out when you are done.";

// Emergency access.
pub(crate) const EMERGENCY: &str = "Emergency";
pub(crate) const EMERGENCY_ACCESS: &str = "Emergency access";
pub(crate) const EMERGENCY_LEAD: &str =
    "Open the record of another clinic's patient when their life or health depends on it now.";
pub(crate) const EMERGENCY_RULES: [&str; 3] = [
    "The record stays open to you for an hour.",
    "That you opened it, when and why, and all you look at in it is recorded.",
    "The patient and the administrator of their clinic see it.",
];
pub(crate) const EMERGENCY_PATIENT: &str = "Patient";
pub(crate) const EMERGENCY_PATIENT_HINT: &str = "Their user name, or their identifier.";
pub(crate) const EMERGENCY_REASON: &str = "Reason";
pub(crate) const EMERGENCY_REASON_HINT: &str =
    "In 10 to 500 characters: why you must see this record now.";
pub(crate) const EMERGENCY_FAULT: &str = "The record is not open yet";
pub(crate) const OPEN_RECORD: &str = "Open the record";
pub(crate) const OPENING_RECORD: &str = "Opening…";
pub(crate) const EMERGENCY_UNTIL: &str = "Emergency access until ";
pub(crate) const EMERGENCY_RECORDED: &str = ". Everything you open is recorded.";

// The audit log.
pub(crate) const AUDIT_LOG: &str = "Audit log";
pub(crate) const AUDIT_LEAD: &str =
    "Who opened whose data in your clinic, and who was turned away. Newest first.";
pub(crate) const AUDIT_SCOPE: &str =
    "What patients do with their own record is recorded too, and not listed here.";
pub(crate) const FILTER: &str = "What to look for";
pub(crate) const FILTER_WHO: &str = "Who (user name)";
pub(crate) const FILTER_PATIENT: &str = "Patient (user name or ID)";
pub(crate) const FILTER_ACTION: &str = "What was done";
pub(crate) const ANY_ACTION: &str = "Anything";
pub(crate) const FILTER_FROM: &str = "From (day, UTC)";
pub(crate) const FILTER_TO: &str = "To (day, UTC)";
pub(crate) const ONLY_DENIED: &str = "Only who was turned away";
pub(crate) const FIND: &str = "Show";
pub(crate) const FINDING: &str = "Looking…";
pub(crate) const FILTER_FAULT: &str = "Nothing can be looked for in this way";
pub(crate) const FIND_ALL: &str = "Show everything";
pub(crate) const EXPORT: &str = "Download";
pub(crate) const EXPORT_CSV: &str = "Table (CSV)";
pub(crate) const EXPORT_NDJSON: &str = "JSON, one entry a line";
pub(crate) const COLUMN_AT: &str = "When";
pub(crate) const COLUMN_WHO: &str = "Who";
pub(crate) const COLUMN_DONE: &str = "What";
pub(crate) const COLUMN_WHOSE: &str = "Whose";
pub(crate) const COLUMN_FROM: &str = "Address";
pub(crate) const COLUMN_REASON: &str = "Details";
pub(crate) const NOBODY_SIGNED_IN: &str = "Not signed in";
pub(crate) const TURNED_AWAY: &str = "Turned away";
pub(crate) const NO_ENTRIES_TITLE: &str = "Nothing recorded";
pub(crate) const NO_ENTRIES_TEXT: &str = "Nothing of this kind was recorded in this time.";
pub(crate) const NONE_SO_FAR_TITLE: &str = "None in this part";
pub(crate) const NONE_SO_FAR_TEXT: &str =
    "The newest entries hold nothing of this kind. Older ones may: look on.";

/// A patient whose name is not known here.
pub(crate) fn unnamed_patient(patient_id: &str) -> String {
    // The first part tells patients apart for the eye; the whole stands in the link.
    format!("Patient {}…", patient_id.split('-').next().unwrap_or_default())
}

/// Patients that are folded away.
pub(crate) fn several_patients(count: usize) -> String {
    format!("{count} patients")
}

// The clinic's staff.
pub(crate) const STAFF: &str = "Staff";
pub(crate) const STAFF_LEAD: &str = "Who may sign in to this dashboard for your clinic.";
pub(crate) const COLUMN_NAME: &str = "User name";
pub(crate) const COLUMN_ROLE: &str = "Role";
pub(crate) const COLUMN_STATE: &str = "State";
pub(crate) const COLUMN_ACTIONS: &str = "What to do";
pub(crate) const ACTIVE: &str = "Active";
pub(crate) const DISABLED: &str = "Disabled";
pub(crate) const MUST_CHOOSE: &str = "Must choose a password";
pub(crate) const DISABLE: &str = "Disable";
pub(crate) const ENABLE: &str = "Enable";
pub(crate) const RESET_ACCESS: &str = "Reset access";
pub(crate) const DISABLE_CONFIRM: &str = "Yes, disable";
pub(crate) const ENABLE_CONFIRM: &str = "Yes, enable";
pub(crate) const RESET_CONFIRM: &str = "Yes, reset access";
pub(crate) const STAFF_FAULT: &str = "Nothing was changed";
pub(crate) const ADD_TITLE: &str = "Add somebody";
pub(crate) const ADD: &str = "Add";
pub(crate) const ADDING: &str = "Adding…";
pub(crate) const ADD_FAULT: &str = "Nobody was added yet";
pub(crate) const CHOOSE_ROLE: &str = "Choose what they will do.";
pub(crate) const USERNAME_HINT: &str = "The name they will sign in with.";
pub(crate) const BY_COMMAND_LINE: &str = "Adding somebody and resetting access need JavaScript, because a password is shown once. \
     Whoever operates the server does the same with ";
pub(crate) const USERS_COMMANDS: [&str; 2] = ["healthflow users create", "healthflow users reset"];
pub(crate) const OR: &str = " or ";
pub(crate) const ONE_TIME_HINT: &str =
    "Shown once. Hand it over in person; they choose their own at first sign-in.";
pub(crate) const ONE_TIME_DONE: &str = "Done, hide it";
pub(crate) const EMERGENCIES_TITLE: &str = "Emergency access to your patients' records";
pub(crate) const NO_EMERGENCIES_TITLE: &str = "None so far";
pub(crate) const NO_EMERGENCIES_TEXT: &str =
    "When another clinic's clinician opens the record of one of your patients, it stands here.";
pub(crate) const EMERGENCY_OPENED: &str = " opened the record of ";
pub(crate) const UNTIL: &str = " until ";

/// How many records are open in an emergency now.
pub(crate) fn open_emergencies(count: u32) -> String {
    match count {
        1 => "1 record is open in an emergency".to_owned(),
        _ => format!("{count} records are open in an emergency"),
    }
}

/// The clinic somebody belongs to, beside their name.
pub(crate) fn of_clinic(clinic_id: &str) -> String {
    format!(" (clinic {clinic_id})")
}

/// Heads a one-time password.
pub(crate) fn one_time_password(login: &str) -> String {
    format!("One-time password for {}", isolated(login))
}

/// The name of a button in the row of `login`, for those who do not see where it is.
pub(crate) fn action_on(action: &str, login: &str) -> String {
    format!("{action}: {}", isolated(login))
}

/// What disabling does, and to whom.
pub(crate) fn disable_words(login: &str) -> String {
    format!(
        "{} is signed out everywhere at once, and cannot sign in until you enable the \
         account again.",
        isolated(login)
    )
}

/// What enabling does, and for whom.
pub(crate) fn enable_words(login: &str) -> String {
    format!("{} may sign in again, with the same password as before.", isolated(login))
}

/// What resetting access does, and to whom.
pub(crate) fn reset_words(login: &str) -> String {
    format!(
        "{} is signed out everywhere at once, and the present password opens nothing any \
         more. You get a one-time password to hand over.",
        isolated(login)
    )
}

// The server's load.
pub(crate) const OPERATION: &str = "Server load";
pub(crate) const OPERATION_LEAD: &str = "When far more is asked than this server can answer, it turns requests away by itself and \
     comes back in steps. Values that cannot wait get through all the same.";
pub(crate) const BREAKER_HOLD: &str = "Stop everything but what cannot wait";
pub(crate) const BREAKER_RESET: &str = "Let everything in again";
pub(crate) const BREAKER_HOLD_WORDS: &str = "All patients, clinicians and programs of this server are turned away, of every clinic, until \
     somebody lets them in again. Values that cannot wait still get through, and alerts that are \
     raised by them.";
pub(crate) const BREAKER_HOLD_CONFIRM: &str = "Yes, stop everything else";
pub(crate) const BREAKER_RESET_WORDS: &str = "All who are waiting are let in at once. Where far too much is still asked, the server is flooded \
     again.";
pub(crate) const BREAKER_RESET_CONFIRM: &str = "Yes, let everything in";
pub(crate) const BREAKER_FAULT: &str = "Nothing was changed";

/// What the server does about its load: its name, and what it means.
pub(crate) fn breaker_phase(phase: &str) -> (&'static str, &'static str) {
    match phase {
        "closed" => ("Open for everybody", "Every request is answered."),
        "recovering" => ("Coming back", "A part of the requests is answered, more step by step."),
        "held" => (
            "Stopped by hand",
            "Only values that cannot wait are taken, until you let everything in again.",
        ),
        _ => ("Flooded", "Only values that cannot wait are taken. It comes back by itself."),
    }
}

/// How much is asked of the server, and how much may be.
pub(crate) fn breaker_load(requests: u64, limit: u32) -> String {
    match limit {
        0 => format!("{requests} requests in the last minute, without a limit."),
        _ => format!("{requests} requests in the last minute; {limit} are too many."),
    }
}

// Alerts.
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
pub(crate) const SIGNED_OUT_TITLE: &str = "Signed out";
pub(crate) const SIGNED_OUT: &str = "Your session has ended. What was shown here was removed from the screen, and new alerts do not \
     arrive.";

// A patient.
pub(crate) const PATIENT: &str = "Patient";
pub(crate) const OBSERVATIONS: &str = "What was sent, newest first";
pub(crate) const NO_OBSERVATIONS_TITLE: &str = "Nothing sent yet";
pub(crate) const NO_OBSERVATIONS_TEXT: &str = "What this patient sends appears here.";
pub(crate) const NO_OLDER_OBSERVATIONS_TEXT: &str = "You have seen all this patient sent.";
pub(crate) const COLUMN_WHEN: &str = "Measured";
pub(crate) const COLUMN_WHAT: &str = "What";
pub(crate) const COLUMN_JUDGEMENT: &str = "Severity";
pub(crate) const COLUMN_NOTE: &str = "Note";
pub(crate) const SENT_BY: &str = "Sent by";

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

/// The title of the page of alerts. It says how many wait and how urgent the worst is, and names
/// nobody: titles stand in lists of windows for all to see.
pub(crate) fn alerts_title(unattended: Unattended, state: LiveState) -> String {
    let Unattended { count, worst, goes_on } = unattended;
    let waiting = match worst {
        Some(worst) => {
            let more = if goes_on { "+" } else { "" };
            format!("({count}{more}) {} – {ALERTS}", worst.label())
        }
        None => ALERTS.to_owned(),
    };
    match state {
        LiveState::Cut => format!("Not live – {waiting}"),
        _ => waiting,
    }
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
    use domain::alert_limits::Severity;
    use domain::measurement::Measurement;

    use super::*;

    #[test]
    fn a_title_counts_what_waits_and_names_the_worst() {
        let title =
            |count, worst, state| alerts_title(Unattended { count, worst, goes_on: false }, state);
        assert_eq!(title(3, Some(Severity::Critical), LiveState::Live), "(3) Critical – Alerts");
        assert_eq!(title(1, Some(Severity::High), LiveState::Cut), "Not live – (1) High – Alerts");
        assert_eq!(title(0, None, LiveState::Live), "Alerts");
        let goes_on = Unattended { count: 50, worst: Some(Severity::Watch), goes_on: true };
        assert_eq!(alerts_title(goes_on, LiveState::Off), "(50+) Watch – Alerts");
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
