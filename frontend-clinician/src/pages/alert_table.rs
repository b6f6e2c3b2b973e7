//! The table of alerts. Its roles are spelled out, because on narrow screens its rows are laid out as
//! cards, and browsers then forget what a table is.

use app::functions::clinician::{AcknowledgeAlert, ReleaseAlert};
use app::widgets::browser::focus_soon;
use app::widgets::texts::{CORRECTED, RECEIVED, WITHDRAWN, time_doubt};
use app::widgets::{
    Age, ErrorSummary, Faults, Isolated, LocalTime, MeasuredValue, PostForm, Posting, SeverityChip,
    owner_of_page,
};
use app::wire::{AlertItem, ReassessmentCause, TimeDoubt};
use domain::alert_limits::Severity;
use domain::ids::AlertId;
use leptos::prelude::*;

use super::table_head::{Column, TableHead};
use crate::texts;

const COLUMNS: [Column; 6] = [
    (texts::COLUMN_SEVERITY, Some("table__severity")),
    (texts::COLUMN_PATIENT, Some("table__who")),
    (texts::COLUMN_WHY, Some("table__why")),
    (texts::COLUMN_VALUE, Some("table__value")),
    (texts::COLUMN_RAISED, Some("table__when")),
    (texts::COLUMN_CARE, Some("table__care")),
];

/// The head of the table.
#[component]
pub(crate) fn AlertColumns() -> impl IntoView {
    view! { <TableHead columns=&COLUMNS /> }
}

/// The `id` of what heads the alerts about values that arrived late.
pub(crate) const LATE_ID: &str = "late";

/// Heads the alerts about values that were measured long before they arrived.
#[component]
pub(crate) fn LateHead() -> impl IntoView {
    view! {
        <tr role="row" class="table__section">
            <th role="columnheader" scope="colgroup" colspan="6" id=LATE_ID tabindex="-1">
                {texts::LATE}
            </th>
        </tr>
    }
}

/// One alert.
#[component]
pub(crate) fn AlertRow(
    /// Whether it has just arrived.
    #[prop(into)]
    fresh: Signal<bool>,
    /// The alert, with what became of it.
    #[prop(into)]
    latest: Signal<AlertItem>,
) -> impl IntoView {
    let AlertItem { patient_id, patient_login, .. } = latest.get_untracked();
    let class = move || match latest.with(|alert| alert.severity) {
        Severity::Critical => "alert alert--critical",
        Severity::High => "alert alert--high",
        Severity::Watch => "alert alert--watch",
    };
    let lifted = move || latest.with(|alert| !alert.stands());
    view! {
        <tr
            role="row"
            class=class
            class:alert--fresh=move || fresh.get()
            class:alert--lifted=lifted
        >
            <td role="cell" class="table__severity">
                {move || view! { <SeverityChip severity=Some(latest.get().severity) /> }}
            </td>
            <th scope="row" role="rowheader" class="table__who">
                <a href=format!("/patients/{patient_id}")>
                    <Isolated text=patient_login />
                </a>
                {move || fresh.get().then(|| view! { <span class="chip chip--new">{texts::NEW}</span> })}
            </th>
            <td role="cell" class="table__why">
                {move || view! { <Why alert=latest.get() /> }}
            </td>
            <td role="cell" class="table__value">
                {move || view! { <MeasuredValue measurement=latest.get().measurement /> }}
            </td>
            <td role="cell" class="table__when">
                {move || view! { <When alert=latest.get() /> }}
            </td>
            <td role="cell" class="table__care">
                <Care latest />
            </td>
        </tr>
    }
}

/// Why somebody is needed, in the rule's words and the patient's own, and what changed since.
#[component]
fn Why(alert: AlertItem) -> impl IntoView {
    let note = alert.note.map(|note| {
        view! {
            <q class="table__words">
                <Isolated text=note />
            </q>
        }
    });
    let change = alert.reassessed.map(|reassessed| {
        let words = texts::reassessed(&reassessed);
        let quoted = texts::reassessed_words(&reassessed).map(|quoted| {
            let text = quoted.to_owned();
            view! { " " <q><Isolated text /></q> }
        });
        let anew = reassessed.released_from.as_deref().map(texts::needs_somebody_anew);
        let chip = match reassessed.cause {
            ReassessmentCause::Corrected => CORRECTED,
            ReassessmentCause::Withdrawn => WITHDRAWN,
        };
        view! {
            <span class="table__change">
                <span class="chip chip--off">{chip}</span>
                " "
                {words}
                {quoted}
                {anew.map(|anew| view! { " " {anew} })}
            </span>
        }
    });
    view! {
        {alert.message}
        {note}
        {change}
    }
}

/// When it was measured; where that is not when it was received, both.
#[component]
fn When(alert: AlertItem) -> impl IntoView {
    let (measured_at, received_at) = (alert.believed_at(), alert.received());
    let doubt = alert.time_doubt.map(|doubt| {
        let said =
            (doubt != TimeDoubt::Unreadable).then(|| view! { <LocalTime at=alert.effective_at /> });
        view! { <span class="doubt">{time_doubt(doubt)}" "{said}</span> }
    });
    let received = alert.is_late().then(|| {
        view! {
            <span class="received">
                {RECEIVED}" "<Age at=received_at />
            </span>
        }
    });
    view! {
        <Age at=measured_at />
        <LocalTime at=measured_at />
        {received}
        {doubt}
    }
}

/// Who takes care of an alert, and the way to give it back; as long as nobody does, the way to do so.
#[component]
fn Care(latest: Signal<AlertItem>) -> impl IntoView {
    let id = latest.with_untracked(|alert| alert.alert_id);
    let what = latest.with_untracked(texts::alert_in_words);
    let taking = Posting::one_of_many_to::<AcknowledgeAlert>();
    let giving = Posting::one_of_many_to::<ReleaseAlert>();
    // Whoever was first stays: the answer names them, even where no stream brings it. What the list
    // says later counts again.
    let answered = RwSignal::new(None::<Option<String>>);
    let answer = taking.answer::<AcknowledgeAlert>();
    let chip_id = format!("care-{id}");
    Effect::new({
        let chip_id = chip_id.clone();
        // The button is gone, and with it would be the focus.
        move || {
            if let Some(taken) = answer.get() {
                answered.set(Some(Some(taken.by)));
                focus_soon(&chip_id);
            }
        }
    });
    let times_given = giving.times_answered();
    Effect::new(move || {
        if times_given.get() > 0 {
            answered.set(Some(None));
            taking.forget_answer();
        }
    });
    Effect::new(move |before: Option<()>| {
        latest.track();
        if before.is_some() {
            answered.set(None);
        }
    });
    let standing = Memo::new(move |_| {
        let listed = latest.with(|alert| alert.acknowledged.clone().map(|taken| taken.by));
        (answered.get().unwrap_or(listed), latest.with(AlertItem::stands))
    });
    move || {
        match standing.get() {
        (Some(by), _) => {
            let is_own = by == owner_of_page();
            let give_back = is_own.then(|| {
                view! { <Act posting=giving id words=[texts::GIVE_BACK, texts::GIVING_BACK] what=what.clone() /> }
            });
            view! {
                <span class="chip" id=chip_id.clone() tabindex="-1">
                    {texts::TAKEN_BY}" "<Isolated text=by />
                </span>
                {give_back}
            }
            .into_any()
        }
        (None, false) => view! { <span class="quiet">{texts::NOTHING_TO_DO}</span> }.into_any(),
        (None, true) => {
            view! { <Act posting=taking id words=[texts::TAKE_OVER, texts::TAKING_OVER] what=what.clone() /> }
                .into_any()
        }
    }
    }
}

/// A button that does something to one alert: what it says, and what it says meanwhile.
#[component]
fn Act(posting: Posting, id: AlertId, words: [&'static str; 2], what: String) -> impl IntoView {
    let busy = posting.is_busy();
    let words = move || words[usize::from(busy.get())];
    let refusal = move || {
        let refusal = posting.refusal().get()?;
        Some(view! { <p class="field__error" role="alert">{refusal.to_string()}</p> })
    };
    view! {
        <PostForm posting>
            <input type="hidden" name="alert_id" value=id.to_string() />
            <button
                class="button button--small"
                type="submit"
                aria-label=move || format!("{}: {what}", words())
                aria-disabled=move || busy.get().then_some("true")
            >
                {words}
            </button>
        </PostForm>
        {refusal}
    }
}

/// That an alert was not taken over or given back, where the page was loaded anew to say so.
#[component]
pub(crate) fn CareRefused() -> impl IntoView {
    let taking = Faults::of_refusal(Posting::to::<AcknowledgeAlert>().refusal(), &[]);
    let giving = Faults::of_refusal(Posting::to::<ReleaseAlert>().refusal(), &[]);
    view! {
        <ErrorSummary faults=taking title=texts::TAKE_OVER_FAULT />
        <ErrorSummary faults=giving title=texts::GIVE_BACK_FAULT />
    }
}
