//! The fields with which a kind is asked for.

use app::widgets::{Choice, ChoiceField, Faults, NoteField, TextField};
use domain::vital::{Component, ObservationKind, SCORE_MAX, SCORE_MIN, Unit};
use leptos::prelude::*;

use crate::texts;

/// The names of all fields there can be.
pub(crate) const FIELDS: [&str; 6] = ["score", "value", "systolic", "diastolic", "unit", "note"];

/// The fields of a kind.
#[component]
pub(crate) fn KindFields(
    /// The kind.
    kind: ObservationKind,
    /// What is wrong with them.
    faults: Faults,
) -> impl IntoView {
    let units: Vec<Unit> = kind.units().collect();
    // With one unit there is nothing to choose: it stands beside the number.
    let only_unit = (units.len() == 1).then(|| units[0]);
    let numbers = kind.components().iter().map(|component| {
        view! { <NumberField kind component only_unit faults /> }
    });
    view! {
        {(kind == ObservationKind::SymptomScore).then(|| view! { <ScoreField faults /> })}
        {numbers.collect_view()}
        {match only_unit {
            Some(unit) => {
                view! { <input type="hidden" name="unit" value=unit.ucum() /> }.into_any()
            }
            None if units.is_empty() => ().into_any(),
            None => view! { <UnitField units faults /> }.into_any(),
        }}
        <NoteField error=faults.of("note") />
    }
}

#[component]
fn ScoreField(faults: Faults) -> impl IntoView {
    let choices = (SCORE_MIN..=SCORE_MAX)
        .map(|score| Choice { value: score.to_string(), label: score.to_string() })
        .collect();
    view! {
        <ChoiceField
            name="score"
            legend=texts::SCORE_LEGEND
            error=faults.of("score")
            choices
            ends=texts::SCORE_ENDS
        />
    }
}

#[component]
fn NumberField(
    kind: ObservationKind,
    component: &'static Component,
    only_unit: Option<Unit>,
    faults: Faults,
) -> impl IntoView {
    let whole = component.units.iter().all(|range| range.decimals == 0);
    view! {
        <TextField
            name=component.field
            label=texts::field_label(kind, component)
            hint=texts::range_hint(component)
            error=faults.of(component.field)
            keyboard=if whole { "numeric" } else { "decimal" }
            unit=only_unit.map(Unit::for_people)
        />
    }
}

#[component]
fn UnitField(units: Vec<Unit>, faults: Faults) -> impl IntoView {
    let choices = units
        .into_iter()
        .map(|unit| Choice { value: unit.ucum().to_owned(), label: unit.for_people().to_owned() })
        .collect();
    view! {
        <ChoiceField
            name="unit"
            legend=texts::UNIT_LEGEND
            hint=texts::UNIT_HINT
            error=faults.of("unit")
            choices
        />
    }
}
