//! The server's load, in the hands of the clinic's administrator.

use app::functions::clinician::{Breaker, BreakerHold, BreakerReset};
use app::widgets::{Loaded, PageHeading, PageTitle, PostForm, Posting};
use app::wire::BreakerItem;
use leptos::prelude::*;

use crate::frame::{Frame, Part};
use crate::texts;

/// How the circuit breaker stands, and the hand on it. Everything here is there without
/// JavaScript too: while the breaker refuses, scripts may not arrive.
#[component]
pub(crate) fn OperationPage() -> impl IntoView {
    let (hold, reset) = (Posting::to::<BreakerHold>(), Posting::to::<BreakerReset>());
    let times = [hold, reset].map(Posting::times_answered);
    let version = Signal::derive(move || times.iter().map(|times| times.get()).sum());
    view! {
        <Frame part=Part::Operation>
            <PageTitle text=texts::OPERATION />
            <PageHeading>{texts::OPERATION}</PageHeading>
            <p class="lead">{texts::OPERATION_LEAD}</p>
            <Loaded
                question=|_| Breaker {}
                show=move |_, breaker| view! { <State breaker hold reset /> }.into_any()
                rows=2
                version
            />
        </Frame>
    }
}

#[component]
fn State(breaker: BreakerItem, hold: Posting, reset: Posting) -> impl IntoView {
    let (name, meaning) = texts::breaker_phase(&breaker.phase);
    let is_closed = breaker.phase == "closed";
    let (posting, label) =
        if is_closed { (hold, texts::BREAKER_HOLD) } else { (reset, texts::BREAKER_RESET) };
    let other = (breaker.phase == "open" || breaker.phase == "recovering").then(|| {
        view! {
            <PostForm posting=hold>
                <button class="button" type="submit">{texts::BREAKER_HOLD}</button>
            </PostForm>
        }
    });
    let load = texts::breaker_load(breaker.requests_last_minute, breaker.requests_per_minute_max);
    view! {
        <section class="card account" aria-live="polite">
            <p>
                <strong class="account__name">{name}</strong>
            </p>
            <p>{meaning}</p>
            <p class="quiet">{load}</p>
            <PostForm posting>
                <button class="button" type="submit">{label}</button>
            </PostForm>
            {other}
        </section>
    }
}
