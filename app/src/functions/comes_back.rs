//! What of a refused form comes back to whoever sent it without JavaScript.

use leptos::server_fn::ServerFn;

use super::clinician::{
    BreakerHold, BreakerReset, CreateStaff, DisableStaff, FindInAudit, OpenInEmergency, ResetStaff,
};
use super::patient::{CorrectObservation, CreateAccount, SubmitObservation, WithdrawObservation};
use super::session::SignIn;

/// What the address of a page says that a form without JavaScript is led back to: which form it is
/// about. Without the sealed form itself it says nothing, so nobody makes a page say anything by it.
pub const CAME_BACK: &str = "came_back";

/// Stands beside what was entered and not sent when time alone signs somebody out: the path of the
/// server function of its form.
pub const UNSENT_TO: &str = "unsent_to";
/// Stands there too: the path of its page.
pub const UNSENT_ON: &str = "unsent_on";

const OF_AN_OBSERVATION: &[&str] = &["score", "value", "systolic", "diastolic", "unit", "note"];
/// With the version that was corrected: what became of it meanwhile is not undone unseen.
const OF_A_CORRECTION: &[&str] =
    &["based_on", "score", "value", "systolic", "diastolic", "unit", "note"];

/// By server function. A password never comes back, and what is not named here neither.
const COMES_BACK: [(&str, &[&str]); 12] = [
    (SignIn::PATH, &["username"]),
    (CreateAccount::PATH, &["username", "email"]),
    (SubmitObservation::PATH, OF_AN_OBSERVATION),
    (CorrectObservation::PATH, OF_A_CORRECTION),
    (WithdrawObservation::PATH, &["based_on", "reason"]),
    (OpenInEmergency::PATH, &["patient", "reason"]),
    (CreateStaff::PATH, &["username", "role"]),
    (DisableStaff::PATH, &["username", "enable", "reason"]),
    (ResetStaff::PATH, &["username", "reason"]),
    (BreakerHold::PATH, &["reason"]),
    (BreakerReset::PATH, &["reason"]),
    (FindInAudit::PATH, &["who", "patient", "from", "to"]),
];

/// The fields of the form of the server function at `path` that are shown again.
#[must_use]
pub fn fields_that_come_back(path: &str) -> &'static [&'static str] {
    let found = COMES_BACK.iter().find(|(function, _)| *function == path);
    found.map_or(&[], |(_, fields)| fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::session::ChangePassword;

    #[test]
    fn no_password_comes_back() {
        let all = COMES_BACK.iter().flat_map(|(_, fields)| *fields);
        assert_eq!(all.filter(|field| field.contains("password")).count(), 0);
        assert_eq!(fields_that_come_back(ChangePassword::PATH), [] as [&str; 0]);
        assert_eq!(fields_that_come_back(SignIn::PATH), ["username"]);
    }
}
