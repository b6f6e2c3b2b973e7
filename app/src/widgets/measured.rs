//! Values as people compare them: the number large, the unit small, the direction in words.

use std::cmp::Ordering;

use domain::measurement::Measurement;
use domain::vital::ObservationKind;
use leptos::prelude::*;

use super::icon::{Icon, Symbol};
use super::texts;

/// A measured value with its unit; beside a score, which end of the scale is the bad one.
#[component]
pub fn MeasuredValue(
    /// The value.
    measurement: Measurement,
) -> impl IntoView {
    let text = measurement.to_string();
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let is_score = measurement.kind() == ObservationKind::SymptomScore;
    view! {
        <span class="value">
            <span class="value__number">{number.to_owned()}</span>
            " "
            <span class="value__unit">{unit.to_owned()}</span>
            {is_score
                .then(|| {
                    view! {
                        " "
                        <span class="value__meaning">{texts::score_meaning()}</span>
                    }
                })}
        </span>
    }
}

/// Compares a value with the one before it: the direction, and the earlier number. `None` where
/// the two cannot be compared, as when the unit changed.
#[must_use]
pub fn trend(now: &Measurement, before: &Measurement) -> Option<(Ordering, String)> {
    let text = before.to_string();
    let number = text.split_once(' ').map_or(text.as_str(), |(number, _)| number).to_owned();
    let direction = match (*now, *before) {
        (Measurement::SymptomScore(now), Measurement::SymptomScore(before)) => now.cmp(&before),
        (
            Measurement::BloodPressure { systolic: now, unit, .. },
            Measurement::BloodPressure { systolic: before, unit: unit_before, .. },
        ) if unit == unit_before => now.cmp(&before),
        (
            Measurement::Single { kind, value: now, unit },
            Measurement::Single { kind: kind_before, value: before, unit: unit_before },
        ) if kind == kind_before && unit == unit_before => now.cmp(&before),
        _ => return None,
    };
    Some((direction, number))
}

/// Where a value has moved since the one before it.
#[component]
pub fn Trend(
    /// The value.
    now: Measurement,
    /// The one before it.
    before: Option<Measurement>,
) -> impl IntoView {
    before.and_then(|before| trend(&now, &before)).map(|(direction, number)| {
        let symbol = match direction {
            Ordering::Greater => Symbol::Up,
            Ordering::Less => Symbol::Down,
            Ordering::Equal => Symbol::Level,
        };
        view! {
            <span class="trend">
                <Icon symbol />
                {texts::trend(now.kind(), direction, &number)}
            </span>
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::decimal::{Decimal, tenths, whole};
    use domain::vital::Unit;

    use super::*;

    fn glucose(value: Decimal, unit: Unit) -> Measurement {
        Measurement::Single { kind: ObservationKind::Glucose, value, unit }
    }

    #[test]
    fn compares_values_of_the_same_unit() {
        let found = trend(&glucose(whole(110), Unit::MgPerDl), &glucose(whole(95), Unit::MgPerDl));
        assert_eq!(found, Some((Ordering::Greater, "95".to_owned())));
    }

    #[test]
    fn does_not_compare_across_units() {
        assert_eq!(
            trend(&glucose(tenths(56), Unit::MmolPerL), &glucose(whole(95), Unit::MgPerDl)),
            None
        );
    }
}
