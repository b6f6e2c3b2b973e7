//! Whose page something comes from. A page knows for whom it was rendered, and whatever it sends
//! says so; where somebody else is signed in by then, the server does nothing. So no value stands
//! in another's record, and nobody's data are shown on another's page.

use super::patient::CreateAccount;
use super::session::SignIn;
use leptos::server_fn::ServerFn;

/// The field that holds the login of whoever the page was rendered for; empty for a stranger.
pub const PAGE_OF: &str = "page_of";

/// Stands beside it in what a refused form takes to the page that says so: the path of its own page.
pub const RETURN_PATH: &str = "return_path";

/// The server functions whose forms say themselves who somebody is: it does not matter who was here
/// before, and what is typed lands with whoever it names.
const NAMES_ITS_OWN_PERSON: [&str; 2] = [SignIn::PATH, CreateAccount::PATH];

/// Whether what is sent to the server function at `path` is meant for whoever the page belongs to.
#[must_use]
pub fn is_for_owner_of_page(path: &str) -> bool {
    !NAMES_ITS_OWN_PERSON.contains(&path)
}
