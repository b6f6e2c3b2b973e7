//! Signing in and out; which role is asked for follows from the app's host.

use leptos::prelude::*;

use crate::error::AppError;
use crate::wire::SignedInUser;

/// Signs in and leads to the start page.
#[server(prefix = "/fn", endpoint = "session/sign_in")]
pub async fn sign_in(username: String, password: String) -> Result<(), AppError> {
    use crate::backend::{answered, audience, backend, set_session_cookie};
    let signed_in = backend().sign_in(audience().role, &username, &password).await;
    let session = answered(signed_in)?;
    set_session_cookie(&session.token, session.expires_in_s);
    leptos_axum::redirect("/");
    Ok(())
}

/// Signs out and leads to the sign-in page.
#[server(prefix = "/fn", endpoint = "session/sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    crate::backend::set_session_cookie("", 0);
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Who is signed in.
#[server(prefix = "/fn", endpoint = "session/current_user")]
pub async fn current_user() -> Result<SignedInUser, AppError> {
    use crate::backend::{answered, caller};
    let principal = answered(caller().principal.ok_or(AppError::SignInRequired))?;
    Ok(SignedInUser { login: principal.login, role: principal.role })
}
