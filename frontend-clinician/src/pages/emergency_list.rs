//! Which records of the clinic's patients were opened in an emergency.

use app::functions::clinician::Emergencies;
use app::widgets::{EmptyState, Isolated, Loaded, LocalTime, Symbol, TimeStyle, now_as_rendered};
use app::wire::EmergencyItem;
use domain::timestamp::Timestamp;
use leptos::prelude::*;

use crate::texts;

/// How long one is marked as new, in milliseconds: a day.
const NEW_FOR_MS: i64 = 24 * 3_600_000;

/// The newest of them.
#[component]
pub(super) fn EmergencyList() -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="emergencies">
            <h2 class="section-heading" id="emergencies">
                {texts::EMERGENCIES_TITLE}
            </h2>
            <Loaded question=|_| Emergencies {} show=|_, opened| listing(opened) rows=2 />
        </section>
    }
}

fn listing(opened: Vec<EmergencyItem>) -> AnyView {
    if opened.is_empty() {
        return view! {
            <EmptyState
                symbol=Symbol::Unlocked
                title=texts::NO_EMERGENCIES_TITLE
                text=texts::NO_EMERGENCIES_TEXT
            />
        }
        .into_any();
    }
    let entries = opened.into_iter().map(|item| view! { <EmergencyEntry item /> });
    view! { <ul class="entries">{entries.collect_view()}</ul> }.into_any()
}

#[component]
fn EmergencyEntry(item: EmergencyItem) -> impl IntoView {
    let new = is_new(item.opened_at, now_as_rendered());
    view! {
        <li class="entry">
            <p>
                <strong>
                    <Isolated text=item.opened_by />
                </strong>
                {texts::of_clinic(&item.opened_from.to_string())}
                {texts::EMERGENCY_OPENED}
                <strong>
                    <Isolated text=item.patient_login />
                </strong>
                {new.then(|| view! { <span class="chip chip--new">{texts::NEW}</span> })}
            </p>
            <p class="entry__when">
                <LocalTime at=item.opened_at />
                {texts::UNTIL}
                <LocalTime at=item.until style=TimeStyle::OfDay />
            </p>
            <p class="entry__why">
                <Isolated text=item.reason />
            </p>
        </li>
    }
}

fn is_new(opened_at: Timestamp, now: Option<Timestamp>) -> bool {
    now.is_some_and(|now| now.unix_ms() - opened_at.unix_ms() < NEW_FOR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_within_a_day_is_new() {
        let at = |ms| Timestamp::from_unix_ms(1_700_000_000_000 + ms).expect("in bounds");
        assert!(is_new(at(0), Some(at(NEW_FOR_MS - 1))));
        assert!(!is_new(at(0), Some(at(NEW_FOR_MS))));
        assert!(!is_new(at(0), None));
    }
}
