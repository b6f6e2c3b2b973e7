//! Where people of each role find what is theirs.

use domain::access::Role;

/// Where somebody begins: the address of the page that is theirs to work on.
#[must_use]
pub fn start_path(role: Role) -> &'static str {
    match role {
        Role::Patient | Role::Clinician | Role::Service => "/",
        Role::ClinicAdministrator => "/staff",
        Role::Auditor => "/audit",
    }
}

/// Where somebody's own account is.
#[must_use]
pub fn account_path(role: Role) -> &'static str {
    match role {
        Role::Patient => "/me",
        _ => "/account",
    }
}
