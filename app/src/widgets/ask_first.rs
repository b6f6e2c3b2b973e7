//! A question before something is done that cannot be taken back, or concerns others: what will
//! happen and to whom, and why it is wanted. Without JavaScript it unfolds all the same.

use domain::reason::{REASON_MAX_CHARS, parse_reason};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use super::browser::{focus, focus_soon};
use super::icon::{Icon, Symbol};
use super::post_form::{Check, Entries, PostForm, Posting};
use super::texts;

/// The field that says why.
const REASON: &str = "reason";

/// A button that asks before its form goes.
#[component]
pub fn AskFirst(
    /// The form's way to the server.
    posting: Posting,
    /// Tells the question from others on the page.
    #[prop(into)]
    id: String,
    /// What the button says.
    label: &'static str,
    /// What the button says to those who do not see where it is.
    #[prop(optional)]
    named: Option<String>,
    /// What will happen, and to whom.
    #[prop(into)]
    words: String,
    /// The answer that lets it happen.
    confirm: &'static str,
    /// Whether it is asked why.
    #[prop(optional)]
    asks_why: bool,
    /// What goes along: names and values.
    #[prop(optional)]
    fields: Vec<(&'static str, String)>,
    /// The class of the whole.
    #[prop(default = "ask")]
    class: &'static str,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    // Without JavaScript it comes back open, with the reason that was given.
    let is_back = posting.has_come_back(&fields);
    let refused = posting.refusal().get_untracked().filter(|_| is_back);
    let fault = RwSignal::new(refused.and_then(|error| error.of_field(REASON)));
    let reason = posting.typed_before(REASON).filter(|_| is_back);
    let reason_id = format!("{id}-reason");
    let check: Check = Box::new({
        let reason_id = reason_id.clone();
        move |entries: &Entries| {
            let wrong = asks_why.then(|| parse_reason(&entries.text(REASON)).err()).flatten();
            if wrong.is_some() {
                focus_soon(&reason_id);
            }
            fault.set(wrong.map(|fault| fault.message));
            fault.with_untracked(Option::is_none)
        }
    });
    let button_id = format!("{id}-ask");
    let on_key = {
        let button_id = button_id.clone();
        move |event: KeyboardEvent| {
            if let Some(details) = details.get_untracked().filter(|_| event.key() == "Escape") {
                details.set_open(false);
                focus(&button_id);
            }
        }
    };
    // What was answered is asked no more, though the next question may stand in the same place.
    let answered = posting.times_answered();
    Effect::new(move || {
        if answered.get() > 0
            && let Some(details) = details.get_untracked()
        {
            details.set_open(false);
        }
    });
    let hidden = fields.into_iter().map(|(name, value)| {
        view! { <input type="hidden" name=name value=value /> }
    });
    let busy = posting.is_busy();
    view! {
        <details class=class name="ask" open=is_back node_ref=details on:keydown=on_key>
            <summary class="button" id=button_id aria-label=named>
                {label}
            </summary>
            <PostForm posting class=Some("ask__form") check>
                <p>{words}</p>
                {hidden.collect_view()} {asks_why.then(|| view! { <ReasonField id=reason_id reason fault /> })}
                <button
                    class="button button--danger"
                    type="submit"
                    aria-disabled=move || busy.get().then_some("true")
                >
                    {confirm}
                </button>
            </PostForm>
        </details>
    }
}

/// Asks why.
#[component]
fn ReasonField(
    id: String,
    reason: Option<String>,
    fault: RwSignal<Option<String>>,
) -> impl IntoView {
    let (hint_id, fault_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = {
        let (hint_id, fault_id) = (hint_id.clone(), fault_id.clone());
        move || match fault.with(Option::is_some) {
            true => format!("{hint_id} {fault_id}"),
            false => hint_id.clone(),
        }
    };
    view! {
        <div class="field" class:field--wrong=move || fault.with(Option::is_some)>
            <label class="field__label" for=id.clone()>
                {texts::REASON}
            </label>
            <p class="field__hint" id=hint_id>
                {texts::REASON_HINT}
            </p>
            {move || {
                fault
                    .get()
                    .map(|message| {
                        view! {
                            <p class="field__error" id=fault_id.clone() role="alert">
                                <Icon symbol=Symbol::Triangle />
                                {message}
                            </p>
                        }
                    })
            }}
            <input
                class="input"
                id=id
                name=REASON
                type="text"
                value=reason
                required=""
                maxlength=REASON_MAX_CHARS.to_string()
                autocomplete="off"
                aria-describedby=described
                aria-invalid=move || fault.with(Option::is_some).then_some("true")
            />
        </div>
    }
}
