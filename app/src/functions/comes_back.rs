//! What of a refused form comes back to whoever sent it without JavaScript.

use leptos::server_fn::ServerFn;

use super::clinician::{CreateStaff, FindInAudit, OpenInEmergency};
use super::patient::{CorrectObservation, CreateAccount, SubmitObservation, WithdrawObservation};
use super::session::SignIn;

const OF_AN_OBSERVATION: &[&str] = &["score", "value", "systolic", "diastolic", "unit", "note"];

/// By server function. A password never comes back, and what is not named here neither.
const COMES_BACK: [(&str, &[&str]); 8] = [
    (SignIn::PATH, &["username"]),
    (CreateAccount::PATH, &["username", "email"]),
    (SubmitObservation::PATH, OF_AN_OBSERVATION),
    (CorrectObservation::PATH, OF_AN_OBSERVATION),
    (WithdrawObservation::PATH, &["reason"]),
    (OpenInEmergency::PATH, &["patient", "reason"]),
    (CreateStaff::PATH, &["username", "role"]),
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
