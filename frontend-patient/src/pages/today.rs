//! Today: what to do now, and how one is doing.

use app::functions::patient::MyObservations;
use app::widgets::texts::EMERGENCY;
use app::widgets::{
    EmptyState, Icon, Loaded, MeasuredValue, ObservationTime, PageHeading, PageTitle, Symbol, Trend,
};
use app::wire::ObservationItem;
use leptos::prelude::*;

use super::observation_row::ObservationList;
use crate::frame::{Frame, Tab};
use crate::last_values::{LastValue, last_values};
use crate::texts;

/// How many of the things sent last the page shows.
const RECENT_MAX: usize = 4;

/// The start page.
#[component]
pub(crate) fn TodayPage() -> impl IntoView {
    view! {
        <Frame tab=Tab::Today>
            <PageTitle text=texts::TODAY />
            <PageHeading>{texts::TODAY}</PageHeading>
            <div class="actions">
                <ActionCard
                    href="/send/symptom_score"
                    symbol=Symbol::Strength
                    title=texts::SYMPTOMS_TITLE
                    text=texts::SYMPTOMS_TEXT
                    class="action action--first"
                />
                <ActionCard
                    href="/send"
                    symbol=Symbol::Plus
                    title=texts::MEASURE_TITLE
                    text=texts::MEASURE_TEXT
                    class="action"
                />
            </div>
            // Above what is loaded: nothing moves when that arrives.
            <p class="inset">
                <Icon symbol=Symbol::Info />
                {EMERGENCY}
            </p>
            <Loaded
                question=|_| MyObservations { cursor: None }
                show=|_, page| how_it_goes(&page.items)
            />
        </Frame>
    }
}

/// A large link to something to do.
#[component]
pub(super) fn ActionCard(
    /// Its address.
    href: &'static str,
    /// What it shows.
    symbol: Symbol,
    /// What can be done.
    title: &'static str,
    /// What that is for.
    text: &'static str,
    /// Its class.
    class: &'static str,
) -> impl IntoView {
    view! {
        <a class=class href=href>
            <span class="action__icon">
                <Icon symbol />
            </span>
            <span class="action__words">
                <span class="action__title">{title}</span>
                <span class="action__text">{text}</span>
            </span>
            <Icon symbol=Symbol::Forward />
        </a>
    }
}

fn how_it_goes(items: &[ObservationItem]) -> AnyView {
    if items.is_empty() {
        return view! {
            <EmptyState
                symbol=Symbol::Pulse
                title=texts::NOTHING_SENT_TITLE
                text=texts::NOTHING_SENT_TEXT
            />
        }
        .into_any();
    }
    let cards = last_values(items).into_iter().map(|last| view! { <LastValueCard last /> });
    let recent: Vec<_> = items.iter().take(RECENT_MAX).cloned().collect();
    view! {
        <section aria-labelledby="last-values">
            <h2 class="section-heading" id="last-values">
                {texts::LAST_VALUES}
            </h2>
            <ul class="card-grid">{cards.collect_view()}</ul>
        </section>
        <section aria-labelledby="sent-recently">
            <div class="section-bar">
                <h2 class="section-heading" id="sent-recently">
                    {texts::SENT_RECENTLY}
                </h2>
                <a class="section-bar__link" href="/history">
                    {texts::ALL_SENT}
                    <span class="visually-hidden">{texts::ALL_SENT_MORE}</span>
                </a>
            </div>
            <ObservationList items=recent />
        </section>
    }
    .into_any()
}

#[component]
fn LastValueCard(last: LastValue) -> impl IntoView {
    let LastValue { item, before } = last;
    let time = item.clone();
    let kind = item.measurement.kind();
    view! {
        <li class="card">
            <p class="card__title">
                <Icon symbol=Symbol::of_kind(kind) />
                {texts::kind_name(kind)}
            </p>
            <MeasuredValue measurement=item.measurement />
            <Trend now=item.measurement before />
            <p class="card__time">
                <ObservationTime item=time />
            </p>
        </li>
    }
}
