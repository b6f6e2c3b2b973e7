//! Every text of the Clinician dashboard.

use app::wire::AlertItem;

/// Names the navigation.
pub(crate) const PARTS: &str = "Parts of the dashboard";
pub(crate) const ALERTS: &str = "Alerts";
pub(crate) const ACCOUNT: &str = "Account";

// Signing in.
pub(crate) const SIGN_IN_LEAD: &str = "For the staff of the clinic. Patients have their own app.";

// The account.
pub(crate) const SESSION_TEXT: &str =
    "For safety a session ends after a while. On a shared computer, sign out when you are done.";

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

/// Which alert is taken over, for those who do not see its row.
pub(crate) fn alert_of(patient: &str) -> String {
    format!(" the alert of {patient}")
}

/// Marks an alert that somebody takes care of.
pub(crate) fn taken_by(clinician: &str) -> String {
    format!("Taken by {clinician}")
}

// The live state.
pub(crate) const LIVE: &str = "Live";
pub(crate) const CONNECTING: &str = "Connecting…";
pub(crate) const NOT_LIVE: &str = "Not live: reload the page to see new alerts";
pub(crate) const SIGNED_OUT: &str = "Your session has ended: new alerts do not arrive.";

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

/// While the stream is cut: when the list was last checked.
pub(crate) fn reconnecting(checked_at: Option<&str>) -> String {
    match checked_at {
        Some(time) => format!("Reconnecting – checked {time}"),
        None => "Reconnecting…".to_owned(),
    }
}

/// What waits while somebody works in the table.
pub(crate) fn show_waiting(count: usize) -> String {
    match count {
        1 => "1 new alert – show".to_owned(),
        _ => format!("{count} new alerts – show"),
    }
}

/// Says aloud what has arrived.
pub(crate) fn announcement(arrived: &[AlertItem]) -> String {
    match arrived {
        [] => String::new(),
        [one] => format!(
            "New alert: {}. {}. {} {}.",
            one.severity.label(),
            one.patient_login,
            one.measurement.kind().label(),
            one.measurement
        ),
        many => format!("{} new alerts.", many.len()),
    }
}
