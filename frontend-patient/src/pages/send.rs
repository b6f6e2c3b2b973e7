//! Sending one observation: one question, a second look at an unusual value, off it goes.

use app::error::AppError;
use app::functions::patient::{SubmitObservation, new_key};
use app::widgets::browser::focus_soon;
use app::widgets::{
    ErrorSummary, FaultLine, Faults, Icon, NothingHere, PageHeading, PageTitle, Problem, Skeleton,
    SubmitButton, Symbol, fault_lines,
};
use domain::alert_limits::AlertPolicy;
use domain::measurement::{Measurement, RawMeasurement, RawNumber};
use domain::observation::check_note;
use domain::vital::ObservationKind;
use leptos::ev::SubmitEvent;
use leptos::form::FromFormData;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::send_fields::{FIELDS, KindFields};
use crate::frame::{Frame, Tab};
use crate::texts;

/// The page of one kind.
#[component]
pub(crate) fn SendPage() -> impl IntoView {
    let params = use_params_map();
    let kind = Memo::new(move |_| {
        params.with(|params| params.get_str("kind").and_then(ObservationKind::from_wire_name))
    });
    view! {
        <Frame tab=Tab::Today>
            {move || match kind.get() {
                Some(kind) => view! { <Question kind /> }.into_any(),
                None => view! { <NothingHere /> }.into_any(),
            }}
        </Frame>
    }
}

#[component]
fn Question(kind: ObservationKind) -> impl IntoView {
    let key = Resource::new_blocking(|| (), |()| new_key());
    view! {
        <PageTitle text=texts::question(kind) />
        <a class="back" href="/send">
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::question(kind)}</PageHeading>
        <p class="lead">{texts::advice(kind)}</p>
        <Suspense fallback=|| {
            view! { <Skeleton rows=2 /> }
        }>
            {move || Suspend::new(async move {
                match key.await {
                    Ok(idempotency_key) => {
                        view! { <SendForm kind idempotency_key /> }.into_any()
                    }
                    Err(error) => view! { <Problem error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The form. Without JavaScript it is posted as it stands; with it, slips show at once and an
/// unusual value is asked for again before it goes.
#[component]
fn SendForm(kind: ObservationKind, idempotency_key: String) -> impl IntoView {
    let submit = ServerAction::<SubmitObservation>::new();
    let slip = RwSignal::new(None::<AppError>);
    let to_check = RwSignal::new(None::<Measurement>);
    let faults = Faults::new(move || {
        let refused = move || submit.value().get().and_then(Result::err);
        slip.get().or_else(refused).map(|error| lines(kind, &error)).unwrap_or_default()
    });
    let on_submit = move |event: SubmitEvent| {
        // What cannot be read is left to the browser, which posts the form as it stands.
        let Ok(input) = SubmitObservation::from_event(&event) else { return };
        event.prevent_default();
        if submit.pending().get_untracked() {
            return;
        }
        submit.clear();
        match check(&input, to_check.get_untracked()) {
            Verdict::Slip(error) => slip.set(Some(error)),
            Verdict::Unusual(measurement) => {
                slip.set(None);
                to_check.set(Some(measurement));
                focus_soon(CHECK_ID);
            }
            Verdict::Send => {
                slip.set(None);
                submit.dispatch(input);
            }
        }
    };
    // A refused value must be changed, so its field comes back.
    Effect::new(move || {
        if matches!(submit.value().get(), Some(Err(AppError::Invalid(_)))) {
            to_check.set(None);
        }
    });
    view! {
        <ErrorSummary faults />
        <form
            class="form"
            method="post"
            action=SubmitObservation::url()
            novalidate=""
            on:submit=on_submit
        >
            <input type="hidden" name="kind" value=kind.wire_name() />
            <input type="hidden" name="idempotency_key" value=idempotency_key />
            <div class="form__fields" hidden=move || to_check.get().is_some()>
                <KindFields kind faults />
                <SubmitButton
                    label=texts::SEND
                    busy_label=texts::SENDING
                    busy=submit.pending()
                />
            </div>
            <SecondLook to_check busy=submit.pending() />
        </form>
    }
}

const CHECK_ID: &str = "check";

/// Asks whether an unusual value is right. It is never refused.
#[component]
fn SecondLook(to_check: RwSignal<Option<Measurement>>, busy: Memo<bool>) -> impl IntoView {
    let change = move |_| {
        let kind = to_check.get_untracked().map(|measurement| measurement.kind());
        to_check.set(None);
        let first = match kind {
            Some(ObservationKind::SymptomScore) => "score",
            Some(ObservationKind::BloodPressure) => "systolic",
            _ => "value",
        };
        focus_soon(first);
    };
    move || {
        to_check.get().map(|measurement| {
            let value = measurement.to_string();
            let send_value = texts::send_value(&value);
            view! {
                <div class="check">
                    <h2 class="check__title" id=CHECK_ID tabindex="-1">
                        {texts::check_title(&value)}
                    </h2>
                    <p>{texts::CHECK_TEXT}</p>
                    <div class="check__buttons">
                        <button
                            class="button button--primary"
                            type="submit"
                            aria-disabled=move || busy.get().then_some("true")
                        >
                            {move || {
                                if busy.get() {
                                    texts::SENDING.to_owned()
                                } else {
                                    send_value.clone()
                                }
                            }}
                        </button>
                        <button class="button" type="button" on:click=change>
                            {texts::CHANGE_IT}
                        </button>
                    </div>
                </div>
            }
        })
    }
}

/// What is to happen with a filled-in form.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// It cannot be right.
    Slip(AppError),
    /// It may be right, but a second look is due.
    Unusual(Measurement),
    /// Off it goes.
    Send,
}

/// Judges a form; `seen` is the unusual value that was shown for a second look.
fn check(input: &SubmitObservation, seen: Option<Measurement>) -> Verdict {
    let raw = RawMeasurement {
        kind: Some(input.kind.clone()),
        score: RawNumber::from_typed(&input.score),
        value: RawNumber::from_typed(&input.value),
        systolic: RawNumber::from_typed(&input.systolic),
        diastolic: RawNumber::from_typed(&input.diastolic),
        unit: (!input.unit.is_empty()).then(|| input.unit.clone()),
    };
    let measurement = match Measurement::parse(&raw) {
        Ok(measurement) => measurement,
        Err(faults) => return Verdict::Slip(AppError::Invalid(faults)),
    };
    if let Err(fault) = check_note(&input.note) {
        return Verdict::Slip(fault.into());
    }
    let dangerous = AlertPolicy::default().assess(&measurement).is_some();
    if dangerous && seen != Some(measurement) {
        return Verdict::Unusual(measurement);
    }
    Verdict::Send
}

fn lines(kind: ObservationKind, error: &AppError) -> Vec<FaultLine> {
    match error {
        AppError::Conflict(_) => vec![FaultLine::General(texts::KEY_USED.to_owned())],
        error => fault_lines(error, &FIELDS, |fault| texts::fault(kind, fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heart_rate(value: &str) -> SubmitObservation {
        SubmitObservation {
            kind: "heart_rate".to_owned(),
            idempotency_key: "key".to_owned(),
            score: String::new(),
            value: value.to_owned(),
            systolic: String::new(),
            diastolic: String::new(),
            unit: "/min".to_owned(),
            note: String::new(),
        }
    }

    #[test]
    fn sends_an_ordinary_value_at_once() {
        assert_eq!(check(&heart_rate("72"), None), Verdict::Send);
    }

    #[test]
    fn asks_again_before_an_unusual_value_goes_and_never_refuses_it() {
        let Verdict::Unusual(seen) = check(&heart_rate("140"), None) else {
            panic!("140 is unusual")
        };
        assert_eq!(check(&heart_rate("140"), Some(seen)), Verdict::Send);
        assert!(matches!(check(&heart_rate("150"), Some(seen)), Verdict::Unusual(_)));
    }

    #[test]
    fn stops_a_slip() {
        assert!(matches!(check(&heart_rate("999"), None), Verdict::Slip(_)));
        assert!(matches!(check(&heart_rate(""), None), Verdict::Slip(_)));
    }
}
