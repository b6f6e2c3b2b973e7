//! Sending one observation: one question, a second look at an unusual value, off it goes.

use app::error::AppError;
use app::functions::patient::{NewKey, SubmitObservation};
use app::widgets::browser::focus_soon;
use app::widgets::{
    Entries, ErrorSummary, FaultLine, Faults, Icon, Loaded, NothingHere, PageHeading, PageTitle,
    PostForm, Posting, SubmitButton, Symbol, fault_lines,
};
use domain::alert_limits::{AlertPolicy, SEEN_FIELD};
use domain::measurement::{Measurement, RawMeasurement, RawNumber};
use domain::observation::check_note;
use domain::vital::ObservationKind;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
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
    let form = move |_, idempotency_key| view! { <SendForm kind idempotency_key /> }.into_any();
    view! {
        <PageTitle text=texts::question(kind) />
        <a class="back" href="/send">
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::question(kind)}</PageHeading>
        <p class="lead">{texts::advice(kind)}</p>
        <Loaded question=|_| NewKey {} show=form rows=2 />
    }
}

/// The form. Slips show at once with JavaScript, and when the page comes back without it; either way
/// an unusual value is asked for again before it goes.
#[component]
fn SendForm(kind: ObservationKind, idempotency_key: String) -> impl IntoView {
    let posting = Posting::to::<SubmitObservation>();
    let (refusal, busy) = (posting.refusal(), posting.is_busy());
    let slip = RwSignal::new(None::<AppError>);
    let to_check = RwSignal::new(came_back_to_check(kind, posting));
    let faults = Faults::new(move || {
        let error = slip.get().or_else(|| refusal.get());
        // That it is asked for again is no fault once it is.
        let error = error.filter(|error| !is_unconfirmed(error) || to_check.get().is_none());
        error.map(|error| lines(kind, &error)).unwrap_or_default()
    });
    let ask_again = move |measurement| {
        to_check.set(Some(measurement));
        focus_soon(CHECK_ID);
    };
    let sent = StoredValue::new(None::<Measurement>);
    let may_go = move |entries: &Entries| {
        let raw = measured(kind, |field| entries.text(field));
        let verdict = judge(&raw, &entries.text("note"), to_check.get_untracked());
        slip.set(None);
        match verdict {
            Verdict::Slip(error) => slip.set(Some(error)),
            Verdict::Unusual(measurement) => ask_again(measurement),
            Verdict::Send(measurement) => {
                sent.set_value(Some(measurement));
                return true;
            }
        }
        false
    };
    // A refused value must be changed, so its field comes back; unless the clinic, whose limits the
    // browser does not know, finds it unusual.
    Effect::new(move || match refusal.get() {
        Some(error) if is_unconfirmed(&error) => {
            if let Some(measurement) = sent.get_value() {
                ask_again(measurement);
            }
        }
        Some(AppError::Invalid(_)) => to_check.set(None),
        _ => {}
    });
    let seen = move || to_check.get().map(|measurement| measurement.to_string());
    view! {
        <ErrorSummary faults />
        <PostForm posting class=Some("form") check=Box::new(may_go)>
            <input type="hidden" name="kind" value=kind.wire_name() />
            <input type="hidden" name="idempotency_key" value=idempotency_key />
            <input type="hidden" name=SEEN_FIELD value=seen />
            <div class="form__fields" hidden=move || to_check.get().is_some()>
                <KindFields kind faults />
                <SubmitButton label=texts::SEND busy_label=texts::SENDING busy />
            </div>
            <SecondLook kind to_check busy />
        </PostForm>
    }
}

const CHECK_ID: &str = "check";

/// Asks whether an unusual value is right. It is never refused.
#[component]
fn SecondLook(
    kind: ObservationKind,
    to_check: RwSignal<Option<Measurement>>,
    busy: Signal<bool>,
) -> impl IntoView {
    // Without JavaScript the page is loaded anew, with empty fields.
    let change = move |event: MouseEvent| {
        event.prevent_default();
        to_check.set(None);
        focus_soon(match kind {
            ObservationKind::SymptomScore => "score",
            ObservationKind::BloodPressure => "systolic",
            _ => "value",
        });
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
                    {texts::scale_meaning(kind).map(|words| view! { <p>{words}</p> })}
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
                        <a class="button" href=format!("/send/{}", kind.wire_name()) on:click=change>
                            {texts::CHANGE_IT}
                        </a>
                    </div>
                </div>
            }
        })
    }
}

/// What is to be looked at again, when it was sent without JavaScript and came back for that.
fn came_back_to_check(kind: ObservationKind, posting: Posting) -> Option<Measurement> {
    posting.refusal().get_untracked().filter(is_unconfirmed)?;
    let typed = measured(kind, |field| posting.typed_before(field).unwrap_or_default());
    Measurement::parse(&typed).ok()
}

fn is_unconfirmed(error: &AppError) -> bool {
    error.of_field(SEEN_FIELD).is_some()
}

/// What is to happen with a filled-in form.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// It cannot be right.
    Slip(AppError),
    /// It may be right, but a second look is due.
    Unusual(Measurement),
    /// Off it goes.
    Send(Measurement),
}

/// What is filled in, unchecked.
fn measured(kind: ObservationKind, text: impl Fn(&str) -> String) -> RawMeasurement {
    let number = |field| RawNumber::from_typed(&text(field));
    RawMeasurement {
        kind: Some(kind.wire_name().to_owned()),
        score: number("score"),
        value: number("value"),
        systolic: number("systolic"),
        diastolic: number("diastolic"),
        unit: Some(text("unit")).filter(|unit| !unit.is_empty()),
    }
}

/// Judges what is filled in; `seen` is the unusual value that was shown for a second look.
fn judge(raw: &RawMeasurement, note: &str, seen: Option<Measurement>) -> Verdict {
    let measurement = match Measurement::parse(raw) {
        Ok(measurement) => measurement,
        Err(faults) => return Verdict::Slip(AppError::Invalid(faults)),
    };
    if let Err(fault) = check_note(note) {
        return Verdict::Slip(fault.into());
    }
    let seen = seen.map(|measurement| measurement.to_string()).unwrap_or_default();
    if AlertPolicy::default().needs_second_look(&measurement, &seen) {
        return Verdict::Unusual(measurement);
    }
    Verdict::Send(measurement)
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

    fn heart_rate(value: &str, seen: Option<Measurement>) -> Verdict {
        let raw = RawMeasurement {
            kind: Some("heart_rate".to_owned()),
            value: RawNumber::from_typed(value),
            unit: Some("/min".to_owned()),
            ..RawMeasurement::default()
        };
        judge(&raw, "", seen)
    }

    #[test]
    fn sends_an_ordinary_value_at_once() {
        assert!(matches!(heart_rate("72", None), Verdict::Send(_)));
    }

    #[test]
    fn asks_again_before_an_unusual_value_goes_and_never_refuses_it() {
        let Verdict::Unusual(seen) = heart_rate("140", None) else { panic!("140 is unusual") };
        assert_eq!(heart_rate("140", Some(seen)), Verdict::Send(seen));
        assert!(matches!(heart_rate("150", Some(seen)), Verdict::Unusual(_)));
    }

    #[test]
    fn stops_a_slip() {
        assert!(matches!(heart_rate("999", None), Verdict::Slip(_)));
        assert!(matches!(heart_rate("", None), Verdict::Slip(_)));
    }
}
