//! How urgent something is: icon, word and colour together, never colour alone.

use domain::alert_limits::Severity;
use leptos::prelude::*;

use super::icon::{Icon, Symbol};
use super::texts;

/// The severity of an alert or an observation; `None` where nothing is wrong.
#[component]
pub fn SeverityChip(
    /// How urgent it is.
    severity: Option<Severity>,
) -> impl IntoView {
    let (class, symbol) = match severity {
        Some(Severity::Critical) => ("chip chip--critical", Symbol::Octagon),
        Some(Severity::High) => ("chip chip--high", Symbol::Triangle),
        Some(Severity::Watch) => ("chip chip--watch", Symbol::Eye),
        None => ("chip chip--fine", Symbol::Check),
    };
    let word = severity.map_or(texts::SEVERITY_FINE, Severity::label);
    view! {
        <span class=class>
            <Icon symbol />
            {word}
        </span>
    }
}
