//! Who opened one's record.

use app::access_words;
use app::functions::patient::Disclosures;
use app::widgets::{
    EmptyState, Icon, Isolated, Loaded, LocalTime, PageHeading, PageTitle, Paging, Symbol,
    role_name,
};
use app::wire::{DisclosureItem, Outcome, Page, Role};
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Everybody else who opened one's record, or tried to.
#[component]
pub(crate) fn AccessPage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Me>
            <a class="back" href="/me">
                <Icon symbol=Symbol::Back />
                {texts::ME}
            </a>
            <PageTitle text=texts::ACCESS_TITLE />
            <PageHeading>{texts::ACCESS_TITLE}</PageHeading>
            <p class="lead">{texts::ACCESS_LEAD}</p>
            <Loaded
                question=|asked| Disclosures { cursor: asked.cursor }
                show=|asked, page| listing(page, asked.cursor.is_some())
                rows=6
            />
        </Frame>
    }
}

fn listing(page: Page<DisclosureItem>, older: bool) -> AnyView {
    let list = if page.items.is_empty() {
        let (title, text) = match older {
            false => (texts::NOBODY_TITLE, texts::NOBODY_TEXT),
            true => (texts::NOTHING_OLDER_TITLE, texts::NOBODY_OLDER_TEXT),
        };
        view! { <EmptyState symbol=Symbol::Eye title text /> }.into_any()
    } else {
        let rows = page.items.into_iter().map(|item| view! { <DisclosureRow item /> });
        view! {
            <ul class="rows">{rows.collect_view()}</ul>
            <p class="inset">
                <Icon symbol=Symbol::Info />
                {texts::ACCESS_QUESTIONS}
            </p>
        }
        .into_any()
    };
    let next_cursor = Signal::stored(page.next_cursor);
    view! {
        {list}
        <Paging path="/access" label=texts::ACCESS_TITLE next_cursor older />
    }
    .into_any()
}

#[component]
fn DisclosureRow(item: DisclosureItem) -> impl IntoView {
    let who = match (item.who, item.role) {
        (Some(who), _) => who,
        (None, Some(Role::Patient)) => texts::ANOTHER_PATIENT.to_owned(),
        (None, _) => texts::SOMEBODY.to_owned(),
    };
    let role = item.role.filter(|role| *role != Role::Patient).map(role_name);
    let clinic = item.other_clinic.map(|clinic| texts::of_clinic(&clinic.to_string()));
    let done = access_words::of(&item.action).map(|words| words.for_patient.to_owned());
    let is_emergency = item.emergency_reason.is_some();
    let (symbol, chip) = match (item.outcome, is_emergency) {
        (Outcome::Denied, _) => (Symbol::Octagon, Some(("chip chip--off", texts::NOT_LET_IN))),
        (_, true) => (Symbol::Unlocked, Some(("chip chip--high", texts::EMERGENCY_CHIP))),
        (_, false) => (Symbol::Person, None),
    };
    view! {
        <li class="row row--access">
            <span class="row__icon">
                <Icon symbol />
            </span>
            <span class="row__what">
                <span class="row__name">
                    <Isolated text=who />
                </span>
                <span class="row__time">{role}" "{clinic}</span>
            </span>
            {chip.map(|(class, words)| view! { <span class=class>{words}</span> })}
            <p class="row__done">
                {done.unwrap_or(item.action)}
                <span class="row__time">
                    <LocalTime at=item.at />
                    {texts::times(item.times).map(|times| format!(" · {times}"))}
                </span>
            </p>
            {item
                .emergency_reason
                .map(|reason| {
                    view! {
                        <p class="row__note">
                            <strong>{texts::REASON}</strong>
                            <Isolated text=reason />
                        </p>
                    }
                })}
        </li>
    }
}
