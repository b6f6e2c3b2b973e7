//! Which role the page was loaded for. Every page knows it from its first moment, so that its
//! navigation need not wait for an answer.

use domain::access::Role;
use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Visitor(Option<Role>);

/// Lets [`visitor_role`] be asked below. Signing in and out loads the page anew, so this is said
/// once.
pub fn provide_visitor() {
    // By its name: the browser finds in the page what the server wrote there.
    let name = SharedValue::<String, leptos::server::codee::string::FromToStringCodec>::new_str(
        name_of_role,
    );
    provide_context(Visitor(name.into_inner().parse().ok()));
}

/// The role of who is signed in; `None` for strangers.
#[must_use]
pub fn visitor_role() -> Option<Role> {
    use_context().and_then(|Visitor(role)| role)
}

#[cfg(feature = "ssr")]
fn name_of_role() -> String {
    let principal = crate::backend::caller().principal;
    principal.map(|principal| principal.role.to_string()).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn name_of_role() -> String {
    String::new()
}
