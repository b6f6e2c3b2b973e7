//! What the audit log says somebody did, in words: the one table of them.

/// An action in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessWords {
    /// Its stable name in the audit log.
    pub name: &'static str,
    /// For those who look after a clinic.
    pub for_staff: &'static str,
    /// For the patient whose data it concerned; empty where it concerns none's.
    pub for_patient: &'static str,
}

const fn words(
    name: &'static str,
    for_staff: &'static str,
    for_patient: &'static str,
) -> AccessWords {
    AccessWords { name, for_staff, for_patient }
}

/// Every action the audit log knows.
pub const ACCESS_WORDS: [AccessWords; 17] = [
    words("observations.read", "Looked at values", "Looked at your values"),
    words("observation.submit", "Sent a value", "Sent a value for you"),
    words("observation.correct", "Corrected a value", "Corrected a value for you"),
    words("observation.withdraw", "Withdrew a value", "Withdrew a value for you"),
    words("alerts.read", "Looked at alerts", "Looked at alerts, yours among them"),
    words("alert.acknowledge", "Took care of an alert", "Took care of your alert"),
    words("alert.release", "Gave back an alert", "Gave back your alert"),
    words(
        "record.open-in-emergency",
        "Opened a record in an emergency",
        "Opened your record in an emergency",
    ),
    words("disclosures.read", "Looked at who opened a record", "Asked who opened your record"),
    words("audit-log.read", "Looked at the audit log", "Checked who opened your record"),
    words("staff.read", "Looked at staff accounts", ""),
    words("staff.manage", "Changed a staff account", ""),
    words("account.manage", "Changed their own account", ""),
    words("breaker.operate", "Operated the circuit breaker", ""),
    words("session.begin", "Signed in", ""),
    words("session.end", "Signed out", ""),
    words("endpoint.call", "Called what they may not", ""),
];

/// The words of the action with this stable name.
#[must_use]
pub fn of(name: &str) -> Option<&'static AccessWords> {
    ACCESS_WORDS.iter().find(|words| words.name == name)
}
