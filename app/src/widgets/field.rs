//! The controls of forms: each with its label, its hint, and its fault beside it.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};
use super::texts;
use super::typed_form::typed_before;

/// The fault of a field, and where a screen reader finds it.
#[component]
fn FieldFault(
    /// The field's name.
    name: &'static str,
    /// What is wrong with it.
    error: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        error.get().map(|message| {
            view! {
                <p class="field__error" id=format!("{name}-error")>
                    <Icon symbol=Symbol::Triangle />
                    <span>
                        <span class="visually-hidden">{texts::ERROR_PREFIX}</span>
                        {message}
                    </span>
                </p>
            }
        })
    }
}

/// The hint of a field.
#[component]
fn FieldHint(
    /// The field's name.
    name: &'static str,
    /// What helps to answer; nothing where it is empty.
    hint: String,
) -> impl IntoView {
    (!hint.is_empty()).then(|| {
        view! {
            <p class="field__hint" id=format!("{name}-hint")>
                {hint}
            </p>
        }
    })
}

/// What a screen reader says about a control.
#[derive(Clone, Copy)]
pub(super) struct Description {
    pub(super) name: &'static str,
    pub(super) has_unit: bool,
    pub(super) has_hint: bool,
    pub(super) error: Signal<Option<String>>,
}

impl Description {
    /// Whether the answer is wrong.
    fn is_wrong(self) -> bool {
        self.error.with(Option::is_some)
    }

    /// `aria-invalid`.
    pub(super) fn invalid(self) -> Option<&'static str> {
        self.is_wrong().then_some("true")
    }

    /// `aria-describedby`: the ids of its unit, its hint and its fault, if it has them.
    pub(super) fn ids(self) -> Option<String> {
        let parts = [("unit", self.has_unit), ("hint", self.has_hint), ("error", self.is_wrong())];
        let present = parts.into_iter().filter(|(_, present)| *present);
        let ids: Vec<String> = present.map(|(part, _)| format!("{}-{part}", self.name)).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A label, a hint and a fault around one control.
#[component]
pub fn FieldShell(
    /// The field's name.
    name: &'static str,
    /// What it asks for.
    #[prop(into)]
    label: String,
    /// What helps to answer.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong with the answer.
    error: Signal<Option<String>>,
    /// The control, with `id` as its id.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field" class:field--wrong=move || error.with(Option::is_some)>
            <label class="field__label" for=name>
                {label}
            </label>
            <FieldHint name hint />
            <FieldFault name error />
            {children()}
        </div>
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// The field's name.
    name: &'static str,
    /// What it asks for.
    #[prop(into)]
    label: String,
    /// What helps to answer.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong with the answer.
    error: Signal<Option<String>>,
    /// What stands in it at first; what was typed and refused goes before.
    #[prop(optional, into)]
    value: String,
    /// The `type` of the control.
    #[prop(default = "text")]
    kind: &'static str,
    /// The keyboard a phone offers: `numeric`, `decimal`, `email`.
    #[prop(optional)]
    keyboard: Option<&'static str>,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The unit of a number, shown beside it.
    #[prop(optional_no_strip)]
    unit: Option<&'static str>,
) -> impl IntoView {
    let described =
        Description { name, has_unit: unit.is_some(), has_hint: !hint.is_empty(), error };
    let class =
        if keyboard.is_some_and(|k| k != "email") { "input input--number" } else { "input" };
    let value = typed_before(name).unwrap_or(value);
    view! {
        <FieldShell name label hint error>
            <div class="field__row">
                <input
                    class=class
                    id=name
                    name=name
                    type=kind
                    value=(!value.is_empty()).then_some(value)
                    inputmode=keyboard
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=move || described.ids()
                    aria-invalid=move || described.invalid()
                />
                {unit
                    .map(|unit| {
                        view! {
                            <span class="field__unit" id=format!("{name}-unit")>
                                {unit}
                            </span>
                        }
                    })}
            </div>
        </FieldShell>
    }
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// One answer out of a few, all of them shown.
#[component]
pub fn ChoiceField(
    /// The field's name.
    name: &'static str,
    /// What it asks for.
    #[prop(into)]
    legend: String,
    /// What helps to answer.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong with the answer.
    error: Signal<Option<String>>,
    /// The answers.
    choices: Vec<Choice>,
    /// What the first and the last answer of a scale mean: said before the answers, and with each.
    #[prop(optional)]
    ends: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let described = Description { name, has_unit: false, has_hint: !hint.is_empty(), error };
    let class = if ends.is_some() { "choices choices--scale" } else { "choices" };
    let ends_id = ends.map(|_| format!("{name}-ends"));
    let described_by = ends_id.clone();
    let chosen = typed_before(name);
    let radios = choices.into_iter().enumerate().map(|(index, choice)| {
        let id = if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) };
        let is_chosen = chosen.as_ref() == Some(&choice.value);
        view! {
            <label class="choice">
                <input
                    class="choice__input"
                    type="radio"
                    id=id
                    name=name
                    value=choice.value
                    checked=is_chosen
                    aria-describedby=described_by.clone()
                />
                <span class="choice__label">{choice.label}</span>
            </label>
        }
    });
    view! {
        <fieldset
            class="field"
            class:field--wrong=move || described.is_wrong()
            aria-describedby=move || described.ids()
        >
            <legend class="field__label">{legend}</legend>
            <FieldHint name hint />
            <FieldFault name error />
            {ends
                .map(|(first, last)| {
                    view! {
                        <p class="scale-ends" id=ends_id>
                            <span>{first}</span>
                            " "
                            <span>{last}</span>
                        </p>
                    }
                })}
            <div class=class>{radios.collect_view()}</div>
        </fieldset>
    }
}

/// Sends a form. While it is on its way the button says so and keeps the focus.
#[component]
pub fn SubmitButton(
    /// What it does.
    label: &'static str,
    /// What it says meanwhile.
    busy_label: &'static str,
    /// Whether the form is on its way.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            class="button button--primary"
            type="submit"
            aria-disabled=move || busy.get().then_some("true")
        >
            {move || if busy.get() { busy_label } else { label }}
        </button>
    }
}
