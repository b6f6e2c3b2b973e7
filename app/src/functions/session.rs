//! Signing in and out, and one's own account; which roles may sign in follows from the app's host.

use leptos::prelude::*;

use crate::error::AppError;
use crate::wire::{SessionItem, SignedInUser};

/// Signs in and leads to where people of this role begin; back to their form, where they sent one
/// when they were signed out.
#[server(prefix = "/fn", endpoint = "session/sign_in")]
pub async fn sign_in(username: String, password: String) -> Result<(), AppError> {
    use crate::backend::{WaitingForm, answered, audience, backend, caller, set_cookies};
    use crate::places::{account_path, start_path};
    let signed_in = backend().sign_in(&caller(), audience().app, &username, &password).await;
    let session = answered(signed_in)?;
    set_cookies(audience().cookies_of(&session));
    let role = session.principal.role;
    let must_change = session.principal.must_change_password;
    let waiting = use_context::<WaitingForm>().filter(|form| form.owner == session.principal.login);
    match waiting {
        _ if must_change => leptos_axum::redirect(account_path(role)),
        Some(form) => leptos_axum::redirect(&form.place),
        None => leptos_axum::redirect(start_path(role)),
    }
    Ok(())
}

/// Signs out and leads to the sign-in page, which says so where time alone did it: `after` names
/// which, by [`TimeUp::name`](crate::widgets::TimeUp::name).
#[server(prefix = "/fn", endpoint = "session/sign_out")]
pub async fn sign_out(#[server(default)] after: String) -> Result<(), AppError> {
    use crate::backend::{answered, audience, backend, caller, set_cookies};
    use crate::places::SIGN_IN_PATH;
    use crate::widgets::TimeUp;
    answered(backend().sign_out(&caller(), false).await)?;
    set_cookies(audience().no_session());
    leptos_axum::redirect(TimeUp::named(&after).map_or(SIGN_IN_PATH, TimeUp::sign_in_path));
    Ok(())
}

/// Ends all sessions and leads to the sign-in page.
#[server(prefix = "/fn", endpoint = "session/sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<(), AppError> {
    use crate::backend::{answered, audience, backend, caller, set_cookies};
    use crate::places::SIGN_IN_PATH;
    answered(backend().sign_out(&caller(), true).await)?;
    set_cookies(audience().no_session());
    leptos_axum::redirect(SIGN_IN_PATH);
    Ok(())
}

/// Who is signed in, and until when.
#[server(prefix = "/fn", endpoint = "session/current_user")]
pub async fn current_user() -> Result<SignedInUser, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().signed_in_user(&caller()).await)
}

/// Keeps the session alive: being asked is the sign of life.
#[server(prefix = "/fn", endpoint = "session/stay_signed_in")]
pub async fn stay_signed_in() -> Result<SignedInUser, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().signed_in_user(&caller()).await)
}

/// Changes the password; other devices are signed out.
#[server(prefix = "/fn", endpoint = "session/change_password")]
pub async fn change_password(
    current_password: String,
    new_password: String,
) -> Result<(), AppError> {
    use crate::backend::{answered, audience, backend, caller, set_cookies};
    use crate::places::account_path;
    let changed = backend().change_password(&caller(), &current_password, &new_password).await;
    let session = answered(changed)?;
    set_cookies(audience().cookies_of(&session));
    leptos_axum::redirect(&format!("{}?changed=1", account_path(session.principal.role)));
    Ok(())
}

/// One's own sessions, newest first.
#[server(prefix = "/fn", endpoint = "session/my_sessions")]
pub async fn my_sessions() -> Result<Vec<SessionItem>, AppError> {
    use crate::backend::{answered, backend, caller};
    answered(backend().my_sessions(&caller()).await)
}

/// Ends one of one's own sessions.
#[server(prefix = "/fn", endpoint = "session/end_session")]
pub async fn end_session(session_id: String) -> Result<(), AppError> {
    use crate::backend::{answered, backend, caller};
    use crate::places::account_path;
    let id = answered(session_id.parse().map_err(|_| AppError::NotFound))?;
    answered(backend().end_session(&caller(), id).await)?;
    leptos_axum::redirect(caller().principal.map_or("/", |own| account_path(own.role)));
    Ok(())
}
