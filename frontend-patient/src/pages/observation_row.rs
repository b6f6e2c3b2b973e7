//! One thing that was sent, in a list.

use app::widgets::{Changes, Icon, Isolated, MeasuredValue, ObservationTime, Symbol};
use app::wire::ObservationItem;
use leptos::prelude::*;

use crate::texts;

/// A list of what was sent.
#[component]
pub(crate) fn ObservationList(
    /// What was sent, newest first.
    items: Vec<ObservationItem>,
) -> impl IntoView {
    let rows = items.into_iter().map(|item| view! { <ObservationRow item /> });
    view! { <ul class="rows">{rows.collect_view()}</ul> }
}

#[component]
fn ObservationRow(item: ObservationItem) -> impl IntoView {
    let kind = item.measurement.kind();
    let is_withdrawn = item.withdrawn.is_some();
    // Of two that were sent one after the other, for those who do not see where they stand.
    let named = format!(
        "{}: {}, {}",
        texts::kind_name(kind),
        item.measurement,
        item.submitted_at.in_words_utc()
    );
    view! {
        <li class="row" class:row--withdrawn=is_withdrawn>
            <span class="row__icon">
                <Icon symbol=Symbol::of_kind(kind) />
            </span>
            <span class="row__what">
                <a class="row__name" href=format!("/sent/{}", item.observation_id) aria-label=named>
                    {texts::kind_name(kind)}
                </a>
                <span class="row__time">
                    <ObservationTime item=item.clone() />
                </span>
            </span>
            <MeasuredValue measurement=item.measurement />
            {item
                .note
                .map(|note| {
                    view! {
                        <p class="row__note">
                            <Isolated text=note />
                        </p>
                    }
                })}
            <Changes history=item.history withdrawn=item.withdrawn />
        </li>
    }
}
