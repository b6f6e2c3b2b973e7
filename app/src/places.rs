//! Where people of each role find what is theirs.

use domain::access::Role;

/// The audit log.
pub const AUDIT_PATH: &str = "/audit";
/// What stands for a sealed query behind the `?` of [`AUDIT_PATH`].
pub const AUDIT_QUERY: &str = "query";
/// What stands for the identifier of a patient there.
pub const AUDIT_PATIENT: &str = "patient";

/// Where people sign in.
pub const SIGN_IN_PATH: &str = "/sign-in";

/// Where a form without JavaScript leads that stood on the page of somebody else.
pub const NOT_YOURS_PATH: &str = "/not-yours";

/// Where somebody begins: the address of the page that is theirs to work on.
#[must_use]
pub fn start_path(role: Role) -> &'static str {
    match role {
        Role::Patient | Role::Clinician | Role::Service => "/",
        Role::ClinicAdministrator => "/staff",
        Role::Auditor => AUDIT_PATH,
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
