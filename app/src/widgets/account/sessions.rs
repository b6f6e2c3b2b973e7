//! One's own sessions, and ending them.

use leptos::prelude::*;

use super::texts;
use crate::functions::session::{EndSession, MySessions, SignOutEverywhere};
use crate::widgets::ask_first::AskFirst;
use crate::widgets::fault::{ErrorSummary, Faults};
use crate::widgets::isolated::Isolated;
use crate::widgets::loaded::Loaded;
use crate::widgets::local_time::LocalTime;
use crate::widgets::post_form::Posting;
use crate::widgets::texts::SIGN_OUT;
use crate::wire::SessionItem;

/// Where somebody is signed in.
#[component]
pub(super) fn OwnSessions() -> impl IntoView {
    let ending = Posting::to::<EndSession>();
    let everywhere = Posting::to::<SignOutEverywhere>();
    let refusal =
        Signal::derive(move || ending.refusal().get().or_else(|| everywhere.refusal().get()));
    let faults = Faults::of_refusal(refusal, &[]);
    let list = move |sessions: Vec<SessionItem>| {
        let rows = sessions.into_iter().map(|session| view! { <OwnSession session ending /> });
        view! { <ul class="sessions">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="account__sessions" aria-labelledby="sessions">
            // Above what is loaded: no button moves when that arrives.
            <div class="section-bar">
                <h2 class="section-heading" id="sessions">
                    {texts::SESSIONS}
                </h2>
                <AskFirst
                    posting=everywhere
                    id="sign-out-everywhere"
                    label=texts::SIGN_OUT_EVERYWHERE
                    words=texts::SIGN_OUT_EVERYWHERE_WORDS
                    confirm=texts::SIGN_OUT_EVERYWHERE_CONFIRM
                />
            </div>
            <ErrorSummary faults title=texts::END_SESSION_FAULT />
            <Loaded question=|_| MySessions {} show=move |_, sessions| list(sessions) rows=2 />
        </section>
    }
}

#[component]
fn OwnSession(session: SessionItem, ending: Posting) -> impl IntoView {
    let SessionItem { session_id, device, created_at, last_used_at, is_this } = session;
    // Two browsers of the same make are told apart by their times.
    let about = format!("session-{session_id}");
    let end = if is_this {
        view! { <span class="chip chip--fine">{texts::THIS_DEVICE}</span> }.into_any()
    } else {
        view! {
            <AskFirst
                posting=ending
                id=format!("end-{session_id}")
                label=SIGN_OUT
                named=texts::sign_out_of(&device, created_at, last_used_at)
                words=texts::end_session_words(&device)
                confirm=texts::END_SESSION_CONFIRM
                fields=vec![("session_id", session_id.to_string())]
            />
        }
        .into_any()
    };
    view! {
        <li class="session">
            <div id=about>
                <p class="session__device">
                    <Isolated text=device />
                </p>
                <p class="session__times">
                    <span>{texts::SIGNED_IN_AT}<LocalTime at=created_at /></span>
                    <span>{texts::LAST_USED_AT}<LocalTime at=last_used_at /></span>
                </p>
            </div>
            {end}
        </li>
    }
}
