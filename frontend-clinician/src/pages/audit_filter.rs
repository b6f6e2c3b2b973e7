//! What an auditor looks for: a form that leads to the address of what is found.

use app::access_words::{self, ACCESS_WORDS};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::texts;

/// The form, filled in as the page's address says.
#[component]
pub(super) fn AuditFilter() -> impl IntoView {
    let query = use_query_map();
    view! {
        <form
            class="filter"
            method="get"
            action="/audit"
            role="search"
            aria-label=texts::FILTER
        >
            {move || fields(&query.get())}
            <div class="filter__buttons">
                <button class="button button--primary" type="submit">
                    {texts::FIND}
                </button>
                <a class="button" href="/audit">
                    {texts::FIND_ALL}
                </a>
            </div>
        </form>
    }
}

fn fields(query: &ParamsMap) -> AnyView {
    let text = |name: &str| query.get(name).unwrap_or_default();
    let action = text("action");
    let actions = ACCESS_WORDS.iter().map(|words| {
        let is_chosen = words.name == action;
        view! {
            <option value=words.name selected=is_chosen>
                {words.for_staff}
            </option>
        }
    });
    let actions = actions.collect_view();
    // An address can also ask for all that begins so.
    let is_listed = action.is_empty() || access_words::of(&action).is_some();
    let other = (!is_listed).then(|| {
        view! {
            <option value=action.clone() selected=true>
                {format!("{action}…")}
            </option>
        }
    });
    let is_denied = text("denied") == "true";
    view! {
        <FilterField name="who" label=texts::FILTER_WHO value=text("who") />
        <FilterField name="patient" label=texts::FILTER_PATIENT value=text("patient") />
        <div class="field">
            <label class="field__label" for="action">
                {texts::FILTER_ACTION}
            </label>
            <select class="input" id="action" name="action">
                <option value="">{texts::ANY_ACTION}</option>
                {actions}
                {other}
            </select>
        </div>
        <FilterField name="from" label=texts::FILTER_FROM value=text("from") kind="date" />
        <FilterField name="to" label=texts::FILTER_TO value=text("to") kind="date" />
        <label class="tick">
            <input type="checkbox" name="denied" value="true" checked=is_denied />
            {texts::ONLY_DENIED}
        </label>
    }
    .into_any()
}

#[component]
fn FilterField(
    name: &'static str,
    label: &'static str,
    value: String,
    #[prop(default = "text")] kind: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=name>
                {label}
            </label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                value=value
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            />
        </div>
    }
}
