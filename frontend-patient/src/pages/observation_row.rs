//! One thing that was sent, in a list.

use app::widgets::{Icon, Isolated, LocalTime, MeasuredValue, Symbol, TimeStyle};
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
    view! {
        <li class="row">
            <span class="row__icon">
                <Icon symbol=Symbol::of_kind(kind) />
            </span>
            <span class="row__what">
                <span class="row__name">{texts::kind_name(kind)}</span>
                <span class="row__time">
                    <LocalTime at=item.effective_at style=TimeStyle::Words />
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
        </li>
    }
}
