//! The server's load, in the hands of the clinic's administrator.

use app::functions::clinician::{Breaker, BreakerHold, BreakerReset};
use app::widgets::{AskFirst, ErrorSummary, Faults, Loaded, PageHeading, PageTitle, Posting};
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
    let refusal = Signal::derive(move || hold.refusal().get().or_else(|| reset.refusal().get()));
    let faults = Faults::of_refusal(refusal, &[]);
    view! {
        <Frame part=Part::Operation>
            <PageTitle text=texts::OPERATION />
            <PageHeading>{texts::OPERATION}</PageHeading>
            <p class="lead">{texts::OPERATION_LEAD}</p>
            <ErrorSummary faults title=texts::BREAKER_FAULT />
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
    let may_reset = breaker.phase != "closed";
    let may_hold = breaker.phase != "held";
    let reset = may_reset.then(|| {
        view! {
            <AskFirst
                posting=reset
                id="reset"
                label=texts::BREAKER_RESET
                words=texts::BREAKER_RESET_WORDS
                confirm=texts::BREAKER_RESET_CONFIRM
                asks_why=true
            />
        }
    });
    let hold = may_hold.then(|| {
        view! {
            <AskFirst
                posting=hold
                id="hold"
                label=texts::BREAKER_HOLD
                words=texts::BREAKER_HOLD_WORDS
                confirm=texts::BREAKER_HOLD_CONFIRM
                asks_why=true
            />
        }
    });
    let load = texts::breaker_load(breaker.requests_last_minute, breaker.requests_per_minute_max);
    view! {
        <section class="card account">
            <div aria-live="polite">
                <p>
                    <strong class="account__name">{name}</strong>
                </p>
                <p>{meaning}</p>
                <p class="quiet">{load}</p>
            </div>
            {reset}
            {hold}
        </section>
    }
}
