//! For whom the page was rendered. Every page knows it from its first moment: its navigation need
//! not wait for an answer, and whatever it sends says whose page it comes from.

use domain::access::Role;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Whoever a page was rendered for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
}

#[derive(Clone)]
struct KnownVisitor(Option<Visitor>);

/// A browser's page belongs to one person for as long as it lives, and what it sends by itself
/// belongs to no component.
#[cfg(feature = "hydrate")]
static OF_THIS_PAGE: std::sync::OnceLock<Option<Visitor>> = std::sync::OnceLock::new();

/// Lets [`visitor`] be asked below. Signing in and out loads the page anew, so this is said once.
pub fn provide_visitor() {
    // By its name: the browser finds in the page what the server wrote there.
    let visitor = SharedValue::<Option<Visitor>>::new(who_is_here).into_inner();
    #[cfg(feature = "hydrate")]
    OF_THIS_PAGE.get_or_init(|| visitor.clone());
    provide_context(KnownVisitor(visitor));
}

/// Who is signed in; `None` for strangers.
#[must_use]
pub fn visitor() -> Option<Visitor> {
    #[cfg(feature = "hydrate")]
    if let Some(visitor) = OF_THIS_PAGE.get() {
        return visitor.clone();
    }
    use_context().and_then(|KnownVisitor(visitor)| visitor)
}

/// The role of who is signed in; `None` for strangers.
#[must_use]
pub fn visitor_role() -> Option<Role> {
    visitor().map(|visitor| visitor.role)
}

/// The login of whoever the page was rendered for; empty for a stranger.
#[must_use]
pub fn owner_of_page() -> String {
    visitor().map(|visitor| visitor.login).unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn who_is_here() -> Option<Visitor> {
    let principal = crate::backend::caller().principal?;
    Some(Visitor { login: principal.login, role: principal.role })
}

#[cfg(not(feature = "ssr"))]
fn who_is_here() -> Option<Visitor> {
    None
}
