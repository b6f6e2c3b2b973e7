//! Sending one observation: one question, a second look at an unusual value, off it goes.

use app::error::AppError;
use app::functions::patient::{CorrectObservation, FormStart, SubmitObservation};
use app::widgets::browser::focus_soon;
use app::widgets::{
    Entries, ErrorSummary, FaultLine, Faults, Icon, Loaded, NothingHere, PageHeading, PageTitle,
    PostForm, Posting, SubmitButton, Symbol, fault_lines,
};
use app::wire::{BlankForm, ObservationItem};
use domain::alert_limits::{AlertPolicy, SEEN_FIELD};
use domain::measurement::{Measurement, RawMeasurement};
use domain::note::check_note;
use domain::observation::KEY_FIELD;
use domain::typed_measurement::TypedMeasurement;
use domain::vital::ObservationKind;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};

use super::present::{ChangedMeanwhile, Present, WhichVersion};
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
    let form = move |_, start| view! { <ObservationForm kind start /> }.into_any();
    view! {
        <PageTitle text=texts::question(kind) />
        <a class="back" href="/send">
            <Icon symbol=Symbol::Back />
            {texts::BACK}
        </a>
        <PageHeading>{texts::question(kind)}</PageHeading>
        <p class="lead">{texts::advice(kind)}</p>
        <Loaded question=|_| FormStart {} show=form rows=2 />
    }
}

/// The form. Slips show at once with JavaScript, and when the page comes back without it; either way
/// an unusual value is asked for again before it goes.
#[component]
pub(super) fn ObservationForm(
    /// The kind.
    kind: ObservationKind,
    /// What the form begins with.
    start: BlankForm,
    /// The observation that is put right, if it is no new one.
    #[prop(optional_no_strip)]
    correcting: Option<Present>,
    /// What stands in it at first, if it is a new one.
    #[prop(optional)]
    begun: Vec<(String, String)>,
) -> impl IntoView {
    let BlankForm { idempotency_key, alert_policy } = start;
    let posting = match correcting {
        Some(present) => {
            let item = present.item().get_untracked();
            Posting::to::<CorrectObservation>().filled_with(filled_in(&item))
        }
        None => Posting::to::<SubmitObservation>().filled_with(begun),
    };
    let (label, busy_label) = match correcting {
        Some(_) => (texts::SAVE_CORRECTION, texts::SENDING),
        None => (texts::SEND, texts::SENDING),
    };
    let which = correcting.map(|present| view! { <WhichVersion present posting /> });
    let changed = correcting.map(|present| {
        view! {
            <ChangedMeanwhile present posting>
                <p>{texts::CHANGED_TEXT}</p>
            </ChangedMeanwhile>
        }
    });
    let key = RwSignal::new(idempotency_key);
    let sent_before = RwSignal::new(came_back_sent(posting));
    let (refusal, busy) = (posting.refusal(), posting.is_busy());
    let slip = RwSignal::new(None::<AppError>);
    let to_check = RwSignal::new(came_back_to_check(kind, posting));
    let faults = Faults::new(move || {
        let error = slip.get().or_else(|| refusal.get());
        // That it is asked for again is no fault once it is.
        let error = error.filter(|error| !is_unconfirmed(error) || to_check.get().is_none());
        let error = error.filter(|error| !is_sent(error) || !sent_before.get());
        error.map(|error| lines(kind, &error)).unwrap_or_default()
    });
    let ask_again = move |measurement| {
        to_check.set(Some(measurement));
        focus_soon(CHECK_ID);
    };
    let sent = StoredValue::new(None::<Measurement>);
    let may_go = move |entries: &Entries| {
        let raw = measured(kind, |field| entries.text(field));
        let seen =
            to_check.get_untracked().or(sent.get_value().filter(|_| sent_before.get_untracked()));
        let verdict = judge(&alert_policy, &raw, &entries.text("note"), seen);
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
        // What is saved stays so; the same once more is another observation, under another key.
        Some(error) if is_sent(&error) => {
            to_check.set(None);
            key.update(|key| key.push_str("-again"));
            sent_before.set(true);
            focus_soon(CHECK_ID);
        }
        Some(AppError::Invalid(_) | AppError::Changed { .. }) => to_check.set(None),
        _ => {}
    });
    let seen_before = came_back_seen(kind, posting);
    let seen = move || {
        let shown = to_check.get().or(sent.get_value().filter(|_| sent_before.get()));
        shown.or(seen_before.filter(|_| sent_before.get())).map(|shown| shown.to_string())
    };
    let asks = move || to_check.get().is_some() || sent_before.get();
    view! {
        <ErrorSummary faults />
        {changed}
        <PostForm posting class=Some("form") check=Box::new(may_go)>
            {which}
            <input type="hidden" name="kind" value=kind.wire_name() />
            <input type="hidden" name=KEY_FIELD value=key />
            <input type="hidden" name=SEEN_FIELD value=seen />
            <div class="form__fields" hidden=asks>
                <KindFields kind faults />
                <SubmitButton label busy_label busy />
            </div>
            <SecondLook kind to_check busy />
            <SentBefore sent_before busy />
        </PostForm>
    }
}

/// What stands in the form of an observation that is put right: every digit that was sent, so that
/// what is left alone stays as it was.
fn filled_in(item: &ObservationItem) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = item
        .measurement
        .numbers()
        .map(|(field, number)| (field.to_owned(), number.to_string()))
        .collect();
    if let Measurement::SymptomScore(score) = item.measurement {
        fields.push(("score".to_owned(), score.to_string()));
    }
    fields.extend(item.measurement.unit().map(|unit| ("unit".to_owned(), unit.ucum().to_owned())));
    fields.extend(item.note.clone().map(|note| ("note".to_owned(), note)));
    fields
}

const CHECK_ID: &str = "check";

/// Asks whether an unusual value is right. It is never refused.
#[component]
fn SecondLook(
    kind: ObservationKind,
    to_check: RwSignal<Option<Measurement>>,
    busy: Signal<bool>,
) -> impl IntoView {
    // Without JavaScript the page is loaded anew, as it was at first.
    let anew = use_location().pathname.get_untracked();
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
                        <a class="button" href=anew.clone() on:click=change>
                            {texts::CHANGE_IT}
                        </a>
                    </div>
                </div>
            }
        })
    }
}

/// Says that a form whose page came back was sent before, and offers to send the same once more.
#[component]
fn SentBefore(sent_before: RwSignal<bool>, busy: Signal<bool>) -> impl IntoView {
    move || {
        sent_before.get().then(|| {
            view! {
                <div class="check">
                    <h2 class="check__title" id=CHECK_ID tabindex="-1">
                        {texts::SENT_BEFORE_TITLE}
                    </h2>
                    <p>{texts::SENT_BEFORE_TEXT}</p>
                    <div class="check__buttons">
                        <a class="button button--primary" href="/history">
                            {texts::SEE_WHAT_I_SENT}
                        </a>
                        <button
                            class="button"
                            type="submit"
                            aria-disabled=move || busy.get().then_some("true")
                        >
                            {move || {
                                if busy.get() { texts::SENDING } else { texts::SEND_ONCE_MORE }
                            }}
                        </button>
                    </div>
                </div>
            }
        })
    }
}

/// Whether the form came back without JavaScript, because it was sent before.
fn came_back_sent(posting: Posting) -> bool {
    posting.refusal().get_untracked().is_some_and(|error| is_sent(&error))
}

/// What it holds then; it was looked at when it was sent.
fn came_back_seen(kind: ObservationKind, posting: Posting) -> Option<Measurement> {
    came_back_sent(posting).then_some(())?;
    let typed = measured(kind, |field| posting.typed_before(field).unwrap_or_default());
    Measurement::parse(&typed).ok()
}

fn is_sent(error: &AppError) -> bool {
    error.of_field(KEY_FIELD).is_some()
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
    let typed = TypedMeasurement {
        kind: kind.wire_name().to_owned(),
        score: text("score"),
        value: text("value"),
        systolic: text("systolic"),
        diastolic: text("diastolic"),
        unit: text("unit"),
    };
    typed.into()
}

/// Judges what is filled in; `seen` is the unusual value that was shown for a second look.
fn judge(
    policy: &AlertPolicy,
    raw: &RawMeasurement,
    note: &str,
    seen: Option<Measurement>,
) -> Verdict {
    let measurement = match Measurement::parse(raw) {
        Ok(measurement) => measurement,
        Err(faults) => return Verdict::Slip(AppError::Invalid(faults)),
    };
    if let Err(fault) = check_note(note) {
        return Verdict::Slip(fault.into());
    }
    let seen = seen.map(|measurement| measurement.to_string()).unwrap_or_default();
    if policy.needs_second_look(&measurement, &seen) {
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
        let text = |field: &str| match field {
            "value" => value.to_owned(),
            "unit" => "/min".to_owned(),
            _ => String::new(),
        };
        let policy = AlertPolicy { symptom_score_above: 7 };
        judge(&policy, &measured(ObservationKind::HeartRate, text), "", seen)
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
